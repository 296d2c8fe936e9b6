package verify

import (
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/internal/sample"
)

// A paper that releases a lot's letters is taken for what it is, and checked offline like the release of one.
func TestLotReleaseIsAPaper(t *testing.T) {
	h := sample.New(time.Date(2026, 11, 25, 14, 30, 0, 0, calendar.Shanghai))
	content, err := h.LotRelease(h.Tenderees[0], h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Full(), "XJSL-2026-000002")).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		by int
		ok bool
	}{{0, true}, {1, false}} {
		got, err := Verify(h.Signed(h.Tenderees[tt.by], content, h.At), Given{Roots: Source{Data: h.CA.Root.PEM()}}, h.At)
		if err != nil || got.Kind != Paper || got.Report.OK != tt.ok {
			t.Errorf("signed by tenderee %d: %+v, %v", tt.by, got, err)
		}
	}
}
