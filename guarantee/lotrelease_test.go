package guarantee

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
)

// entryOf is how a lot's paper names a letter.
func entryOf(l disclosedLetter) letter.LotReleaseEntry {
	return letter.LotReleaseEntry{Guarantee: l.id, Number: l.number, Undertaking: letter.UndertakingDigest(l.u.Undertaking)}
}

// lotRelease is a beneficiary's signed paper for letters.
func (w *world) lotRelease(by org, entries ...letter.LotReleaseEntry) []byte {
	w.t.Helper()
	slices.SortFunc(entries, func(a, b letter.LotReleaseEntry) int { return strings.Compare(a.Guarantee, b.Guarantee) })
	r := letter.LotRelease{Version: 1, Lot: w.requirement.Lot, Beneficiary: by.party, Letters: entries, Reason: "合同已签订", At: w.clock.Now()}
	b, err := r.Canonical()
	return w.p7s(by, b, err)
}

func (w *world) lotPaper(body []byte, held ...string) LotPaper {
	return LotPaper{LotID: strings.Repeat("0", 32), Lot: w.requirement.Lot, Body: body,
		Held: func(context.Context, pgx.Tx) (func(string) bool, error) {
			return func(id string) bool { return slices.Contains(held, id) }, nil
		}}
}

func stateIn(r LotReceipt, id string) LotOutcome {
	for _, o := range r.Letters {
		if o.Guarantee == id {
			return o
		}
	}
	return LotOutcome{}
}

// lettersOf makes n published letters of three bidders.
func (w *world) lettersOf(n int) (all []disclosedLetter, entries []letter.LotReleaseEntry) {
	w.t.Helper()
	for i := range n {
		l := w.disclosedLetter(w.bidders[i], w.bank, fmt.Sprintf("CSB-2026-%06d", i+1))
		all, entries = append(all, l), append(entries, entryOf(l))
	}
	return all, entries
}

// One of two tenderees signs for the whole lot: nothing is released, and the answer says who is missing. The other signs one
// letter by a paper of its own and the rest by a lot's: either form will do.
func TestOneOfTwoTendereesSignsALot(t *testing.T) {
	w := newWorld(t)
	all, entries := w.lettersOf(2)
	first := w.by(w.tenderees[0], party.Beneficiary)
	paper := w.lotPaper(w.lotRelease(w.tenderees[0], entries...))
	got, err := w.PresentLotRelease(w.ctx, first, paper)
	if err != nil || len(got.Letters) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	missing := []string{w.tenderees[1].party.USCC}
	for _, o := range got.Letters {
		g := w.row(o.Guarantee)
		if o.State != "signed" || !slices.Equal(o.Unsigned, missing) || o.Number == "" || g.InstrumentState != Issued {
			t.Errorf("%+v, and the letter is %s", o, g.InstrumentState)
		}
		if awaits := must(w.ReleaseAwaits(w.ctx, g)); !slices.Equal(awaits, missing) {
			t.Errorf("the letter waits for %v", awaits)
		}
	}
	if a := w.must(w.release(all[0], w.tenderees[1])); a.Instrument != Released {
		t.Errorf("both have signed: %+v", a)
	}
	second, err := w.PresentLotRelease(w.ctx, w.by(w.tenderees[1], party.Beneficiary), w.lotPaper(w.lotRelease(w.tenderees[1], entries...)))
	if err != nil || stateIn(second, all[0].id).State != "refused" || stateIn(second, all[1].id).State != "released" || len(stateIn(second, all[1].id).Unsigned) != 0 {
		t.Errorf("%+v, %v", second, err)
	}
	again, err := w.PresentLotRelease(w.ctx, first, paper) // what has happened since changes no answer
	if err != nil || fmt.Sprint(again) != fmt.Sprint(got) {
		t.Errorf("again %+v\nfirst %+v, %v", again, got, err)
	}
	if papers := must(w.ReleasePapers(w.ctx, all[1].id)); len(papers) != 2 || string(papers[0]) != string(paper.Body) {
		t.Errorf("%d papers go to the guarantor", len(papers))
	}
	history(t, w, all[1].id)
}

