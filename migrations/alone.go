package migrations

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// One number for every process that migrates this database; it means nothing else.
const lockID int64 = 0x62616f68616e // "baohan"

// alone runs fn while this session holds the migration lock. PostgreSQL gives the lock back when
// the session ends, so a process that is killed in the middle blocks nobody; each file is a
// transaction, and the next process goes on after the last one that committed.
//
// It asks again and again instead of waiting inside PostgreSQL: a statement that waits keeps a
// snapshot, for which a CREATE INDEX CONCURRENTLY of the one who migrates would wait in turn.
func alone(ctx context.Context, pool *pgxpool.Pool, fn func() error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("migrate: connect: %w", err)
	}
	defer conn.Release()
	for {
		var locked bool
		err := conn.QueryRow(ctx, `select pg_try_advisory_lock($1)`, lockID).Scan(&locked)
		if err != nil {
			return fmt.Errorf("migrate: take the lock: %w", err)
		}
		if locked {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("migrate: wait for the other process that migrates: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	defer func() { _ = conn.Conn().Close(context.WithoutCancel(ctx)) }() // ends the session and with it the lock
	return fn()
}
