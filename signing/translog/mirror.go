package translog

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
)

// Leaves are the leaves from a position on, at most n, of those under the newest signed head: what a mirror copies. None
// behind it: what no head holds yet is not shown.
func (l *Log) Leaves(ctx context.Context, from uint64, n int) ([]signing.Digest, error) {
	last, err := lastHead(ctx, l.Pool)
	if err != nil || from >= last.Size {
		return nil, err
	}
	rows, err := store.Many[struct{ Leaf []byte }](ctx, l.Pool, `SELECT leaf FROM log_leaf WHERE position >= @from AND position < @to ORDER BY position`,
		pgx.NamedArgs{"from": int64(from), "to": int64(min(last.Size, from+uint64(n)))})
	leaves := make([]signing.Digest, len(rows))
	for i := range rows {
		leaves[i] = digestOf(rows[i].Leaf)
	}
	return leaves, err
}
