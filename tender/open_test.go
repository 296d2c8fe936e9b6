package tender

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
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

func system() party.Command { return party.Command{Actor: party.System()} }

// three hands in three bids, two of them with letters, and returns the letters.
func (w *world) three(l *Lot) (blind, full string) {
	blind, full = w.letterOf(w.bidders[0], w.bank, l), w.letterOf(w.bidders[1], w.insurer, l)
	w.submit(w.bidders[0], l, blind)
	w.submit(w.bidders[1], l, full)
	w.submit(w.bidders[2], l, "")
	return blind, full
}

// Fewer than three bids: the lot has failed, nobody is asked for a share, nothing is unsealed (条例44).
func TestFewerThanThreeBidsAreNeverOpened(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	blind := w.letterOf(w.bidders[0], w.bank, l)
	w.submit(w.bidders[0], l, blind)
	w.submit(w.bidders[1], l, "")
	taken := w.submit(w.bidders[2], l, "")
	w.tells(w.withdraw(w.bidders[2], taken))
	w.clock.Set(deadline)
	a := w.tells(w.Open(w.ctx, system(), l.ID))
	if a.State != string(Failed) {
		t.Fatalf("state %s", a.State)
	}
	for i, c := range w.agents {
		if c.asked != 0 {
			t.Errorf("custodian %d was asked", i+1)
		}
	}
	var closings int
	if err := w.pool.QueryRow(w.ctx, `SELECT count(*) FROM closing`).Scan(&closings); err != nil || closings != 0 {
		t.Errorf("%d closings: %v", closings, err)
	}
	if g := w.letterRow(blind); g.DisclosureState != guarantee.Sealed {
		t.Errorf("the letter is %s", g.DisclosureState)
	}
	_, err := w.Opening(w.ctx, l.ID)
	w.refused(err, "opening.not_found")
	w.tells(w.Close(w.ctx, l.ID)) // again: nothing
}

// Nothing is closed or opened a microsecond too early, and nothing is shown before it is published.
func TestNothingBeforeTheDeadline(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.three(l)
	w.clock.Set(deadline.Add(-time.Microsecond))
	_, err := w.Close(w.ctx, l.ID)
	w.refused(err, "lot.before_deadline")
	_, err = w.Open(w.ctx, system(), l.ID)
	w.refused(err, "lot.before_deadline")
	_, err = w.Opening(w.ctx, l.ID)
	w.refused(err, "opening.not_found")
	_, err = w.Open(w.ctx, w.by(w.bidders[0], party.Bidder), l.ID)
	w.refused(err, "lot.not_found")
	w.closeAt(l, deadline)
	_, err = w.Opening(w.ctx, l.ID)
	w.refused(err, "opening.not_found")
	a := w.tells(w.Open(w.ctx, w.by(w.centre, party.Centre), l.ID))
	if a.State != string(Opened) {
		t.Fatalf("state %s", a.State)
	}
}

// Any two custodians open a lot; one alone does not, and nothing is lost by asking again.
func TestTwoCustodiansOpen(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	blind, full := w.three(l)
	w.clock.Set(deadline)
	w.agents[0].off, w.agents[1].off = true, true
	_, err := w.Open(w.ctx, system(), l.ID)
	if !errors.Is(err, ErrCustodians) {
		t.Fatalf("with one custodian: %v", err)
	}
	waits := must(w.Awaited(w.ctx, must(readLot(w.ctx, w.pool, l.ID))))
	if len(waits) != 2 || waits[0].Reason != NoAnswer || waits[1].Custodian.Name != "保管人乙监督局" || !waits[0].Since.Equal(deadline) {
		t.Errorf("waits for %+v", waits)
	}
	signed := must(readClosing(w.ctx, w.pool, l.ID, letter.StageBids)).Signed
	w.agents[1].off = false
	o := w.open(l)
	if w.agents[0].asked != 2 || w.agents[1].asked != 3 {
		t.Errorf("the one that is off was asked %d times, the one that came back %d; want each try once, and not in the second round", w.agents[0].asked, w.agents[1].asked)
	}
	if waits := must(w.Awaited(w.ctx, must(readLot(w.ctx, w.pool, l.ID)))); len(waits) != 1 || waits[0].Custodian.Name != "保管人甲中心" {
		t.Errorf("the alarm stands for %+v; want the one that is still missing", waits)
	}
	if !bytes.Equal(o.ClosingBids, signed) {
		t.Error("the closing was signed a second time")
	}
	for _, x := range o.Letters {
		if x.Failure != "" {
			t.Errorf("%s: %s", x.ID, x.Failure)
		}
	}
	for _, id := range []string{blind, full} {
		if g := w.letterRow(id); g.DisclosureState != guarantee.Disclosed || g.VerificationState != guarantee.Passed {
			t.Errorf("%s: %s %s", id, g.DisclosureState, g.VerificationState)
		}
	}
	if a := w.tells(w.Open(w.ctx, system(), l.ID)); a.State != string(Opened) { // again: nothing
		t.Errorf("again: %s", a.State)
	}
}

