package jobs

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/internal/clock"
	"baohan/internal/sample"
	"baohan/tender"
)

// A runner ends the window of a remote opening by itself, not before its time, and gives signs of life as long as it runs.
func TestRunnerKeepsTheWindows(t *testing.T) {
	b := newBench(t, Config{Every: time.Hour})
	b.Bind(Desks{Guarantees: b.desks.Guarantees, Banks: b.desks.Banks, Tenders: tender.NewDesk(tender.Config{Pool: b.pool, Clock: clock.System(),
		Tags: guarantee.NewTags(make([]byte, 32), "bid")})})
	lot := b.opened(sample.New(time.Now().AddDate(0, -2, 0)))
	err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`SET LOCAL session_replication_role = replica`,
			`UPDATE lot SET hall_decrypt = 10, hall_objection = 5, hall_sign = 5`,
			`INSERT INTO hall_session (lot, version, stage, begun_at, decrypt_from, deadline) SELECT id, 1, 'decrypting', platform_now(), platform_now(),
				platform_now() + interval '3 seconds' FROM lot`,
			`INSERT INTO hall_event (lot, seq, at, kind, actor, data) SELECT id, 1, platform_now(), 'begun', 'system', '{}' FROM lot`,
			`INSERT INTO hall_bid (lot, bid, bidder, state) SELECT id, id, 'x', 'waiting' FROM lot`,
			`UPDATE hall_beat SET at = clock_timestamp()`,
		} {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.start()
	b.eventually("the window ended", func() bool {
		return b.number(`SELECT count(*) FROM hall_session WHERE stage = 'decrypted' AND lot = $1`, lot) == 1
	})
	if n := b.number(`SELECT count(*) FROM hall_session WHERE decrypt_until - decrypt_from < interval '3 seconds'`); n != 0 {
		t.Error("it ended before its time")
	}
	if n := b.number(`SELECT count(*) FROM hall_beat WHERE clock_timestamp() - at < interval '30 seconds'`); n != 1 {
		t.Error("no sign of life was given")
	}
	if n := b.number(`SELECT count(*) FROM hall_event WHERE kind = 'outage'`); n != 0 {
		t.Error("a running platform was taken for one that was out")
	}
}
