package story

import (
	"context"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// Trial publishes one more lot, opened remotely, that nobody has bid for: whoever has heard the story takes the parts himself.
// It is the first tender's successor, with the same security. It says when bids are due.
func Trial(ctx context.Context, s Stage) (time.Time, error) {
	t := newTale(s)
	now := t.Clock.Now().In(calendar.Shanghai)
	deadline := time.Date(now.Year(), now.Month(), now.Day()+1, 10, 0, 0, 0, calendar.Shanghai)
	for d := calendar.DateOf(deadline); d.Time().Weekday() == time.Saturday || d.Time().Weekday() == time.Sunday; d = calendar.DateOf(deadline) {
		deadline = deadline.AddDate(0, 0, 1)
	}
	agent, err := t.staffOf(ctx, t.Cast.Agent, "agent")
	if err != nil {
		return deadline, err
	}
	const title = "长沙绕城高速西南段及机场高速2023-2025年养护工程施工"
	p, err := agent.CreateProject(ctx, wire.CreateProject{Code: "CSRC-2020-09", Name: title, Regime: "招投标", Beneficiary: []letter.Party{t.Cast.Invest.Party, t.Cast.RingRoad.Party}})
	if err != nil {
		return deadline, err
	}
	lot, err := agent.AddLot(ctx, p.ID, wire.AddLot{Code: "CSRC-2020-09-YH", Name: "养护工程施工", Base: yuan("46800000.00"), Amount: yuan("800000.00"), Forms: everyForm,
		End: letter.EndRule{Deadline: deadline, ValidityDays: 120, ExtraDays: 28}, Hall: &wire.HallRules{Decrypt: 30, Objection: 10, Sign: 15}})
	if err != nil {
		return deadline, err
	}
	_, err = agent.Publish(ctx, lot.ID)
	return deadline, err
}
