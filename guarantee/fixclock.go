package guarantee

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/party"
)

// FixClocks derives the last days that nobody could say when their demands came, because the year's days of rest were not
// published; it is called when the calendar has grown. Such a day is never earlier than the day on which it becomes
// known: nobody is precluded by a day that it was not told. It answers how many were fixed.
func (d *Desk) FixClocks(ctx context.Context) (int, error) {
	rows, err := d.Pool.Query(ctx, `SELECT id FROM demand WHERE state = 'examining' AND examine_by IS NULL ORDER BY id`)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, err
	}
	fixed := 0
	for _, id := range ids {
		known, err := d.fixClock(ctx, id)
		if err != nil {
			return fixed, err
		}
		if known {
			fixed++
		}
	}
	return fixed, nil
}

// fixClock fixes one demand's last day of examination, unless it still cannot be said, or somebody was quicker.
func (d *Desk) fixClock(ctx context.Context, id string) (known bool, err error) {
	dm, err := readDemand(ctx, d.Pool, id)
	if err != nil {
		return false, err
	}
	_, err = d.change(ctx, party.Command{Actor: party.System()}, dm.Guarantee, func(ctx context.Context, t *turn) error {
		if t.demand, err = readDemand(ctx, t.tx, id); err != nil {
			return err
		}
		if t.demand.State != Examining || t.demand.ExamineBy != nil {
			return nil
		}
		by, err := d.fixExamination(ctx, t)
		if err != nil || by.IsZero() {
			return err
		}
		if today := calendar.DateOf(t.now); by.Before(today) {
			by = today
		}
		day := by.Time()
		t.demand.ExamineBy, known = &day, true
		t.happened(EventDemandDayFixed, map[string]any{"examine_by": by.String()})
		return updateDemand(ctx, t.tx, t.demand)
	})
	return known && err == nil, err
}
