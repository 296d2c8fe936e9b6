package tender

import (
	"slices"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// A release is overdue from the first instant after its last day, not at its end; the supervisor sees it with its law, and
// nobody else does.
func TestOverdueReleases(t *testing.T) {
	w := newWorld(t)
	l, ids := w.opened(letter.RegimeTendering, "V1")
	w.tells(w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: w.bidders[0].party.USCC, NoticedOn: today(w)}))
	signed := today(w)
	w.tells(w.Contract(w.ctx, w.tenderers(), l.ID, signed))
	day := calendar.DateOf(*w.letterRow(ids[0]).ReleaseDueBy)
	supervisor := w.tenderer.actor(party.Supervisor)
	w.clock.Set(day.EndOfDay().Add(-time.Microsecond))
	if got := must(w.OverdueReleases(w.ctx, supervisor, "", 10)); len(got) != 0 {
		t.Errorf("on the last day: %+v", got)
	}
	w.clock.Set(day.EndOfDay())
	got := must(w.OverdueReleases(w.ctx, supervisor, "", 10))
	if len(got) != 3 {
		t.Fatalf("a day late: %+v", got)
	}
	for _, o := range got {
		if o.LotID != l.ID || o.Lot.Code != l.Lot.Code || !slices.Contains(ids[:], o.Guarantee) || o.Number == "" || o.Days != 1 || o.Clock.To != day ||
			o.Clock.From != signed || o.Clock.Law != "招标投标法实施条例第五十七条" || len(o.Beneficiaries) == 0 || len(o.Unsigned) != len(o.Beneficiaries) {
			t.Errorf("%+v", o)
		}
	}
	first := must(w.OverdueReleases(w.ctx, supervisor, "", 2))
	rest := must(w.OverdueReleases(w.ctx, supervisor, first[1].Cursor(), 2))
	if len(first) != 2 || len(rest) != 1 || rest[0].Guarantee != got[2].Guarantee {
		t.Errorf("paged: %d and %d", len(first), len(rest))
	}
	for _, after := range []string{"x", "2026-13-01.x", "."} {
		_, err := w.OverdueReleases(w.ctx, supervisor, after, 2)
		w.refused(err, "page.after")
	}
	for _, r := range []party.Role{party.Centre, party.Operator, party.Beneficiary, party.Guarantor, party.Bidder, party.Agent} {
		_, err := w.OverdueReleases(w.ctx, w.tenderer.actor(r), "", 10)
		w.refused(err, "lot.not_found")
	}
	w.exec(`UPDATE guarantee SET open_demands = 1 WHERE id = @id`, ids[0])
	if left := must(w.OverdueReleases(w.ctx, supervisor, "", 10)); len(left) != 2 {
		t.Errorf("a letter under demand is late: %d", len(left))
	}
}
