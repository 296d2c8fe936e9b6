package tender

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// far is the first deadline that the letters of the first round do not reach, and farther one that their latest expiry does
// not even see.
var (
	far     = deadline.AddDate(0, 0, 72)
	farther = deadline.AddDate(0, 0, 206)
)

// A lot's rounds of letters follow from its deadlines alone: validity 120 days, the first letters reach 2027-06-30, a deadline
// of 2027-03-02.
func TestRounds(t *testing.T) {
	day := func(n int) time.Time { return deadline.AddDate(0, 0, n) }
	for name, c := range map[string]struct {
		moves []int // days after the first deadline, each a day after the last move
		round int
		from  int // which move letters must have been applied for after; 0: none
	}{
		"never moved":                               {nil, 0, 0},
		"within reach, to the last day":             {[]int{71}, 0, 0},
		"a day further":                             {[]int{72}, 1, 1},
		"twice, together within reach":              {[]int{30, 71}, 0, 0},
		"far, then near":                            {[]int{72, 100}, 1, 1},
		"far, then to the last day of the new ones": {[]int{72, 163}, 1, 1},
		"far, and far again":                        {[]int{72, 164}, 2, 2},
		"three times":                               {[]int{72, 164, 300}, 3, 3},
		"near, then beyond the first letters alone": {[]int{20, 100}, 1, 1},
	} {
		l := &Lot{State: Published, Forms: []letter.Form{letter.FormCash, letter.FormInsurance}, End: letter.EndRule{Deadline: deadline, ValidityDays: 120}}
		for i, n := range c.moves {
			l.Postponed = append(l.Postponed, Postponement{From: l.End.Deadline, To: day(n), At: started.AddDate(0, 0, i+1)})
			l.End.Deadline = day(n)
		}
		want := time.Time{}
		if c.from > 0 {
			want = l.Postponed[c.from-1].At
		}
		if l.Round() != c.round || !l.LettersFrom().Equal(want) {
			t.Errorf("%s: round %d, letters from %s; want %d, %s", name, l.Round(), l.LettersFrom(), c.round, want)
		}
		begun := 0
		for i := range l.Postponed {
			if l.NewRound(i) {
				begun++
			}
		}
		if begun != c.round || (l.LettersWords() == nil) != want.IsZero() {
			t.Errorf("%s: %d moves began a round; said: %v", name, begun, l.LettersWords())
		}
		last := l.LettersFollow()
		if l.BeginsRound(last.EndOfDay().Add(-time.Microsecond)) || !l.BeginsRound(last.EndOfDay()) {
			t.Errorf("%s: %s is not the last day to which letters follow", name, last)
		}
		l.State = Closed
		if l.LettersWords() != nil {
			t.Errorf("%s: a lot that takes no applications asks for them", name)
		}
		if l.Forms = l.Forms[:1]; l.Round() != 0 || !l.LettersFrom().IsZero() || !l.LettersFollow().IsZero() || l.BeginsRound(farther) {
			t.Errorf("%s: a lot that takes cash alone has rounds of letters", name)
		}
	}
}

// A letter is left behind by its own reach alone. One that was made after a near move reaches further than the first ones,
// and still suffices in the round that they made necessary.
func TestLetterBetweenTheRounds(t *testing.T) {
	l := &Lot{State: Published, Amount: 80_000_000, Forms: []letter.Form{letter.FormInsurance}, End: letter.EndRule{Deadline: deadline.AddDate(0, 0, 90), ValidityDays: 120},
		Postponed: []Postponement{{From: deadline, To: deadline.AddDate(0, 0, 60), At: started.AddDate(0, 0, 1)},
			{From: deadline.AddDate(0, 0, 60), To: deadline.AddDate(0, 0, 90), At: started.AddDate(0, 0, 2)}}}
	first, between := l.stood()[0].reach(), l.stood()[1].reach()
	if l.Round() != 1 || !l.LettersFrom().Equal(l.Postponed[0].At) || !first.Before(l.End.Expiry()) || between.Before(l.End.Expiry()) {
		t.Fatalf("round %d from %s; first letters reach %s, those between %s, and %s is needed", l.Round(), l.LettersFrom(), first, between, l.End.Expiry())
	}
	ceiling := letter.LadderCeiling(l.Amount)
	if !l.MayHaveLeft(started, ceiling, first) || l.MayHaveLeft(l.LettersFrom(), ceiling, first) || l.MayHaveLeft(started, ceiling, between) ||
		l.MayHaveLeft(started, ceiling+1, first) || l.MayHaveLeft(started, ceiling, first.AddDays(-1)) {
		t.Error("a lot left other letters behind than the first ones of its size")
	}
}

