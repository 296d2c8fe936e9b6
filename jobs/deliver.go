package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"baohan/internal/clock"
)

// minSnooze keeps a job that came a moment too early from asking in a circle.
const minSnooze = 50 * time.Millisecond

type deliverWorker struct {
	river.WorkerDefaults[deliverArgs]
	r *Runner
}

// Work sends a guarantee's messages in their order until none waits or the next may not be tried yet. The desk counts
// the attempts and knows when to give one up; a dead letter ends the job, and its Retry makes another.
func (w *deliverWorker) Work(ctx context.Context, job *river.Job[deliverArgs]) error {
	for {
		out, err := w.r.desks.Banks.DeliverNext(ctx, job.Args.Guarantee)
		switch {
		case err != nil:
			return err
		case out.Waiting && out.Delivered != "":
			continue
		case !out.Waiting || out.Again.IsZero():
			return nil
		}
		return river.JobSnooze(max(minSnooze, out.Again.Sub(clock.System().Now())))
	}
}
