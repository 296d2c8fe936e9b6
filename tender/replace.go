package tender

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Replaced answers ReplaceBid: the bid that was withdrawn and the one that stands, each with its receipt.
type Replaced struct {
	Withdrawn Answer
	Received  Answer
}

// errReplaceLate: from the deadline on nothing is changed any more; what stood at the deadline stands (招标投标法29).
var errReplaceLate = party.TooLate("bid.replace_late", "投标截止时间已到，不能再替换投标；原投标仍然有效，将按时开标（招标投标法第二十九条）")

// ReplaceBid puts a new signed bid in the place of the bidder's own standing bid for the same lot, in one act (修改,
// 招标投标法29). The new bid names the old one, and the bidder signs the old one's withdrawal beside it. In one transaction
// the old is withdrawn and the new one stands; what is late or fails leaves the old one standing, and a crash too. Its
// rows are those of a withdrawal and a hand-in, with a command's place for each.
func (d *Desk) ReplaceBid(ctx context.Context, cmd party.Command, who Bidder, id string, p7s, statement []byte) (r Replaced, err error) {
	if done, err := d.priorReplaced(ctx, cmd, &r); err != nil || done {
		return r, err
	}
	l, err := d.lotReplaced(ctx, cmd.Actor, id, p7s)
	if err != nil {
		return Replaced{}, err
	}
	s := swap{cmd: cmd, lot: l.ID, bidder: who.Party.USCC, old: id, uniq: d.Tags.Uniq(l.Lot.Project, l.Lot.Code, who.Party.USCC)}
	s.row, s.r.Received, err = d.sealBid(ctx, l, who, p7s, id)
	if err == nil {
		s.statement, s.r.Withdrawn, err = d.sealStatement(ctx, l, who, id, statement)
	}
	if err == nil {
		err = d.within(ctx, func(tx pgx.Tx) error { return d.swapTx(ctx, tx, &s) })
	}
	if errors.Is(err, errClosed) {
		if late := d.noteLate(ctx, l, who.Party.USCC, p7s); !errors.Is(late, errClosed) {
			return Replaced{}, late
		}
		return Replaced{}, errReplaceLate
	}
	if err != nil {
		return Replaced{}, err
	}
	return s.r, nil
}

// lotReplaced finds the lot that the new bid says, and holds the old one to it by their keyed tag. What the bid says is
// checked later; here it is only read. To anyone but its owner the old bid does not exist.
func (d *Desk) lotReplaced(ctx context.Context, by party.Actor, id string, p7s []byte) (*Lot, error) {
	own, err := d.OwnBid(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if own.State == Withdrawn {
		return nil, errWithdrawn
	}
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return nil, refuse("bid", err)
	}
	b, err := letter.ParseBid(signed.Content)
	if err != nil {
		return nil, refuse("bid", err)
	}
	l, err := oneLot(ctx, d.Pool, `SELECT `+lotColumns+` WHERE p.code = @project AND l.code = @code AND l.state <> 'draft'`,
		pgx.NamedArgs{"project": b.Lot.Project, "code": b.Lot.Code})
	if errors.Is(err, ErrNotFound) || err == nil && d.Tags.Uniq(l.Lot.Project, l.Lot.Code, by.USCC) != own.uniq {
		return nil, errReplaces
	}
	return l, err
}

// swap is one replacement, ready to be written.
type swap struct {
	cmd       party.Command
	lot       string
	bidder    string
	old       string // the bid that is withdrawn
	uniq      signing.Digest
	statement []byte // sealed
	row       bidRow
	r         Replaced
}

// swapTx writes a replacement, or reads what its commands were answered before. The bidder's own lock comes first: a
// hand-in of the same bidder that holds it waits for the row that is withdrawn here. Of a replacement and a withdrawal at
// once, the second finds nothing to withdraw.
func (d *Desk) swapTx(ctx context.Context, tx pgx.Tx, s *swap) error {
	done, err := d.beforeSwap(ctx, tx, s)
	if err != nil || done {
		return err
	}
	if _, err := d.inTime(ctx, tx, s.lot); err != nil {
		return err
	}
	return d.writeSwap(ctx, tx, s)
}

func (d *Desk) beforeSwap(ctx context.Context, tx pgx.Tx, s *swap) (done bool, err error) {
	if done, err = d.before(ctx, tx, s.cmd, &s.r.Received); err != nil {
		return false, err
	}
	also, err := d.before(ctx, tx, withdrawing(s.cmd), &s.r.Withdrawn)
	return done && also, err
}

func (d *Desk) writeSwap(ctx context.Context, tx pgx.Tx, s *swap) error {
	if err := d.lockBidder(ctx, tx, s.bidder); err != nil {
		return err
	}
	if err := withdrawBid(ctx, tx, s.old, s.uniq, s.statement); err != nil {
		return err
	}
	if err := d.after(ctx, tx, withdrawing(s.cmd), s.r.Withdrawn); err != nil {
		return err
	}
	return d.keepBid(ctx, tx, s.cmd, s.bidder, s.row, s.r.Received)
}

// withdrawing is the command of the withdrawal in a replacement: it follows from the replacement's own, so that the same
// request finds both answers again.
func withdrawing(cmd party.Command) party.Command {
	key := signing.TaggedSum("baohan/replace/key/1", []byte(cmd.Key))
	return party.Command{Actor: cmd.Actor, Key: key.String(), Digest: signing.TaggedSum("baohan/replace/command/1", cmd.Digest[:])}
}

func (d *Desk) priorReplaced(ctx context.Context, cmd party.Command, r *Replaced) (done bool, err error) {
	if done, err = d.prior(ctx, cmd, &r.Received); err != nil || !done {
		return false, err
	}
	return d.prior(ctx, withdrawing(cmd), &r.Withdrawn)
}
