// Package clock is the one place where the platform asks what time it is.
//
// Every rule takes its instant from a Clock (or from the SQL function platform_now, which package
// sqlclock keeps in step), so that a demonstration or a test can move time forward and every
// process, and the database, sees the same day. Freshness of signed messages is the one thing that
// never uses it: it counts real time.
package clock

import "time"

// Clock tells the time by which rules are decided. What it returns is in UTC and whole in
// microseconds, the precision that PostgreSQL keeps, so that an instant survives being stored.
type Clock interface {
	Now() time.Time
}

// System is the machine's own clock: the only one in production.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return trueTime() }

func trueTime() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Fixed is a clock that has stopped at t.
func Fixed(t time.Time) Clock { return fixed(t.UTC().Truncate(time.Microsecond)) }

type fixed time.Time

func (f fixed) Now() time.Time { return time.Time(f) }
