package tender

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
	"baohan/tender/custody"
)

// Order is a postponement as centre and supervisor signed it: SignedData of each over the same bytes.
type Order = custody.Order

// Postponement is one move of a lot's deadline, with the order by which centre and supervisor made it: public, and for
// anyone to check.
type Postponement struct {
	From   time.Time
	To     time.Time
	Reason string
	Order  custody.Order
	At     time.Time
}

// Postpone moves a lot's deadline, later only, on an order that centre and supervisor have both signed, and hands the
// order to the custodians. The requirement changes by its deadline and by nothing else, so letters that were made for
// it before stay good and extend by their own wording, as far as their latest expiry; beyond it another round of letters
// begins. The lot moves first: custodians that were not told serve a later
// closing all the same, while a lot that stood behind its custodians could never be opened. When fewer than two obey,
// the answer is an error and the lot has moved: the same command again tells them again, until the old deadline; and
// their officers can hand the order in themselves.
//
// 招标投标法23, 条例21: a clarification that may affect the bids moves the deadline.
func (d *Desk) Postpone(ctx context.Context, cmd party.Command, id string, o custody.Order) (answer Answer, err error) {
	done, err := d.prior(ctx, cmd, &answer)
	if err != nil {
		return answer, err
	}
	if !cmd.Actor.Is(party.Centre) {
		return Answer{}, ErrNotFound
	}
	l, err := d.published(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	p, err := d.readOrder(l, o)
	if err != nil {
		return Answer{}, err
	}
	if !done {
		if answer, err = d.change(ctx, cmd, id, func(t *turn) error { return d.postpone(ctx, t, p, o) }); err != nil {
			return answer, err
		}
	}
	return answer, d.orderCustodians(ctx, p, o)
}

// readOrder believes the two signatures and holds the order to this lot.
func (d *Desk) readOrder(l *Lot, o custody.Order) (custody.Postponement, error) {
	p, err := custody.ReadOrder(o, d.Trust, d.CentreChain[0].Subject().OrganizationID, d.Supervisor, d.Clock.Now())
	switch {
	case err != nil:
		return p, party.Invalid("postpone.order", "centre", "延期令须由交易中心和行政监督对同一文本分别签名；请用 sign-order 重新签署后再提交")
	case p.Project != l.Lot.Project || p.Lot != l.Lot.Code:
		return p, party.Invalid("postpone.lot", "centre", "延期令写的是另一个标段；请核对项目编号和标段编号")
	}
	return p, nil
}

// How far a deadline may be moved at once, and how much time a new round of letters needs.
const (
	farthestYears = 1  // beyond the deadline as it stands: more is a slip of the pen, and no deadline ever moves back
	renewalDays   = 15 // 条例21: what affects the making of bids is told fifteen days before the deadline
)

// mayPostpone is the rule: while bids still come in, and from the deadline as it stands. It may move beyond what the
// letters reach that were made for the lot; that begins another round of letters (rounds.go). What is refused is what has
// no sense: a new deadline that is no instant of ours; one more than a year away, which nobody could take back; and a new
// round that leaves bidders less than fifteen days for another letter and a bid that names it.
func (d *Desk) mayPostpone(l *Lot, p custody.Postponement, now time.Time) error {
	if _, err := next(l.State, VerbPostpone); err != nil {
		return err
	}
	later := l.End
	later.Deadline = p.To
	soonest := now.AddDate(0, 0, renewalDays).In(calendar.Shanghai)
	switch {
	case !p.From.Equal(l.End.Deadline):
		return party.Conflict("postpone.from", "延期令所写的原投标截止时间与标段当前的不一致；请核对后重新签署")
	case !now.Before(l.End.Deadline):
		return party.TooLate("postpone.too_late", "投标截止时间已过，不能再延期；请按开标程序办理")
	case later.Check() != nil || !p.To.Equal(p.To.Truncate(time.Microsecond)):
		return party.Invalid("postpone.to", "to", "新的投标截止时间有误；请精确到微秒以内，并使用北京时间")
	case p.To.After(l.End.Deadline.AddDate(farthestYears, 0, 0)):
		return party.Invalid("postpone.too_far", "to", "一次延期不得超过一年（截止时间只能推迟，不能改回）；请核对年份，或终止后重新招标")
	case l.beyondLetters(later) && p.To.Before(soonest):
		return party.Invalid("postpone.too_near", "to", fmt.Sprintf("延期后投标有效期到 %s，超过已开立保函的最迟到期日，投标人须重新申请保函并修改投标；"+
			"新的投标截止时间须留出十五日（实施条例第二十一条），不早于 %s", later.Expiry(), soonest.Format("2006-01-02 15:04:05")))
	}
	return nil
}

// orderCustodians hands the order to all three at once. Two that obey are enough for the lot: the third's earlier instant
// opens nothing as long as both keep their word. With one of the two against the rules it would open at the old
// deadline, so a third that was not reached is told by hand.
func (d *Desk) orderCustodians(ctx context.Context, p custody.Postponement, o custody.Order) error {
	if !d.Clock.Now().Before(p.From) {
		return nil // none would take it any more
	}
	var failed [3]error
	atOnce(len(failed), func(i int) {
		ctx, cancel := context.WithTimeout(ctx, custodianWait)
		defer cancel()
		if err := d.Custodians[i].Postpone(ctx, o); err != nil {
			failed[i] = errCustodian(i, err)
			d.log().ErrorContext(ctx, "a custodian did not take a postponement; its officer must be given the order", "custodian", i+1, "error", err)
		}
	})
	obeyed := 0
	for _, err := range failed {
		if err == nil {
			obeyed++
		}
	}
	if obeyed >= 2 {
		return nil
	}
	return fmt.Errorf("%w: %w", errUntold, errors.Join(failed[:]...))
}

// errUntold is shown to people: the lot has moved, and its custodians do not all know.
var errUntold = party.Conflict("postpone.custodians", "标段已延期，但收到延期令的密钥保管人不足两个；请在原截止时间前重新提交同一请求，或把延期令当面交给保管人的经办人")

// postpone is the transaction. The same order under another key finds itself obeyed.
func (d *Desk) postpone(ctx context.Context, t *turn, p custody.Postponement, o custody.Order) error {
	l := t.lot
	if l.obeyed(p) {
		return nil
	}
	if err := d.mayPostpone(l, p, t.now); err != nil {
		return err
	}
	if err := actsTx(ctx, t.tx, party.Centre, o.Centre, t.now); err != nil {
		return err
	}
	if err := actsTx(ctx, t.tx, party.Supervisor, o.Supervisor, t.now); err != nil {
		return err
	}
	l.End.Deadline = p.To.In(calendar.Shanghai)
	l.Requirement.End = l.End
	var err error
	if l.requirement, err = l.Requirement.Canonical(); err != nil {
		return err
	}
	l.frozen = l.Requirement.Digest()
	l.Postponed = append(l.Postponed, Postponement{From: p.From, To: p.To, Reason: p.Reason, Order: o, At: t.now})
	if err := t.move(VerbPostpone, map[string]any{"from": p.From, "to": p.To, "reason": p.Reason, "requirement": l.frozen}); err != nil {
		return err
	}
	return insertPostponement(ctx, t.tx, l.ID, l.Version, l.Postponed[len(l.Postponed)-1])
}

func (l *Lot) obeyed(p custody.Postponement) bool {
	for _, done := range l.Postponed {
		if done.From.Equal(p.From) && done.To.Equal(p.To) {
			return true
		}
	}
	return false
}

// madeFor tells whether a record that names this requirement was made for the lot, as it stands or as it stood before
// its deadline moved: nothing else of a published requirement ever changes.
func (l *Lot) madeFor(requirement signing.Digest) bool {
	if requirement == l.frozen {
		return true
	}
	for _, p := range l.Postponed {
		before := l.Requirement
		before.End.Deadline = p.From.In(calendar.Shanghai)
		if before.Digest() == requirement {
			return true
		}
	}
	return false
}

// endOf is the last day of a letter of this lot: what its record says, moved with the deadline by its wording, and never
// beyond its latest expiry.
func (l *Lot) endOf(r letter.Reveal, latest calendar.Date) calendar.Date {
	end := r.End
	if end.Deadline.Before(l.End.Deadline) && l.madeFor(r.Requirement) {
		end.Deadline = l.End.Deadline
	}
	if last := end.Expiry(); last.Before(latest) {
		return last
	}
	return latest
}

func insertPostponement(ctx context.Context, tx pgx.Tx, lot string, seq int64, p Postponement) error {
	_, err := tx.Exec(ctx, `INSERT INTO postponement (lot, seq, from_at, to_at, reason, centre, supervisor, at)
		VALUES (@lot, @seq, @from, @to, @reason, @centre, @supervisor, @at)`, pgx.NamedArgs{"lot": lot, "seq": seq, "from": p.From,
		"to": p.To, "reason": p.Reason, "centre": p.Order.Centre, "supervisor": p.Order.Supervisor, "at": p.At})
	return translate(err)
}
