package tender

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// told is the hall's news as text: stage, per cent, and @attempt.
func (w *world) told(l *Lot) string {
	w.t.Helper()
	var out []string
	for i, p := range must(w.Hall(w.ctx, l.ID, 0)).News {
		if p.Seq != int64(i+1) || p.Words() == "" {
			w.t.Errorf("news %d: %+v", i+1, p)
		}
		out = append(out, fmt.Sprintf("%s %d@%d", p.Stage, p.PerCent, p.Attempt))
	}
	return strings.Join(out, ", ")
}

const smooth = "closed 0@0, asking 10@1, bids 30@1, letters 50@1, verifying 70@1, published 100@1"

// The hall hears of every stage, and the same of a lot with letters and of one without any.
func TestOpeningIsTold(t *testing.T) {
	w := newWorld(t)
	l, cash := w.published("招投标", "A1"), w.published("招投标", "A2")
	w.three(l)
	for i := range 3 {
		w.submit(w.bidders[i], cash, "")
	}
	w.open(l)
	w.tells(w.Open(w.ctx, system(), cash.ID))
	for _, l := range []*Lot{l, cash} {
		if got := w.told(l); got != smooth {
			t.Errorf("told: %s", got)
		}
	}
	w.tells(w.Open(w.ctx, system(), l.ID)) // again: nothing
	if h := must(w.Hall(w.ctx, l.ID, 5)); len(h.News) != 1 || !h.News[0].Final() || !h.News[0].At.Equal(deadline) {
		t.Errorf("after the fifth: %+v", h.News)
	}
}

// Before the deadline the hall of a lot with bids and of one without are the same, and nothing is written for either.
func TestNothingIsToldBeforeTheLotIsClosed(t *testing.T) {
	w := newWorld(t)
	l, empty := w.published("招投标", "A1"), w.published("招投标", "A2")
	w.three(l)
	for _, at := range []time.Time{started, deadline.Add(-time.Microsecond), deadline} {
		w.clock.Set(at)
		a, b := must(json.Marshal(must(w.Hall(w.ctx, l.ID, 0)))), must(json.Marshal(must(w.Hall(w.ctx, empty.ID, 0))))
		if string(a) != string(b) || strings.Contains(string(a), "closed") {
			t.Errorf("with bids %s, without %s", a, b)
		}
	}
	var rows int
	if err := w.pool.QueryRow(w.ctx, `SELECT count(*) FROM opening_progress`).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows: %v", rows, err)
	}
	(&herald{desk: w.Desk, lot: l}).reached(w.ctx, StageBids)
	if h := must(w.Hall(w.ctx, l.ID, 0)); len(h.News) != 0 {
		t.Errorf("a lot that is not closed was told about: %+v", h.News)
	}
	w.tells(w.Close(w.ctx, empty.ID))
	if got := w.told(empty); got != "failed 0@0" {
		t.Errorf("fewer than three: %s", got)
	}
	for _, id := range []string{newID(), w.draftLot("招投标", "A3", func(*NewLot) {})} {
		_, err := w.Hall(w.ctx, id, 0)
		w.refused(err, "lot.not_found")
	}
}

// A wait is told once however often the custodians are asked, with their names; then the attempt goes on.
func TestWaitingIsTold(t *testing.T) {
	w := newWorld(t)
	l := w.published("招投标", "A1")
	w.three(l)
	w.clock.Set(deadline)
	w.agents[0].off, w.agents[1].off = true, true
	for range 3 {
		if _, err := w.Open(w.ctx, system(), l.ID); !errors.Is(err, ErrCustodians) {
			t.Fatal(err)
		}
	}
	if got := w.told(l); got != "closed 0@0, asking 10@1, waiting 10@1" {
		t.Fatalf("told: %s", got)
	}
	last := must(w.Hall(w.ctx, l.ID, 2)).News[0]
	if len(last.Awaited) != 2 || last.Awaited[0].Custodian.Name != "保管人甲中心" || last.Awaited[1].Reason != NoAnswer || last.Final() {
		t.Errorf("waits for %+v", last.Awaited)
	}
	w.agents[2].off = true
	if _, err := w.Open(w.ctx, system(), l.ID); !errors.Is(err, ErrCustodians) {
		t.Fatal(err)
	}
	w.agents[0].off, w.agents[2].off = false, false
	w.open(l)
	if got := w.told(l); got != "closed 0@0, asking 10@1, waiting 10@1, waiting 10@1, bids 30@1, letters 50@1, verifying 70@1, published 100@1" {
		t.Errorf("told: %s", got)
	}
}

// A wait in the second round stands where the letters stood, and is told once too.
func TestWaitingForTheLettersIsTold(t *testing.T) {
	w := newWorld(t)
	l := w.published("招投标", "A1")
	w.three(l)
	w.clock.Set(deadline)
	w.agents[0].offAt, w.agents[1].offAt, w.agents[2].off = 2, 2, true
	_, err := w.Open(w.ctx, system(), l.ID)
	for _, a := range w.agents[:2] {
		a.off, a.offAt = false, 2
	}
	_, err2 := w.Open(w.ctx, system(), l.ID)
	if !errors.Is(err, ErrCustodians) || !errors.Is(err2, ErrCustodians) {
		t.Fatal(err, err2)
	}
	w.agents[0].off, w.agents[1].off = false, false
	w.open(l)
	if got := w.told(l); got != "closed 0@0, asking 10@1, bids 30@1, letters 50@1, waiting 50@1, verifying 70@1, published 100@1" {
		t.Errorf("told: %s", got)
	}
}

