// Package store is what the store.go of every room does alike: read rows by the names of their columns, run a
// transaction, and keep the values of a row out of errors.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Querier is a pool or a transaction.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Many reads all rows of a query.
func Many[T any](ctx context.Context, q Querier, sql string, args pgx.NamedArgs) ([]T, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

// One reads exactly one row; missing is the answer when there is none.
func One[T any](ctx context.Context, q Querier, missing error, sql string, args pgx.NamedArgs) (T, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		var none T
		return none, err
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	if errors.Is(err, pgx.ErrNoRows) {
		return v, missing
	}
	return v, err
}

// Now is the platform's deciding instant, read where q stands: under a lock, if q holds one.
func Now(ctx context.Context, q Querier) (time.Time, error) {
	var now time.Time
	err := q.QueryRow(ctx, `SELECT platform_now()`).Scan(&now)
	return now, err
}

// ErrUnknownOutcome says that the answer to a commit was lost: the change may or may not stand. Whoever asked asks
// again with the same key and learns it; it is never shown as failed.
var ErrUnknownOutcome = errors.New("the outcome is not known; ask again with the same key")

// Within runs work in a transaction of its own. The rollback does not depend on the caller still being there.
func Within(ctx context.Context, pool *pgxpool.Pool, work func(pgx.Tx) error) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := work(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknownOutcome, Bare(err))
	}
	return nil
}

// Bare keeps the code of a database error and drops its detail, which repeats the values of the row.
func Bare(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return fmt.Errorf("database error %s on %s", pg.Code, pg.ConstraintName)
	}
	return err
}

// Violated is the constraint that a statement ran into; empty when it was none.
func Violated(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return ""
}
