package guarantee

import (
	"context"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

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
	if err := d.store(ctx, in, m.Documents, p.Documents); err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, in.Guarantee, func(ctx context.Context, t *turn) error {
		return d.presented(ctx, t, in, m, p, missing)
	})
}

func (d *Desk) presented(ctx context.Context, t *turn, in Intake, m letter.Demand, p Presentation, missing []letter.DocumentKind) error {
	first, err := takeUp(ctx, t, in)
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
	rest, err := claimable(ctx, t.tx, g)
	if err != nil {
		return err
	}
	if m.Amount > rest {
		return party.Invalid("demand.amount", "amount", "索赔金额超过保函的剩余金额（已扣除正在处理的其他索赔）；请核对后重新提交")
	}
	t.demand = &Demand{ID: m.ID, Guarantee: g.ID, State: Presented, Beneficiary: m.Beneficiary.USCC, Amount: m.Amount,
		Signed: p.Signed, Missing: kindsOf(missing), PresentedAt: in.ReceivedAt}
	if err := extensionAsked(g, t.demand, m.ExtendTo); err != nil {
		return err
	}
	g.OpenDemands++
	t.happened(EventDemandPresented, map[string]any{"amount": m.Amount, "received_at": in.ReceivedAt.In(calendar.Shanghai).Format(time.RFC3339Nano),
		"signed": letter.PaperDigest(p.Signed)})
	if err := d.settleIntake(ctx, t, waits(g.Form, m.CompleteLater, len(missing) > 0)); err != nil {
		return err
	}
	return insertDocuments(ctx, t.tx, m.ID, p.Documents)
}

// claimable is what can still be demanded: the amount without what was paid and what open demands ask for, in fen.
func claimable(ctx context.Context, q store.Querier, g *Guarantee) (letter.Fen, error) {
	claimed, err := openClaims(ctx, q, g.ID)
	return *g.Amount - g.Honoured - claimed, err
}

// waits says whether the examination waits for the beneficiary. A presentation that says it will be completed waits under
// every form (URDG 758 art. 20(a)). Documents that are missing without that word hold up an insurer and a guarantee
// company (保险法 art. 22), and nobody under an independent letter: its guarantor examines what is there, and may refuse
// for what is not.
func waits(form letter.Form, completeLater, missing bool) bool {
	return completeLater || missing && form != letter.FormIndependent
}

// settleIntake says whose move is next: the beneficiary completes, or the guarantor examines; and keeps the demand.
func (d *Desk) settleIntake(ctx context.Context, t *turn, waits bool) error {
	dm := t.demand
	if waits {
		if err := dm.move("find_incomplete"); err != nil {
			return err
		}
		t.happened(EventDemandIncomplete, map[string]any{"missing": dm.Missing})
		if err := insertDemand(ctx, t.tx, dm); err != nil {
			return err
		}
		_, err := t.pause(ctx, Pause{Why: PauseDocuments, FromState: Presented, BeganAt: dm.PresentedAt})
		return err
	}
	data := map[string]any{}
	if len(dm.Missing) > 0 {
		data["missing"] = dm.Missing
	}
	if err := d.examine(ctx, t, "examine", EventDemandExamining, data); err != nil {
		return err
	}
	return insertDemand(ctx, t.tx, dm)
}

// examine makes the next move the guarantor's, and says until when.
func (d *Desk) examine(ctx context.Context, t *turn, verb Verb, kind EventKind, data map[string]any) error {
	if err := t.demand.move(verb); err != nil {
		return err
	}
	by, err := d.fixExamination(ctx, t)
	if err != nil {
		return err
	}
	if !by.IsZero() {
		data["examine_by"] = by.String()
	}
	t.happened(kind, data)
	return nil
}
