package tender

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/party"
)

// outageAfter is the silence that counts as an outage of the platform, in real time.
const outageAfter = 10 * time.Second

// BeatEvery is how often a process that runs jobs gives a sign of life while a window runs.
const BeatEvery = 2 * time.Second

func (d *Desk) outage() time.Duration {
	if d.Outage == 0 {
		return outageAfter
	}
	return d.Outage
}

// silence is how long ago the last sign of life was, by the real clock: a stepped clock is no outage.
func silence(ctx context.Context, q store.Querier, how string) (time.Duration, error) {
	var us int64
	err := q.QueryRow(ctx, `SELECT (extract(epoch FROM clock_timestamp() - at) * 1000000)::bigint FROM hall_beat`+how).Scan(&us)
	return time.Duration(us) * time.Microsecond, err
}

// Beat gives a sign of life. After a silence that counts as an outage, every window that had not ended at the last sign is
// longer by it, whoever comes first: nobody loses time because the platform was not there (OPEN-07). Signs that come
// within a second of one another are one.
func (d *Desk) Beat(ctx context.Context) error {
	gap, err := silence(ctx, d.Pool, "")
	if err != nil || gap < min(time.Second, d.outage()) {
		return err
	}
	out := false
	err = d.within(ctx, func(tx pgx.Tx) error {
		gap, err := silence(ctx, tx, " FOR UPDATE")
		if err != nil {
			return err
		}
		if out = gap > d.outage(); out {
			if err := d.extendAll(ctx, tx, gap); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE hall_beat SET at = clock_timestamp()`)
		return err
	})
	if err == nil && out {
		d.at("hall_outage")
	}
	return err
}

// giveBack counts an outage that nobody has counted yet, for a reader: else the first to look after it would see less time
// than there is. A reader is no sign of life.
func (d *Desk) giveBack(ctx context.Context) error {
	gap, err := silence(ctx, d.Pool, "")
	if err != nil || gap <= d.outage() {
		return err
	}
	return d.Beat(ctx)
}

// extendAll holds the heartbeat while it takes the lots' locks; nobody takes them the other way round.
func (d *Desk) extendAll(ctx context.Context, tx pgx.Tx, gap time.Duration) error {
	rows, err := tx.Query(ctx, `SELECT lot FROM hall_session WHERE deadline > platform_now() - @gap * interval '1 microsecond' ORDER BY lot`,
		pgx.NamedArgs{"gap": gap.Microseconds()})
	if err != nil {
		return err
	}
	lots, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, lot := range lots {
		if err := d.extendOne(ctx, tx, lot, gap); err != nil {
			return err
		}
	}
	return err
}

func (d *Desk) extendOne(ctx context.Context, tx pgx.Tx, lot string, gap time.Duration) error {
	if err := d.lockLot(ctx, tx, lot); err != nil {
		return err
	}
	t, err := d.turn(ctx, tx, party.System(), lot)
	if err != nil {
		return err
	}
	s, err := readSession(ctx, tx, lot, " FOR UPDATE")
	if err != nil {
		return err
	}
	from := t.now.Add(-gap)
	if s.Deadline == nil || !s.Deadline.After(from) {
		return nil
	}
	until := s.Deadline.Add(gap)
	s.Deadline = &until
	h := &hallTurn{turn: t, desk: d, s: s, at: t.now}
	if err := h.note(HallOutage, map[string]any{"from": from, "to": t.now, "until": until}); err != nil {
		return err
	}
	return h.write(ctx)
}

// KeepHalls is the beat of the processes that run jobs: a sign of life as long as a window runs, and what the clock owes.
func (d *Desk) KeepHalls(ctx context.Context) error {
	var running bool
	if err := d.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM hall_session WHERE deadline IS NOT NULL)`).Scan(&running); err != nil || !running {
		return err
	}
	if err := d.Beat(ctx); err != nil {
		return err
	}
	rows, err := d.Pool.Query(ctx, `SELECT lot FROM hall_session WHERE deadline <= platform_now() AND (stage = 'decrypting' OR stage = 'signing' AND EXISTS
		(SELECT 1 FROM hall_signature g WHERE g.lot = hall_session.lot AND g.host AND g.edition = (SELECT max(edition) FROM hall_record r WHERE r.lot = g.lot))) ORDER BY lot`)
	if err != nil {
		return err
	}
	lots, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, lot := range lots {
		err = errors.Join(err, d.Settle(ctx, lot))
	}
	return err
}
