package guarantee

import (
	"context"
	"errors"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// examineBy is the last day of the examination: so many working days as the wording gives, following the day of
// presentation (URDG 758 art. 20). In a year whose days of rest are not published yet nobody can say that day: the
// demand is taken all the same, and until the day is known nobody is precluded.
func (d *Desk) examineBy(x *Disclosure, receivedAt time.Time) (calendar.Date, error) {
	w, err := letter.WordingOf(x.Content.Application.Wording)
	if err != nil {
		return calendar.Date{}, err
	}
	by, err := d.Calendar.AddWorkingDays(calendar.DateOf(receivedAt), w.ExamineWorkingDays)
	if errors.Is(err, calendar.ErrYearNotPublished) {
		return calendar.Date{}, nil
	}
	return by, err
}

// demand takes a presentation. What counts is the instant of its durable receipt: at or before 24:00 of the last day
// of validity it is in time, however late it is processed. The documents are compared with the list in the wording by
// machine; whether they comply the guarantor alone decides (法释〔2016〕24号 arts. 6–8).
func (d *Desk) demand(ctx context.Context, cmd party.Command, in Intake) (Answer, error) {
	x, err := d.disclosed(ctx, d.Pool, in.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	p, content, err := d.readPresentation(x, in)
	if err != nil {
		return Answer{}, err
	}
	m, err := letter.ParseDemand(content)
	if err != nil {
		return Answer{}, refuse("demand", err)
	}
	if err := checkDemand(x, m, in); err != nil {
		return Answer{}, err
	}
	if err := checkDocuments(m.Documents, p.Documents); err != nil {
		return Answer{}, err
	}
	required, err := x.Content.Required(m.Reason)
	if err != nil {
		return Answer{}, refuse("demand", err)
	}
	missing := letter.Missing(required, m.Documents)
	examineBy, err := d.examineBy(x, in.ReceivedAt)
	if err != nil {
		return Answer{}, err
	}
	if err := d.store(ctx, in, m.Documents, p.Documents); err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, in.Guarantee, func(ctx context.Context, t *turn) error {
		return d.presented(ctx, t, in, m, p, missing, examineBy)
	})
}

func (d *Desk) presented(ctx context.Context, t *turn, in Intake, m letter.Demand, p Presentation, missing []letter.DocumentKind, examineBy calendar.Date) error {
	first, err := processedTx(ctx, t.tx, in.ID)
	if err != nil {
		return err
	}
	if !first {
		t.demand, err = readDemand(ctx, t.tx, m.ID)
		return err
	}
	g := t.g
	if in.ReceivedAt.After(g.lastInstant()) {
		return party.TooLate("demand.after_expiry", "索赔到达时保函有效期已满（以平台收到时间为准），不能受理")
	}
	if g.InstrumentState != Issued {
		return party.Conflict("demand.not_in_force", "保函已不在有效状态，不能提出索赔；请查看保函的最新状态")
	}
	claimed, err := openClaims(ctx, t.tx, g.ID)
	if err != nil {
		return err
	}
	if m.Amount > *g.Amount-g.Honoured-claimed {
		return party.Invalid("demand.amount", "amount", "索赔金额超过保函的剩余金额（已扣除正在处理的其他索赔）；请核对后重新提交")
	}
	t.demand = &Demand{ID: m.ID, Guarantee: g.ID, State: Presented, Beneficiary: m.Beneficiary.USCC, Amount: m.Amount,
		Signed: p.Signed, Missing: kindsOf(missing), PresentedAt: in.ReceivedAt}
	g.OpenDemands++
	t.happened(EventDemandPresented, map[string]any{"amount": m.Amount, "received_at": in.ReceivedAt.In(calendar.Shanghai).Format(time.RFC3339Nano),
		"signed": letter.PaperDigest(p.Signed)})
	if err := t.settleIntake(examineBy, m.CompleteLater || len(missing) > 0); err != nil {
		return err
	}
	if err := insertDemand(ctx, t.tx, t.demand); err != nil {
		return err
	}
	return insertDocuments(ctx, t.tx, m.ID, p.Documents)
}

// settleIntake says whose move is next: the beneficiary completes, or the guarantor examines. If a presentation says
// that it will be completed, the examination waits (URDG 758 art. 20(a)).
func (t *turn) settleIntake(examineBy calendar.Date, incomplete bool) error {
	if incomplete {
		if err := t.demand.move("find_incomplete"); err != nil {
			return err
		}
		t.happened(EventDemandIncomplete, map[string]any{"missing": t.demand.Missing})
		return nil
	}
	return t.examine(examineBy, "examine", EventDemandExamining, map[string]any{})
}

func (t *turn) examine(by calendar.Date, verb Verb, kind EventKind, data map[string]any) error {
	if err := t.demand.move(verb); err != nil {
		return err
	}
	if !by.IsZero() {
		day := by.Time()
		t.demand.ExamineBy = &day
		data["examine_by"] = by.String()
	}
	t.happened(kind, data)
	return nil
}
