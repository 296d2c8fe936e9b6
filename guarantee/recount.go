package guarantee

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
)

// MovedClock is a release clock whose last day is another by the table of public holidays as it stands now.
type MovedClock struct {
	Guarantee string        `json:"guarantee"`
	Number    string        `json:"number"`
	Was       calendar.Date `json:"was,omitzero"` // absent: the year was not published
	Day       calendar.Date `json:"day"`
}

// differing lists the running release clocks that count to another day by a table. It only reads.
func differing(ctx context.Context, q store.Querier, days *calendar.Calendar) ([]MovedClock, error) {
	rows, err := q.Query(ctx, `SELECT id, coalesce(number, ''), release_due_by, release_from, release_days, release_unit FROM guarantee
		WHERE release_state = 'due' AND instrument_state = 'issued' AND release_from IS NOT NULL ORDER BY id`)
	if err != nil {
		return nil, err
	}
	var m MovedClock
	var was *time.Time
	var from time.Time
	k := calendar.Clock{Kind: "release"}
	out := []MovedClock{}
	_, err = pgx.ForEachRow(rows, []any{&m.Guarantee, &m.Number, &was, &from, &k.Days, &k.Unit}, func() error {
		m.Was, k.From = calendar.Date{}, calendar.DateOf(from)
		if was != nil {
			m.Was = calendar.DateOf(*was)
		}
		now, err := days.Count(k)
		if err != nil || now.Unknown || now.To == m.Was {
			return err
		}
		m.Day = now.To
		out = append(out, m)
		return nil
	})
	return out, err
}

// RecountReleases moves every running release clock to the day to which it counts by this process's calendar, each in a
// transaction of its own and with an event that says why. A clock that was stopped meanwhile is left alone.
func (d *Desk) RecountReleases(ctx context.Context) (moved []MovedClock, err error) {
	all, err := differing(ctx, d.Pool, d.Calendar)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if _, err := d.change(ctx, party.Command{Actor: party.System()}, m.Guarantee, func(_ context.Context, t *turn) error {
			return d.recountOne(t)
		}); err != nil {
			return moved, err
		}
		moved = append(moved, m)
	}
	return moved, nil
}

func (d *Desk) recountOne(t *turn) error {
	was, ok := t.g.Clock()
	if !ok || was.From.IsZero() || t.g.InstrumentState != Issued || t.g.ReleaseState != ReleaseDue {
		return nil
	}
	now, err := d.Calendar.Count(was)
	if err != nil || now.Unknown || now.To == was.To {
		return err
	}
	t.g.setClock(*t.g.ReleaseReason, now)
	t.happened(EventReleaseClockMoved, map[string]string{"was": was.To.String(), "by": now.To.String(), "why": "calendar"})
	return nil
}
