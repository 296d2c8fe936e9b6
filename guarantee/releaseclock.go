package guarantee

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/party"
)

// ReleaseDueTx starts the clock that the tender's course has set, by the table in tender/releaseclock.go. It runs inside
// the tender's transaction; ids are in ascending order. Of two clocks the one that ends first holds. A letter that has
// ended, or whose release is signed by all, is left alone.
func (d *Desk) ReleaseDueTx(ctx context.Context, tx pgx.Tx, ids []string, reason string, clock calendar.Clock) error {
	return d.eachRelease(ctx, tx, ids, func(t *turn) error {
		if t.g.InstrumentState != Issued || !startsBefore(t.g, clock) {
			return nil
		}
		if t.g.ReleaseState == NoRelease {
			if err := t.g.move(PartRelease, "fall_due"); err != nil {
				return err
			}
		}
		t.g.setClock(reason, clock)
		t.happened(EventReleaseDue, map[string]any{"reason": reason, "law": clock.Law, "from": clock.From, "by": clock.To.String(),
			"days": clock.Days, "unit": clock.Unit})
		return nil
	})
}

// startsBefore tells whether a clock takes the place of what runs, if anything does. A day that is not known yet gives way
// to none and takes the place of none.
func startsBefore(g *Guarantee, clock calendar.Clock) bool {
	switch {
	case g.ReleaseState == NoRelease:
		return true
	case g.ReleaseState != ReleaseDue || g.ReleaseDueBy == nil || clock.To.IsZero():
		return false
	}
	return clock.To.Before(calendar.DateOf(*g.ReleaseDueBy))
}

// ReleaseStopTx takes back clocks that an event has started, where the letter waits for another event after all. It runs
// inside the tender's transaction; ids are in ascending order. What a beneficiary has signed stays signed, and is not asked
// for again when a clock comes back.
func (d *Desk) ReleaseStopTx(ctx context.Context, tx pgx.Tx, ids []string, started, why string) error {
	return d.eachRelease(ctx, tx, ids, func(t *turn) error {
		if t.g.InstrumentState != Issued || t.g.ReleaseState != ReleaseDue || t.g.ReleaseReason == nil || *t.g.ReleaseReason != started {
			return nil
		}
		if err := t.g.move(PartRelease, "stop"); err != nil {
			return err
		}
		t.happened(EventReleaseClockStopped, map[string]string{"started": started, "why": why})
		return nil
	})
}

// ReleaseAwaits are the joint beneficiaries for whose signature a release waits that another has signed; none where nobody
// has, or all have.
func (d *Desk) ReleaseAwaits(ctx context.Context, g *Guarantee) ([]string, error) {
	if g.InstrumentState != Issued {
		return nil, nil
	}
	rows, err := d.Pool.Query(ctx, `SELECT b FROM disclosure x, unnest(x.beneficiaries) WITH ORDINALITY AS u (b, n)
		WHERE x.guarantee = @id AND EXISTS (SELECT 1 FROM release_signature s WHERE s.guarantee = x.guarantee)
		AND NOT EXISTS (SELECT 1 FROM release_signature s WHERE s.guarantee = x.guarantee AND s.beneficiary = b) ORDER BY n`,
		pgx.NamedArgs{"id": g.ID})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (d *Desk) eachRelease(ctx context.Context, tx pgx.Tx, ids []string, rule func(*turn) error) error {
	for _, id := range ids {
		t, err := lock(ctx, tx, id, party.System())
		if err != nil {
			return err
		}
		if err := rule(t); err != nil {
			return err
		}
		if _, err := d.finish(ctx, party.Command{Actor: party.System()}, t); err != nil {
			return err
		}
	}
	return nil
}

func (g *Guarantee) setClock(reason string, k calendar.Clock) {
	from, unit := k.From.Time(), string(k.Unit)
	g.ReleaseReason, g.ReleaseLaw, g.ReleaseFrom, g.ReleaseDays, g.ReleaseUnit = &reason, &k.Law, &from, &k.Days, &unit
	g.ReleaseDueBy = nil
	if !k.To.IsZero() {
		to := k.To.Time()
		g.ReleaseDueBy = &to
	}
}

// Clock is the release clock as the row keeps it; false: none was ever started.
func (g *Guarantee) Clock() (calendar.Clock, bool) {
	k := calendar.Clock{Kind: "release"}
	if g.ReleaseDueBy != nil {
		k.To = calendar.DateOf(*g.ReleaseDueBy)
	}
	if g.ReleaseFrom != nil {
		k.Law, k.From, k.Days, k.Unit = *g.ReleaseLaw, calendar.DateOf(*g.ReleaseFrom), *g.ReleaseDays, calendar.Unit(*g.ReleaseUnit)
		k.Unknown = k.To.IsZero()
	}
	return k, g.ReleaseDueBy != nil || g.ReleaseFrom != nil
}

// ReleaseClock is a letter's release clock for those who may see the letter: its law, its days, and what ended it; nil if
// the tender's course has started none.
func (d *Desk) ReleaseClock(ctx context.Context, g *Guarantee) (*calendar.Clock, error) {
	k, ok := g.Clock()
	if !ok {
		return nil, nil
	}
	if g.InstrumentState == Issued && g.ReleaseState == ReleaseDue {
		return &k, nil
	}
	var at time.Time
	err := d.Pool.QueryRow(ctx, `SELECT kind, at FROM guarantee_event WHERE guarantee = @id
		AND kind IN ('released', 'paid_out', 'expired', 'release_clock_stopped') ORDER BY seq DESC LIMIT 1`,
		pgx.NamedArgs{"id": g.ID}).Scan(&k.StoppedBy, &at)
	if errors.Is(err, pgx.ErrNoRows) {
		return &k, nil
	}
	k.StoppedAt = at.In(calendar.Shanghai)
	return &k, err
}
