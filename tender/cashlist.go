package tender

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// CashTaken answers the centre: which edition of the list of deposits stands. The same list gets the same answer for
// ever.
type CashTaken struct {
	Lot        string         `json:"lot"`
	Edition    int            `json:"edition"`
	Digest     signing.Digest `json:"digest"` // CashListDigest
	Entries    int            `json:"entries"`
	AcceptedAt time.Time      `json:"accepted_at"`
}

var (
	errCashNone    = party.Conflict("cash_list.no_cash", "本标段不接受现金保证金，不需要到账清单；请核对标段编号")
	errCashEarly   = party.TooEarly("cash_list.before_closing", "标段尚未截标，不接收保证金到账清单；截标前请只在银行系统中留存记录")
	errCashFailed  = party.Conflict("cash_list.failed", "本标段投标少于三份，开标失败，投标不解密，不接收到账清单；请按银行记录直接退还保证金")
	errCashStands  = party.Conflict("cash_list.other_stands", "这一版到账清单已有另一份内容；如需更正，请另出下一版")
	errCashEdition = party.Invalid("cash_list.edition", "list.edition", "版次须紧接现有的最后一版，并写明前一版的摘要；请先查询现有版次")
	errCashRefund  = party.Conflict("cash_list.refunded", "清单缺少已登记退还的到账记录，或其金额不同；请保留该记录")
)

// HandInCashList takes in what the centre signed of the deposits in cash that arrived for a lot (保证金到账清单). Before
// the lot is closed nothing of a list is read, let alone kept, and every list gets the same answer; of a lot that failed
// none is ever taken. It may come before the opening, which then verifies the deposits by it, or after it: then the
// sheet gets a new edition. A later edition corrects the one before, which stays on record.
func (d *Desk) HandInCashList(ctx context.Context, cmd party.Command, id string, p7s []byte) (taken CashTaken, err error) {
	if done, err := d.prior(ctx, cmd, &taken); err != nil || done {
		return taken, err
	}
	if !cmd.Actor.Is(party.Centre) {
		return taken, ErrNotFound
	}
	list, err := d.readCashList(ctx, id, p7s)
	if err != nil {
		return taken, err
	}
	if err := d.SignSheet(ctx, id); err != nil { // an edition follows a signed one
		return taken, err
	}
	err = d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, &taken)
		if err != nil || done {
			return err
		}
		if taken, err = d.takeCashTx(ctx, tx, cmd.Actor, id, list, p7s); err != nil {
			return err
		}
		return d.after(ctx, tx, cmd, taken)
	})
	if err == nil {
		d.signedAfterwards(ctx, id)
	}
	return taken, err
}

// readCashList verifies a list outside every transaction. Before the closing it is not even parsed.
func (d *Desk) readCashList(ctx context.Context, id string, p7s []byte) (list letter.CashList, err error) {
	l, err := d.published(ctx, id)
	if err != nil {
		return list, err
	}
	if err := l.takesCashLists(); err != nil {
		return list, err
	}
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return list, err
	}
	content, err := d.signedBy(d.CentreChain[0].Subject().OrganizationID, "list", p7s, now)
	if err != nil {
		return list, err
	}
	if list, err = letter.ParseCashList(content); err != nil {
		return list, refuse("list", err)
	}
	return list, nil
}

// takesCashLists tells whether a list can be handed in. It says nothing but what the notice and the closing have said.
func (l *Lot) takesCashLists() error {
	switch {
	case !l.takesCash():
		return errCashNone
	case l.ClosedAt == nil:
		return errCashEarly
	case l.State == Failed, l.State == Terminated && l.OpenedAt == nil:
		return errCashFailed
	}
	return nil
}

// matchesCash holds the list to the very lot that it was handed in for.
func (l *Lot) matchesCash(list letter.CashList, now time.Time) error {
	switch {
	case list.Lot != l.Requirement.Lot:
		return party.Invalid("list.lot", "list.lot", "到账清单写的标段与所提交的标段不一致；请核对")
	case !list.Deadline.Equal(l.End.Deadline):
		return party.Invalid("list.deadline", "list.deadline", "到账清单写的投标截止时间与公告不一致；请核对")
	case list.At.After(now.Add(listAhead)):
		return party.Invalid("list.at", "list.at", "到账清单的截取时间晚于现在；请校准银行系统的时钟")
	}
	return l.takesCashLists()
}

