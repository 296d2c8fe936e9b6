package guarantee

import (
	"context"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// ExtendDemand (延期) takes the guarantor's extension of its letter instead of the payment of a held demand, which is withdrawn
// by it (URDG 758 art. 23(c)). It is one act: nothing of the letter is at stake that an intent on record would save. Its
// number is fixed by what it amends, the platform accepts one for it, and what was signed and not accepted binds nobody,
// because an amendment counts from the receipt. The same again gets the same receipt for ever, also when its certificate has
// run out since: who lost the answer must not take a refusal for it, and pay besides. A different one is refused.
//
// The guarantor may not extend: without the applicant's signed word, which pays for it; to an earlier day than was asked;
// behind the last instant of the hold, when it owes the payment.
func (d *Desk) ExtendDemand(ctx context.Context, cmd party.Command, id string, signed []byte) (Answer, error) {
	dm, err := readDemand(ctx, d.Pool, id)
	if err != nil {
		return Answer{}, err
	}
	g, err := readGuarantee(ctx, d.Pool, dm.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	if g.of(cmd.Actor) != nil {
		return Answer{}, ErrDemandNotFound
	}
	x, err := d.disclosed(ctx, d.Pool, dm.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	before, err := d.Amendments(ctx, dm.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	var a accepted
	if again(before, signed) == nil {
		if a, err = d.readAmendment(ctx, g, signed); err != nil {
			return Answer{}, err
		}
	}
	return d.demandChange(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		before, err := amendmentsOf(ctx, t.tx, t.g.ID)
		if err != nil {
			return err
		}
		if t.amended = again(before, signed); t.amended != nil {
			return nil
		}
		return d.extend(ctx, t, x, before, a)
	})
}

func (d *Desk) extend(ctx context.Context, t *turn, x *Disclosure, before []Amendment, a accepted) error {
	dm := t.demand
	f, err := d.facts(ctx, t.tx, t.g, dm)
	if err != nil {
		return err
	}
	until, err := f.clock(ClockHold)
	if err != nil {
		return err
	}
	if err := dm.move("extend"); err != nil {
		return err
	}
	switch to := calendar.DateOf(*dm.ExtendTo); {
	case until.Over(t.now):
		return party.TooLate("demand.extend_late", "暂缓付款的期限已过，不能再以延期代替付款；请立即付款")
	case dm.Answer == nil || letter.ExtensionChoice(*dm.Answer) != letter.ChooseExtend:
		return party.Conflict("demand.extend_unanswered", "申请人没有答复同意延期，不能延期；请等候答复，或者付款")
	case a.content.Expiry.Before(to):
		return party.Invalid("demand.extend_short", "expiry", "受益人要求延长至 "+to.String()+"，修改函的到期日不得早于这一日；请重新生成并签名")
	}
	if err := t.settlesAsAnother(ctx, errSameExtender); err != nil {
		return err
	}
	if err := a.amends(x, before, t.g, dm); err != nil {
		return err
	}
	t.settled()
	t.happened(EventDemandExtended, map[string]any{"expiry": a.content.Expiry.String()})
	t.demand = nil // the letter's own fact
	err = t.amend(ctx, a)
	t.demand = dm
	return err
}
