package jobs

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/rivertype"

	"baohan/internal/clock"
	"baohan/party"
)

// backoff waits 1, 2, 4 … seconds and then a minute: what holds up an opening is to be tried again soon.
type backoff struct{}

// NextRetry is River's question.
func (backoff) NextRetry(job *rivertype.JobRow) time.Time {
	return clock.System().Now().Add(pause(len(job.Errors) + 1))
}

func pause(n int) time.Duration {
	if n > 6 {
		return time.Minute
	}
	return time.Second << max(0, n-1)
}

// failure is an error as it may stand in the queue's table: a database error without its detail, which repeats the
// values of the row, and a refusal by its code.
func failure(err error) error {
	if err == nil {
		return nil
	}
	if refusal, ok := party.RefusalOf(err); ok {
		return fmt.Errorf("refused: %s", refusal.Code)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return fmt.Errorf("database error %s on %s", pg.Code, pg.ConstraintName)
	}
	return err
}