// copies makes n more published letters by copying the rows of one: the papers are the same, ids and numbers are not.
func (w *world) copies(of disclosedLetter, n int) (entries []letter.LotReleaseEntry) {
	w.t.Helper()
	err := w.within(w.ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(w.ctx, `CREATE TEMP TABLE copied ON COMMIT DROP AS SELECT * FROM guarantee WHERE false`); err != nil {
			return err
		}
		for i := range n {
			if _, err := tx.Exec(w.ctx, `INSERT INTO copied SELECT * FROM guarantee WHERE id = $1`, of.id); err != nil {
				return err
			}
			if _, err := tx.Exec(w.ctx, `UPDATE copied SET id = md5(id || $2), number = 'COPY-' || lpad($2, 6, '0'),
				application_digest = sha256((id || 'a' || $2)::bytea), commitment = sha256((id || 'c' || $2)::bytea), uniq_tag = sha256((id || 'u' || $2)::bytea),
				lot_tag = sha256((id || 'l' || $2)::bytea), owner_tag = sha256((id || 'o' || $2)::bytea) WHERE id = $1`, of.id, fmt.Sprint(i+1)); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(w.ctx, `INSERT INTO guarantee SELECT * FROM copied`); err != nil {
			return err
		}
		_, err := tx.Exec(w.ctx, `INSERT INTO disclosure (guarantee, project, lot, reveal, undertaking, salt, beneficiaries, applicants, lines, disclosed_at)
			SELECT c.id, x.project, x.lot, x.reveal, x.undertaking, x.salt, x.beneficiaries, x.applicants, x.lines, x.disclosed_at
			FROM copied c, disclosure x WHERE x.guarantee = $1`, of.id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	rows, err := w.Pool.Query(w.ctx, `SELECT id, number FROM guarantee WHERE number LIKE 'COPY-%'`)
	if err != nil {
		w.t.Fatal(err)
	}
	for rows.Next() {
		e := entryOf(of)
		if err := rows.Scan(&e.Guarantee, &e.Number); err != nil {
			w.t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}

// Three hundred letters, and under one of them a demand is open: that one is refused, with its reason, and the others are
// released.
func TestReleaseOf300WithOneOpenDemand(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	all, entries := w.lettersOf(1)
	entries = append(entries, w.copies(all[0], 299)...)
	d := w.demandOf(all[0], w.tenderees[0], 100, w.files(all[0]))
	if _, _, err := w.present(all[0], w.tenderees[0], d, w.files(all[0])); err != nil {
		t.Fatal(err)
	}
	for i, by := range w.tenderees[:2] {
		got, err := w.PresentLotRelease(w.ctx, w.by(by, party.Beneficiary), w.lotPaper(w.lotRelease(by, entries...)))
		if err != nil || len(got.Letters) != 300 {
			t.Fatalf("%d letters, %v", len(got.Letters), err)
		}
		for _, o := range got.Letters {
			want := []string{"signed", "released"}[i]
			if o.Guarantee == all[0].id {
				want = "refused"
			}
			if o.State != want || (o.Refusal != nil) != (want == "refused") || o.Refusal != nil && o.Refusal.Code != "release.demand_open" {
				t.Errorf("%+v", o)
			}
		}
	}
	var released int
	if err := w.Pool.QueryRow(w.ctx, `SELECT count(*) FROM guarantee WHERE instrument_state = 'released'`).Scan(&released); err != nil || released != 299 {
		t.Errorf("%d released, %v", released, err)
	}
	if g := w.row(all[0].id); g.InstrumentState != Issued || g.OpenDemands != 1 {
		t.Errorf("the letter under demand: %+v", g)
	}
}

// The paper sent many times in parallel has one effect and one answer.
func TestLotReleaseSentTwiceInParallel(t *testing.T) {
	w := newWorld(t)
	all, entries := w.lettersOf(3)
	for _, l := range all {
		w.must(w.release(l, w.tenderees[1]))
	}
	cmd, paper := w.by(w.tenderees[0], party.Beneficiary), w.lotPaper(w.lotRelease(w.tenderees[0], entries...))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := w.PresentLotRelease(w.ctx, cmd, paper); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := must(w.PresentLotRelease(w.ctx, cmd, paper))
	for _, l := range all {
		var n int
		if err := w.Pool.QueryRow(w.ctx, `SELECT count(*) FROM guarantee_event WHERE guarantee = $1 AND kind IN ('release_signed', 'released')`, l.id).Scan(&n); err != nil || n != 3 {
			t.Errorf("%d facts of the release, %v", n, err)
		}
		if o := stateIn(got, l.id); o.State != "released" {
			t.Errorf("%+v", o)
		}
		history(t, w, l.id)
	}
	other := w.lotPaper(w.lotRelease(w.tenderees[0], entries[:1]...))
	if _, err := w.PresentLotRelease(w.ctx, cmd, other); !errors.Is(err, party.ErrKeyReused) {
		t.Errorf("the same key with another paper: %v", err)
	}
}

// The process dies between two letters: every letter has its receipt already, of the instant of the paper, and the sweeper
// finishes.
func TestLotReleaseKilledBetweenTwoLetters(t *testing.T) {
	w := newWorld(t)
	all, entries := w.lettersOf(3)
	for _, l := range all {
		w.must(w.release(l, w.tenderees[1]))
	}
	first := slices.MinFunc(all, func(a, b disclosedLetter) int { return strings.Compare(a.id, b.id) })
	w.exec(`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF NEW.guarantee <> '` + first.id + `' AND NEW.kind = 'released' THEN RAISE EXCEPTION 'killed'; END IF; RETURN NEW; END $$`)
	w.exec(`CREATE TRIGGER die BEFORE INSERT ON guarantee_event FOR EACH ROW EXECUTE FUNCTION die()`)
	cmd, paper := w.by(w.tenderees[0], party.Beneficiary), w.lotPaper(w.lotRelease(w.tenderees[0], entries...))
	received := w.clock.Now()
	got, err := w.PresentLotRelease(w.ctx, cmd, paper)
	if err == nil || len(got.Letters) != 3 || stateIn(got, first.id).State != "released" {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, l := range all {
		if l.id != first.id && (stateIn(got, l.id).State != "received" || w.row(l.id).InstrumentState != Issued) {
			t.Errorf("half done: %+v", stateIn(got, l.id))
		}
	}
	w.exec(`DROP TRIGGER die ON guarantee_event`)
	w.clock.Advance(time.Minute)
	left, err := w.OpenIntakes(w.ctx, 10*time.Second, 10)
	if err != nil || len(left) != 2 {
		t.Fatalf("the sweeper finds %v, %v", left, err)
	}
	for _, id := range left {
		if err := w.Process(w.ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	got, err = w.PresentLotRelease(w.ctx, cmd, paper)
	if err != nil || !got.ReceivedAt.Equal(received) {
		t.Errorf("received at %s, want %s, %v", got.ReceivedAt, received, err)
	}
	for _, o := range got.Letters {
		var at string
		if err := w.Pool.QueryRow(w.ctx, `SELECT data->>'received_at' FROM guarantee_event WHERE guarantee = $1 AND kind = 'released'`, o.Guarantee).Scan(&at); err != nil || o.State != "released" {
			t.Errorf("%+v, %v", o, err)
		} else if when, err := time.Parse(time.RFC3339Nano, at); err != nil || !when.Equal(received) {
			t.Errorf("released as of %s", at)
		}
	}
}

// A demand that arrived before the paper comes first; the lot's other letters do not wait for it.
func TestLotReleaseAfterAnUnreadDemand(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	all, entries := w.lettersOf(2)
	for _, l := range all {
		w.must(w.release(l, w.tenderees[1]))
	}
	d := w.demandOf(all[0], w.tenderees[0], 100, w.files(all[0]))
	b, err := d.Canonical()
	demand, err := w.received(w.ctx, w.by(w.tenderees[0], party.Beneficiary), IntakeDemand, all[0].id, w.presentation(w.tenderees[0], b, err, w.files(all[0])))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Microsecond)
	cmd, paper := w.by(w.tenderees[0], party.Beneficiary), w.lotPaper(w.lotRelease(w.tenderees[0], entries...))
	got, err := w.PresentLotRelease(w.ctx, cmd, paper)
	if err != nil || stateIn(got, all[0].id).State != "received" || stateIn(got, all[1].id).State != "released" {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := w.Process(w.ctx, demand.ID); err != nil {
		t.Fatal(err)
	}
	got, err = w.PresentLotRelease(w.ctx, cmd, paper)
	if o := stateIn(got, all[0].id); err != nil || o.State != "refused" || o.Refusal.Code != "release.demand_open" {
		t.Errorf("%+v, %v", o, err)
	}
}

// A demand that arrived after a lot's paper waits for it, like for a letter's own release: the letter had ended before.
func TestDemandAfterAnUnreadLotRelease(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	all, entries := w.lettersOf(1)
	w.must(w.release(all[0], w.tenderees[1]))
	paper, id := w.lotPaper(w.lotRelease(w.tenderees[0], entries...)), strings.Repeat("a", 32)
	if err := w.receiveLot(w.ctx, w.tenderees[0].actor(party.Beneficiary), id, paper); err != nil { // and here the process dies
		t.Fatal(err)
	}
	w.clock.Advance(time.Microsecond)
	_, in, err := w.present(all[0], w.tenderees[0], w.demandOf(all[0], w.tenderees[0], 100, w.files(all[0])), w.files(all[0]))
	if !errors.Is(err, ErrEarlierPaper) {
		t.Fatalf("demanded past a release that came first: %v", err)
	}
	if err := w.processLot(w.ctx, id); err != nil {
		t.Fatal(err)
	}
	if err := w.Process(w.ctx, in.ID); err != nil {
		t.Fatal(err)
	}
	if g := w.row(all[0].id); g.InstrumentState != Released || g.OpenDemands != 0 {
		t.Errorf("%s with %d open demands", g.InstrumentState, g.OpenDemands)
	}
}

// What is held is refused unless it is named early, and says so for ever; papers that do not fit leave no receipt.
func TestLotReleaseRefuses(t *testing.T) {
	w := newWorld(t)
	all, entries := w.lettersOf(2)
	cmd := w.by(w.tenderees[0], party.Beneficiary)
	paper := w.lotPaper(w.lotRelease(w.tenderees[0], entries...), all[0].id)
	got, err := w.PresentLotRelease(w.ctx, cmd, paper)
	if o := stateIn(got, all[0].id); err != nil || o.State != "refused" || o.Refusal.Code != ErrHeld.Code || stateIn(got, all[1].id).State != "signed" {
		t.Errorf("%+v, %v", got, err)
	}
	if again, err := w.PresentLotRelease(w.ctx, cmd, w.lotPaper(paper.Body)); err != nil || stateIn(again, all[0].id).State != "refused" {
		t.Errorf("again, when it is held no longer: %+v, %v", again, err)
	}
	early := entryOf(all[0])
	early.Early = true
	if got, err = w.PresentLotRelease(w.ctx, w.by(w.tenderees[0], party.Beneficiary), w.lotPaper(w.lotRelease(w.tenderees[0], early), all[0].id)); err != nil || stateIn(got, all[0].id).State != "signed" {
		t.Errorf("named early: %+v, %v", got, err)
	}
	wrong := entryOf(all[1])
	wrong.Number = all[0].number
	if got, err = w.PresentLotRelease(w.ctx, w.by(w.tenderees[1], party.Beneficiary), w.lotPaper(w.lotRelease(w.tenderees[1], wrong))); err != nil || stateIn(got, all[1].id).Refusal == nil || stateIn(got, all[1].id).Refusal.Code != "release.letter" {
		t.Errorf("another letter's number: %+v, %v", got, err)
	}
	if got, err = w.PresentLotRelease(w.ctx, w.by(w.tenderees[1], party.Beneficiary), w.lotPaper(w.forged(all[1]))); err != nil || stateIn(got, all[1].id).Refusal == nil || stateIn(got, all[1].id).Refusal.Code != "release.signer" {
		t.Errorf("signed by another: %+v, %v", got, err)
	}
	before := w.receipts()
	stranger := entryOf(all[0])
	stranger.Guarantee = strings.Repeat("f", 32)
	for code, c := range map[string]struct {
		by   org
		body []byte
	}{
		"release.letters":     {w.tenderees[0], w.lotRelease(w.tenderees[0], stranger)},
		"release.beneficiary": {w.tenderees[1], w.lotRelease(w.tenderees[0], entries...)},
		"guarantee.not_found": {w.bank, w.lotRelease(w.bank, entries...)},
	} {
		role := party.Beneficiary
		if c.by.party == w.bank.party {
			role = party.Guarantor
		}
		_, err := w.PresentLotRelease(w.ctx, w.by(c.by, role), w.lotPaper(c.body))
		refused(t, err, code)
	}
	if w.receipts() != before {
		t.Error("a paper that does not fit left a receipt")
	}
}

// forged is a paper that names one tenderee and is signed by another.
func (w *world) forged(l disclosedLetter) []byte {
	r := letter.LotRelease{Version: 1, Lot: w.requirement.Lot, Beneficiary: w.tenderees[1].party, Letters: []letter.LotReleaseEntry{entryOf(l)}, Reason: "合同已签订", At: w.clock.Now()}
	b, err := r.Canonical()
	return w.p7s(w.tenderees[0], b, err)
}

func (w *world) receipts() (n int) {
	w.t.Helper()
	if err := w.Pool.QueryRow(w.ctx, `SELECT (SELECT count(*) FROM intake) + (SELECT count(*) FROM lot_release)`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) exec(sql string) {
	w.t.Helper()
	if _, err := w.Pool.Exec(w.ctx, sql); err != nil {
		w.t.Fatal(err)
	}
}