// A letter that fails is listed as such, with sixteen open lines, and hides no other.
func TestLetterThatFailsHidesNoOther(t *testing.T) {
	w := newWorld(t)
	l, other := w.published(letter.RegimeTendering, "A1"), w.published(letter.RegimeTendering, "A2")
	good := w.letterOf(w.bidders[0], w.bank, l)
	spoilt := w.letterOf(w.bidders[1], w.bank, l)
	fullSpoilt := w.letterOf(w.bidders[3], w.insurer, l)
	unissued := w.apply(w.bidders[2], w.bank, l).application.Application
	foreign := w.letterOf(w.bidders[2], w.bank, other)
	nowhere := newID()
	e, f := w.org("第六投标人有限公司", 50), w.org("第七投标人有限公司", 51)
	for i, letterID := range []string{good, spoilt, unissued, fullSpoilt} {
		w.submit(w.bidders[i], l, letterID)
	}
	w.submit(e, l, foreign)
	w.submit(f, l, nowhere)
	w.exec(`UPDATE guarantee SET letter = set_byte(letter, 400, get_byte(letter, 400) # 1) WHERE id = @id`, spoilt)
	w.exec(`UPDATE guarantee SET letter = set_byte(letter, length(letter) - 400, get_byte(letter, length(letter) - 400) # 1) WHERE id = @id`, fullSpoilt)
	o := w.open(l)
	if len(o.Bids) != 6 || len(o.Letters) != 6 {
		t.Fatalf("%d bids, %d letters", len(o.Bids), len(o.Letters))
	}
	for _, x := range o.Letters {
		fails := x.ID != good
		if fails != (x.Failure != "") || fails != (x.Summary == nil) || len(x.Lines) != 16 {
			t.Errorf("%s: %q %+v", x.ID, x.Failure, x.Summary)
		}
		if here := x.ID != foreign && x.ID != nowhere; here != x.Here {
			t.Errorf("%s here: %v", x.ID, x.Here)
		}
		if want := map[bool]string{true: "unknown", false: "passed"}[fails]; x.Result != want {
			t.Errorf("%s: %s", x.ID, x.Result)
		}
	}
	for id, want := range map[string]guarantee.State{good: guarantee.Disclosed, spoilt: guarantee.Missing, fullSpoilt: guarantee.Missing,
		unissued: guarantee.Missing, foreign: guarantee.Sealed} { // the other lot's letter is untouched
		if g := w.letterRow(id); g.DisclosureState != want {
			t.Errorf("%s: %s, want %s", id, g.DisclosureState, want)
		}
	}
}

