package tender

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// rhythm of most tests: twelve rows an hour, two withdrawals.
var dozen = Rhythm{Bids: 12, Each: time.Hour}

func (w *world) filler(r Rhythm) *Filler { return must(w.NewFiller(r)) }

// fillAt steps the clock to so long after the start and fills.
func (w *world) fillAt(f *Filler, after time.Duration) {
	w.t.Helper()
	w.clock.Set(started.Add(after))
	if _, err := f.Fill(w.ctx); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) counts() counted { w.t.Helper(); return must(countBids(w.ctx, w.pool)) }

func (w *world) commands() (n int64) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.ctx, `SELECT count(*) FROM once`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// Whoever counts when a stretch has ended counts the same, whether nobody, few or as many as fit have bid and withdrawn:
// the bids, those that are withdrawn, and the commands that made them so.
func TestEveryStretchGrowsByTheSame(t *testing.T) {
	for _, real := range []struct{ bids, withdrawn int }{{0, 0}, {1, 1}, {3, 0}, {4, 2}} {
		w := newWorld(t)
		l := w.published(letter.RegimeTendering, "A1")
		f := w.filler(dozen)
		w.fillAt(f, 0)
		before := w.commands()
		var ids []string
		for i, o := range w.bidders[:real.bids] {
			w.fillAt(f, time.Duration(i)*time.Minute)
			ids = append(ids, w.submit(o, l, ""))
		}
		for i, id := range ids[:real.withdrawn] {
			w.tells(w.withdraw(w.bidders[i], id))
		}
		for _, hours := range []int64{1, 3} {
			w.fillAt(f, time.Duration(hours)*time.Hour)
			c := w.counts()
			if n := w.commands() - before; c.Bids != 12*hours || c.Withdrawn != 2*hours || n != 14*hours {
				t.Errorf("%d bid and %d withdrew: after %d hours %d bids, %d withdrawn, %d commands", real.bids, real.withdrawn, hours, c.Bids, c.Withdrawn, n)
			}
		}
	}
}

// At any instant the table stands on its line, or above it by what came in faster than the line foresaw and has not
// been made up for: once it is made up for, nothing is left of it.
func TestAboveTheLineByWhatDidNotFit(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	f := w.filler(dozen)
	w.fillAt(f, 0)
	line := must(readLine(w.ctx, w.pool))
	waiting, last := int64(0), int64(0)
	coin := rand.New(rand.NewPCG(1, 2))
	next := 0
	for minute := 0; minute < 180; minute += 5 {
		past := time.Duration(minute) * time.Minute
		at := started.Add(past)
		foreseen, _ := w.foreseen(line, at)
		waiting = max(0, waiting-(foreseen-last))
		last = foreseen
		w.fillAt(f, past)
		for range coin.IntN(4) / 2 * 2 { // none or two at once
			if next < len(w.bidders) {
				w.submit(w.bidders[next], l, "")
				next++
				waiting++
			}
		}
		if c := w.counts(); c.Bids != foreseen+waiting {
			t.Fatalf("after %d minutes %d rows; foreseen are %d, and %d did not fit", minute, c.Bids, foreseen, waiting)
		}
	}
	w.fillAt(f, 4*time.Hour)
	if c := w.counts(); next != len(w.bidders) || c.Bids != 48 {
		t.Fatalf("%d bid; after four hours %d rows", next, c.Bids)
	}
}

// Dummies come at instants spread over their stretch, others in each, which nobody without the key foretells.
func TestInstantsAreSpread(t *testing.T) {
	w := newWorld(t)
	l := line{Since: started, Per: 600, Stretch: time.Hour}
	var first, second []time.Duration
	for i := range l.Per {
		first, second = append(first, w.instant(l, "bid", 0, i)), append(second, w.instant(l, "bid", 1, i))
	}
	if slices.Equal(first, second) || slices.IsSorted(first) {
		t.Fatal("the instants of two stretches are the same, or in a row")
	}
	for tenth := range 10 {
		n := 0
		for _, at := range first {
			if int(at*10/time.Hour) == tenth {
				n++
			}
		}
		if n < 30 || n > 95 {
			t.Errorf("%d of 600 in tenth %d", n, tenth)
		}
	}
	if n := w.steps(l, "bid", l.Per, started.Add(time.Hour-1)); n != 600 {
		t.Errorf("%d at the end of the stretch", n)
	}
	if n := w.steps(l, "bid", l.Per, started.Add(-time.Hour)); n != 0 {
		t.Errorf("%d before its beginning", n)
	}
	other := *w.Desk
	other.Tags = guarantee.NewTags([]byte("another key of thirty-two bytes."), "bid")
	if other.instant(l, "bid", 0, 0) == first[0] {
		t.Error("another key foretells the instants")
	}
}

