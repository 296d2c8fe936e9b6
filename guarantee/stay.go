package guarantee

import (
	"context"
	"fmt"
	"unicode/utf8"

	"baohan/guarantee/calendar"
	"baohan/party"
	"baohan/signing"
)

// Ruling (中止支付裁定) is a court's order that a demand is not to be paid for now, as its guarantor reports it.
type Ruling struct {
	Court   string
	Number  string // 案号
	RuledOn calendar.Date
	Paper   Paper
	Digest  signing.Digest // of the paper, as the guarantor says
}

func (r Ruling) check(today calendar.Date) error {
	switch {
	case !readable(r.Court, 2, 100) || !readable(r.Number, 4, 100):
		return party.Invalid("demand.ruling", "number", "请填写作出裁定的法院和裁定书案号")
	case r.RuledOn.IsZero() || r.RuledOn.After(today):
		return party.Invalid("demand.ruled_on", "ruled_on", "裁定日期有误；请填写裁定书所载日期，不得晚于今天")
	}
	return r.Paper.check("paper", r.Digest)
}

func readable(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return n >= least && n <= most
}

// StayDemand (中止支付) notes a court's stop-payment (法释〔2016〕24号 arts. 13–17). The guarantor reports it, because the
// order is served on it and binds it; the centre has no part in it. While the order stands nothing can be noted as paid,
// no day of the guarantor's runs, and the guarantee neither expires nor is released. The applicant must sue, or apply for
// arbitration, within thirty days of the ruling, or the court lifts it (art. 16); the platform reminds, and lifts nothing
// by itself.
func (d *Desk) StayDemand(ctx context.Context, cmd party.Command, id string, r Ruling) (Answer, error) {
	return d.demandChange(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		if err := r.check(calendar.DateOf(t.now)); err != nil {
			return err
		}
		return stay(ctx, t, r)
	})
}

func stay(ctx context.Context, t *turn, r Ruling) error {
	from := t.demand.State
	if err := t.demand.move("stay"); err != nil {
		return err
	}
	ruledOn := r.RuledOn.Time()
	seq, err := t.pause(ctx, Pause{Why: PauseCourt, FromState: from, BeganAt: t.now, Court: &r.Court, Ruling: &r.Number, RuledOn: &ruledOn})
	if err != nil {
		return err
	}
	if from == Examining {
		t.demand.ExamineBy = nil // known again when the examination goes on
	}
	t.happened(EventDemandStayed, map[string]any{"court": r.Court, "number": r.Number, "ruled_on": r.RuledOn, "paper": r.Digest})
	return insertPaper(ctx, t.tx, t.demand.ID, paperRuling, fmt.Sprint(seq), t.now, r.Paper)
}

// Lifting is the proof that a stop-payment is over: the court's own ruling, or a judgment.
type Lifting struct {
	Number string // of the paper
	Paper  Paper
	Digest signing.Digest
}

func (l Lifting) check() error {
	if !readable(l.Number, 4, 100) {
		return party.Invalid("demand.lifting", "number", "请填写解除中止支付的文书编号")
	}
	return l.Paper.check("paper", l.Digest)
}

// ResumeDemand ends a stop-payment on the report of the guarantor or of the presenting beneficiary, with the paper that
// lifts it. The demand goes back to where the order met it, and its clocks go on with what was left of them: the day of
// the report of the order and the day of its lifting count for nobody. A lifting that is not true is on record with its
// paper, and the guarantor notes the order again.
func (d *Desk) ResumeDemand(ctx context.Context, cmd party.Command, id string, l Lifting) (Answer, error) {
	dm, err := readDemand(ctx, d.Pool, id)
	if err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, dm.Guarantee, func(ctx context.Context, t *turn) error {
		if t.demand, err = readDemand(ctx, t.tx, id); err != nil {
			return err
		}
		if t.g.of(t.actor) != nil && (t.actor.Role != party.Beneficiary || t.actor.USCC != t.demand.Beneficiary) {
			return ErrDemandNotFound
		}
		if err := l.check(); err != nil {
			return err
		}
		return d.resume(ctx, t, l)
	})
}

func (d *Desk) resume(ctx context.Context, t *turn, l Lifting) error {
	dm := t.demand
	all, err := pausesOf(ctx, t.tx, dm.ID)
	if err != nil {
		return err
	}
	p := openPause(all[dm.ID], PauseCourt)
	if p == nil {
		_, err := next(PartDemand, dm.State, "resume_examination")
		return err
	}
	if err := t.unpause(ctx, PauseCourt, t.now, &l.Number); err != nil {
		return err
	}
	if err := insertPaper(ctx, t.tx, dm.ID, paperLifting, fmt.Sprint(p.Seq), t.now, l.Paper); err != nil {
		return err
	}
	if err := d.goesOn(ctx, t, p.FromState, map[string]any{"number": l.Number, "paper": l.Digest}); err != nil {
		return err
	}
	return updateDemand(ctx, t.tx, dm)
}

// goesOn puts the demand back to where the order met it.
func (d *Desk) goesOn(ctx context.Context, t *turn, from State, data map[string]any) error {
	if from == Examining {
		return d.examine(ctx, t, "resume_examination", EventDemandResumed, data)
	}
	verb := Verb("resume_payment")
	if from == Held {
		verb = "resume_hold"
	}
	if err := t.demand.move(verb); err != nil {
		return err
	}
	t.happened(EventDemandResumed, data)
	return nil
}