// An opening that is broken off begins again and says so: per cent goes back with that alone.
func TestNewAttemptIsTold(t *testing.T) {
	w := newWorld(t)
	l := w.published("招投标", "A1")
	w.three(l)
	w.clock.Set(deadline)
	w.market.off = true
	if _, err := w.Open(w.ctx, system(), l.ID); err == nil {
		t.Fatal("opened without the market")
	}
	w.market.off = false
	w.open(l)
	if got := w.told(l); got != strings.TrimSuffix(smooth, ", published 100@1")+
		", again 0@2, asking 10@2, bids 30@2, letters 50@2, verifying 70@2, published 100@2" {
		t.Errorf("told: %s", got)
	}
}

// Whoever opens at the same time, one story is told: it goes forward, and ends once.
func TestOpeningsAtOnceAreToldAsOne(t *testing.T) {
	w := newWorld(t)
	l := w.published("招投标", "A1")
	w.three(l)
	w.closeAt(l, deadline)
	for _, a := range w.agents {
		a.busy = true
	}
	w.market.busy = true
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := w.Open(w.ctx, system(), l.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	news := must(w.Hall(w.ctx, l.ID, 0)).News
	for i, p := range news[1:] {
		before := news[i]
		if back := p.PerCent < before.PerCent; back && p.Stage != StageAgain || p.Attempt < before.Attempt || before.Final() {
			t.Errorf("%+v after %+v", p, before)
		}
	}
	if last := news[len(news)-1]; last.Stage != StagePublished {
		t.Errorf("it ends with %+v", last)
	}
}

// News that cannot be written is left out; the opening does not stop for it.
func TestNobodyWaitsForTheHall(t *testing.T) {
	w := newWorld(t)
	l := w.published("招投标", "A1")
	w.three(l)
	for _, sql := range []string{`CREATE FUNCTION mute() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'mute'; END $$`,
		`CREATE TRIGGER mute BEFORE INSERT ON opening_progress FOR EACH ROW WHEN (NEW.stage IN ('asking', 'letters')) EXECUTE FUNCTION mute()`} {
		if _, err := w.pool.Exec(w.ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	w.open(l)
	if got := w.told(l); got != "closed 0@0, bids 30@1, verifying 70@1, published 100@1" {
		t.Errorf("told: %s", got)
	}
}

// The table refuses a second time what the code never does.
func TestProgressTableIsHeld(t *testing.T) {
	w := newWorld(t)
	l, open := w.published("招投标", "A1"), w.published("招投标", "A2")
	w.three(l)
	w.closeAt(l, deadline)
	insert := func(lot *Lot, seq, attempt, perCent int, stage Stage) error {
		_, err := w.pool.Exec(w.ctx, `INSERT INTO opening_progress (lot, seq, attempt, at, stage, per_cent) VALUES (@lot, @seq, @attempt, platform_now(), @stage, @per_cent)`,
			pgx.NamedArgs{"lot": lot.ID, "seq": seq, "attempt": attempt, "per_cent": perCent, "stage": stage})
		return err
	}
	if err := insert(l, 2, 1, 30, StageBids); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"of a lot that is not closed": insert(open, 1, 0, 0, StageClosed),
		"a gap":                       insert(l, 4, 1, 50, StageLetters),
		"backwards":                   insert(l, 3, 1, 20, StageAsking),
		"an older attempt":            insert(l, 3, 0, 50, StageLetters),
		"a share":                     insert(l, 3, 1, 33, StageLetters),
		"a wait for nobody":           insert(l, 3, 1, 30, StageWaiting),
		"a count":                     insert(l, 3, 1, 50, "3 of 7"),
	} {
		if err == nil {
			t.Errorf("accepted: %s", name)
		}
	}
	w.open(l)
	last := must(w.Hall(w.ctx, l.ID, 0)).News
	if err := insert(l, len(last)+1, 9, 100, StageVerifying); err == nil {
		t.Error("something is told after the end")
	}
	if _, err := w.pool.Exec(w.ctx, `UPDATE opening_progress SET per_cent = 100`); err == nil {
		t.Error("what was told was changed")
	}
}

// What the hall is told names custodians, who are public, and nobody and nothing else.
func TestTheHallHearsNoNames(t *testing.T) {
	w := newWorld(t)
	l := w.published("招投标", "A1")
	w.three(l)
	w.open(l)
	b := string(must(json.Marshal(must(w.Hall(w.ctx, l.ID, 0)))))
	for _, o := range slices.Concat(w.bidders, []org{w.bank, w.insurer}) {
		if strings.Contains(b, o.party.Name) || strings.Contains(b, o.party.USCC) {
			t.Errorf("%s is named", o.party.Name)
		}
	}
	for _, p := range perCent {
		if p%10 != 0 {
			t.Errorf("per cent %d", p)
		}
	}
}
