package jobs

import (
	"context"
	"time"

	"baohan/tender"
)

// hallsAlways gives a sign of life as long as the window of a remote opening runs, and lets the clock do what it owes. It
// is no job of the queue, as the sweeper is none: a window must not wait for a free worker.
func (r *Runner) hallsAlways(ctx context.Context) {
	tick := time.NewTicker(tender.BeatEvery)
	defer tick.Stop()
	for {
		if err := r.desks.Tenders.KeepHalls(ctx); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "the windows of remote openings were not looked after; the next beat tries again", "error", failure(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
