// Package sqlclock keeps the database's reading of the time, the SQL function platform_now, in step
// with a clock that is not the machine's own. Demonstrations and tests use it; a production start
// refuses a database that it has touched (Replaced).
package sqlclock

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"baohan/internal/clock"
)

// DB is a pool, a connection or a transaction.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// InstallStepped makes platform_now differ from real time by the offset that Mirror writes; by nothing before the
// first Mirror. It may be called by every process at its start.
func InstallStepped(ctx context.Context, db DB) error {
	return install(ctx, db, `
		create table if not exists demo_clock (
			one bool primary key default true check (one),
			by interval not null);
		create or replace function platform_now() returns timestamptz language sql volatile parallel safe
			return clock_timestamp() + coalesce((select by from demo_clock), interval '0')`)
}

// Mirror writes a stepped clock's offset into the database; it never lowers what stands there, so
// that two processes may mirror in either order.
func Mirror(db DB) clock.Mirror {
	return func(ctx context.Context, offset time.Duration) error {
		_, err := db.Exec(ctx, `
			insert into demo_clock (by) values (@offset::bigint * interval '1 microsecond')
			on conflict (one) do update set by = greatest(demo_clock.by, excluded.by)`,
			pgx.NamedArgs{"offset": offset.Microseconds()})
		if err != nil {
			return fmt.Errorf("mirror the clock into the database: %w", err)
		}
		return nil
	}
}

// InstallFixed makes platform_now return the instant last given to SetFixed. Tests use it to stand
// exactly on a deadline.
func InstallFixed(ctx context.Context, db DB, at time.Time) error {
	err := install(ctx, db, `
		create table if not exists fixed_clock (
			one bool primary key default true check (one),
			at timestamptz not null default clock_timestamp());
		insert into fixed_clock default values on conflict do nothing;
		create or replace function platform_now() returns timestamptz language sql volatile parallel safe
			return (select at from fixed_clock)`)
	if err != nil {
		return err
	}
	return SetFixed(ctx, db, at)
}

// SetFixed moves the instant of a clock installed by InstallFixed.
func SetFixed(ctx context.Context, db DB, at time.Time) error {
	_, err := db.Exec(ctx, `update fixed_clock set at = @at`, pgx.NamedArgs{"at": at})
	if err != nil {
		return fmt.Errorf("set the database's clock: %w", err)
	}
	return nil
}

// Replaced says whether platform_now is anything but the machine's own clock.
func Replaced(ctx context.Context, db DB) (bool, error) {
	var replaced bool
	err := db.QueryRow(ctx, `
		select pg_get_function_sqlbody('platform_now()'::regprocedure) <> 'RETURN clock_timestamp()'`).Scan(&replaced)
	if err != nil {
		return false, fmt.Errorf("read platform_now: %w", err)
	}
	return replaced, nil
}

// install serialises concurrent starts: create or replace of one function by two sessions at once
// fails with "tuple concurrently updated". The statements run as one implicit transaction, which
// holds the lock to its end.
func install(ctx context.Context, db DB, statements string) error {
	_, err := db.Exec(ctx, `select pg_advisory_xact_lock(hashtext('platform_now'));`+statements)
	if err != nil {
		return fmt.Errorf("install the database's clock: %w", err)
	}
	return nil
}
