package tender

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/party"
	"baohan/tender/custody"
)

// OrderState is where an order of postponement (延期令) on its way stands.
type OrderState string

// The states, and whose move is next.
const (
	OrderWaiting   OrderState = "waiting"   // the supervisor signs the same text, or says why not; the centre may withdraw it
	OrderSigned    OrderState = "signed"    // the centre hands both halves in, or withdraws it
	OrderRefused   OrderState = "refused"   // by the supervisor; final
	OrderWithdrawn OrderState = "withdrawn" // by the centre; final
	OrderObeyed    OrderState = "obeyed"    // the deadline has moved by it; final
	OrderLapsed    OrderState = "lapsed"    // the deadline that it moves is over, or was moved otherwise; final
)

// ErrOrderNotFound is the answer for every order that is not there or not the caller's to see.
var ErrOrderNotFound = party.NotFound("order.not_found", "没有找到该延期令；请核对编号，或确认您有权查看")

var (
	errOrderWaits   = party.Conflict("order.waiting", "该标段已有一份延期令在办理；请先办完或撤回那一份")
	errOrderDone    = party.Conflict("order.decided", "这份延期令已经办结、撤回或作废；请刷新后查看最新状态")
	errNoSupervisor = party.Conflict("order.no_supervisor", "本平台没有登记签署延期令的行政监督部门，不能延期；请联系平台运维")
	errHalf         = party.Invalid("order.centre", "centre", "延期令的签名不成立或不是交易中心的；请换用交易中心的证书重新签署")
	errSecond       = party.Invalid("order.supervisor", "supervisor", "签名不成立、不是登记的行政监督部门的，或签的不是同一文本；请打开延期令页面，核对后用本部门的证书签署")
)

// ProposeOrder takes the centre's half of an order of postponement, as SignedData over custody.Postponement.Canonical, and lays
// it before the supervisor. It binds nobody yet: the deadline moves by Postpone, with both halves. One is on its way for a lot
// at a time.
func (d *Desk) ProposeOrder(ctx context.Context, cmd party.Command, lot string, centre []byte) (answer Answer, err error) {
	if done, err := d.prior(ctx, cmd, &answer); err != nil || done {
		return answer, err
	}
	if !cmd.Actor.Is(party.Centre) {
		return Answer{}, ErrNotFound
	}
	l, err := d.published(ctx, lot)
	if err != nil {
		return Answer{}, err
	}
	p, err := d.readHalf(l, centre)
	if err != nil {
		return Answer{}, err
	}
	return answer, d.changeFor(ctx, cmd, lot, &answer, func(t *turn) error {
		answer = Answer{ID: newID(), State: string(OrderWaiting)}
		return d.propose(ctx, t, answer.ID, p, centre)
	})
}

func (d *Desk) readHalf(l *Lot, centre []byte) (custody.Postponement, error) {
	if d.Supervisor == "" {
		return custody.Postponement{}, errNoSupervisor
	}
	p, err := custody.ReadHalf(centre, d.Trust, d.CentreChain[0].Subject().OrganizationID, d.Clock.Now())
	switch {
	case err != nil:
		return p, errHalf
	case p.Project != l.Lot.Project || p.Lot != l.Lot.Code:
		return p, party.Invalid("postpone.lot", "centre", "延期令写的是另一个标段；请核对项目编号和标段编号")
	case !validText(p.Reason, 5, 500):
		return p, party.Invalid("order.reason", "reason", "请用 5 至 500 个字写明延期的理由；不得含换行和不可见字符")
	}
	return p, nil
}

func (d *Desk) propose(ctx context.Context, t *turn, id string, p custody.Postponement, centre []byte) error {
	if err := d.mayPostpone(t.lot, p, t.now); err != nil {
		return err
	}
	if err := actsTx(ctx, t.tx, party.Centre, centre, t.now); err != nil {
		return err
	}
	earlier, err := ordersOf(ctx, t.tx, t.lot.ID)
	if err != nil {
		return err
	}
	for _, o := range earlier {
		if s := o.stateAt(t.now); s == OrderWaiting || s == OrderSigned {
			return errOrderWaits
		}
	}
	_, err = t.tx.Exec(ctx, `INSERT INTO pending_order (id, lot, from_at, to_at, centre, proposed_at) VALUES (@id, @lot, @from, @to, @centre, @at)`,
		pgx.NamedArgs{"id": id, "lot": t.lot.ID, "from": p.From, "to": p.To, "centre": centre, "at": t.now})
	return translate(err)
}

