package jobs

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"

	"baohan/guarantee"
	"baohan/party"
)

type dueWorker struct {
	river.WorkerDefaults[dueArgs]
	r *Runner
}

// Work does what the clock owes. The rule in the room decides again whether it is really due: the job may be late,
// early or the second. A refusal says that something else comes first; the next sweep asks again.
func (w *dueWorker) Work(ctx context.Context, job *river.Job[dueArgs]) error {
	err := w.act(ctx, job.Args)
	if _, refused := party.RefusalOf(err); refused {
		w.r.Log.InfoContext(ctx, "due, but refused", "due", job.Args.Due, "id", job.Args.ID, "error", failure(err))
		return nil
	}
	return err
}

func (w *dueWorker) act(ctx context.Context, a dueArgs) (err error) {
	if a.Due != guarantee.DueLapse && a.Due != guarantee.DueExpiry && noticeWords[a.Due] == "" {
		return river.JobCancel(fmt.Errorf("jobs: due kind %q is unknown to this build", a.Due))
	}
	switch a.Due { // without a default: the linter tells of a kind that is forgotten
	case guarantee.DueLapse:
		_, err = w.r.desks.Guarantees.Lapse(ctx, a.ID)
	case guarantee.DueExpiry:
		_, err = w.r.desks.Guarantees.Expire(ctx, a.ID)
	case guarantee.DueRelease, guarantee.DueExamination, guarantee.DueUnderwriting, guarantee.DueIssuance, guarantee.DueRefund, guarantee.DuePayment,
		guarantee.DueCompletion, guarantee.DueAssessment, guarantee.DueInterim, guarantee.DueAnswer, guarantee.DueExtension,
		guarantee.DueSuit, guarantee.DueLifting:
		err = raise(ctx, w.r.Pool, a)
	}
	return err
}
