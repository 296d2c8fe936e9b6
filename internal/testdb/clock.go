package testdb

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/internal/clock"
	"baohan/internal/clock/sqlclock"
)

// Clock is a clock that stands still until the test moves it, for the program and for the
// platform_now of one database alike: a test can stand a microsecond before a deadline, on it and
// after it.
type Clock struct {
	*clock.Manual
	t    testing.TB
	pool *pgxpool.Pool
}

// NewClock replaces platform_now in the database of pool, and stands at the given instant.
func NewClock(t testing.TB, pool *pgxpool.Pool, at time.Time) *Clock {
	t.Helper()
	if err := sqlclock.InstallFixed(t.Context(), pool, at); err != nil {
		t.Fatal(err)
	}
	return &Clock{Manual: clock.NewManual(at), t: t, pool: pool}
}

// Set moves both readings to at.
func (c *Clock) Set(at time.Time) {
	c.t.Helper()
	c.Manual.Set(at)
	if err := sqlclock.SetFixed(c.t.Context(), c.pool, c.Now()); err != nil {
		c.t.Fatal(err)
	}
}

// Advance moves both readings by d and returns the new instant.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.t.Helper()
	c.Set(c.Now().Add(d))
	return c.Now()
}
