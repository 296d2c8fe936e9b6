package jobs

import (
	"github.com/riverqueue/river"

	"baohan/guarantee"
)

// The queues. Institutions answer when they please; an opening must not wait behind them.
const (
	queueDeliver = "deliver"
	queueClock   = "clock"
)

// maxAttempts of one job take about a quarter of an hour (see backoff). After that it has failed: it stands in
// Runner.Failed, and the sweeper leaves its object alone for a while.
const maxAttempts = 20

// deliverArgs sends what waits for a guarantee's institution.
type deliverArgs struct {
	Guarantee string `json:"guarantee"`
}

func (deliverArgs) Kind() string { return "deliver" }

func (deliverArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueDeliver, MaxAttempts: maxAttempts}
}

// dueArgs does what the clock owes to a guarantee.
type dueArgs struct {
	Due guarantee.DueKind `json:"due"`
	ID  string            `json:"id"`
}

func (dueArgs) Kind() string { return "due" }

func (dueArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueClock, MaxAttempts: maxAttempts}
}

// intakeArgs takes up a beneficiary's paper whose processing was interrupted.
type intakeArgs struct {
	Intake string `json:"intake"`
}

func (intakeArgs) Kind() string { return "intake" }

func (intakeArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueClock, MaxAttempts: maxAttempts}
}

// openArgs closes and opens a lot whose deadline has passed. It goes before everything else.
type openArgs struct {
	Lot string `json:"lot"`
}

func (openArgs) Kind() string { return "open" }

func (openArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueClock, MaxAttempts: maxAttempts, Priority: 1}
}

// reverifyArgs compares an accepted incident's letters with what the platform has by now.
type reverifyArgs struct {
	Incident string `json:"incident"`
}

func (reverifyArgs) Kind() string { return "reverify" }

func (reverifyArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueClock, MaxAttempts: maxAttempts}
}
