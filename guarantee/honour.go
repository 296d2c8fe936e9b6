package guarantee

import (
	"context"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Payment is the guarantor's word that it has paid the beneficiary.
type Payment struct {
	Amount    letter.Fen
	Reference string
	PaidAt    time.Time
	Slip      signing.Digest // of the bank's slip (signing.Sum); zero: none was given
}

func (p Payment) check() error {
	if p.Reference == "" || p.PaidAt.IsZero() {
		return party.Invalid("demand.paid_reference", "reference", "请填写付款流水号和付款时间")
	}
	return nil
}

// facts are what is told of a payment to those whom it concerns.
func (p Payment) facts() map[string]any {
	data := map[string]any{"amount": p.Amount, "reference": p.Reference, "paid_at": p.PaidAt.In(calendar.Shanghai).Format(time.RFC3339Nano)}
	if !p.Slip.IsZero() {
		data["slip"] = p.Slip
	}
	return data
}

// HonourDemand (赔付) notes the payment of a complying demand, whole, less what an insurer paid in advance. When all demands together have reached the
// revealed amount the guarantee is paid out (法释〔2016〕24号 art. 11(2)).
func (d *Desk) HonourDemand(ctx context.Context, cmd party.Command, id string, p Payment) (Answer, error) {
	return d.demandChange(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		return honour(ctx, t, p)
	})
}

func honour(ctx context.Context, t *turn, p Payment) error {
	g, dm := t.g, t.demand
	if err := t.settlesAsAnother(ctx, errSamePayer); err != nil {
		return err
	}
	if p.Amount != dm.Amount-dm.InterimPaid {
		return party.Invalid("demand.paid_amount", "amount", "付款金额须等于索赔金额（已先予支付的，为其差额）；请核对后重发")
	}
	if err := p.check(); err != nil {
		return err
	}
	if err := dm.move("honour"); err != nil {
		return err
	}
	dm.PaidAmount, dm.PaidRef, dm.PaidAt, dm.PaidBy = &p.Amount, &p.Reference, &p.PaidAt, fingerprint(t.actor)
	if !p.Slip.IsZero() {
		dm.PaidSlip = p.Slip[:]
	}
	g.Honoured += p.Amount
	t.settled()
	t.happened(EventDemandHonoured, p.facts())
	if g.Honoured < *g.Amount {
		return nil
	}
	if err := g.move(PartInstrument, "pay_out"); err != nil {
		return err
	}
	t.happened(EventPaidOut, nil)
	return nil
}