// takeCashTx decides under the lot's lock.
func (d *Desk) takeCashTx(ctx context.Context, tx pgx.Tx, by party.Actor, id string, list letter.CashList, p7s []byte) (CashTaken, error) {
	if err := d.lockLot(ctx, tx, id); err != nil {
		return CashTaken{}, err
	}
	t, err := d.turn(ctx, tx, by, id)
	if err != nil {
		return CashTaken{}, err
	}
	if err := t.lot.matchesCash(list, t.now); err != nil {
		return CashTaken{}, err
	}
	all, err := cashLists(ctx, tx, id)
	if err != nil {
		return CashTaken{}, err
	}
	if list.Edition <= len(all) {
		return sameCash(id, all[list.Edition-1], list)
	}
	if err := follows(all, list); err != nil {
		return CashTaken{}, err
	}
	if err := keepsRefunds(ctx, tx, id, list); err != nil {
		return CashTaken{}, err
	}
	if err := actsTx(ctx, tx, party.Centre, p7s, t.now); err != nil {
		return CashTaken{}, err
	}
	return d.keepCash(ctx, t, cashRow{Edition: list.Edition, Signed: p7s, AcceptedAt: t.now, list: list})
}

// follows: editions are numbered without a gap, and each names the one before.
func follows(all []cashRow, list letter.CashList) error {
	var last signing.Digest
	if n := len(all); n > 0 {
		last = letter.CashListDigest(all[n-1].Signed)
	}
	if list.Edition != len(all)+1 || list.Previous != last {
		return errCashEdition
	}
	return nil
}

// sameCash compares what the lists say: one that was signed again says the same.
func sameCash(id string, stands cashRow, list letter.CashList) (CashTaken, error) {
	said, err := list.Canonical()
	if err != nil {
		return CashTaken{}, err
	}
	if !bytes.Equal(said, stands.Content) {
		return CashTaken{}, errCashStands
	}
	return stands.taken(id), nil
}

// keepCash writes the list, the lot's event and, of a lot that is opened, the next edition of its sheet.
func (d *Desk) keepCash(ctx context.Context, t *turn, row cashRow) (CashTaken, error) {
	content, err := row.list.Canonical()
	if err != nil {
		return CashTaken{}, err
	}
	if err := insertCashList(ctx, t.tx, t.lot.ID, row, content); err != nil {
		return CashTaken{}, err
	}
	if err := t.move(VerbCash, map[string]any{"edition": row.Edition, "cash_list": letter.CashListDigest(row.Signed)}); err != nil {
		return CashTaken{}, err
	}
	if err := t.write(ctx); err != nil {
		return CashTaken{}, err
	}
	why := "收到保证金到账清单"
	if row.Edition > 1 {
		why = "保证金到账清单更正"
	}
	if t.lot.OpenedAt != nil {
		err = d.NextSheetTx(ctx, t.tx, t.lot.ID, why)
	}
	return row.taken(t.lot.ID), err
}

// cashRow is one edition as SQL gives it.
type cashRow struct {
	Edition    int
	Content    []byte
	Signed     []byte
	AcceptedAt time.Time
	list       letter.CashList
}

func (r cashRow) taken(lot string) CashTaken {
	return CashTaken{Lot: lot, Edition: r.Edition, Digest: letter.CashListDigest(r.Signed), Entries: len(r.list.Entries), AcceptedAt: r.AcceptedAt}
}

// cashLists are all editions of a lot's list, the first first. Each was verified when it was taken.
func cashLists(ctx context.Context, q store.Querier, lot string) ([]cashRow, error) {
	rows, err := q.Query(ctx, `SELECT edition, content, signed, accepted_at FROM cash_list WHERE lot = @lot ORDER BY edition`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	var all []cashRow
	var r cashRow
	_, err = pgx.ForEachRow(rows, []any{&r.Edition, &r.Content, &r.Signed, &r.AcceptedAt}, func() (err error) {
		if r.list, err = letter.ParseCashList(r.Content); err == nil {
			all = append(all, cashRow{r.Edition, bytes.Clone(r.Content), bytes.Clone(r.Signed), r.AcceptedAt, r.list})
		}
		return err
	})
	return all, err
}

// newestCash is nil for a lot without a list.
func newestCash(ctx context.Context, q store.Querier, lot string) (*letter.CashList, error) {
	all, err := cashLists(ctx, q, lot)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[len(all)-1].list, nil
}

func insertCashList(ctx context.Context, tx pgx.Tx, lot string, r cashRow, content []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO cash_list (lot, edition, content, signed, accepted_at) VALUES (@lot, @edition, @content, @signed, @at)`,
		pgx.NamedArgs{"lot": lot, "edition": r.Edition, "content": content, "signed": r.Signed, "at": r.AcceptedAt})
	return translate(err)
}

// keepsRefunds: what was paid back had arrived, whatever a later edition corrects.
func keepsRefunds(ctx context.Context, tx pgx.Tx, lot string, list letter.CashList) error {
	refunds, err := readRefunds(ctx, tx, lot)
	if err != nil {
		return err
	}
	for entry, r := range refunds {
		if !slices.ContainsFunc(list.Entries, func(e letter.ReceivedCash) bool { return e.ID == entry && e.Amount == r.Amount }) {
			return errCashRefund
		}
	}
	return nil
}
