package guarantee

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// Discrepancy is one reason why a presentation does not comply (URDG 758 art. 24(d): one notice, each discrepancy).
type Discrepancy struct {
	ID        string `json:"id"` // the clause or document it is about
	Narrative string `json:"narrative"`
}

// DemandDecision is the guarantor's.
type DemandDecision struct {
	Complying     bool
	Discrepancies []Discrepancy // every one, when not complying
}

// demandChange is change for the guarantor of a demand.
func (d *Desk) demandChange(ctx context.Context, cmd party.Command, id string, rule func(context.Context, *turn) error) (Answer, error) {
	dm, err := readDemand(ctx, d.Pool, id)
	if err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, dm.Guarantee, func(ctx context.Context, t *turn) error {
		if t.g.of(t.actor) != nil {
			return ErrDemandNotFound
		}
		if t.demand, err = readDemand(ctx, t.tx, id); err != nil {
			return err
		}
		if err := rule(ctx, t); err != nil {
			return err
		}
		return updateDemand(ctx, t.tx, t.demand)
	})
}

// settled closes a demand: from here on it no longer holds the guarantee.
func (t *turn) settled() { t.g.OpenDemands-- }

// DecideDemand takes the guarantor's examination result. A refusal names every discrepancy, at once, and not after
// the last day of the examination: whoever is late may no longer say that the demand does not comply (URDG 758
// art. 24(e)–(f), written into the independent wording; an insurer's clock is 保险法 arts. 23–24).
func (d *Desk) DecideDemand(ctx context.Context, cmd party.Command, id string, dec DemandDecision) (Answer, error) {
	return d.demandChange(ctx, cmd, id, func(_ context.Context, t *turn) error {
		if dec.Complying {
			return comply(t)
		}
		return reject(t, dec.Discrepancies)
	})
}

func comply(t *turn) error {
	if err := t.demand.move("comply"); err != nil {
		return err
	}
	t.demand.DecidedAt = &t.now
	t.happened(EventDemandComplying, nil)
	return nil
}

func reject(t *turn, discrepancies []Discrepancy) error {
	if len(discrepancies) == 0 {
		return party.Invalid("demand.discrepancies", "discrepancies", "拒付须一次性列明全部不符点；请逐条填写后重发")
	}
	for _, x := range discrepancies {
		if x.ID == "" || x.Narrative == "" {
			return party.Invalid("demand.discrepancies", "discrepancies", "每个不符点须写明所涉条款或单据及说明")
		}
	}
	if by := t.demand.ExamineBy; by != nil && t.g.Form == letter.FormIndependent && t.now.After(calendar.DateOf(*by).EndOfDay()) {
		return party.TooLate("demand.precluded", "审查期限已过，不得再主张单据不符（见保函条款）；请按相符索赔付款")
	}
	if err := t.demand.move("reject"); err != nil {
		return err
	}
	b, err := json.Marshal(discrepancies)
	if err != nil {
		return err
	}
	t.demand.Discrepancies, t.demand.DecidedAt = b, &t.now
	t.settled()
	t.happened(EventDemandRejected, map[string]any{"discrepancies": discrepancies})
	return nil
}

// Payment is the guarantor's word that it has paid the beneficiary.
type Payment struct {
	Amount    letter.Fen
	Reference string
	PaidAt    time.Time
}

// HonourDemand (赔付) notes the payment of a complying demand, whole. When all demands together have reached the
// revealed amount the guarantee is paid out (法释〔2016〕24号 art. 11(2)).
func (d *Desk) HonourDemand(ctx context.Context, cmd party.Command, id string, p Payment) (Answer, error) {
	return d.demandChange(ctx, cmd, id, func(_ context.Context, t *turn) error {
		return honour(t, p)
	})
}

func honour(t *turn, p Payment) error {
	g, dm := t.g, t.demand
	if p.Amount != dm.Amount {
		return party.Invalid("demand.paid_amount", "amount", "付款金额须等于索赔金额；请核对后重发")
	}
	if p.Reference == "" || p.PaidAt.IsZero() {
		return party.Invalid("demand.paid_reference", "reference", "请填写付款流水号和付款时间")
	}
	if err := dm.move("honour"); err != nil {
		return err
	}
	dm.PaidAmount, dm.PaidRef, dm.PaidAt = &p.Amount, &p.Reference, &p.PaidAt
	g.Honoured += p.Amount
	t.settled()
	t.happened(EventDemandHonoured, map[string]any{"amount": p.Amount})
	if g.Honoured < *g.Amount {
		return nil
	}
	if err := g.move(PartInstrument, "pay_out"); err != nil {
		return err
	}
	t.happened(EventPaidOut, nil)
	return nil
}