func (w *world) moved(l *Lot, to time.Time) *Lot {
	w.t.Helper()
	w.tells(w.postpone(l, w.orderOf(l, l.End.Deadline, to, w.centre, w.overseer)))
	return must(w.Lot(w.ctx, party.Actor{}, l.ID))
}

func (w *world) applied(o, by org, l *Lot) error {
	w.t.Helper()
	who := guarantee.Applicant{Party: o.party, Encryption: o.encrypt.Key.Public()}
	_, err := w.Apply(w.ctx, w.by(o, party.Bidder), who, l.ID, w.submission(o, w.draft(o, by, l)))
	return err
}

func (w *world) lineOf(o Opening, id string, n int) letter.Line {
	w.t.Helper()
	for _, x := range o.Letters {
		if x.ID == id {
			return x.Lines[n-1]
		}
	}
	w.t.Fatalf("letter %s was not opened", id)
	return letter.Line{}
}

// Beyond what letters reach: each bidder buys another one of whichever institution; the bid names it, and the old one stays
// sealed. Who still names the old one has a letter whose validity is too short, and nothing worse.
func TestPostponedBeyondLetters(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	old := []string{w.letterOf(w.bidders[0], w.bank, l), w.letterOf(w.bidders[1], w.insurer, l), w.letterOf(w.bidders[2], w.bank, l)}
	first := w.submit(w.bidders[0], l, old[0])
	w.submit(w.bidders[1], l, old[1])
	stale := w.submission(w.bidders[3], w.draft(w.bidders[3], w.bank, l))
	w.refused(w.applied(w.bidders[0], w.insurer, l), "application.already_live")
	l = w.moved(l, far)
	if l.Round() != 1 || !l.LettersFrom().Equal(started) || !l.NewRound(0) {
		t.Fatalf("round %d, letters from %s", l.Round(), l.LettersFrom())
	}
	_, err := w.Apply(w.ctx, w.by(w.bidders[3], party.Bidder), guarantee.Applicant{Party: w.bidders[3].party, Encryption: w.bidders[3].encrypt.Key.Public()}, l.ID, stale)
	w.refused(err, "reveal.requirement")
	again := w.letterOf(w.bidders[0], w.insurer, l)
	third := w.letterOf(w.bidders[2], w.bank, l)
	w.refused(w.applied(w.bidders[0], w.bank, l), "application.already_live")
	id, bid := w.bidWith(w.bidders[0], l, func(b *letter.Bid) { b.Letter, b.Replaces = again, first })
	must(w.ReplaceBid(w.ctx, w.by(w.bidders[0], party.Bidder), w.bidders[0].bidder(), first, bid, w.withdrawal(w.bidders[0], first)))
	w.submit(w.bidders[2], l, third)
	w.clock.Set(far)
	if a := w.tells(w.Open(w.ctx, system(), l.ID)); a.State != string(Opened) {
		t.Fatalf("%+v", a)
	}
	o := must(w.Opening(w.ctx, l.ID))
	for _, x := range o.Letters {
		want, until := "passed", l.End.Expiry()
		if x.ID == old[1] {
			want, until = "doubtful", calendar.DateOf(w.letterRow(x.ID).LatestExpiry)
		}
		if x.Result != want || x.Summary.Expiry != until || calendar.DateOf(*w.letterRow(x.ID).Expiry) != until {
			t.Errorf("%s: %s until %s; want %s until %s: %+v", x.ID, x.Result, x.Summary.Expiry, want, until, x.Lines)
		}
	}
	if len(o.Letters) != 3 || id == "" || w.lineOf(o, old[1], 10).Result != letter.ResultDoubtful || w.lineOf(o, old[1], 12).Result != letter.ResultPass {
		t.Errorf("opened: %+v", o.Letters)
	}
	for _, x := range []string{old[0], old[2]} {
		if g := w.letterRow(x); g.DisclosureState != guarantee.Sealed || g.InstrumentState != guarantee.Issued {
			t.Errorf("a letter that no bid names is %s, %s", g.DisclosureState, g.InstrumentState)
		}
	}
}

