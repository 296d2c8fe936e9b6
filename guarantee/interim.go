package guarantee

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
)

// PayInterim (先予支付) notes what an insurer has paid of a claim before it could say the whole sum: at sixty days it must
// pay what its papers already show (保险法 art. 25), and it may do so before. The balance goes down, the demand stays
// open for the rest. What leaves no rest is no payment in advance: the insurer agrees and pays. Where two people are asked for
// it counts when the second has noted the same; until then the answer is that of a demand on which nothing was paid.
func (d *Desk) PayInterim(ctx context.Context, cmd party.Command, id string, p Payment) (Answer, error) {
	return d.demandChange(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		if err := mayPayInterim(t, p); err != nil {
			return err
		}
		if err := notedOnce(ctx, t, p); err != nil {
			return err
		}
		if counts, err := d.seconded(ctx, t, p); err != nil || !counts {
			return err
		}
		t.demand.InterimPaid += p.Amount
		t.g.Honoured += p.Amount
		t.happened(EventDemandInterimPaid, p.facts())
		return nil
	})
}

func mayPayInterim(t *turn, p Payment) error {
	g, dm := t.g, t.demand
	if g.Form != letter.FormInsurance {
		return party.Conflict("demand.interim_form", "先予支付仅适用于保证保险（保险法第二十五条）；请在审查后按相符索赔付款")
	}
	if p.Amount <= 0 || p.Amount >= dm.Amount-dm.InterimPaid {
		return party.Invalid("demand.interim_amount", "amount", "先予支付的金额须大于零且少于尚未支付的索赔金额；全额确定的，请作出核定后付款")
	}
	if err := p.check(); err != nil {
		return err
	}
	return dm.move("pay_interim")
}

// notedOnce refuses a transfer that was noted of this demand before, by whoever did: what is noted as paid is never taken
// back, and lowers what can be demanded.
func notedOnce(ctx context.Context, t *turn, p Payment) error {
	var noted bool
	err := t.tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM guarantee_event WHERE guarantee = @guarantee AND demand = @demand AND kind = @kind
		AND data->>'reference' = @reference)`, pgx.NamedArgs{"guarantee": t.g.ID, "demand": t.demand.ID, "kind": EventDemandInterimPaid,
		"reference": p.Reference}).Scan(&noted)
	if err == nil && noted {
		return party.Conflict("demand.interim_noted", "这笔付款（流水号 "+p.Reference+"）已经登记过先予支付，不再重复登记；另有一笔付款的，请填写其流水号")
	}
	return err
}
