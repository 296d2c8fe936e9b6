package guarantee

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

var lastInstant = time.Date(2027, 4, 21, 0, 0, 0, 0, calendar.Shanghai) // of every letter here: 24:00 of 2027-04-20

// left is a paper in its durable receipt, with nobody to process it.
func (w *world) left(by org, kind IntakeKind, id string, body []byte) Intake {
	w.t.Helper()
	in, err := w.received(w.ctx, w.by(by, party.Beneficiary), kind, id, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return in
}

func (w *world) demandBody(l disclosedLetter, amount letter.Fen) []byte {
	files := w.files(l)
	b, err := w.demandOf(l, w.tenderees[0], amount, files).Canonical()
	return w.presentation(w.tenderees[0], b, err, files)
}

// everyReceipt processes what lies on the desk until nothing does, in the order of the sweeper.
func (w *world) everyReceipt() {
	w.t.Helper()
	for range 100 {
		ids, err := w.OpenIntakes(w.ctx, 0, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(ids) == 0 {
			return
		}
		for _, id := range ids {
			if err := w.Process(w.ctx, id); err != nil && !errors.Is(err, ErrEarlierPaper) {
				w.t.Fatal(err)
			}
		}
	}
	w.t.Fatal("receipts are left on the desk for ever")
}

// refusalOf is the code with which a receipt ended; empty when it was taken.
func (w *world) refusalOf(in Intake) string {
	w.t.Helper()
	now, err := readIntake(w.ctx, w.Pool, in.ID)
	if err != nil || now.ProcessedAt == nil {
		w.t.Fatalf("receipt %s: %v, processed %v", in.ID, err, now.ProcessedAt)
	}
	_, err = w.run(w.ctx, party.Command{Actor: party.System()}, now)
	if now.Refusal == nil {
		return ""
	}
	r, _ := party.RefusalOf(err)
	return r.Code
}

// With every worker stopped for two hours: at 23:59:59.999999 and at 24:00:00.000000 a demand is in time, at
// 24:00:00.000001 it is not.
func TestLastInstantWithEveryWorkerStopped(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		code string
	}{{lastInstant.Add(-time.Microsecond), ""}, {lastInstant, ""}, {lastInstant.Add(time.Microsecond), "demand.after_expiry"}} {
		t.Run(c.at.Format("15:04:05.000000"), func(t *testing.T) {
			w := newWorld(t)
			w.yearPublished(2027)
			l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
			w.clock.Set(c.at)
			in := w.left(w.tenderees[0], IntakeDemand, l.id, w.demandBody(l, 100))
			w.clock.Set(lastInstant.Add(2 * time.Hour))
			_, err := w.Expire(w.ctx, l.id)
			refused(t, err, "expire.papers_waiting")
			w.everyReceipt()
			if code := w.refusalOf(in); code != c.code {
				t.Errorf("refused with %q, want %q", code, c.code)
			}
			want := Issued
			if c.code != "" {
				want = Expired
			}
			if a := w.must(w.Expire(w.ctx, l.id)); a.Instrument != want || !in.ReceivedAt.Equal(c.at) {
				t.Errorf("%+v, received %s", a, in.ReceivedAt)
			}
		})
	}
}

// A demand that arrives while the joint beneficiaries are signing the release holds it; one that arrives after the last
// signature finds the letter ended; and the order of arrival decides, not the order of processing.
func TestDemandWhileReleaseIsBeingSigned(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	for name, c := range map[string]struct {
		demandFirst bool
		state       State
	}{"the demand first": {true, Issued}, "the release first": {false, Released}} {
		t.Run(name, func(t *testing.T) {
			l := w.disclosedLetter(w.newBidder(name), w.bank, fmt.Sprintf("CSB-2026-%06d", len(name)))
			w.must(w.release(l, w.tenderees[0]))
			var demand, release Intake
			one := func() { demand = w.left(w.tenderees[0], IntakeDemand, l.id, w.demandBody(l, 100)) }
			two := func() { release = w.left(w.tenderees[1], IntakeRelease, l.id, w.releaseOf(l, w.tenderees[1])) }
			if !c.demandFirst {
				one, two = two, one
			}
			one()
			w.clock.Advance(time.Microsecond)
			two()
			// The later paper is processed first.
			last := release
			if !c.demandFirst {
				last = demand
			}
			if err := w.Process(w.ctx, last.ID); !errors.Is(err, ErrEarlierPaper) {
				t.Errorf("the later paper did not wait: %v", err)
			}
			w.everyReceipt()
			g, err := readGuarantee(w.ctx, w.Pool, l.id)
			if err != nil {
				t.Fatal(err)
			}
			if g.InstrumentState != c.state || (g.OpenDemands == 1) != c.demandFirst {
				t.Errorf("%s with %d open demands, want %s", g.InstrumentState, g.OpenDemands, c.state)
			}
			wantDemand, wantRelease := "", "release.demand_open"
			if !c.demandFirst {
				wantDemand, wantRelease = "demand.not_in_force", ""
			}
			if d, r := w.refusalOf(demand), w.refusalOf(release); d != wantDemand || r != wantRelease {
				t.Errorf("the demand ended with %q, the release with %q", d, r)
			}
		})
	}
}

// Of a second partial demand and the last signature of a release exactly one wins, and what was paid before stays paid.
func TestPartialDemandRacesARelease(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	for i := range 4 {
		l := w.disclosedLetter(w.newBidder(fmt.Sprint(i)), w.bank, fmt.Sprintf("CSB-2026-00020%d", i))
		c := w.claim(l, 30_000_000, false)
		w.must(w.DecideDemand(w.ctx, c.says(w), c.d.ID, DemandDecision{Complying: true}))
		w.must(w.HonourDemand(w.ctx, c.says(w), c.d.ID, Payment{Amount: 30_000_000, Reference: "P", PaidAt: w.clock.Now()}))
		w.must(w.release(l, w.tenderees[0]))
		body, last := w.demandBody(l, 50_000_000), w.releaseOf(l, w.tenderees[1])
		one, two := w.by(w.tenderees[1], party.Beneficiary), w.by(w.tenderees[0], party.Beneficiary)
		var wg sync.WaitGroup
		wg.Go(func() { _, _, _ = w.Present(w.ctx, one, IntakeRelease, l.id, last) })
		wg.Go(func() { _, _, _ = w.Present(w.ctx, two, IntakeDemand, l.id, body) })
		wg.Wait()
		w.everyReceipt()
		g, err := readGuarantee(w.ctx, w.Pool, l.id)
		if err != nil || g.Honoured != 30_000_000 || (g.InstrumentState == Released) == (g.OpenDemands == 1) {
			t.Errorf("round %d: %s, %d open, %d paid, %v", i, g.InstrumentState, g.OpenDemands, g.Honoured, err)
		}
	}
}

// Two partial demands that sum to one fen too much, at the same instant: one is taken, the other refused, and what is left
// is told.
func TestTwoDemandsOfOneFenTooMuch(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	for i := range 4 {
		l := w.disclosedLetter(w.newBidder(fmt.Sprint(i)), w.bank, fmt.Sprintf("CSB-2026-00030%d", i))
		amounts := [2]letter.Fen{50_000_000, 30_000_001}
		var bodies [2][]byte
		var commands [2]party.Command
		for k := range amounts {
			bodies[k], commands[k] = w.demandBody(l, amounts[k]), w.by(w.tenderees[0], party.Beneficiary)
		}
		var errs [2]error
		var wg sync.WaitGroup
		for k := range amounts {
			wg.Go(func() { _, _, errs[k] = w.Present(w.ctx, commands[k], IntakeDemand, l.id, bodies[k]) })
		}
		wg.Wait()
		won, lost := 0, 1
		if errs[0] != nil {
			won, lost = 1, 0
		}
		if errs[won] != nil {
			t.Fatalf("round %d: %v and %v", i, errs[0], errs[1])
		}
		refused(t, errs[lost], "demand.amount")
		g, err := readGuarantee(w.ctx, w.Pool, l.id)
		if err != nil {
			t.Fatal(err)
		}
		if rest, err := w.Claimable(w.ctx, g); err != nil || rest != 80_000_000-amounts[won] {
			t.Errorf("round %d: %d is left, %v", i, rest, err)
		}
	}
}

// A refusal at 24:00:00.000000 of the last day is in time under every wording; a microsecond later only the wording that
// says so makes it too late.
func TestRefusalAMicrosecondTooLate(t *testing.T) {
	for i, c := range []struct {
		by     func(*world) org
		number string
		late   string
	}{
		{func(w *world) org { return w.bank }, "CSB-2026-00040", "demand.precluded"},
		{func(w *world) org { return w.company }, "RZDB-2026-00040", ""},
		{func(w *world) org { return w.insurer }, "HNPIC-2026-00040", ""},
	} {
		w := newWorld(t)
		w.yearPublished(2027)
		end := time.Date(2026, 12, 9, 0, 0, 0, 0, calendar.Shanghai)
		for k, at := range []time.Time{end, end.Add(time.Microsecond)} {
			w.at("2026-12-01 10:00")
			x := w.claim(w.disclosedLetter(w.bidders[k], c.by(w), fmt.Sprintf("%s%d%d", c.number, i, k)), 100, false)
			w.clock.Set(at)
			_, err := w.DecideDemand(w.ctx, x.says(w), x.d.ID, refusesIt)
			if k == 1 && c.late != "" {
				refused(t, err, c.late)
			} else if err != nil {
				t.Errorf("%s at %s: %v", c.number, at, err)
			}
		}
	}
}

// A Saturday that is worked (调休) is counted, and can be the last day.
func TestMakeUpSaturdayIsTheLastDay(t *testing.T) {
	w := newWorld(t)
	rows := append(calendar.PublishedDays(),
		calendar.Day{Date: w.date("2027-01-01"), Kind: calendar.Rest, Occasion: "元旦"}, calendar.Day{Date: w.date("2027-01-09"), Kind: calendar.Work, Occasion: "元旦"})
	var err error
	if w.Calendar, err = calendar.New(rows); err != nil {
		t.Fatal(err)
	}
	w.at("2027-01-04 10:00") // a Monday: 5, 6, 7, 8 and Saturday 9
	saturday := time.Date(2027, 1, 10, 0, 0, 0, 0, calendar.Shanghai)
	for i, at := range []time.Time{saturday, saturday.Add(time.Microsecond)} {
		w.at("2027-01-04 10:00")
		c := w.claim(w.disclosedLetter(w.bidders[i], w.bank, fmt.Sprintf("CSB-2027-00000%d", i)), 100, false)
		if w.examineBy(c) != "2027-01-09" {
			t.Fatalf("examined by %s", w.examineBy(c))
		}
		w.clock.Set(at)
		_, err := w.DecideDemand(w.ctx, c.says(w), c.d.ID, refusesIt)
		if i == 1 {
			refused(t, err, "demand.precluded")
		} else if err != nil {
			t.Error(err)
		}
	}
}

// In a year whose days of rest nobody has published a demand is taken, its day unknown and nobody precluded; once they are
// published the day is computed, told, and never one that has passed already.
func TestUnpublishedYear(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(time.Date(2027, 1, 4, 10, 0, 0, 0, calendar.Shanghai))
	soon := w.claim(w.disclosedLetter(w.bidders[0], w.bank, "CSB-2027-000001"), 100, false)
	w.clock.Set(time.Date(2027, 4, 1, 10, 0, 0, 0, calendar.Shanghai))
	later := w.claim(w.disclosedLetter(w.bidders[1], w.bank, "CSB-2027-000002"), 100, false)
	stayed := w.claim(w.disclosedLetter(w.bidders[2], w.otherBank, "XJB-2027-000001"), 100, false)
	w.must(w.StayDemand(w.ctx, stayed.says(w), stayed.d.ID, w.ruling()))
	if n, err := w.FixClocks(w.ctx); err != nil || n != 0 || w.examineBy(soon) != "" {
		t.Fatalf("%d fixed, %v, by %s", n, err, w.examineBy(soon))
	}
	w.yearPublished(2027)
	for _, want := range []int{2, 0} {
		if n, err := w.FixClocks(w.ctx); err != nil || n != want {
			t.Fatalf("%d fixed, want %d (%v)", n, want, err)
		}
	}
	if a, b := w.examineBy(soon), w.examineBy(later); a != "2027-04-01" || b != "2027-04-08" || w.examineBy(stayed) != "" {
		t.Errorf("examined by %s, %s and %s; want the day on which it became known, the fifth working day, and none", a, b, w.examineBy(stayed))
	}
	w.clock.Set(time.Date(2027, 4, 2, 0, 0, 0, 0, calendar.Shanghai))
	w.must(w.DecideDemand(w.ctx, soon.says(w), soon.d.ID, refusesIt))
	w.clock.Set(time.Date(2027, 4, 9, 0, 0, 0, 1000, calendar.Shanghai))
	_, err := w.DecideDemand(w.ctx, later.says(w), later.d.ID, refusesIt)
	refused(t, err, "demand.precluded")
	if a := w.must(w.ResumeDemand(w.ctx, stayed.says(w), stayed.d.ID, w.lifting())); a.DemandState != Examining || w.examineBy(stayed) != "2027-04-16" {
		t.Errorf("resumed: %+v, examined by %s", a, w.examineBy(stayed))
	}
	history(t, w, soon.id)
}