// complete takes the documents that were missing, once and in time (保险法 art. 22: asked for once, completely).
func (d *Desk) complete(ctx context.Context, cmd party.Command, in Intake) (Answer, error) {
	x, err := d.disclosed(ctx, d.Pool, in.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	p, content, err := d.readPresentation(x, in)
	if err != nil {
		return Answer{}, err
	}
	c, err := letter.ParseCompletion(content)
	if err != nil {
		return Answer{}, refuse("completion", err)
	}
	if c.Guarantee != in.Guarantee {
		return Answer{}, mismatch("completion.guarantee", "guarantee", "补正所指的保函不一致；请重新生成并签名")
	}
	return d.change(ctx, cmd, in.Guarantee, func(ctx context.Context, t *turn) error {
		return d.completed(ctx, t, x, in, c, p)
	})
}

func (d *Desk) completed(ctx context.Context, t *turn, x *Disclosure, in Intake, c letter.Completion, p Presentation) error {
	dm, err := demandOf(ctx, t, c.Demand, in.Sender)
	if err != nil {
		return err
	}
	if first, err := processedTx(ctx, t.tx, in.ID); err != nil || !first {
		return err
	}
	if in.ReceivedAt.After(t.g.lastInstant()) {
		return party.TooLate("completion.after_expiry", "补正到达时保函有效期已满（以平台收到时间为准），不能受理")
	}
	had, err := kinds(ctx, t.tx, dm.ID)
	if err != nil {
		return err
	}
	missing, err := checkDocuments(x, c.Documents, p.Documents, had)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return party.Invalid("completion.documents", "documents", "补正须一次补齐全部缺少的文件；请对照保函所列单据核对")
	}
	by, err := d.Calendar.AddWorkingDays(calendar.DateOf(in.ReceivedAt.In(calendar.Shanghai)), examineWithin)
	if err != nil {
		return party.Conflict("calendar.year_not_published", "审查期限所在年度的放假安排尚未录入；请联系交易中心录入工作日历（提交时间已记录）")
	}
	if err := t.examine(by, "complete", EventDemandCompleted); err != nil {
		return err
	}
	dm.Missing, dm.CompletedAt = missing, &in.ReceivedAt
	if err := insertDocuments(ctx, t.tx, dm.ID, p.Documents); err != nil {
		return err
	}
	return updateDemand(ctx, t.tx, dm)
}

// withdraw takes a demand back, signed, before it is honoured.
func (d *Desk) withdraw(ctx context.Context, cmd party.Command, in Intake) (Answer, error) {
	x, err := d.disclosed(ctx, d.Pool, in.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	content, err := d.beneficiarySigned(x, in, "withdrawal", in.Body)
	if err != nil {
		return Answer{}, err
	}
	w, err := letter.ParseWithdrawal(content)
	if err != nil {
		return Answer{}, refuse("withdrawal", err)
	}
	if w.Guarantee != in.Guarantee {
		return Answer{}, mismatch("withdrawal.guarantee", "guarantee", "撤回通知所指的保函不一致；请重新生成并签名")
	}
	return d.change(ctx, cmd, in.Guarantee, func(ctx context.Context, t *turn) error {
		dm, err := demandOf(ctx, t, w.Demand, in.Sender)
		if err != nil {
			return err
		}
		if first, err := processedTx(ctx, t.tx, in.ID); err != nil || !first {
			return err
		}
		if err := dm.move("withdraw"); err != nil {
			return err
		}
		t.settled()
		t.happened(EventDemandWithdrawn, map[string]string{"reason": w.Reason})
		return updateDemand(ctx, t.tx, dm)
	})
}

// demandOf reads the demand under the row's lock; to anyone but its presenter it does not exist.
func demandOf(ctx context.Context, t *turn, id, sender string) (*Demand, error) {
	dm, err := readDemand(ctx, t.tx, id)
	if err != nil {
		return nil, err
	}
	if dm.Guarantee != t.g.ID || dm.Beneficiary != sender {
		return nil, ErrDemandNotFound
	}
	t.demand = dm
	return dm, nil
}

// kinds lists the documents that a demand already has.
func kinds(ctx context.Context, q querier, demand string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT kind FROM demand_document WHERE demand = @demand ORDER BY kind`, pgx.NamedArgs{"demand": demand})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
