package banks

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/client/wire"
	"baohan/internal/store"
	"baohan/party"
)

// delivery is one row of the queue, as far as sending needs it.
type delivery struct {
	ID        string    `db:"id"`
	Guarantor string    `db:"guarantor"`
	Guarantee string    `db:"guarantee"`
	Seq       int64     `db:"seq"`
	Kind      wire.Kind `db:"kind"`
	At        time.Time `db:"at"`
	Body      []byte    `db:"body"`
	Attempts  int       `db:"attempts"`
}

// lastSeqs are the counts that messages of these guarantees continue. The caller holds the guarantees' rows; the unique
// constraint holds the count a second time.
func lastSeqs(ctx context.Context, tx pgx.Tx, all []Message) (map[string]int64, error) {
	ids := make([]string, len(all))
	for i, m := range all {
		ids[i] = m.Guarantee
	}
	rows, err := tx.Query(ctx, `SELECT guarantee, max(seq) FROM delivery WHERE guarantee = ANY(@ids) GROUP BY guarantee`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, err
	}
	last := map[string]int64{}
	var (
		guarantee string
		seq       int64
	)
	_, err = pgx.ForEachRow(rows, []any{&guarantee, &seq}, func() error { last[guarantee] = seq; return nil })
	return last, err
}

// insertDeliveries leaves out what is for an institution that listens nowhere: its people read it on the pages.
func insertDeliveries(ctx context.Context, tx pgx.Tx, all []delivery) error {
	var (
		ids, guarantors, guarantees []string
		seqs                        []int64
		kinds                       []wire.Kind
		ats                         []time.Time
		bodies                      [][]byte
	)
	for _, m := range all {
		ids, guarantors, guarantees = append(ids, m.ID), append(guarantors, m.Guarantor), append(guarantees, m.Guarantee)
		seqs, kinds, ats, bodies = append(seqs, m.Seq), append(kinds, m.Kind), append(ats, m.At), append(bodies, m.Body)
	}
	_, err := tx.Exec(ctx, `INSERT INTO delivery (id, guarantor, guarantee, seq, kind, at, body)
		SELECT m.* FROM unnest(@ids::text[], @guarantors::text[], @guarantees::text[], @seqs::bigint[], @kinds::text[], @ats::timestamptz[], @bodies::bytea[])
			AS m (id, guarantor, guarantee, seq, kind, at, body)
		WHERE NOT EXISTS (SELECT 1 FROM institution i WHERE i.uscc = m.guarantor AND i.base = '')`,
		pgx.NamedArgs{"ids": ids, "guarantors": guarantors, "guarantees": guarantees, "seqs": seqs, "kinds": kinds, "ats": ats, "bodies": bodies})
	return err
}

// claim takes the head of a guarantee's queue for hold. Of two callers one gets it.
func claim(ctx context.Context, q store.Querier, guarantee string, lease []byte, hold time.Duration) (delivery, bool, error) {
	m, err := store.One[delivery](ctx, q, pgx.ErrNoRows, `
		UPDATE delivery SET attempts = attempts + 1, tried_at = clock_timestamp(),
			lease = @lease, leased_until = clock_timestamp() + @hold
		WHERE id = (SELECT id FROM delivery WHERE guarantee = @guarantee AND state <> 'delivered' ORDER BY seq LIMIT 1)
			AND state = 'waiting' AND next_at <= clock_timestamp()
			AND (leased_until IS NULL OR leased_until < clock_timestamp())
		RETURNING id, guarantor, guarantee, seq, kind, at, body, attempts`,
		pgx.NamedArgs{"guarantee": guarantee, "lease": lease, "hold": hold})
	if errors.Is(err, pgx.ErrNoRows) {
		return delivery{}, false, nil
	}
	return m, err == nil, err
}

// noteDelivered does nothing when the lease was lost: whoever holds it now finds out for himself.
func noteDelivered(ctx context.Context, q store.Querier, id string, lease []byte, a answer) error {
	_, err := q.Exec(ctx, `
		UPDATE delivery SET state = 'delivered', delivered_at = clock_timestamp(), ack = @ack, ack_signed = @signed,
			last_error = NULL, lease = NULL, leased_until = NULL
		WHERE id = @id AND lease = @lease AND state = 'waiting'`,
		pgx.NamedArgs{"id": id, "lease": lease, "ack": a.body, "signed": a.signature})
	return err
}