// N applications of one bidder in the new round: one wins, beside the live letter of the round before. The tags of the two
// have nothing in common, and the first one's is what it always was.
func TestRaceInTheNewRound(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	o := w.bidders[0]
	old := w.letterOf(o, w.bank, l)
	l = w.moved(l, far)
	for _, a := range w.agents {
		a.busy = true
	}
	w.market.busy = true
	var wg sync.WaitGroup
	errs := make([]error, 6)
	who := guarantee.Applicant{Party: o.party, Encryption: o.encrypt.Key.Public()}
	for i := range errs {
		s, cmd := w.submission(o, w.draft(o, []org{w.bank, w.insurer}[i%2], l)), w.by(o, party.Bidder)
		wg.Go(func() { _, errs[i] = w.Apply(w.ctx, cmd, who, l.ID, s) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		w.refused(err, "application.already_live")
	}
	var tags []string
	must(0, w.pool.QueryRow(w.ctx, `SELECT array_agg(encode(uniq_tag, 'hex') ORDER BY (id = $1) DESC) FROM guarantee`, old).Scan(&tags))
	first := w.Guarantees.Tags.Uniq(l.Lot.Project, l.Lot.Code, o.party.USCC)
	if won != 1 || len(tags) != 2 || tags[0] != fmt.Sprintf("%x", first[:]) || tags[1] == tags[0] {
		t.Errorf("%d of %d won; tags %v", won, len(errs), tags)
	}
}

// An application that was on its way while the deadline moved into another round is refused; one on its way over a near move
// goes through.
func TestApplicationOverAMove(t *testing.T) {
	for name, c := range map[string]struct {
		to   time.Time
		code string
	}{"near": {deadline.AddDate(0, 0, 71), ""}, "far": {far, "reveal.requirement"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			l := w.published(letter.RegimeTendering, "A1")
			w.market.asked = func() { w.market.asked = nil; w.moved(l, c.to) }
			err := w.applied(w.bidders[0], w.bank, l)
			if c.code != "" {
				w.refused(err, c.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			w.refused(w.applied(w.bidders[0], w.insurer, must(w.Lot(w.ctx, party.Actor{}, l.ID))), "application.already_live") // the same round still
		})
	}
}

// A deadline beyond the latest expiry itself: the old letter ends by the clock while the lot still takes bids, sealed and
// unnamed; a bid that names it all the same opens with a letter that is at its end, whether that is written down yet or not.
func TestLetterEndsBeforeTheOpening(t *testing.T) {
	for _, written := range []bool{true, false} {
		t.Run(map[bool]string{true: "expired", false: "not written down"}[written], func(t *testing.T) {
			w := newWorld(t)
			l := w.published(letter.RegimeTendering, "A1")
			old := w.letterOf(w.bidders[0], w.bank, l)
			w.submit(w.bidders[0], l, old)
			l = w.moved(l, farther)
			for _, o := range w.bidders[1:3] {
				w.submit(o, l, w.letterOf(o, w.bank, l))
			}
			w.clock.Set(calendar.DateOf(w.letterRow(old).LatestExpiry).EndOfDay().Add(time.Hour))
			if written {
				w.ok(w.Guarantees.Expire(w.ctx, old))
				if g := w.letterRow(old); g.InstrumentState != guarantee.Expired || g.DisclosureState != guarantee.Sealed {
					t.Fatalf("%s, %s", g.InstrumentState, g.DisclosureState)
				}
			}
			w.clock.Set(farther)
			if a := w.tells(w.Open(w.ctx, system(), l.ID)); a.State != string(Opened) {
				t.Fatalf("%+v", a)
			}
			o := must(w.Opening(w.ctx, l.ID))
			for n, want := range map[int]letter.Result{1: letter.ResultPass, 10: letter.ResultDoubtful, 11: letter.ResultPass, 12: letter.ResultDoubtful, 15: letter.ResultDoubtful} {
				if x := w.lineOf(o, old, n); x.Result != want || n == 12 && x.Got != "已到期" {
					t.Errorf("line %d: %+v", n, x)
				}
			}
			if g := w.letterRow(old); g.DisclosureState != guarantee.Disclosed || g.VerificationState != guarantee.Doubtful || !g.Expiry.Equal(g.LatestExpiry) {
				t.Errorf("%s, %s, until %s", g.DisclosureState, g.VerificationState, g.Expiry)
			}
			w.ok(w.Guarantees.Expire(w.ctx, old))
			if g := w.letterRow(old); g.InstrumentState != guarantee.Expired {
				t.Errorf("in the end: %s", g.InstrumentState)
			}
		})
	}
}

// What is senseless is refused, and a far move in time is not.
func TestFarPostponementRefuses(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	try := func(to time.Time) error {
		_, err := w.postpone(l, w.orderOf(l, l.End.Deadline, to, w.centre, w.overseer))
		return err
	}
	w.refused(try(deadline.AddDate(1, 0, 0).Add(time.Microsecond)), "postpone.too_far")
	l = w.moved(l, deadline.AddDate(0, 0, 71))
	w.clock.Set(l.End.Deadline.Add(-time.Hour))
	near := w.clock.Now().AddDate(0, 0, renewalDays)
	w.refused(try(near.Add(-time.Microsecond)), "postpone.too_near")
	if err := try(near); err != nil {
		t.Error(err)
	}
}

// Nobody without the key ties the rounds of one bidder together, and the first round is what there was before there were rounds.
func TestUniqOfRounds(t *testing.T) {
	tags := guarantee.NewTags([]byte(strings.Repeat("k", 32)), "letter")
	seen := map[signing.Digest]string{}
	for _, bidder := range []string{"甲", "乙"} {
		for round := range 3 {
			x := tags.UniqIn("P", "L", bidder, round)
			if round == 0 && x != tags.Uniq("P", "L", bidder) {
				t.Error("the first round has another tag than before")
			}
			if other, twice := seen[x]; twice {
				t.Errorf("%s in round %d has the tag of %s", bidder, round, other)
			}
			seen[x] = fmt.Sprint(bidder, round)
		}
	}
}

// The row of an application after a far move, and everything written with it, is the same whether its bidder has a letter of the
// round before or none; and of the old letter and its history nothing is touched.
func TestRenewalLooksLikeAnyApplication(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	old := w.letterOf(w.bidders[0], w.bank, l)
	const history = `SELECT md5(string_agg(x, '|' ORDER BY x)) FROM (SELECT g.xmin::text || g::text AS x FROM guarantee g WHERE id = $1
		UNION ALL SELECT e.xmin::text || e::text FROM guarantee_event e WHERE guarantee = $1) h`
	var before, after string
	must(0, w.pool.QueryRow(w.ctx, history, old).Scan(&before))
	l = w.moved(l, far)
	again := w.footprint(func() { must(0, w.applied(w.bidders[0], w.bank, l)) })
	anew := w.footprint(func() { must(0, w.applied(w.bidders[3], w.bank, l)) })
	if len(again) < 20 || !maps.EqualFunc(again, anew, func(x, y int64) bool { return max(x-y, y-x) < 80 && (x > 500 || x == y) }) {
		t.Errorf("again: %v\nanew:  %v", again, anew)
	}
	must(0, w.pool.QueryRow(w.ctx, history, old).Scan(&after))
	if after != before {
		t.Error("the old letter was touched")
	}
}

// footprint counts the rows that work writes, table by table, and measures the columns of the guarantee that it makes: wrapped
// keys vary by a few bytes, at random, and names differ in length.
func (w *world) footprint(work func()) map[string]int64 {
	w.t.Helper()
	count := func() map[string]int64 {
		out := map[string]int64{}
		for _, table := range strings.Fields(must1(w.pool.Query(w.ctx, `SELECT string_agg(format('%I', tablename), ' ') FROM pg_tables WHERE schemaname = 'public'`))) {
			var n int64
			must(0, w.pool.QueryRow(w.ctx, `SELECT count(*) FROM `+table).Scan(&n))
			out[table] = n
		}
		return out
	}
	var known []string
	must(0, w.pool.QueryRow(w.ctx, `SELECT coalesce(array_agg(id), '{}') FROM guarantee`).Scan(&known))
	before := count()
	work()
	out := map[string]int64{}
	for table, n := range count() {
		if n != before[table] {
			out[table] = n - before[table]
		}
	}
	rows := must(w.pool.Query(w.ctx, `SELECT key, octet_length(value) FROM guarantee g, jsonb_each_text(to_jsonb(g)) WHERE id <> ALL($1) AND value IS NOT NULL`, known))
	var column string
	var size int64
	must(pgx.ForEachRow(rows, []any{&column, &size}, func() error { out["guarantee."+column] = size; return nil }))
	return out
}

func must1(rows pgx.Rows, err error) string {
	return must(pgx.CollectExactlyOneRow(must(rows, err), pgx.RowTo[string]))
}