// exec changes one row past the guards of its table, as a bad disk would.
func (w *world) exec(sql, id string) {
	w.t.Helper()
	err := pgx.BeginFunc(w.ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(w.ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		tag, err := tx.Exec(w.ctx, sql, pgx.NamedArgs{"id": id})
		if err == nil && tag.RowsAffected() != 1 {
			w.t.Errorf("%s: %v", sql, tag)
		}
		return err
	})
	if err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// reseal puts another ciphertext into a bid's row, under the key that its owner can unwrap, with or without its digest.
func (w *world) reseal(o org, id string, digestToo bool) {
	w.t.Helper()
	var raw []byte
	if err := w.pool.QueryRow(w.ctx, `SELECT sealed FROM bid WHERE id = $1`, id).Scan(&raw); err != nil {
		w.t.Fatal(err)
	}
	s := must(signing.ParseSealed(raw))
	key := must(o.encrypt.Key.Unwrap(w.ctx, s.Owner))
	aad := signing.TaggedSum("baohan/two-of-three", []byte{1}, s.Parts[0][:], s.Parts[1][:], s.Parts[2][:], letter.BidAAD(id))
	s.Ciphertext = must(signing.SealGCM(key, must(signing.OpenGCM(key, s.Ciphertext, aad[:])), aad[:])) // the same text, well sealed
	digest := letter.CiphertextDigest(s.Ciphertext)
	must(w.pool.Exec(w.ctx, `UPDATE bid SET sealed = $2, ciphertext_digest = CASE WHEN $3 THEN $4 ELSE ciphertext_digest END WHERE id = $1`,
		id, must(s.MarshalBinary()), digestToo, digest[:]))
}

// A bid whose row was changed is listed as unreadable; the others are opened.
func TestSpoiltBidHidesNoOther(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.three(l)
	changed := w.submit(w.bidders[3], l, "")
	e := w.org("第六投标人有限公司", 50)
	truncated := w.submit(e, l, "")
	w.exec(`UPDATE bid SET sealed = set_byte(sealed, 5000, get_byte(sealed, 5000) # 1) WHERE id = @id`, changed)
	w.exec(`UPDATE bid SET sealed = substr(sealed, 1, 100) WHERE id = @id`, truncated)
	spoilt := []string{changed, truncated}
	for i, digestToo := range []bool{false, true} {
		by := w.org(fmt.Sprintf("第%d投标人有限公司", 7+i), 51+i)
		id := w.submit(by, l, "")
		w.reseal(by, id, digestToo)
		spoilt = append(spoilt, id)
	}
	o := w.open(l)
	if len(o.Bids) != 7 || len(o.Letters) != 2 {
		t.Fatalf("%d bids, %d letters", len(o.Bids), len(o.Letters))
	}
	for _, b := range o.Bids {
		want := ""
		if slices.Contains(spoilt, b.ID) {
			want = otherBytes
		}
		if b.Failure != want || (want != "") == (len(b.Bidders) == 1) {
			t.Errorf("%s: %q %v", b.ID, b.Failure, b.Bidders)
		}
	}
}

// Whoever opens at the same time, one opening is published.
func TestOpeningsAtOnce(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.three(l)
	w.closeAt(l, deadline)
	for _, a := range w.agents {
		a.busy = true
	}
	w.market.busy = true
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if a, err := w.Open(w.ctx, system(), l.ID); err != nil || a.State != string(Opened) {
				t.Errorf("%+v %v", a, err)
			}
		})
	}
	wg.Wait()
	if o := must(w.Opening(w.ctx, l.ID)); len(o.Bids) != 3 || len(o.Letters) != 2 {
		t.Fatalf("%d bids, %d letters", len(o.Bids), len(o.Letters))
	}
}

// Wherever an opening stops, nothing of it is public, and opening again ends as if it had never stopped.
func TestOpeningGoesOnAfterAnyStop(t *testing.T) {
	for name, stop := range map[string]func(w *world) (mend func()){
		"before closing A is signed": func(w *world) func() { w.pen.failAt = 1; return func() {} },
		"before closing B is signed": func(w *world) func() { w.pen.failAt = 2; return func() {} },
		"no custodians for the letters": func(w *world) func() {
			w.agents[0].offAt, w.agents[1].offAt = 2, 2
			return func() { w.agents[0].off, w.agents[1].off = false, false }
		},
		"before the lines":  func(w *world) func() { w.market.off = true; return func() { w.market.off = false } },
		"before the commit": func(w *world) func() { w.outbox.fail = errors.New("stop"); return func() { w.outbox.fail = nil } },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			l := w.published(letter.RegimeTendering, "A1")
			w.three(l)
			w.clock.Set(deadline)
			mend := stop(w)
			if _, err := w.Open(w.ctx, system(), l.ID); err == nil {
				t.Fatal("it did not stop")
			}
			var public int
			if err := w.pool.QueryRow(w.ctx, `SELECT (SELECT count(*) FROM opened_bid) + (SELECT count(*) FROM opened_letter) +
				(SELECT count(*) FROM disclosure) + (SELECT count(*) FROM bid WHERE state <> 'received')`).Scan(&public); err != nil || public != 0 {
				t.Fatalf("%d rows are public: %v", public, err)
			}
			mend()
			w.clock.Advance(time.Hour)
			if due := must(w.Due(w.ctx, 10)); len(due) != 1 {
				t.Fatalf("due: %v", due)
			}
			a := w.tells(w.Open(w.ctx, system(), l.ID))
			o := must(w.Opening(w.ctx, l.ID))
			if a.State != string(Opened) || len(o.Bids) != 3 || len(o.Letters) != 2 {
				t.Fatalf("%s with %d bids", a.State, len(o.Bids))
			}
			for _, x := range o.Letters {
				if x.Result != "passed" {
					t.Errorf("%+v", x)
				}
			}
		})
	}
}
