package guarantee

import (
	"context"
	"slices"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
)

// TakeUp notes that the guarantor has begun to underwrite (受理). A decision may also come without it.
func (d *Desk) TakeUp(ctx context.Context, cmd party.Command, id string) (Answer, error) {
	return d.change(ctx, cmd, id, func(_ context.Context, t *turn) error {
		if err := t.g.of(t.actor); err != nil {
			return err
		}
		if t.g.ApplicationState == Underwriting {
			return nil
		}
		if err := t.g.move(PartApplication, "take_up"); err != nil {
			return err
		}
		t.happened(EventTakenUp, nil)
		return nil
	})
}

// Decision is the guarantor's, with the fee that it really asks.
type Decision struct {
	Approve bool
	Fee     letter.Fen // fen; needed to approve
	Reason  string     // needed to decline; shown to the applicant
}

// Decide approves or declines. A fee equal to the one in the signed application is accepted by that signature; a
// different one, which must be on the institution's published ladder as the caller has checked, waits for the
// applicant (AcceptFee). Declining frees the lot for another application.
func (d *Desk) Decide(ctx context.Context, cmd party.Command, id string, dec Decision) (Answer, error) {
	return d.change(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		if err := t.g.of(t.actor); err != nil {
			return err
		}
		if !dec.Approve {
			return decline(t, dec.Reason)
		}
		return d.approve(ctx, t, dec.Fee)
	})
}

func decline(t *turn, reason string) error {
	if reason == "" {
		return party.Invalid("decision.reason", "reason", "不予承保须说明理由；请填写后重发")
	}
	if err := t.g.move(PartApplication, "decline"); err != nil {
		return err
	}
	t.happened(EventDeclined, map[string]string{"reason": reason})
	return nil
}

func (d *Desk) approve(ctx context.Context, t *turn, fee letter.Fen) (err error) {
	g := t.g
	if fee < 1 || fee > g.Ceiling {
		return party.Invalid("decision.fee", "fee", "保费须为大于零且不超过最高金额的整数（分）")
	}
	if err := g.move(PartApplication, "approve"); err != nil {
		return err
	}
	if g.TwoPeople, err = d.twoPeople(ctx, t); err != nil {
		return err
	}
	g.DecidedBy = fingerprint(t.actor)
	if fee == g.QuotedFee {
		t.happened(EventApproved, map[string]letter.Fen{"fee": fee})
		return d.charge(t, fee)
	}
	g.FeeOffered = &fee
	due := t.now.Add(d.FeeWithin)
	g.FeeDueAt = &due
	t.happened(EventApproved, map[string]letter.Fen{"fee": fee})
	t.happened(EventFeeOffered, map[string]letter.Fen{"fee": fee})
	return nil
}

// charge makes the agreed fee due within the desk's time.
func (d *Desk) charge(t *turn, fee letter.Fen) error {
	if err := t.g.move(PartFee, "charge"); err != nil {
		return err
	}
	due := t.now.Add(d.FeeWithin)
	t.g.Fee, t.g.FeeOffered, t.g.FeeDueAt = &fee, nil, &due
	t.happened(EventFeeAccepted, map[string]any{"fee": fee, "due": due.Format(time.RFC3339)})
	return nil
}

// AcceptFee is the applicant's consent to the real fee: the very amount must be named, so that a fee that changed
// in between is not accepted unseen.
func (d *Desk) AcceptFee(ctx context.Context, cmd party.Command, id string, fee letter.Fen) (Answer, error) {
	return d.ownersChange(ctx, cmd, id, func(_ context.Context, t *turn) error {
		if t.g.FeeOffered == nil || t.g.ApplicationState != Approved {
			return party.Conflict("fee.nothing_offered", "目前没有待您确认的保费；请刷新查看最新状态")
		}
		if *t.g.FeeOffered != fee {
			return party.Invalid("fee.changed", "fee", "金额与机构报出的保费不一致；请核对后重新确认")
		}
		return d.charge(t, fee)
	})
}

// Cancel (撤单) ends an application before anything is issued. A fee that was paid goes back.
func (d *Desk) Cancel(ctx context.Context, cmd party.Command, id string) (Answer, error) {
	return d.ownersChange(ctx, cmd, id, func(_ context.Context, t *turn) error {
		switch late := t.g.FeeDueAt != nil && !t.now.Before(*t.g.FeeDueAt); {
		case t.g.InstrumentState == NotIssued:
		case t.g.InstrumentState == Issuing && late: // number and digest stand, and the letter does not come
			if err := t.g.move(PartInstrument, "fail"); err != nil {
				return err
			}
		case t.g.InstrumentState == Issuing:
			return party.Conflict("application.issuing", "担保机构正在开立保函，暂不能撤单；如果逾期仍未开立，届时可以撤单并退费")
		default:
			return party.Conflict("application.already_issued", "保函已经开立，不能撤单；开立后的保函依其条款终止")
		}
		return cancel(t)
	})
}

func cancel(t *turn) error {
	g := t.g
	if err := g.move(PartApplication, "cancel"); err != nil {
		return err
	}
	g.FeeOffered = nil
	t.happened(EventCancelled, nil)
	if g.FeeState == FeePaid {
		return refund(t)
	}
	if g.FeeState != FeePending {
		return nil
	}
	if err := g.move(PartFee, "lapse"); err != nil {
		return err
	}
	t.happened(EventFeeLapsed, nil)
	return nil
}

// ownersChange is change for the bidder whose record it is. To anyone else the record does not exist.
func (d *Desk) ownersChange(ctx context.Context, cmd party.Command, id string, rule func(context.Context, *turn) error) (Answer, error) {
	ids, err := d.owned(ctx, d.Pool, cmd.Actor.USCC)
	if err != nil {
		return Answer{}, err
	}
	if cmd.Actor.Role != party.Bidder || !slices.Contains(ids, id) {
		return Answer{}, ErrNotFound
	}
	return d.change(ctx, cmd, id, rule)
}
