package guarantee

import (
	"cmp"
	"context"
	"slices"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
)

// openDemand is a demand that is not settled, with what its clocks need of its letter.
type openDemand struct {
	Demand
	Guarantor      string
	Number         string
	Wording        string
	WordingVersion int
	LastDay        time.Time // date, UTC midnight
}

const openDemandColumns = `d.id, d.guarantee, d.state, d.beneficiary, d.amount, d.signed, d.missing, d.presented_at, d.completed_at, d.requested_at, d.examine_by,
	d.discrepancies, d.decided_at, d.interim_paid, d.paid_amount, d.paid_ref, d.paid_at, d.paid_slip,
	d.two_people, d.decided_by, d.paid_by, d.extend_to, d.reply_by, d.answer, d.answered_at, d.answer_signed, g.guarantor, g.number, g.wording, g.wording_version, coalesce(g.expiry, g.latest_expiry) AS last_day`

// openDemands reads demands that are not settled, in no order, with their pauses. A tender seldom sees one: all that are
// open fit into one reading.
func openDemands(ctx context.Context, q store.Querier) ([]openDemand, map[string][]Pause, error) {
	all, err := store.Many[openDemand](ctx, q, `SELECT `+openDemandColumns+` FROM demand d JOIN guarantee g ON g.id = d.guarantee
		WHERE d.state IN ('presented', 'incomplete', 'examining', 'complying', 'held', 'stayed') ORDER BY random()`, nil)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	pauses, err := pausesOf(ctx, q, ids...)
	return all, pauses, err
}

func (o *openDemand) facts(pauses []Pause, days *calendar.Calendar) (demandFacts, error) {
	w, err := letter.WordingOf(letter.WordingRef{ID: o.Wording, Version: o.WordingVersion})
	return demandFacts{w, &o.Demand, pauses, calendar.DateOf(o.LastDay), days}, err
}

// clocksOfOpen calls visit with every open demand and its clocks.
func (d *Desk) clocksOfOpen(ctx context.Context, visit func(openDemand, []DemandClock, []Pause)) error {
	all, pauses, err := openDemands(ctx, d.Pool)
	if err != nil {
		return err
	}
	for i := range all {
		f, err := all[i].facts(pauses[all[i].ID], d.Calendar)
		if err != nil {
			return err
		}
		clocks, err := demandClocks(f)
		if err != nil {
			return err
		}
		visit(all[i], clocks, f.pauses)
	}
	return nil
}

// OverdueDemand is a clock of a demand whose last day has passed, for the supervisor.
type OverdueDemand struct {
	Demand    string
	Guarantee string
	Number    string
	Guarantor string // USCC
	State     State
	Clock     DemandClock
	Days      int // whole days since the last day
}

// OverdueDemands lists the clocks of open demands whose last day had passed at an instant, the longest overdue first, at
// most limit. A clock that stands, or whose day nobody can say yet, is not overdue; neither is what the applicant failed
// to sue for, which is the court's to lift.
func (d *Desk) OverdueDemands(ctx context.Context, at time.Time, limit int) ([]OverdueDemand, error) {
	var late []OverdueDemand
	err := d.clocksOfOpen(ctx, func(o openDemand, clocks []DemandClock, _ []Pause) {
		for _, c := range clocks {
			if c.Over(at) && c.Kind != ClockSuit && c.Kind != ClockCompletion {
				late = append(late, OverdueDemand{o.ID, o.Guarantee, o.Number, o.Guarantor, o.State, c, c.To.DaysUntil(calendar.DateOf(at))})
			}
		}
	})
	slices.SortFunc(late, func(a, b OverdueDemand) int {
		return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(a.Demand, b.Demand), cmp.Compare(a.Clock.Kind, b.Clock.Kind))
	})
	return late[:min(len(late), limit)], err
}
