package jobs

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"baohan/tender"
)

// An opening that waits for custodians is never given up: it comes again in seconds, however long it has waited.
func TestOpeningWaitsForCustodians(t *testing.T) {
	waiting := fmt.Errorf("%w: custodian 2", tender.ErrCustodians)
	for every, want := range map[time.Duration]time.Duration{time.Millisecond: time.Second, 3 * time.Second: 3 * time.Second, time.Hour: custodianPause} {
		var snooze *river.JobSnoozeError
		if err := patient(waiting, every); !errors.As(err, &snooze) || snooze.Duration != want {
			t.Errorf("every %s: %v", every, err)
		}
	}
	broken := errors.New("the closing cannot be signed")
	if err := patient(broken, time.Second); !errors.Is(err, broken) || patient(nil, time.Second) != nil {
		t.Errorf("another failure: %v", err)
	}
}

// An opening that is asked for is there when the lot is closed, not before, and once.
func TestOpeningIsAskedForWithTheClosing(t *testing.T) {
	b := newBench(t, Config{})
	lot := strings.Repeat("ab", 16)
	count := func() int { return b.number(`SELECT count(*) FROM river_job WHERE kind = 'open'`) }
	for n, undone := range []error{errors.New("not closed after all"), nil, nil} {
		err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
			return errors.Join(b.OpeningDueTx(t.Context(), tx, lot), undone)
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if want := min(n, 1); count() != want {
			t.Errorf("%d openings are on their way after %d closings", count(), n)
		}
	}
	var _ tender.Openings = b.Runner
}
