package tender

import (
	"testing"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// opened is a lot after its opening, with three letters.
func (w *world) opened(regime, name string) (*Lot, [3]string) {
	w.t.Helper()
	w.clock.Set(started)
	l := w.published(regime, name)
	var ids [3]string
	for i := range ids {
		ids[i] = w.letterOf(w.bidders[i], w.bank, l)
		w.submit(w.bidders[i], l, ids[i])
	}
	w.open(l)
	return l, ids
}

func (w *world) releaseOf(id string) string {
	w.t.Helper()
	g := w.letterRow(id)
	if g.ReleaseState != guarantee.ReleaseDue {
		return string(g.ReleaseState)
	}
	return g.ReleaseDueBy.Format("2006-01-02")
}

func (w *world) tenderers() party.Command { return w.by(w.tenderer, party.Beneficiary) }

// 政府采购法实施条例33: the losers' letters five working days after the award notice, the winner's after the contract.
func TestReleaseInGovernmentProcurement(t *testing.T) {
	w := newWorld(t)
	l, ids := w.opened(letter.RegimeProcurement, "G1")
	w.clock.Set(time.Date(2026, 12, 24, 9, 0, 0, 0, calendar.Shanghai)) // Thursday
	w.tells(w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: w.bidders[0].party.USCC, NoticedOn: today(w)}))
	// 25, 28, 29, 30, 31 December
	for i, want := range []string{"none", "2026-12-31", "2026-12-31"} {
		if got := w.releaseOf(ids[i]); got != want {
			t.Errorf("after the award, letter %d: %s, want %s", i, got, want)
		}
	}
	w.clock.Set(time.Date(2026, 12, 25, 9, 0, 0, 0, calendar.Shanghai))
	_, err := w.Contract(w.ctx, w.tenderers(), l.ID, today(w))
	if r, ok := party.RefusalOf(err); ok && r.Code == "calendar.year_not_published" { // 2027 is not published in 2026's table
		signedOn := must(calendar.ParseDate("2026-12-24"))
		w.tells(w.Contract(w.ctx, w.tenderers(), l.ID, signedOn))
	} else if err != nil {
		t.Fatal(err)
	}
	if got := w.releaseOf(ids[0]); got != "2026-12-31" {
		t.Errorf("the winner's letter: %s", got)
	}
}

func TestAwardIsChecked(t *testing.T) {
	w := newWorld(t)
	l, _ := w.opened(letter.RegimeTendering, "A1")
	win, now := w.bidders[0].party.USCC, today(w)
	for code, n := range map[string]AwardNote{
		"award.winner":     {Winner: w.bidders[3].party.USCC, NoticedOn: now},
		"award.candidates": {Winner: win, Candidates: []string{w.bank.party.USCC}, NoticedOn: now},
		"award.noticed_on": {Winner: win, NoticedOn: now.AddDays(1)},
	} {
		_, err := w.Award(w.ctx, w.tenderers(), l.ID, n)
		w.refused(err, code)
	}
	_, err := w.Award(w.ctx, w.by(w.bidders[0], party.Bidder), l.ID, AwardNote{Winner: win, NoticedOn: now})
	w.refused(err, "lot.not_found")
	_, err = w.Contract(w.ctx, w.tenderers(), l.ID, now)
	w.refused(err, "lot.illegal_move")
	_, err = w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", signing.Sum([]byte("x")))
	w.refused(err, "lot.not_awarded")
}

// 条例74, 55: the award of a winner who refuses is cancelled with the reason; the next candidate may follow, the
// one who refused may not.
func TestRefusalAndSecondAward(t *testing.T) {
	w := newWorld(t)
	l, ids := w.opened(letter.RegimeTendering, "A1")
	first, second, now := w.bidders[0].party.USCC, w.bidders[1].party.USCC, today(w)
	w.tells(w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: first, Candidates: []string{second}, NoticedOn: now}))
	evidence := signing.Sum([]byte("拒签说明"))
	_, err := w.Refuse(w.ctx, w.tenderers(), l.ID, "does_not_want_to", evidence)
	w.refused(err, "refuse.reason")
	_, err = w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", signing.Digest{})
	w.refused(err, "refuse.evidence")
	w.tells(w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", evidence))
	_, err = w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: first, NoticedOn: now})
	w.refused(err, "award.refused_before")
	w.tells(w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: second, NoticedOn: now}))
	_, err = w.Contract(w.ctx, w.tenderers(), l.ID, now.AddDays(1))
	w.refused(err, "contract.signed_on")
	w.tells(w.Contract(w.ctx, w.tenderers(), l.ID, now))
	all := must(w.Awards(w.ctx, l.ID))
	if len(all) != 2 || all[0].RefusedFor == nil || *all[0].RefusedFor != "refused_contract" || all[1].SignedOn == nil {
		t.Fatalf("awards %+v", all)
	}
	bids, err := readBids(w.ctx, w.Pool, l.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		want := "2026-12-28"
		if wonWith(bids, first, id) {
			want = "none" // the refusing winner's security is not given back (条例74)
		}
		if got := w.releaseOf(id); got != want {
			t.Errorf("release %q, want %q", got, want)
		}
	}
}
