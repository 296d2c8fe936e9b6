package tender

import (
	"strings"
	"testing"

	"baohan/guarantee/letter"
	"baohan/party"
)

// Only lots that are published, open and on the same steps of both ladders count, each for the forms that it accepts.
func TestCrowdCountsWhatCouldBeMeant(t *testing.T) {
	w := newWorld(t)
	publish := func(code string, change func(*NewLot)) string {
		id := w.draftLot(letter.RegimeTendering, code, change)
		w.tells(w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id))
		return id
	}
	same := func(*NewLot) {}
	first := publish("A1", same)
	req, _ := must2(w.Requirement(w.ctx, first))
	holds := func(want int, when string) {
		t.Helper()
		crowd, err := w.Crowd(w.ctx, req)
		if err != nil || crowd[letter.FormIndependent] != want {
			t.Errorf("%s: %v, %v, want %d", when, crowd, err, want)
		}
		caution := crowd.Caution(letter.FormIndependent)
		if (caution == "") != (want >= 3) || want < 3 && !strings.Contains(caution, "推测") {
			t.Errorf("%s: %q", when, caution)
		}
	}
	holds(1, "alone")
	publish("A2", func(n *NewLot) { n.Amount -= 1_000_000; n.End.Deadline = n.End.Deadline.AddDate(0, 0, 1) })
	publish("A3", func(n *NewLot) { n.Amount /= 4 }) // another ceiling
	publish("A4", func(n *NewLot) { n.End.ValidityDays += 100 })
	w.draftLot(letter.RegimeTendering, "A5", same)
	holds(2, "another amount and deadline on the same steps; other steps and a draft do not count")
	publish("A6", func(n *NewLot) { n.Forms = []letter.Form{letter.FormIndependent} })
	holds(3, "three")
	if crowd, err := w.Crowd(w.ctx, req); err != nil || crowd[letter.FormInsurance] != 2 {
		t.Errorf("by form: %v, %v", crowd, err)
	}
	w.clock.Set(deadline)
	holds(1, "at the deadline two have closed")
}
