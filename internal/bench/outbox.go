package main

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/jobs"
)

// outbox hands facts to the real one. An issue is the institution's own act, of which it is told nothing; with told
// set, the outbox adds the fact of a disclosure, so that the same transaction also carries a message and its job.
type outbox struct {
	*jobs.Runner
	told atomic.Bool
}

func (o *outbox) PublishTx(ctx context.Context, tx pgx.Tx, events []guarantee.Event) error {
	if o.told.Load() {
		events = append(slices.Clone(events), disclosed(events[0]))
	}
	return o.Runner.PublishTx(ctx, tx, events)
}

func disclosed(e guarantee.Event) guarantee.Event {
	e.Kind = guarantee.EventDisclosed
	return e
}
