package guarantee

import (
	"context"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
)

// Days before a demand's last days on which those who must move are first reminded.
const (
	remindPayment    = 1
	remindAssessment = 3
	remindInterim    = 5
	remindSuit       = 10
	remindExtension  = 5
)

// demandDues are the reminders that follow from the clocks of open demands, at most limit of each kind.
func (d *Desk) demandDues(ctx context.Context, limit int) ([]Due, error) {
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return nil, err
	}
	today, counted, seen := calendar.DateOf(now), map[DueKind]int{}, map[Due]bool{}
	var all []Due
	err = d.clocksOfOpen(ctx, func(o openDemand, clocks []DemandClock, pauses []Pause) {
		for _, kind := range remindersOf(o.Demand, clocks, pauses, today) {
			if due := (Due{kind, o.Guarantee}); !seen[due] && counted[kind] < limit {
				seen[due] = true
				counted[kind]++
				all = append(all, due)
			}
		}
	})
	return all, err
}

// remindersOf says whose move is missing of one demand on a day. The last day of the examination is asked for in SQL.
func remindersOf(dm Demand, clocks []DemandClock, pauses []Pause, today calendar.Date) (kinds []DueKind) {
	if p := openPause(pauses, PauseDocuments); p != nil && calendar.DateOf(p.BeganAt).Before(today) {
		kinds = append(kinds, DueCompletion)
	}
	if dm.State == Held && dm.Answer == nil && !today.After(calendar.DateOf(*dm.ReplyBy)) {
		kinds = append(kinds, DueAnswer)
	}
	for _, c := range clocks {
		if c.To.IsZero() {
			continue
		}
		left := today.DaysUntil(c.To)
		switch {
		case c.Kind == ClockPayment && dm.State == Complying && left <= remindPayment:
			kinds = append(kinds, DuePayment)
		case c.Kind == ClockHold && (dm.Answer != nil || today.After(calendar.DateOf(*dm.ReplyBy)) || left <= remindExtension):
			kinds = append(kinds, DueExtension)
		case c.Kind == ClockAssessment && left <= remindAssessment:
			kinds = append(kinds, DueAssessment)
		case c.Kind == ClockInterim && left <= remindInterim:
			kinds = append(kinds, DueInterim)
		case c.Kind == ClockSuit && left < 0:
			kinds = append(kinds, DueLifting)
		case c.Kind == ClockSuit && left <= remindSuit:
			kinds = append(kinds, DueSuit)
		}
	}
	return kinds
}
