package jobs

import (
	"context"

	"github.com/riverqueue/river"
)

type intakeWorker struct {
	river.WorkerDefaults[intakeArgs]
	r *Runner
}

// Work processes a paper that was received and left behind. It counts from its receipt, however late this is.
func (w *intakeWorker) Work(ctx context.Context, job *river.Job[intakeArgs]) error {
	return w.r.desks.Guarantees.Process(ctx, job.Args.Intake)
}
