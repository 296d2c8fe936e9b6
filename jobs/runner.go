package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"baohan/banks"
	"baohan/guarantee"
	"baohan/internal/blobs"
	"baohan/party"
	"baohan/tender"
)

// Config is what a runner stands on.
type Config struct {
	Pool  *pgxpool.Pool
	Once  *party.Once   // gives a retry by hand one answer; only Retry needs it
	Node  string        // names this process; what a process of this name left running when it was killed is taken up at Start
	Log   *slog.Logger  // nil = slog.Default()
	Every time.Duration // between two sweeps; 0 = one minute
	// Grace is how long a paper may lie before the sweeper takes it for left behind; 0 = 10 s.
	Grace time.Duration
	// Timeout is how long one job may run; 0 = one minute. One that runs longer is stopped and tried again.
	Timeout time.Duration
	Workers int           // jobs at once, per queue; 0 = 8
	Cover   tender.Rhythm // of bids, so that their number tells nothing; zero = none
	Files   *blobs.Store  // is swept of what no row names; nil: by another process
	Status  time.Duration // between two status lists, the same in all processes; 0 = this process makes none
}

// Desks are the rooms in which the jobs act.
type Desks struct {
	Guarantees *guarantee.Desk
	Banks      *banks.Desk
	Tenders    *tender.Desk
}

// Runner hands facts on (it is guarantee.Outbox) and does what follows from them.
type Runner struct {
	Config
	desks  Desks
	client *river.Client[pgx.Tx]

	stop  context.CancelFunc
	swept sync.WaitGroup
}

// New returns a runner that can already be given to the guarantee desk as its outbox. The desks are bound when they
// exist, before the first fact.
func New(c Config) (*Runner, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Node == "" {
		return nil, errors.New("jobs: a runner needs a node name")
	}
	c.Every, c.Grace, c.Timeout = or(c.Every, time.Minute), or(c.Grace, 10*time.Second), or(c.Timeout, time.Minute)
	c.Workers = or(c.Workers, 8)
	r := &Runner{Config: c}
	client, err := river.NewClient(riverpgxv5.New(c.Pool), r.river())
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	r.client = client
	return r, nil
}

// around every job: its error is stripped before the queue keeps it, and its success ends the failures before it.
func (r *Runner) around(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	if err := work(ctx); err != nil {
		return failure(err)
	}
	return r.forgive(ctx, job)
}

func or[T comparable](v, fallback T) T {
	if v == *new(T) {
		return fallback
	}
	return v
}

// river is the queue's configuration. Every process registers every worker: a leader that lacked one would throw
// that one's jobs away.
func (r *Runner) river() *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &deliverWorker{r: r})
	river.AddWorker(workers, &dueWorker{r: r})
	river.AddWorker(workers, &intakeWorker{r: r})
	river.AddWorker(workers, &openWorker{r: r})
	river.AddWorker(workers, &reverifyWorker{r: r})
	return &river.Config{
		ID:      r.Node,
		Logger:  r.Log,
		Workers: workers,
		Queues: map[string]river.QueueConfig{
			queueDeliver: {MaxWorkers: r.Workers},
			queueClock:   {MaxWorkers: r.Workers},
		},
		FetchCooldown:        20 * time.Millisecond,
		JobTimeout:           r.Timeout,
		RescueStuckJobsAfter: 2 * r.Timeout,
		RetryPolicy:          backoff{},
		Middleware:           []rivertype.Middleware{river.WorkerMiddlewareFunc(r.around)},
		// Finished jobs say nothing that the rows do not say.
		CompletedJobRetentionPeriod: time.Hour,
		CancelledJobRetentionPeriod: 24 * time.Hour,
		DiscardedJobRetentionPeriod: 90 * 24 * time.Hour,
	}
}

// Bind gives the runner the rooms. It is called once, before Start and before the first fact.
func (r *Runner) Bind(d Desks) { r.desks = d }

// Start works jobs until Stop. A context that ends does not stop it: running jobs are left to finish by Stop.
func (r *Runner) Start(ctx context.Context) error {
	if r.desks.Guarantees == nil || r.desks.Banks == nil || r.desks.Tenders == nil {
		return errors.New("jobs: Start before Bind")
	}
	if err := r.reclaim(ctx); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if err := r.client.Start(ctx); err != nil {
		return fmt.Errorf("jobs: start: %w", err)
	}
	sweeping, stop := context.WithCancel(ctx)
	r.stop = stop
	r.swept.Go(func() { r.sweepAlways(sweeping) })
	if r.Files != nil {
		r.swept.Go(func() { r.filesAlways(sweeping) })
	}
	r.swept.Go(func() { r.hallsAlways(sweeping) })
	if r.Status > 0 {
		r.swept.Go(func() { r.statusAlways(sweeping) })
	}
	return r.cover(sweeping)
}

// Stop lets running jobs finish until ctx ends; then it breaks them off. What is broken off runs again.
func (r *Runner) Stop(ctx context.Context) error {
	if r.stop == nil {
		return nil
	}
	r.stop()
	r.swept.Wait()
	if err := r.client.Stop(ctx); err == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return r.client.StopAndCancel(last)
}

// reclaim takes up at once what this node was doing when it was killed, and its seat as leader; without it both
// wait until River takes the dead for dead. A job that runs twice finds nothing left to do.
func (r *Runner) reclaim(ctx context.Context) error {
	_, err := r.Pool.Exec(ctx, `UPDATE river_job SET state = 'available'
		WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = @node`, pgx.NamedArgs{"node": r.Node})
	if err == nil {
		_, err = r.Pool.Exec(ctx, `DELETE FROM river_leader WHERE leader_id = @node`, pgx.NamedArgs{"node": r.Node})
	}
	if err != nil {
		return fmt.Errorf("jobs: take up what was left: %w", err)
	}
	return nil
}
