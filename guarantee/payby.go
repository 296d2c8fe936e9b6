package guarantee

import (
	"context"
	"errors"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// PayBy is the last day on which the guarantor may pay a demand, by the clause of its wording; zero while nothing is
// to be paid yet, or any more.
func (d *Desk) PayBy(ctx context.Context, dm *Demand) (calendar.Date, error) {
	g, err := readGuarantee(ctx, d.Pool, dm.Guarantee)
	if err != nil {
		return calendar.Date{}, err
	}
	w, err := letter.WordingOf(letter.WordingRef{ID: g.Wording, Version: g.WordingVersion})
	if err != nil {
		return calendar.Date{}, err
	}
	return payBy(w, dm, d.Calendar)
}

// payBy counts the wording's days from the documents, or from the insurer's agreement (保险法 art. 23), and never ends
// before the examination does. Documents that were completed later count from then.
func payBy(w letter.Wording, dm *Demand, days *calendar.Calendar) (calendar.Date, error) {
	from := dm.PresentedAt
	if dm.CompletedAt != nil {
		from = *dm.CompletedAt
	}
	switch {
	case dm.State != Examining && dm.State != Complying && dm.State != Honoured:
		return calendar.Date{}, nil
	case w.PayFrom == letter.PayFromDecision && dm.DecidedAt == nil:
		return calendar.Date{}, nil
	case w.PayFrom == letter.PayFromDecision:
		return lastDay(days, *dm.DecidedAt, w.PayWithinDays)
	}
	by, err := lastDay(days, from, w.PayWithinDays)
	if err == nil && dm.ExamineBy != nil && by.Before(calendar.DateOf(*dm.ExamineBy)) {
		by = calendar.DateOf(*dm.ExamineBy)
	}
	return by, err
}

// lastDay moves to the next working day when the last is a day of rest (民法典 art. 203). Where the year's table is not
// published it does not move, which is never later than the law's day.
func lastDay(days *calendar.Calendar, from time.Time, n int) (calendar.Date, error) {
	start := calendar.DateOf(from)
	by, err := days.LastDay(start, n)
	if errors.Is(err, calendar.ErrYearNotPublished) {
		return start.AddDays(n), nil
	}
	return by, err
}
