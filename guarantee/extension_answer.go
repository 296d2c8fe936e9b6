package guarantee

import (
	"context"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// AnswerExtension takes the applicant's one answer to a held demand: extend or pay, a code, signed by the lead of its
// consortium, as the application was. It comes in time up to the instant that the guarantor has named; without it the
// guarantor pays.
func (d *Desk) AnswerExtension(ctx context.Context, cmd party.Command, id string, signed []byte) (Answer, error) {
	dm, err := readDemand(ctx, d.Pool, id)
	if err != nil {
		return Answer{}, err
	}
	x, err := d.disclosed(ctx, d.Pool, dm.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	if cmd.Actor.Role != party.Bidder || cmd.Actor.USCC != x.Applicants[0] {
		return Answer{}, ErrDemandNotFound
	}
	return d.change(ctx, cmd, dm.Guarantee, func(ctx context.Context, t *turn) error {
		if t.demand, err = readDemand(ctx, t.tx, id); err != nil {
			return err
		}
		if err := d.answerExtension(t, x, signed); err != nil {
			return err
		}
		return updateDemand(ctx, t.tx, t.demand)
	})
}

func (d *Desk) answerExtension(t *turn, x *Disclosure, p7s []byte) error {
	s, err := signing.ParseSignedData(p7s)
	if err != nil {
		return refuse("answer", err)
	}
	if err := s.Verify(d.Trust, t.now); err != nil {
		return refuse("answer", err)
	}
	a, err := letter.ParseExtensionAnswer(s.Content)
	if err != nil {
		return refuse("answer", err)
	}
	dm := t.demand
	for _, c := range []struct {
		ok           bool
		field, words string
	}{
		{s.Signer().Subject().OrganizationID == t.actor.USCC && a.Applicant.USCC == t.actor.USCC, "applicant", "答复须由申请人本单位签名"},
		{a.Demand == dm.ID && a.DemandDigest == letter.DemandDigest(dm.Signed), "demand", "答复所指的索赔与平台所存的不一致"},
		{a.Guarantee == x.Guarantee && a.Number == x.Number && a.Guarantor.USCC == x.Guarantor, "number", "答复所指的保函与本保函不一致"},
		{dm.ExtendTo == nil || a.ExtendTo == calendar.DateOf(*dm.ExtendTo), "extend_to", "答复所写的延期日期与索赔不一致"},
	} {
		if !c.ok {
			return mismatch("answer."+c.field, c.field, c.words+"；请核对后重新生成并签名")
		}
	}
	return answered(t, a, p7s)
}

func answered(t *turn, a letter.ExtensionAnswer, p7s []byte) error {
	dm := t.demand
	if dm.Answer != nil {
		return party.Conflict("answer.given", "已经答复过（"+letter.ExtensionChoice(*dm.Answer).Chinese()+"），不能更改；有变化的，请直接与担保机构联系")
	}
	if err := dm.move("answer"); err != nil {
		return err
	}
	if dm.ReplyBy == nil { // a stay that did not interrupt a hold
		return party.Conflict("answer.not_asked", "担保机构没有请您答复延期或者付款；请刷新后查看索赔的最新状态")
	}
	if t.now.After(*dm.ReplyBy) {
		return party.TooLate("answer.late", "答复期限已过，担保机构将按索赔付款；请立即与担保机构联系")
	}
	choice := string(a.Answer)
	dm.Answer, dm.AnsweredAt, dm.AnswerSigned = &choice, &t.now, p7s
	t.happened(EventDemandAnswered, map[string]any{"answer": choice, "signed": letter.PaperDigest(p7s)})
	return nil
}
