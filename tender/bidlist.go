package tender

import (
	"bytes"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// Openings is whoever opens lots that are due. The sweeper finds every such lot too: without it an opening only comes
// a little later.
type Openings interface {
	// OpeningDueTx has a closed lot opened soon after the caller's transaction.
	OpeningDueTx(ctx context.Context, tx pgx.Tx, lot string) error
}

// ListTaken answers the bid system: which list stands for the lot, and what follows. The same list gets the same
// answer for ever.
type ListTaken struct {
	Lot        string         `json:"lot"`
	State      State          `json:"state"`  // closed: the opening follows by itself; failed: fewer than three bids
	Digest     signing.Digest `json:"digest"` // BidListDigest of the list that stands
	Bids       int            `json:"bids"`
	Letters    int            `json:"letters"` // bids that name a letter
	AcceptedAt time.Time      `json:"accepted_at"`
}

var (
	errListEarly    = party.TooEarly("bid_list.before_deadline", "投标截止时间未到，不能提交投标清单；请在截止后提交")
	errListHere     = party.Conflict("bid_list.bids_here", "本标段的投标在本平台递交，不接受投标清单；请核对标段编号")
	errListStands   = party.Conflict("bid_list.other_stands", "本标段已有另一份投标清单，不能更换；请立即停止自动提交，由交易中心人工查明两份清单为何不同")
	errListAwaited  = party.Conflict("lot.awaits_bid_list", "本标段的投标在交易中心的投标系统递交，投标清单尚未提交；请由该系统提交清单，收到后自动开标")
	errListTampered = party.Conflict("bid_list.changed", "投标清单与截标清单不符；请由平台运营人员查明")
)

// listAhead is by how much the bid system's clock may run ahead of ours.
const listAhead = 5 * time.Minute

// HandInBidList takes in what the centre's own bid system signed after the deadline of a lot whose bids were handed in
// there (Outside). The list closes the lot, in the same transaction: fewer than three bids and it has failed, else the
// opening follows. One list stands for a lot for ever. Before the deadline nothing of a list is read, let alone kept.
func (d *Desk) HandInBidList(ctx context.Context, cmd party.Command, id string, p7s []byte) (taken ListTaken, err error) {
	if done, err := d.prior(ctx, cmd, &taken); err != nil || done {
		return taken, err
	}
	if !cmd.Actor.Is(party.Centre) {
		return taken, ErrNotFound
	}
	list, err := d.readList(ctx, id, p7s)
	if err != nil {
		return taken, err
	}
	err = d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, &taken)
		if err != nil || done {
			return err
		}
		if taken, err = d.takeListTx(ctx, tx, cmd.Actor, id, list, p7s); err != nil {
			return err
		}
		return d.after(ctx, tx, cmd, taken)
	})
	return taken, err
}

// readList verifies a list outside every transaction. Before the deadline it is not even parsed.
func (d *Desk) readList(ctx context.Context, id string, p7s []byte) (letter.BidList, error) {
	l, err := d.published(ctx, id)
	if err != nil {
		return letter.BidList{}, err
	}
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return letter.BidList{}, err
	}
	if err := l.takesLists(now); err != nil {
		return letter.BidList{}, err
	}
	content, err := d.signedBy(d.CentreChain[0].Subject().OrganizationID, "list", p7s, now)
	if err != nil {
		return letter.BidList{}, err
	}
	list, err := letter.ParseBidList(content)
	if err != nil {
		return list, refuse("list", err)
	}
	return list, nil
}

// takesLists tells whether a list for the lot can be handed in at an instant. Before the deadline the answer is the same
// whatever was sent.
func (l *Lot) takesLists(now time.Time) error {
	switch {
	case l.Bids != Outside:
		return errListHere
	case now.Before(l.End.Deadline):
		return errListEarly
	}
	return nil
}

