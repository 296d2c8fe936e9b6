package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

type reverifyWorker struct {
	river.WorkerDefaults[reverifyArgs]
	r *Runner
}

// Timeout leaves time for custodians that do not answer.
func (w *reverifyWorker) Timeout(*river.Job[reverifyArgs]) time.Duration { return 10 * time.Minute }

// Work compares what a supervisor accepted by bidders' copies with what the platform can say by itself. What cannot be
// said yet is no failure: the sweeper comes again in the room's own rhythm. After a crash it begins anew.
func (w *reverifyWorker) Work(ctx context.Context, job *river.Job[reverifyArgs]) error {
	_, err := w.r.desks.Tenders.ReverifyIncident(ctx, job.Args.Incident)
	return err
}
