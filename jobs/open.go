package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"baohan/party"
	"baohan/tender"
)

// custodianPause is how long an opening waits at most before it asks the custodians again. That they do not answer is
// no failure of the job: it waits as long as they do, and the lot says for whom.
const custodianPause = 10 * time.Second

type openWorker struct {
	river.WorkerDefaults[openArgs]
	r *Runner
}

// Timeout leaves time for a lot with hundreds of letters.
func (w *openWorker) Timeout(*river.Job[openArgs]) time.Duration { return 10 * time.Minute }

// Work closes a lot at its deadline, opens it (招标投标法34: the opening is held at the deadline) and has its sheet signed.
// Every step goes on where a crash left it and does nothing on a lot that has passed it; a lot with fewer than three
// bids fails at the first: it is not opened and has no sheet. A lot that waits for the list of the centre's bid system
// is left alone.
func (w *openWorker) Work(ctx context.Context, job *river.Job[openArgs]) error {
	closed, err := w.r.desks.Tenders.Close(ctx, job.Args.Lot)
	if err == nil && closed.State == string(tender.Closed) {
		_, err = w.r.desks.Tenders.Open(ctx, party.Command{Actor: party.System()}, job.Args.Lot)
	}
	if err != nil {
		return patient(err, w.r.Every)
	}
	return w.r.desks.Tenders.SignSheet(ctx, job.Args.Lot)
}

// OpeningDueTx has a lot opened that was closed in the caller's transaction (it is tender.Openings), unless a job for it
// is on its way already. After an error the transaction can only be rolled back.
func (r *Runner) OpeningDueTx(ctx context.Context, tx pgx.Tx, lot string) error {
	_, err := r.client.InsertTx(ctx, tx, openArgs{lot}, once())
	return err
}

// patient has an opening that waits for custodians come again; every other error is the job's failure.
func patient(err error, every time.Duration) error {
	if errors.Is(err, tender.ErrCustodians) {
		return river.JobSnooze(min(max(every, time.Second), custodianPause))
	}
	return err
}
