package tender

import (
	"fmt"
	"testing"
	"time"
)

// A bid counts as withdrawn from the first confirmation on that nothing has corrected since (条例35); a second that says the
// same moves no day.
func TestFreedSince(t *testing.T) {
	at := func(day int) *time.Time { x := time.Date(2026, 12, day, 9, 0, 0, 0, time.UTC); return &x }
	said := func(cause Cause, confirmed *time.Time) Attribution {
		return Attribution{Bid: "b", Cause: cause, ConfirmedAt: confirmed}
	}
	for name, c := range map[string]struct {
		all  []Attribution
		want *time.Time
	}{
		"not confirmed":            {[]Attribution{said(CauseNotBidder, nil)}, nil},
		"confirmed":                {[]Attribution{said(CauseNotBidder, at(1)), said(CauseBidder, nil)}, at(1)},
		"confirmed twice":          {[]Attribution{said(CauseNotBidder, at(1)), said(CauseNotBidder, at(3))}, at(1)},
		"corrected":                {[]Attribution{said(CauseNotBidder, at(1)), said(CauseBidder, at(2))}, nil},
		"corrected, and corrected": {[]Attribution{said(CauseNotBidder, at(1)), said(CauseBidder, at(2)), said(CauseNotBidder, at(3))}, at(3)},
		"another's":                {[]Attribution{{Bid: "a", Cause: CauseNotBidder, ConfirmedAt: at(1)}}, nil},
	} {
		if got := freedSince(c.all, "b"); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
