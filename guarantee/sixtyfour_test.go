package guarantee

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
)

// TestSixtyFourAtOnce lets sixty-four demand, withdraw, honour, refuse, release and expire one guarantee at the same time,
// around its last instant. Whatever came first, there is one outcome, and every receipt agrees with it.
func TestSixtyFourAtOnce(t *testing.T) {
	outcomes := map[State]int{}
	for round, c := range []struct {
		releases, answered bool
		before             int64 // how many are done when the validity ends
	}{{false, false, 40}, {true, true, 50}, {false, true, 63}} {
		w := newWorld(t)
		w.yearPublished(2027)
		l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
		w.clock.Set(lastInstant)
		at64(w, l, c.releases, c.answered, c.before)
		w.everyReceipt()
		w.clock.Set(lastInstant.Add(expiryGrace + time.Second))
		if _, err := w.Expire(w.ctx, l.id); err != nil {
			t.Fatal(err)
		}
		outcomes[w.oneOutcome(t, l)]++
		t.Logf("round %d: %v", round, outcomes)
	}
	if len(outcomes) < 2 {
		t.Errorf("all rounds ended alike: %v", outcomes)
	}
}

// at64 starts them together. What each of them is told may be a refusal; anything else fails.
func at64(w *world, l disclosedLetter, releases, answered bool, before int64) {
	var ended atomic.Int64
	acts := make([]func() error, 64)
	for i := range acts {
		switch {
		case i == 0: // the clock goes over the edge while they are at it
			acts[i] = func() error {
				for begun := time.Now(); ended.Load() < before && time.Since(begun) < 3*time.Second; {
					time.Sleep(time.Millisecond)
				}
				w.clock.Set(lastInstant.Add(expiryGrace + time.Microsecond))
				return nil
			}
		case i%8 == 1:
			acts[i] = func() error { _, err := w.Expire(w.ctx, l.id); return err }
		case i%8 == 2 && releases:
			by := w.tenderees[i/8%2]
			body, cmd := w.releaseOf(l, by), w.by(by, party.Beneficiary)
			acts[i] = func() error { _, _, err := w.Present(w.ctx, cmd, IntakeRelease, l.id, body); return err }
		default:
			acts[i] = demandAndThen(w, l, i, answered)
		}
	}
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i, act := range acts {
		wg.Go(func() {
			<-start
			err := act()
			ended.Add(1)
			if _, told := party.RefusalOf(err); err != nil && !told && !errors.Is(err, ErrEarlierPaper) && !errors.Is(err, context.Canceled) {
				w.t.Errorf("the %dth: %v", i, err)
			}
		})
	}
	close(start)
	wg.Wait()
}

// demandAndThen demands a part, and then its parties do one of four things with it.
func demandAndThen(w *world, l disclosedLetter, i int, answered bool) func() error {
	amount := w.requirement.Amount / 8
	files := w.files(l)
	d := w.demandOf(l, w.tenderees[0], amount, files)
	b, err := d.Canonical()
	body, cmd := w.presentation(w.tenderees[0], b, err, files), w.by(w.tenderees[0], party.Beneficiary)
	b, err = letter.Withdrawal{Version: 1, Demand: d.ID, Guarantee: l.id, Reason: "双方已协商一致", At: w.clock.Now()}.Canonical()
	withdrawal, again := w.p7s(w.tenderees[0], b, err), w.by(w.tenderees[0], party.Beneficiary)
	decides, pays := w.guarantorSays(l.handed), w.guarantorSays(l.handed)
	return func() error {
		if _, _, err := w.Present(w.ctx, cmd, IntakeDemand, l.id, body); err != nil {
			return err
		}
		switch i % 4 {
		case 0:
			_, _, err := w.Present(w.ctx, again, IntakeWithdrawal, l.id, withdrawal)
			return err
		case 1:
			_, err := w.DecideDemand(w.ctx, decides, d.ID, refusesIt)
			return err
		case 2:
			if !answered {
				return nil
			}
		}
		if _, err := w.DecideDemand(w.ctx, decides, d.ID, DemandDecision{Complying: true}); err != nil {
			return err
		}
		_, err := w.HonourDemand(w.ctx, pays, d.ID, Payment{Amount: amount, Reference: fmt.Sprint("P", i), PaidAt: w.clock.Now()})
		return err
	}
}

// oneOutcome replays the events and holds rows, sums and receipts against them.
func (w *world) oneOutcome(t *testing.T, l disclosedLetter) State {
	t.Helper()
	g, err := readGuarantee(w.ctx, w.Pool, l.id)
	if err != nil {
		t.Fatal(err)
	}
	events, err := w.EventsSince(w.ctx, l.id, 0)
	if err != nil {
		t.Fatal(err)
	}
	open, ends, known := map[string]bool{}, 0, map[string]bool{}
	for _, e := range events {
		if e.Kind == EventDemandPresented {
			if ends > 0 {
				t.Errorf("demand %s was taken after the end", e.Demand)
			}
			open[e.Demand], known[e.Demand] = true, true
		}
		if slices.Contains([]EventKind{EventDemandHonoured, EventDemandRejected, EventDemandWithdrawn}, e.Kind) {
			delete(open, e.Demand)
		}
		if slices.Contains([]EventKind{EventReleased, EventExpired, EventPaidOut}, e.Kind) {
			if ends++; len(open) > 0 {
				t.Errorf("%s over %d open demands", e.Kind, len(open))
			}
		}
	}
	final := g.InstrumentState == Released || g.InstrumentState == Expired || g.InstrumentState == PaidOut
	if ends > 1 || final != (ends == 1) || g.OpenDemands != len(open) || final && g.OpenDemands > 0 {
		t.Errorf("%s with %d open demands (%d by the events) and %d ends", g.InstrumentState, g.OpenDemands, len(open), ends)
	}
	w.sums(t, g)
	w.receiptsAgree(t, l.id, known)
	history(t, w, l.id)
	return g.InstrumentState
}

// sums: what is paid is what the demands say, and with what is open never above the amount.
func (w *world) sums(t *testing.T, g *Guarantee) {
	t.Helper()
	demands, err := w.Demands(w.ctx, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	var paid, claims letter.Fen
	for _, dm := range demands {
		if dm.State == Honoured {
			paid += *dm.PaidAmount
		} else if dm.open() {
			claims += dm.Amount
		}
	}
	if paid != g.Honoured || paid+claims > *g.Amount {
		t.Errorf("paid %d, the row says %d; %d more are open, of %d", paid, g.Honoured, claims, *g.Amount)
	}
}

// receiptsAgree: every receipt has its outcome; a demand whose receipt was taken is there, and no other.
func (w *world) receiptsAgree(t *testing.T, id string, known map[string]bool) {
	t.Helper()
	rows, err := w.Pool.Query(w.ctx, `SELECT kind, refusal IS NULL, processed_at IS NOT NULL FROM intake WHERE guarantee = $1`, id)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	taken := 0
	for rows.Next() {
		var kind IntakeKind
		var accepted, processed bool
		if err := rows.Scan(&kind, &accepted, &processed); err != nil {
			t.Fatal(err)
		}
		if !processed {
			t.Errorf("a %s lies on the desk", kind)
		}
		if kind == IntakeDemand && accepted {
			taken++
		}
	}
	if taken != len(known) || rows.Err() != nil {
		t.Errorf("%d demands by their receipts, %d by the events (%v)", taken, len(known), rows.Err())
	}
}