// rest ends where the next row is due: filling when told to fills everything, at its instant.
func TestRestEndsAtTheNextInstant(t *testing.T) {
	w := newWorld(t)
	f := w.filler(dozen)
	at, turns := time.Duration(0), 0
	for at < time.Hour {
		w.clock.Set(started.Add(at))
		rest, err := f.Fill(w.ctx)
		if err != nil || rest <= 0 {
			t.Fatalf("rest %v: %v", rest, err)
		}
		before := w.counts()
		w.clock.Set(started.Add(at + rest - time.Microsecond))
		if _, err := f.Fill(w.ctx); err != nil || w.counts().Bids != before.Bids {
			t.Fatalf("something was due before the rest of %v was over: %v", rest, err)
		}
		at, turns = at+rest+time.Microsecond, turns+1
	}
	if c := w.counts(); turns < 12 || c.Bids < 12 {
		t.Fatalf("%d turns, %d rows", turns, c.Bids)
	}
}

// Many processes fill at once, some with a line to begin: the rows are as many as with one.
func TestManyFillersFillOnce(t *testing.T) {
	w := newWorld(t)
	fillers := make([]*Filler, 6)
	for i := range fillers {
		fillers[i] = w.filler(dozen)
	}
	for _, hours := range []int64{0, 1, 2} {
		w.clock.Set(started.Add(time.Duration(hours) * time.Hour))
		var all sync.WaitGroup
		for _, f := range fillers {
			all.Go(func() {
				if _, err := f.Fill(w.ctx); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		w.fillAt(fillers[0], time.Duration(hours)*time.Hour) // whoever found another at work left the rest to it
		if c := w.counts(); c.Bids != 12*hours {
			t.Fatalf("after %d hours %d rows", hours, c.Bids)
		}
	}
}

// A process that died is made up for by another. After more than a day the line begins anew from what is there.
func TestCoverThatWasAway(t *testing.T) {
	three := Rhythm{Bids: 3, Each: time.Hour}
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.fillAt(w.filler(three), 0)
	w.submit(w.bidders[0], l, "")
	w.fillAt(w.filler(three), 20*time.Hour)
	if c := w.counts(); c.Bids != 60 {
		t.Fatalf("after twenty hours away %d rows", c.Bids)
	}
	var log bytes.Buffer
	w.Log = slog.New(slog.NewTextHandler(&log, nil))
	w.fillAt(w.filler(three), 50*time.Hour)
	if c := w.counts(); c.Bids != 60 || strings.Count(log.String(), "away for more than a day") != 1 {
		t.Fatalf("after thirty hours away %d rows; the log says %q", c.Bids, log.String())
	}
	w.fillAt(w.filler(three), 51*time.Hour)
	if c := w.counts(); c.Bids != 63 {
		t.Fatalf("an hour later %d rows", c.Bids)
	}
}

// Another rhythm goes on from the old line, so that what is above it then does not become part of the record.
func TestAnotherRhythmGoesOnFromTheLine(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.fillAt(w.filler(dozen), 0)
	w.fillAt(w.filler(dozen), time.Hour)
	w.submit(w.bidders[0], l, "")
	w.submit(w.bidders[1], l, "")
	w.fillAt(w.filler(Rhythm{Bids: 30, Each: time.Hour}), time.Hour)
	if at := must(readLine(w.ctx, w.pool)); at.Bids != 12 || w.counts().Bids != 14 {
		t.Fatalf("the new line begins at %d, with %d rows", at.Bids, w.counts().Bids)
	}
	w.fillAt(w.filler(Rhythm{Bids: 30, Each: time.Hour}), 2*time.Hour)
	if c := w.counts(); c.Bids != 42 {
		t.Fatalf("an hour later %d rows", c.Bids)
	}
}

// What does not fit by a whole stretch is said once, without a number, and never which.
func TestTooLowACoverIsSaidOnce(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	w.Log = slog.New(slog.NewTextHandler(&log, nil))
	l := w.published(letter.RegimeTendering, "A1")
	f := w.filler(Rhythm{Bids: 2, Each: time.Hour})
	w.fillAt(f, 0)
	for i, o := range w.bidders[:4] {
		w.submit(o, l, "")
		w.fillAt(f, time.Duration(i)*time.Second)
	}
	w.fillAt(f, 10*time.Second)
	if said := strings.Count(log.String(), "\n"); said != 1 || !strings.Contains(log.String(), "do not fit under their cover") {
		t.Fatalf("the log says %q", log.String())
	}
}

// A closing finds the bids of its lot among the dummies, and none of them; opened, a bid is what it was.
func TestClosingFindsNoDummy(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	f := w.filler(Rhythm{Bids: 12, Each: 24 * 28 * time.Hour})
	w.fillAt(f, 0)
	w.three(l)
	w.clock.Set(deadline)
	if _, err := f.Fill(w.ctx); err != nil {
		t.Fatal(err)
	}
	if c := w.counts(); c.Bids < 12 {
		t.Fatalf("%d rows", c.Bids)
	}
	if o := w.open(l); len(o.Bids) != 3 {
		t.Fatalf("%d bids were opened", len(o.Bids))
	}
}

// outline is all of a bid's row that is not random.
type outline struct {
	State              string
	Sealed, Withdrawal int
}

// A dummy's row is a bid's row, and its command a bidder's: the same columns filled, the same structure and sizes, no
// tag twice.
func TestDummiesLookLikeBids(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	f := w.filler(Rhythm{Bids: 40, Each: time.Hour})
	earlier := w.answers()
	for i, o := range w.bidders {
		id := w.submit(o, l, "")
		if i%2 == 0 {
			w.tells(w.withdraw(o, id))
		}
	}
	real, told := w.outlines(), w.answers()[len(earlier):]
	w.fillAt(f, 0)
	w.fillAt(f, time.Hour)
	if c := w.counts(); c.Bids != 44 || c.Withdrawn != 7 {
		t.Fatalf("%d rows, %d withdrawn", c.Bids, c.Withdrawn)
	}
	for _, s := range w.outlines() {
		if !slices.ContainsFunc(real, func(r outline) bool {
			return r.State == s.State && near(r.Sealed, s.Sealed) && near(r.Withdrawal, s.Withdrawal)
		}) {
			t.Errorf("%+v; no real row is like it: %+v", s, real)
		}
	}
	for _, n := range w.answers()[len(earlier)+len(told):] {
		if !slices.ContainsFunc(told, func(r int) bool { return near(r, n) }) {
			t.Errorf("an answer of %d bytes; bidders were given %v", n, told)
		}
	}
	w.sealsOfOneForm()
	var twice int
	if err := w.pool.QueryRow(w.ctx, `WITH t AS (SELECT unnest(ARRAY[uniq_tag, lot_tag, owner_tag, digest]) x FROM bid) SELECT count(x) - count(DISTINCT x) FROM t`).Scan(&twice); err != nil || twice != 0 {
		t.Errorf("%d tags stand twice: %v", twice, err)
	}
}

// near: DER integers vary by a byte or two, in base64 too.
func near(a, b int) bool { return a-b <= 24 && b-a <= 24 }

func (w *world) outlines() []outline {
	w.t.Helper()
	found, err := w.pool.Query(w.ctx, `SELECT state, octet_length(sealed) AS sealed, coalesce(octet_length(withdrawal), 0) AS withdrawal FROM bid`)
	if err != nil {
		w.t.Fatal(err)
	}
	return must(pgx.CollectRows(found, pgx.RowToStructByName[outline]))
}

// answers are how long the answers to commands are, in the order in which they came.
func (w *world) answers() []int {
	w.t.Helper()
	found, err := w.pool.Query(w.ctx, `SELECT octet_length(answer) FROM once ORDER BY xmin::text::bigint`)
	if err != nil {
		w.t.Fatal(err)
	}
	return must(pgx.CollectRows(found, pgx.RowTo[int]))
}

// sealsOfOneForm: every seal has an owner, names its own record, and its digest is right.
func (w *world) sealsOfOneForm() {
	w.t.Helper()
	type stored struct {
		ID             string
		Sealed, Digest []byte
	}
	found, err := w.pool.Query(w.ctx, `SELECT id, sealed, digest FROM bid`)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range must(pgx.CollectRows(found, pgx.RowToStructByName[stored])) {
		var s signing.Sealed
		if err := s.UnmarshalBinary(r.Sealed); err != nil {
			w.t.Fatal(err)
		}
		if err := s.Check(letter.BidSize); err != nil || len(s.Owner) == 0 || !s.Binds(letter.BidAAD(r.ID)) || letter.SealedDigest(r.Sealed) != signing.Digest(r.Digest) {
			w.t.Errorf("a seal of another form: %v", err)
		}
	}
}
