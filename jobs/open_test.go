package jobs

import (
	"errors"
	"fmt"
	"testing"
	"time"

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
