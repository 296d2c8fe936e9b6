package jobs

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/jackc/pgx/v5"

	"baohan/signing"
)

// accepted is an incident that a supervisor has accepted and nobody has verified, of a lot whose opening waits.
func (b *bench) accepted() (id string) {
	b.t.Helper()
	id = hex.EncodeToString(signing.Random(16))
	err := pgx.BeginFunc(context.Background(), b.pool, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`SET LOCAL session_replication_role = replica`,
			`INSERT INTO lot (id, project, code, name, version, state, base, amount, forms, deadline, validity_days, extra_days, requirement,
				requirement_digest, custodians, published_at, closed_at)
				SELECT @id, @id, 'L', '标段', 1, 'closed', 100, 1, '{independent}', t, 1, 0, 'x', sha256(''), 'x', t, t FROM (SELECT platform_now() AS t) now`,
			`INSERT INTO incident (id, lot, version, state, cause, words, reported_by, reported_at, decision, decided_by, decided_at)
				VALUES (@id, @id, 1, 'accepted', 'other', '开标当时断电', 'x', platform_now(), 'x', 'x', platform_now())`,
			`INSERT INTO accepted_letter (lot, letter, incident, state, moved, result, lines, why) VALUES (@id, @id, @id, 'accepted', false, 'passed', '[]', '')`,
		} {
			if _, err := tx.Exec(context.Background(), sql, pgx.NamedArgs{"id": id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// What is accepted and not verified is found again from the rows, whatever became of the queue.
func TestAcceptedIncidentIsVerifiedThoughItsJobIsLost(t *testing.T) {
	b := newBench(t, Config{})
	id := b.accepted()
	for range 2 {
		if made, err := b.Sweep(t.Context()); err != nil || made != 2 { // the opening waits too
			t.Fatalf("%d jobs, %v", made, err)
		}
		if n := b.number(`SELECT count(*) FROM river_job WHERE kind = 'reverify' AND args ->> 'incident' = $1`, id); n != 1 {
			t.Errorf("%d jobs verify it, want 1", n)
		}
		b.exec(`TRUNCATE river_job`, nil)
	}
	b.exec(`UPDATE incident SET checked_at = platform_now() WHERE id = @id`, pgx.NamedArgs{"id": id})
	if made, err := b.Sweep(t.Context()); err != nil || made != 1 {
		t.Errorf("checked a moment ago: %d jobs, %v; want the opening's alone", made, err)
	}
	b.exec(`UPDATE incident SET checked_at = platform_now() - interval '1 hour' WHERE id = @id`, pgx.NamedArgs{"id": id})
	if _, err := b.Sweep(t.Context()); err != nil || b.number(`SELECT count(*) FROM river_job WHERE kind = 'reverify'`) != 1 {
		t.Errorf("in its rhythm it is not tried again: %v", err)
	}
}
