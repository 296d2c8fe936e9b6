package translog

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
	"baohan/signing/tlog"
)

// Receipt is the log's signed promise for a leaf whose transaction has committed: it can be given at once, and as long as
// the leaf waits it names the same instant. ErrUnknown for what nobody handed in: nothing is promised that could be lost.
func (l *Log) Receipt(ctx context.Context, leaf signing.Digest) (tlog.Note, error) {
	row, err := store.One[struct{ At time.Time }](ctx, l.Pool, ErrUnknown, `SELECT minute AS at FROM log_pending WHERE leaf = @leaf
		UNION ALL SELECT h.tick FROM log_leaf l CROSS JOIN LATERAL (SELECT tick FROM log_head WHERE size > l.position ORDER BY size LIMIT 1) h
		WHERE l.leaf = @leaf LIMIT 1`, pgx.NamedArgs{"leaf": leaf[:]})
	if err != nil {
		return tlog.Note{}, err
	}
	r := tlog.Receipt{Origin: l.Key.Name(), Leaf: leaf, By: row.At.Add(l.Within).Truncate(time.Second)}
	return r.Sign(ctx, l.Key, l.Signer)
}

// Oldest is the minute of the leaf that has waited longest; zero when none waits. Whoever runs the log is warned by it
// long before a promise is broken. How many wait is told to nobody.
func (l *Log) Oldest(ctx context.Context) (time.Time, error) {
	var minute *time.Time
	if err := l.Pool.QueryRow(ctx, `SELECT min(minute) FROM log_pending`).Scan(&minute); err != nil || minute == nil {
		return time.Time{}, err
	}
	return *minute, nil
}
