package tender

import (
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// What a bidder's desk shows of lots: today's openings alike for everybody, and where a bid was read out once it was.
func TestOpeningsOfADay(t *testing.T) {
	w := newWorld(t)
	today, tomorrow := calendar.DateOf(deadline), calendar.DateOf(deadline).AddDays(1)
	w.draftLot(letter.RegimeTendering, "D", func(*NewLot) {})
	l := w.published(letter.RegimeTendering, "A1")
	for day, want := range map[calendar.Date]int{today.AddDays(-1): 0, today: 1, tomorrow: 0} {
		if got := must(w.OpeningOn(w.ctx, day, 10)); len(got) != want || want == 1 && got[0].ID != l.ID {
			t.Errorf("%s: %d lots, want %d", day, len(got), want)
		}
	}
	if got := must(w.LotOf(w.ctx, l.Lot.Project, l.Lot.Code)); got.ID != l.ID {
		t.Errorf("by its codes: %s", got.ID)
	}
	if _, err := w.LotOf(w.ctx, l.Lot.Project, "D"); err == nil {
		t.Error("a draft is found by its code")
	}
}

func TestReadIn(t *testing.T) {
	w := newWorld(t)
	l, _ := w.opened(letter.RegimeTendering, "A1")
	o := must(w.Opening(w.ctx, l.ID))
	lot, at, err := w.ReadIn(w.ctx, o.Bids[0].ID)
	if err != nil || lot != l.ID || !at.Equal(o.OpenedAt) {
		t.Errorf("%s at %s: %v", lot, at, err)
	}
	if lot, at, err := w.ReadIn(w.ctx, "00000000000000000000000000000000"); err != nil || lot != "" || at != (time.Time{}) {
		t.Errorf("of no bid: %s %s %v", lot, at, err)
	}
}
