package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// sweepLimit bounds each kind of job that one sweep makes. More of a kind is due only after a long standstill; the
// next sweep goes on.
const sweepLimit = 500

// sweepLock is the advisory lock of the one process that sweeps at a time; the number means nothing else.
const sweepLock int64 = 0x6a6f6273_73776570 // "jobsswep"

// sweepAlways sweeps at once and then at every interval. The sweeper is no job of the queue: it must live when the
// queue is lost, and River's own periodic jobs pause until a killed leader's term is over.
func (r *Runner) sweepAlways(ctx context.Context) {
	tick := time.NewTicker(r.Every)
	defer tick.Stop()
	for {
		if _, err := r.Sweep(ctx); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "sweep failed; the next one tries again", "error", failure(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Sweep makes from the rooms' rows every job that is missing from the queue, and returns how many it made. Of two
// processes that sweep at once one does.
func (r *Runner) Sweep(ctx context.Context) (made int, err error) {
	tx, err := r.Pool.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	var mine bool
	if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(@lock)`, pgx.NamedArgs{"lock": sweepLock}).Scan(&mine); err != nil || !mine {
		return 0, err
	}
	wanted, faults := r.wanted(ctx)
	if made, err = r.insertMissing(ctx, tx, wanted); err != nil {
		return 0, errors.Join(faults, err)
	}
	return made, errors.Join(faults, tx.Commit(ctx))
}

// wanted asks every room what is to be done. An opening comes first. A room that cannot say so now keeps nobody else
// from being asked.
func (r *Runner) wanted(ctx context.Context) (jobs []river.JobArgs, faults error) {
	for _, ask := range []func(context.Context) ([]river.JobArgs, error){r.lots, r.intakes, r.deliveries, r.due, r.unverified} {
		found, err := ask(ctx)
		jobs, faults = append(jobs, found...), errors.Join(faults, err)
	}
	return jobs, faults
}

func (r *Runner) lots(ctx context.Context) (jobs []river.JobArgs, err error) {
	ids, err := r.desks.Tenders.Due(ctx, sweepLimit)
	for _, id := range ids {
		jobs = append(jobs, openArgs{id})
	}
	return jobs, err
}

func (r *Runner) intakes(ctx context.Context) (jobs []river.JobArgs, err error) {
	ids, err := r.desks.Guarantees.OpenIntakes(ctx, r.Grace, sweepLimit)
	for _, id := range ids {
		jobs = append(jobs, intakeArgs{id})
	}
	return jobs, err
}

func (r *Runner) deliveries(ctx context.Context) (jobs []river.JobArgs, err error) {
	ids, err := r.desks.Banks.Due(ctx, sweepLimit)
	for _, id := range ids {
		jobs = append(jobs, deliverArgs{id})
	}
	return jobs, err
}

func (r *Runner) unverified(ctx context.Context) (jobs []river.JobArgs, err error) {
	ids, err := r.desks.Tenders.UnverifiedIncidents(ctx, sweepLimit)
	for _, id := range ids {
		jobs = append(jobs, reverifyArgs{id})
	}
	return jobs, err
}

// due is what the clock owes, without the reminders that were raised today.
func (r *Runner) due(ctx context.Context) (jobs []river.JobArgs, err error) {
	due, err := r.desks.Guarantees.Due(ctx, sweepLimit)
	if err != nil {
		return nil, err
	}
	raised, err := raisedToday(ctx, r.Pool)
	for _, d := range due {
		if a := (dueArgs{d.Kind, d.ID}); !raised[a] {
			jobs = append(jobs, a)
		}
	}
	return jobs, err
}

func (r *Runner) insertMissing(ctx context.Context, tx pgx.Tx, wanted []river.JobArgs) (made int, err error) {
	resting, err := resting(ctx, tx)
	if err != nil {
		return 0, err
	}
	var params []river.InsertManyParams
	for _, a := range wanted {
		key, err := keyOf(a)
		if err != nil {
			return 0, err
		}
		if !resting[key] {
			params = append(params, river.InsertManyParams{Args: a, InsertOpts: once()})
		}
	}
	if len(params) == 0 {
		return 0, nil
	}
	results, err := r.client.InsertManyTx(ctx, tx, params)
	for _, res := range results {
		if !res.UniqueSkippedAsDuplicate {
			made++
		}
	}
	return made, err
}

// once keeps the sweeper from making a job again that it made before and that has not ended. Jobs that the outbox
// makes are not held to it: a fact that comes while an earlier job of the same object is running must not be lost to
// that job.
func once() *river.InsertOpts {
	unfinished := []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled}
	return &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}