// matches holds the list to the very lot that it was handed in for, as it was published.
func (l *Lot) matches(list letter.BidList, now time.Time) error {
	if err := l.takesLists(now); err != nil {
		return err
	}
	switch {
	case l.State == Terminated && l.ClosedAt == nil:
		return errTerminated
	case list.Project != l.Lot.Project || list.Lot != l.Lot.Code:
		return party.Invalid("list.lot", "list.lot", "投标清单写的项目或标段编号与所提交的标段不一致；请核对")
	case list.Requirement != l.frozen:
		return party.Invalid("list.requirement", "list.requirement", "投标清单写的保函要求摘要与公告不一致；请取标段公告中的 requirement_digest")
	case !list.Deadline.Equal(l.End.Deadline):
		return party.Invalid("list.deadline", "list.deadline", "投标清单写的投标截止时间与公告不一致；请核对投标系统中的截止时间")
	case list.ClosedAt.After(now.Add(listAhead)):
		return party.Invalid("list.closed_at", "list.closed_at", "投标清单写的截标时间晚于现在；请校准投标系统的时钟")
	}
	return nil
}

// takeListTx decides under the lot's lock. The one who comes second with the same list is answered like the first, with
// another one is refused, and people are told: two different lists of one lot are an incident.
func (d *Desk) takeListTx(ctx context.Context, tx pgx.Tx, by party.Actor, id string, list letter.BidList, p7s []byte) (ListTaken, error) {
	if err := d.lockLot(ctx, tx, id); err != nil {
		return ListTaken{}, err
	}
	t, err := d.turn(ctx, tx, by, id)
	if err != nil {
		return ListTaken{}, err
	}
	if err := t.lot.matches(list, t.now); err != nil {
		return ListTaken{}, err
	}
	stands, err := listOf(ctx, tx, id)
	if err != nil {
		return ListTaken{}, err
	}
	if stands != nil {
		return d.sameList(ctx, id, *stands, list)
	}
	if err := actsTx(ctx, tx, party.Centre, p7s, t.now); err != nil {
		return ListTaken{}, err
	}
	row := listRow{Signed: p7s, AcceptedAt: t.now}
	if err := d.closeOnList(ctx, t, list, row); err != nil {
		return ListTaken{}, err
	}
	return row.taken(id, list), nil
}

// closeOnList keeps the list and closes the lot on it.
func (d *Desk) closeOnList(ctx context.Context, t *turn, list letter.BidList, row listRow) error {
	if err := insertList(ctx, t.tx, t.lot.ID, row); err != nil {
		return err
	}
	facts := map[string]signing.Digest{"bid_list": letter.BidListDigest(row.Signed)}
	if err := t.closeOn(ctx, list.Records(), facts); err != nil {
		return err
	}
	if err := t.write(ctx); err != nil {
		return err
	}
	if d.Openings == nil || t.lot.State != Closed {
		return nil
	}
	return d.Openings.OpeningDueTx(ctx, t.tx, t.lot.ID)
}

// sameList compares what the lists say: one that was signed again says the same.
func (d *Desk) sameList(ctx context.Context, id string, stands listRow, list letter.BidList) (ListTaken, error) {
	said, err := list.Canonical()
	if err != nil {
		return ListTaken{}, err
	}
	signed, err := signing.ParseSignedData(stands.Signed)
	if err != nil {
		return ListTaken{}, err
	}
	if !bytes.Equal(signed.Content, said) {
		d.log().ErrorContext(ctx, "a second, different bid list was handed in and refused", "lot", id)
		return ListTaken{}, errListStands
	}
	return stands.taken(id, list), nil
}

// listRow is the list of a lot as SQL gives it.
type listRow struct {
	Signed     []byte
	AcceptedAt time.Time
}

func (r listRow) taken(lot string, list letter.BidList) ListTaken {
	state := Closed
	if len(list.Bids) < fewest {
		state = Failed
	}
	return ListTaken{Lot: lot, State: state, Digest: letter.BidListDigest(r.Signed), Bids: len(list.Bids), Letters: list.Letters(), AcceptedAt: r.AcceptedAt}
}

// listOf is nil for a lot that has none.
func listOf(ctx context.Context, q store.Querier, lot string) (*listRow, error) {
	rows, err := q.Query(ctx, `SELECT signed, accepted_at FROM bid_list WHERE lot = @lot`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[listRow])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

func insertList(ctx context.Context, tx pgx.Tx, lot string, r listRow) error {
	_, err := tx.Exec(ctx, `INSERT INTO bid_list (lot, signed, accepted_at) VALUES (@lot, @signed, @at)`,
		pgx.NamedArgs{"lot": lot, "signed": r.Signed, "at": r.AcceptedAt})
	return translate(err)
}
