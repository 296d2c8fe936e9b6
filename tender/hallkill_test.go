package tender

import (
	"testing"
	"time"

	"baohan/party"
)

// A command whose answer was lost is asked again under its key: what is refused then is noted once. Another command with the
// same bytes is another attempt, and evidence (电子招标投标办法31).
func TestRefusalIsNotedOnceForEachCommand(t *testing.T) {
	h := newSession(t)
	h.order()
	first, second := h.bidder(0), h.bidder(0)
	for _, cmd := range []party.Command{first, first, second, first} {
		_, err := h.HandInForm(h.ctx, cmd, h.bids[0], []byte("not a form"))
		h.refused(err, "form.digest")
	}
	if n := h.count(HallRefused); n != 2 {
		t.Errorf("two commands were refused, and %d refusals are on record", n)
	}
}

// Whoever looks right after an outage sees the window as it is with the time given back, before any beat.
func TestReaderSeesTheOutageCounted(t *testing.T) {
	h := newSession(t)
	h.Outage = 10 * time.Second
	h.order()
	before := h.view().Remaining
	h.silent(5 * time.Minute)
	if after := h.view().Remaining; before-after > time.Second || after-before > time.Second || h.count(HallOutage) != 1 {
		t.Errorf("remaining %s, before the outage %s", after, before)
	}
}
