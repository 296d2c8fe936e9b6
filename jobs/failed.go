package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"baohan/client/wire"
	"baohan/party"
)

// rest is how long the sweeper leaves an object alone whose job has failed for good.
const rest = time.Hour

type failedRow struct {
	ID        int64
	Kind      string
	Args      []byte
	Attempts  int
	LastError string
	FailedAt  time.Time
}

// Failed lists the jobs that were given up and have not succeeded since, the latest first. People find out why, mend
// it, and run it again.
func (r *Runner) Failed(ctx context.Context) ([]wire.Job, error) {
	rows, err := r.Pool.Query(ctx, `SELECT id, kind, args, attempts, last_error, failed_at FROM (
			SELECT DISTINCT ON (kind, args) id, kind, args::text::bytea AS args, attempt AS attempts,
				coalesce(errors[array_upper(errors, 1)] ->> 'error', '') AS last_error, finalized_at AS failed_at
			FROM river_job WHERE state = 'discarded' ORDER BY kind, args, finalized_at DESC) latest
		ORDER BY failed_at DESC, id DESC`)
	if err != nil {
		return nil, fmt.Errorf("jobs: failed: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[failedRow])
	if err != nil {
		return nil, fmt.Errorf("jobs: failed: %w", err)
	}
	list := make([]wire.Job, len(found))
	for i, f := range found {
		list[i] = wire.Job{ID: f.ID, Kind: f.Kind, Attempts: f.Attempts, LastError: f.LastError, FailedAt: f.FailedAt}
		if err := json.Unmarshal(f.Args, &list[i].About); err != nil {
			return nil, fmt.Errorf("jobs: failed: arguments of job %d: %w", f.ID, err)
		}
	}
	return list, nil
}

// Retry runs a job that was given up once more, by hand. The same command does it once, however often it comes.
func (r *Runner) Retry(ctx context.Context, cmd party.Command, id int64) error {
	if r.Once == nil {
		return errors.New("jobs: Retry needs Once")
	}
	return pgx.BeginFunc(ctx, r.Pool, func(tx pgx.Tx) error {
		if _, done, err := r.Once.BeginTx(ctx, tx, cmd); err != nil || done {
			return err
		}
		if err := r.retryTx(ctx, tx, id); err != nil {
			return err
		}
		return r.Once.AnswerTx(ctx, tx, cmd, nil)
	})
}

func (r *Runner) retryTx(ctx context.Context, tx pgx.Tx, id int64) error {
	job, err := r.client.JobGetTx(ctx, tx, id)
	if errors.Is(err, rivertype.ErrNotFound) || err == nil && job.State != rivertype.JobStateDiscarded {
		return party.NotFound("job.unknown", "没有这条失败的任务；可能已被他人重新执行，请刷新列表")
	}
	if err != nil {
		return fmt.Errorf("jobs: retry: %w", err)
	}
	if _, err = r.client.JobRetryTx(ctx, tx, id); err != nil {
		return fmt.Errorf("jobs: retry: %w", err)
	}
	return nil
}

// forgive takes a job that has now been done from the list of those that were given up.
func (r *Runner) forgive(ctx context.Context, job *rivertype.JobRow) error {
	_, err := r.Pool.Exec(ctx, `DELETE FROM river_job WHERE state = 'discarded' AND kind = @kind AND args = @args`,
		pgx.NamedArgs{"kind": job.Kind, "args": job.EncodedArgs})
	return failure(err)
}

// resting are the jobs that have failed for good within the last hour.
func resting(ctx context.Context, tx pgx.Tx) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `SELECT kind, args::text::bytea AS args FROM river_job
		WHERE state = 'discarded' AND finalized_at > clock_timestamp() - @rest::interval`, pgx.NamedArgs{"rest": rest})
	if err != nil {
		return nil, err
	}
	type job struct {
		Kind string
		Args jsontext.Value
	}
	failed, err := pgx.CollectRows(rows, pgx.RowToStructByName[job])
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(failed))
	for _, j := range failed {
		if err := j.Args.Canonicalize(); err != nil {
			return nil, err
		}
		out[j.Kind+string(j.Args)] = true
	}
	return out, nil
}

// keyOf names what a job is about: two jobs of one key do the same.
func keyOf(a river.JobArgs) (string, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	v := jsontext.Value(b)
	err = v.Canonicalize()
	return a.Kind() + string(v), err
}
