package tender

import (
	"testing"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
)

// The whole course of a lot: blind and full letters, cash, opening, sixteen lines, award, contract, release.
func TestLotFromPublicationToContract(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	blind, full := w.letterOf(w.bidders[0], w.bank, l), w.letterOf(w.bidders[1], w.insurer, l)
	partner := w.bidders[3].party
	joint := w.letterOf(w.bidders[2], w.bank, l, partner)
	w.submit(w.bidders[0], l, blind)
	w.submit(w.bidders[1], l, full)
	w.submit(w.bidders[2], l, joint, partner)
	o := w.open(l)
	if len(o.Bids) != 3 || len(o.Letters) != 3 || o.ClosingBids == nil || o.ClosingLetters == nil {
		t.Fatalf("opening: %d bids, %d letters", len(o.Bids), len(o.Letters))
	}
	for _, x := range o.Letters {
		if x.Failure != "" || !x.Here || x.Result != "passed" || len(x.Lines) != 16 {
			t.Errorf("letter %s: %s %s", x.ID, x.Result, x.Failure)
		}
		for i, line := range x.Lines {
			if line.Result != letter.ResultPass || line.Name != lineNames[i] || line.Want == "" || line.Got == "" {
				t.Errorf("line %d: %+v", i+1, line)
			}
		}
		if x.Summary.Amount != l.Amount || x.Summary.Expiry != l.End.Expiry() {
			t.Errorf("summary %+v", x.Summary)
		}
	}
	tenderer := func() party.Command { return w.by(w.tenderer, party.Beneficiary) }
	today := today(w)
	w.tells(w.Award(w.ctx, tenderer(), l.ID, AwardNote{Winner: w.bidders[0].party.USCC, Candidates: []string{w.bidders[1].party.USCC}, NoticedOn: today}))
	w.tells(w.Contract(w.ctx, tenderer(), l.ID, today))
	for _, id := range []string{blind, full, joint} {
		g := w.letterRow(id)
		if g.ReleaseState != guarantee.ReleaseDue || g.ReleaseDueBy == nil || g.ReleaseDueBy.Format("2006-01-02") != "2026-12-28" { // the fifth day, 26 December, is a Saturday
			t.Errorf("%s: release %s by %v", id, g.ReleaseState, g.ReleaseDueBy)
		}
	}
}
