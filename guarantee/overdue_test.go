package guarantee

import (
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// Every clock that is over is listed, the longest first; what stands, and what nobody can say yet, is not.
func TestOverdueDemands(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	w.at("2026-12-01 10:00")
	late := w.claim(w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001"), 100, false)
	insured := w.claim(w.disclosedLetter(w.bidders[1], w.insurer, "HNPIC-00000001"), 100, false)
	stayed := w.claim(w.disclosedLetter(w.bidders[2], w.otherBank, "XJB-2026-000001"), 100, false)
	w.must(w.StayDemand(w.ctx, stayed.says(w), stayed.d.ID, w.ruling()))
	end := time.Date(2026, 12, 9, 0, 0, 0, 0, calendar.Shanghai)
	if all, err := w.OverdueDemands(w.ctx, end, 10); err != nil || len(all) != 0 {
		t.Fatalf("at the last instant: %+v, %v", all, err)
	}
	all, err := w.OverdueDemands(w.ctx, end.Add(time.Microsecond), 10)
	if err != nil || len(all) != 3 { // examination and payment of one, examination of the other
		t.Fatalf("a microsecond later: %+v, %v", all, err)
	}
	for _, x := range all {
		if x.Demand == stayed.d.ID || x.Days != 1 || x.Number == "" || x.Guarantor == "" {
			t.Errorf("%+v", x)
		}
	}
	all, err = w.OverdueDemands(w.ctx, time.Date(2027, 3, 1, 12, 0, 0, 0, calendar.Shanghai), 2)
	if err != nil || len(all) != 2 || all[0].Days < all[1].Days {
		t.Errorf("the longest first: %+v, %v", all, err)
	}
	all, err = w.OverdueDemands(w.ctx, time.Date(2027, 3, 1, 12, 0, 0, 0, calendar.Shanghai), 100)
	kinds := map[ClockKind]string{}
	for _, x := range all {
		if x.Demand == insured.d.ID {
			kinds[x.Clock.Kind] = x.Clock.To.String()
		}
	}
	if err != nil || len(kinds) != 3 || kinds[ClockAssessment] != "2026-12-31" || kinds[ClockInterim] != "2027-02-01" {
		t.Errorf("the insurer's: %v, %v", kinds, err)
	}
	w.must(w.DecideDemand(w.ctx, late.says(w), late.d.ID, DemandDecision{Complying: true}))
	w.must(w.HonourDemand(w.ctx, late.says(w), late.d.ID, Payment{Amount: 100, Reference: "P", PaidAt: w.clock.Now()}))
	if all, err := w.OverdueDemands(w.ctx, end.Add(time.Microsecond), 10); err != nil || len(all) != 1 {
		t.Errorf("what is settled is late no more: %+v, %v", all, err)
	}
}

// The reminders come out of the rows.
func TestRemindersAreDue(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	w.at("2026-12-01 10:00")
	stayed := w.claim(w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001"), 100, false)
	w.must(w.StayDemand(w.ctx, stayed.says(w), stayed.d.ID, w.ruling()))
	waiting := w.claim(w.disclosedLetter(w.bidders[1], w.insurer, "HNPIC-00000001"), 100, false, letter.LossStatement)
	insured := w.claim(w.disclosedLetter(w.bidders[2], w.insurer, "HNPIC-00000002"), 100, false)
	for _, c := range []struct {
		at   string
		kind DueKind
		id   string
		want bool
	}{
		{"2026-12-01 23:59", DueCompletion, waiting.id, false}, {"2026-12-02 00:00", DueCompletion, waiting.id, true},
		{"2026-12-20 23:59", DueSuit, stayed.id, false}, {"2026-12-21 00:00", DueSuit, stayed.id, true},
		{"2026-12-31 23:59", DueSuit, stayed.id, true}, {"2026-12-31 23:59", DueLifting, stayed.id, false},
		{"2027-01-02 00:00", DueLifting, stayed.id, true}, {"2027-01-02 00:00", DueSuit, stayed.id, false},
		{"2026-12-27 23:59", DueAssessment, insured.id, false}, {"2026-12-28 00:00", DueAssessment, insured.id, true},
		{"2027-01-26 23:59", DueInterim, insured.id, false}, {"2027-01-27 00:00", DueInterim, insured.id, true},
		{"2027-01-27 00:00", DueInterim, waiting.id, false},
	} {
		w.at(c.at)
		all, err := w.Due(w.ctx, 100)
		if err != nil || hasDue(all, c.kind, c.id) != c.want {
			t.Errorf("%s: %s is due %v, want %v (%v)", c.at, c.kind, !c.want, c.want, err)
		}
	}
	if all, err := w.Due(w.ctx, 0); err != nil || len(all) > 0 {
		t.Errorf("none asked for: %v, %v", all, err)
	}
}
