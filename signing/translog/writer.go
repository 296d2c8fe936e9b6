package translog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
)

// writerLock is the advisory lock of the one process that writes at a time; the number means nothing else.
const writerLock int64 = 0x7472616e_736c6f67 // "translog"

// Run writes the log until ctx ends, or until it is corrupt: then it stops, with the error, and whoever runs it must
// not start it again unseen. Any other failure is tried again at the next beat.
func (l *Log) Run(ctx context.Context) error {
	tick := time.NewTicker(max(l.Every/4, 250*time.Millisecond))
	defer tick.Stop()
	for {
		_, err := l.Step(ctx)
		if errors.Is(err, ErrCorrupt) {
			l.Log.ErrorContext(ctx, "the transparency log has stopped; nothing is signed until people have looked", "error", err)
			return err
		}
		if err != nil && ctx.Err() == nil {
			l.Log.ErrorContext(ctx, "the transparency log did not advance; tried again at once", "error", store.Bare(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Step does what is to be done now: it signs the head that a crash has left unsigned, and appends the batch of this
// beat if that has not been done. It tells whether it appended. Of several processes one steps, and the others do
// nothing. Beats that were missed are not made up for: that nothing was appended while nothing ran is no secret.
func (l *Log) Step(ctx context.Context) (appended bool, err error) {
	err = l.alone(ctx, func(conn *pgx.Conn) error {
		l.reached("locked")
		if err := l.finish(ctx, conn); err != nil {
			return err
		}
		if appended, err = l.append(ctx, conn); err != nil || !appended {
			return err
		}
		l.reached("appended")
		return l.finish(ctx, conn)
	})
	return appended && err == nil, err
}

// alone runs fn on a connection that holds the writer's lock, or not at all. Whatever fn writes it writes on that
// connection: when the connection is lost, so are the lock and whatever was not committed. PostgreSQL gives the lock
// back when the session ends, so a process that is killed blocks nobody.
func (l *Log) alone(ctx context.Context, fn func(*pgx.Conn) error) error {
	pooled, err := l.Pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("translog: connect: %w", err)
	}
	defer pooled.Release()
	conn := pooled.Conn()
	var mine bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, writerLock).Scan(&mine); err != nil || !mine {
		return err
	}
	err = fn(conn)
	_, unlocked := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, writerLock)
	if err != nil || unlocked != nil {
		_ = conn.Close(context.WithoutCancel(ctx)) // ends the session, and the lock with it
	}
	return err
}