func noteFailed(ctx context.Context, q store.Querier, id string, lease []byte, why string, pause time.Duration, dead bool) error {
	_, err := q.Exec(ctx, `
		UPDATE delivery SET state = CASE WHEN @dead THEN 'dead' ELSE 'waiting' END, last_error = @why,
			next_at = clock_timestamp() + @pause, lease = NULL, leased_until = NULL
		WHERE id = @id AND lease = @lease AND state = 'waiting'`,
		pgx.NamedArgs{"id": id, "lease": lease, "why": why, "pause": pause, "dead": dead})
	return err
}

// nextDue tells when the head of a guarantee's queue may be tried, and whether there is a queue.
func nextDue(ctx context.Context, q store.Querier, guarantee string) (again time.Time, waiting bool, err error) {
	type head struct {
		State string    `db:"state"`
		Again time.Time `db:"again"`
	}
	h, err := store.One[head](ctx, q, pgx.ErrNoRows, `
		SELECT state, GREATEST(next_at, COALESCE(leased_until, next_at)) AS again FROM delivery
		WHERE guarantee = @guarantee AND state <> 'delivered' ORDER BY seq LIMIT 1`, pgx.NamedArgs{"guarantee": guarantee})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return time.Time{}, false, nil
	case err != nil:
		return time.Time{}, false, err
	case h.State == "dead":
		return time.Time{}, true, nil
	}
	return h.Again, true, nil
}

func dueGuarantees(ctx context.Context, q store.Querier, limit int) ([]string, error) {
	rows, err := q.Query(ctx, `
		SELECT guarantee FROM (
			SELECT DISTINCT ON (guarantee) guarantee, state, next_at, leased_until FROM delivery
			WHERE state <> 'delivered' ORDER BY guarantee, seq) head
		WHERE state = 'waiting' AND next_at <= clock_timestamp()
			AND (leased_until IS NULL OR leased_until < clock_timestamp())
		ORDER BY next_at LIMIT @limit`, pgx.NamedArgs{"limit": limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

type deadRow struct {
	ID        string     `db:"id"`
	Guarantor string     `db:"guarantor"`
	Guarantee string     `db:"guarantee"`
	Seq       int64      `db:"seq"`
	Kind      wire.Kind  `db:"kind"`
	State     string     `db:"state"`
	Attempts  int        `db:"attempts"`
	LastError *string    `db:"last_error"`
	CreatedAt time.Time  `db:"created_at"`
	TriedAt   *time.Time `db:"tried_at"`
	Behind    int        `db:"behind"`
}

func listDead(ctx context.Context, q store.Querier) ([]wire.Delivery, error) {
	rows, err := store.Many[deadRow](ctx, q, `
		SELECT d.id, d.guarantor, d.guarantee, d.seq, d.kind, d.state, d.attempts, d.last_error, d.created_at, d.tried_at,
			(SELECT count(*) FROM delivery b WHERE b.guarantee = d.guarantee AND b.seq > d.seq AND b.state <> 'delivered') AS behind
		FROM delivery d WHERE d.state = 'dead' ORDER BY d.created_at, d.id`, nil)
	if err != nil {
		return nil, err
	}
	list := make([]wire.Delivery, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.public())
	}
	return list, nil
}

func (r deadRow) public() wire.Delivery {
	d := wire.Delivery{ID: r.ID, Guarantor: r.Guarantor, Guarantee: r.Guarantee, Seq: r.Seq, Kind: r.Kind, State: r.State,
		Attempts: r.Attempts, CreatedAt: r.CreatedAt, Behind: r.Behind}
	if r.LastError != nil {
		d.LastError = *r.LastError
	}
	if r.TriedAt != nil {
		d.TriedAt = *r.TriedAt
	}
	return d
}

func reviveDead(ctx context.Context, q store.Querier, id string) (string, error) {
	rows, err := q.Query(ctx, `
		UPDATE delivery SET state = 'waiting', attempts = 0, next_at = clock_timestamp()
		WHERE id = @id AND state = 'dead' RETURNING guarantee`, pgx.NamedArgs{"id": id})
	if err != nil {
		return "", err
	}
	guarantee, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
	if errors.Is(err, pgx.ErrNoRows) {
		return "", party.NotFound("delivery.unknown", "没有这条待处理的死信；可能已被他人重发，请刷新列表")
	}
	return guarantee, err
}
