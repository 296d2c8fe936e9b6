package guarantee

import (
	"context"

	"baohan/guarantee/letter"
	"baohan/party"
)

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
		first, err := takeUp(ctx, t, in)
		if err != nil {
			return err
		}
		dm, err := demandOf(ctx, t, w.Demand, in.Sender)
		if err != nil || !first {
			return err
		}
		if err := dm.move("withdraw"); err != nil {
			return err
		}
		t.settled()
		t.happened(EventDemandWithdrawn, map[string]any{"reason": w.Reason, "signed": letter.PaperDigest(in.Body)})
		return updateDemand(ctx, t.tx, dm)
	})
}
