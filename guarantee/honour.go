package guarantee

import (
	"context"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

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
	t.happened(EventDemandHonoured, map[string]any{"amount": p.Amount, "reference": p.Reference, "paid_at": p.PaidAt.In(calendar.Shanghai).Format(time.RFC3339Nano)})
	if g.Honoured < *g.Amount {
		return nil
	}
	if err := g.move(PartInstrument, "pay_out"); err != nil {
		return err
	}
	t.happened(EventPaidOut, nil)
	return nil
}
