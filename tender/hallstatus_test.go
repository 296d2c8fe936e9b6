package tender

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/party"
)

var (
	allStages    = []HallStage{HallListed, HallDecrypting, HallPaused, HallDecrypted, HallRead, HallObjecting, HallSigning, HallEnded, HallTerminated}
	allHallVerbs = []HallVerb{HallOrder, HallPause, HallResume, HallClose, HallReadOut, HallHear, HallRecord, HallEnd, HallTerminate}
	allNotes     = []HallVerb{HallBegun, HallAttended, HallDecrypted1, HallRefused, HallAsked, HallExtended, HallOutage, HallAttributed, HallConfirmed,
		HallObjected, HallLate, HallAnswered, HallAgreed, HallSigned, HallCorrected}
)

// Every stage with every verb, written down a second time by hand: nothing leads backwards, and a pause ends where it began.
func TestEveryStageWithEveryVerb(t *testing.T) {
	type key struct {
		from, in HallStage
	}
	legal := map[key]map[HallVerb]HallStage{
		{HallListed, ""}:             {HallOrder: HallDecrypting, HallTerminate: HallTerminated},
		{HallDecrypting, ""}:         {HallPause: HallPaused, HallClose: HallDecrypted, HallTerminate: HallTerminated},
		{HallPaused, HallDecrypting}: {HallResume: HallDecrypting, HallTerminate: HallTerminated},
		{HallPaused, HallObjecting}:  {HallResume: HallObjecting, HallTerminate: HallTerminated},
		{HallPaused, HallSigning}:    {HallResume: HallSigning, HallTerminate: HallTerminated},
		{HallDecrypted, ""}:          {HallReadOut: HallRead, HallTerminate: HallTerminated},
		{HallRead, ""}:               {HallHear: HallObjecting, HallTerminate: HallTerminated},
		{HallObjecting, ""}:          {HallPause: HallPaused, HallRecord: HallSigning, HallTerminate: HallTerminated},
		{HallSigning, ""}:            {HallPause: HallPaused, HallEnd: HallEnded, HallTerminate: HallTerminated},
	}
	for _, from := range allStages {
		if from.Words() == "" {
			t.Errorf("stage %s has no words", from)
		}
		ins := []HallStage{""}
		if from == HallPaused {
			ins = []HallStage{HallDecrypting, HallObjecting, HallSigning}
		}
		for _, in := range ins {
			for _, verb := range slices.Concat(allHallVerbs, allNotes) {
				to, err := nextHall(from, in, verb)
				want, ok := legal[key{from, in}][verb]
				if ok != (err == nil) || to != want {
					t.Errorf("%s in %s (%s): got %q %v, want %q", verb, from, in, to, err, want)
				}
				if r, is := party.RefusalOf(err); err != nil && (!is || r.Kind != party.KindConflict) {
					t.Errorf("%s in %s: %v is no conflict", verb, from, err)
				}
				if verb.Words() == "" {
					t.Errorf("verb %s has no words", verb)
				}
			}
		}
	}
}

func TestDatabaseHoldsTheMovesOfASession(t *testing.T) {
	w := newWorld(t)
	type pair struct {
		From HallStage `db:"from_stage"`
		To   HallStage `db:"to_stage"`
	}
	rows, err := w.pool.Query(w.ctx, `SELECT from_stage, to_stage FROM hall_move`)
	got := must(pgx.CollectRows(rows, pgx.RowToStructByName[pair]))
	if err != nil {
		t.Fatal(err)
	}
	var want []pair
	for _, m := range HallMoves {
		want = append(want, pair{m.From, m.To})
	}
	for _, all := range [][]pair{got, want} {
		slices.SortFunc(all, func(a, b pair) int { return cmp(string(a.From+" "+a.To), string(b.From+" "+b.To)) })
	}
	if !slices.Equal(got, want) {
		t.Fatalf("database %v, code %v", got, want)
	}
}

// What the clock owes, at one microsecond before, at and after the end of a window.
func TestWhatTheClockOwes(t *testing.T) {
	end := deadline
	for _, c := range []struct {
		stage         HallStage
		off           time.Duration
		waiting       int
		signed, all   bool
		want          HallVerb
		left          time.Duration
		withoutWindow bool
	}{
		{stage: HallListed, withoutWindow: true},
		{stage: HallDecrypting, off: -time.Microsecond, waiting: 1, left: time.Microsecond},
		{stage: HallDecrypting, waiting: 1, want: HallClose},
		{stage: HallDecrypting, off: time.Microsecond, waiting: 1, want: HallClose},
		{stage: HallDecrypting, off: -time.Hour, want: HallClose, left: time.Hour},
		{stage: HallDecrypted, withoutWindow: true, off: time.Hour},
		{stage: HallObjecting, off: time.Hour},
		{stage: HallSigning, off: time.Hour, all: true},
		{stage: HallSigning, off: -time.Microsecond, signed: true, left: time.Microsecond},
		{stage: HallSigning, signed: true, want: HallEnd},
		{stage: HallSigning, off: -time.Microsecond, signed: true, all: true, want: HallEnd, left: time.Microsecond},
		{stage: HallEnded, off: time.Hour, signed: true, all: true, withoutWindow: true},
	} {
		s := &Session{Stage: c.stage, Deadline: &end}
		if c.withoutWindow {
			s.Deadline = nil
		}
		at := end.Add(c.off)
		if got := dueOf(s, at, c.waiting, c.signed, c.all); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
		if got := s.Remaining(at); got != c.left {
			t.Errorf("%+v: remaining %s", c, got)
		}
	}
}

// The rules of a session have bounds, and a lot that is opened elsewhere has none.
func TestHallRules(t *testing.T) {
	if r := (HallRules{}).withDefaults(); r != (HallRules{30, 10, 15}) {
		t.Errorf("defaults %+v", r)
	}
	for _, c := range []struct {
		rules HallRules
		bids  Place
		ok    bool
	}{
		{HallRules{10, 5, 5}, Here, true}, {HallRules{120, 240, 60}, Here, true},
		{HallRules{9, 5, 5}, Here, false}, {HallRules{121, 5, 5}, Here, false},
		{HallRules{10, 4, 5}, Here, false}, {HallRules{10, 241, 5}, Here, false},
		{HallRules{10, 5, 4}, Here, false}, {HallRules{10, 5, 61}, Here, false},
		{HallRules{30, 10, 15}, Outside, false},
	} {
		if err := c.rules.check(c.bids); (err == nil) != c.ok {
			t.Errorf("%+v %s: %v", c.rules, c.bids, err)
		}
	}
}
