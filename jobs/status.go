package jobs

import (
	"context"
	"time"
)

// statusAlways makes a status list at each beat, beside the sweeper and like it no job of the queue: it must go on when the
// queue is lost, and the queue would say when it ran. It looks at the clock no less often than the sweeper: a stepped one
// may have been set forward.
func (r *Runner) statusAlways(ctx context.Context) {
	tick := time.NewTicker(min(r.Every, r.Status))
	defer tick.Stop()
	for {
		if _, err := r.desks.Guarantees.MakeStatusList(ctx, r.Status); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "no status list was made; the next turn tries again", "error", failure(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
