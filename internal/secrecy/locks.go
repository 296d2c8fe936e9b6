package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// seenLocks are the names of advisory locks that somebody who watches pg_locks sees while bidders hand in.
type seenLocks map[int64]bool

// watchLocks adds the locks of this moment.
func (p *platform) watchLocks(ctx context.Context, seen seenLocks) error {
	rows, err := p.pool.Query(ctx, `SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1`)
	if err != nil {
		return err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	for _, k := range keys {
		seen[k] = true
	}
	return err
}

// lockedTags counts the locks whose name is the beginning of a tag in some row: they would tie whoever waits for them,
// and when, to that row.
func (p *platform) lockedTags(ctx context.Context, seen seenLocks) (faults []string, err error) {
	rows, err := p.pool.Query(ctx, `WITH tags AS (SELECT unnest(ARRAY[uniq_tag, lot_tag, owner_tag]) t FROM guarantee
		UNION ALL SELECT unnest(ARRAY[uniq_tag, lot_tag, owner_tag]) FROM bid)
		SELECT ('x' || encode(substr(t, 1, 8), 'hex'))::bit(64)::bigint FROM tags WHERE t IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	tags, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	tied := 0
	for _, t := range tags {
		if seen[t] {
			tied++
		}
	}
	if tied > 0 {
		faults = append(faults, fmt.Sprintf("pg_locks: %d of %d advisory locks bear the beginning of a row's tag", tied, len(seen)))
	}
	return faults, err
}
