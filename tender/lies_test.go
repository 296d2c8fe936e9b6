package tender

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/tender/custody"
)

// each changes every share that a custodian gives.
func each(change func(*signing.Share)) func(map[string]signing.Share) {
	return func(given map[string]signing.Share) {
		for id, share := range given {
			change(&share)
			given[id] = share
		}
	}
}

// What a custodian may give that is not its share of the record. It is not believed, blames no bid, and is named: the
// opening waits for another, and then goes on.
func TestLyingCustodianSpoilsNothing(t *testing.T) {
	for name, lie := range map[string]func(map[string]signing.Share){
		"wrong":         each(func(s *signing.Share) { s.Parts[0] = signing.Random(16) }),
		"swapped parts": each(func(s *signing.Share) { s.Parts[0], s.Parts[1] = s.Parts[1], s.Parts[0] }),
		"short":         each(func(s *signing.Share) { s.Parts[1] = s.Parts[1][:8] }),
		"another's":     each(func(s *signing.Share) { s.Holder = 1 }),
		"nobody's":      each(func(s *signing.Share) { s.Holder = 7 }),
		"swapped records": func(given map[string]signing.Share) {
			ids := slices.Sorted(maps.Keys(given))
			given[ids[0]], given[ids[1]] = given[ids[1]], given[ids[0]]
		},
		"one record's for all": func(given map[string]signing.Share) {
			first := given[slices.Sorted(maps.Keys(given))[0]]
			for id := range given {
				given[id] = first
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			l := w.published(letter.RegimeTendering, "A1")
			w.three(l)
			w.clock.Set(deadline)
			w.agents[0].lie, w.agents[2].off = lie, true
			if _, err := w.Open(w.ctx, system(), l.ID); !errors.Is(err, ErrCustodians) {
				t.Fatalf("with one honest custodian: %v", err)
			}
			waits := must(w.Awaited(w.ctx, must(readLot(w.ctx, w.pool, l.ID))))
			if len(waits) != 2 || waits[0].Reason != WrongShare || waits[1].Reason != NoAnswer {
				t.Errorf("waits for %+v", waits)
			}
			w.agents[2].off = false
			for _, b := range w.open(l).Bids {
				if b.Failure != "" {
					t.Error(b.Failure)
				}
			}
		})
	}
}

// A share of a record that was not asked about is not taken, and the custodian's others are.
func TestForeignShare(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.three(l)
	w.clock.Set(deadline)
	w.agents[0].lie = func(given map[string]signing.Share) {
		for _, share := range given {
			given[newID()] = share
			return
		}
	}
	for _, b := range w.open(l).Bids {
		if b.Failure != "" {
			t.Error(b.Failure)
		}
	}
}

// Each reason for waiting is told apart, and says who moves next.
func TestAbsences(t *testing.T) {
	said := map[string]bool{}
	for err, want := range map[error]Absence{custody.ErrNoAnswer: NoAnswer, custody.ErrTooEarly: TooEarly, custody.ErrByHand: ByHand,
		custody.ErrVeto: Vetoed, signing.ErrShare: WrongShare, custody.ErrChanged: Unexplained} {
		got := absence(fmt.Errorf("tender: custodian 1: %w", err))
		if got != want {
			t.Errorf("%v is %s, want %s", err, got, want)
		}
		said[Awaited{Reason: got}.Words()] = true
	}
	if len(said) != 6 {
		t.Errorf("%d texts for six reasons", len(said))
	}
}

// A veto and a hand that has not moved are shown to those who wait, and the log of alarms forgets nothing.
func TestVetoIsShown(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.three(l)
	w.clock.Set(deadline)
	w.agents[0].refuses, w.agents[1].refuses = custody.ErrVeto, custody.ErrByHand
	if _, err := w.Open(w.ctx, system(), l.ID); !errors.Is(err, ErrCustodians) {
		t.Fatal(err)
	}
	waits := must(w.Awaited(w.ctx, must(readLot(w.ctx, w.pool, l.ID))))
	if len(waits) != 2 || waits[0].Reason != Vetoed || waits[1].Reason != ByHand {
		t.Errorf("waits for %+v", waits)
	}
	w.agents[0].refuses, w.agents[1].refuses, w.agents[2].off = nil, nil, true // both are needed now
	w.open(l)
	if waits := must(w.Awaited(w.ctx, must(readLot(w.ctx, w.pool, l.ID)))); len(waits) != 1 || waits[0].Reason != NoAnswer {
		t.Errorf("after the opening the alarm stands for %+v", waits)
	}
	var rows int
	if err := w.pool.QueryRow(w.ctx, `SELECT count(*) FROM custodian_alarm WHERE answered_at >= raised_at`).Scan(&rows); err != nil || rows != 2 {
		t.Errorf("%d alarms on record: %v", rows, err)
	}
}