// CountersignOrder takes the supervisor's half: SignedData over the very bytes that the centre has signed.
func (d *Desk) CountersignOrder(ctx context.Context, cmd party.Command, id string, supervisor []byte) (Answer, error) {
	if !cmd.Actor.Is(party.Supervisor) {
		return Answer{}, ErrOrderNotFound
	}
	return d.onOrder(ctx, cmd, id, []OrderState{OrderWaiting}, func(t *turn, o PendingOrder) (OrderState, error) {
		both := custody.Order{Centre: o.Centre, Supervisor: supervisor}
		if _, err := custody.ReadOrder(both, d.Trust, d.CentreChain[0].Subject().OrganizationID, d.Supervisor, t.now); err != nil {
			return "", errSecond
		}
		if err := actsTx(ctx, t.tx, party.Supervisor, supervisor, t.now); err != nil {
			return "", err
		}
		return OrderSigned, setOrder(ctx, t, id, `supervisor = @value, decided_at = @at`, supervisor)
	})
}

// RefuseOrder says why the supervisor does not sign. It is told to the centre.
func (d *Desk) RefuseOrder(ctx context.Context, cmd party.Command, id, words string) (Answer, error) {
	switch {
	case !cmd.Actor.Is(party.Supervisor) || cmd.Actor.USCC != d.Supervisor:
		return Answer{}, ErrOrderNotFound
	case !validText(words, 5, 500):
		return Answer{}, party.Invalid("order.words", "words", "请用 5 至 500 个字写明不同意的理由；不得含换行和不可见字符")
	}
	return d.onOrder(ctx, cmd, id, []OrderState{OrderWaiting}, func(t *turn, _ PendingOrder) (OrderState, error) {
		return OrderRefused, setOrder(ctx, t, id, `refusal = @value, decided_at = @at`, words)
	})
}

// WithdrawOrder takes an order back, by the centre, as long as it has not moved the deadline.
func (d *Desk) WithdrawOrder(ctx context.Context, cmd party.Command, id string) (Answer, error) {
	if !cmd.Actor.Is(party.Centre) {
		return Answer{}, ErrOrderNotFound
	}
	return d.onOrder(ctx, cmd, id, []OrderState{OrderWaiting, OrderSigned}, func(t *turn, _ PendingOrder) (OrderState, error) {
		return OrderWithdrawn, setOrder(ctx, t, id, `withdrawn_at = @at`, nil)
	})
}

// onOrder is where every change of an order begins: its lot's lock, the order read under it, one of the states in which the
// rule may be asked.
func (d *Desk) onOrder(ctx context.Context, cmd party.Command, id string, in []OrderState, rule func(*turn, PendingOrder) (OrderState, error)) (answer Answer, err error) {
	seen, err := readOrder(ctx, d.Pool, id)
	if err != nil {
		return Answer{}, err
	}
	return answer, d.changeFor(ctx, cmd, seen.Lot, &answer, func(t *turn) error {
		o, err := readOrder(ctx, t.tx, id)
		if err != nil {
			return err
		}
		if !slices.Contains(in, o.stateAt(t.now)) {
			return errOrderDone
		}
		s, err := rule(t, o)
		answer = Answer{ID: id, State: string(s)}
		return err
	})
}

func setOrder(ctx context.Context, t *turn, id, what string, value any) error {
	args := pgx.NamedArgs{"id": id, "at": t.now}
	if value != nil {
		args["value"] = value
	}
	_, err := t.tx.Exec(ctx, `UPDATE pending_order SET `+what+` WHERE id = @id`, args)
	return translate(err)
}

// stateAt is where the order stands at an instant: its own answers, and what has become of its lot.
func (o PendingOrder) stateAt(now time.Time) OrderState {
	switch {
	case o.WithdrawnAt != nil:
		return OrderWithdrawn
	case o.Refusal != nil:
		return OrderRefused
	case o.Obeyed:
		return OrderObeyed
	case o.Moot || !now.Before(o.From):
		return OrderLapsed
	case o.Supervisor != nil:
		return OrderSigned
	}
	return OrderWaiting
}
