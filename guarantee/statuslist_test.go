package guarantee

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// listed makes the list of this beat and reads it as anybody would.
func (w *world) listed() letter.SignedStatusList {
	w.t.Helper()
	if _, err := w.MakeStatusList(w.ctx, time.Hour); err != nil {
		w.t.Fatal(err)
	}
	return w.newestList()
}

func (w *world) newestList() letter.SignedStatusList {
	w.t.Helper()
	row, err := w.StatusList(w.ctx, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	list, r := letter.VerifyStatusList(row.Signed, w.Trust, w.clock.Now(), letter.Platform(w.platform.party.USCC))
	if !r.OK || list.Sequence != row.Sequence || !list.NextAt.Equal(row.NextAt) {
		w.t.Fatalf("%+v %+v", row.Sequence, r)
	}
	return list
}

// says is what the newest list says of a disclosed letter's own file.
func (w *world) says(l disclosedLetter, list letter.SignedStatusList) letter.Report {
	w.t.Helper()
	file, err := w.File(w.ctx, l.id)
	if err != nil {
		w.t.Fatal(err)
	}
	return letter.VerifyFile(file, w.Trust, letter.Platform(w.platform.party.USCC), letter.Status(list.Raw, w.clock.Now()))
}

// Each way in which a disclosed letter ends stands on the next list, with its day; one in force does not.
func TestStatusListSaysWhatEnded(t *testing.T) {
	w := newWorld(t)
	released := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	lives := w.disclosedLetter(w.bidders[1], w.bank, "CSB-2026-000002")
	paid := w.disclosedLetter(w.bidders[2], w.insurer, "HNPIC-00000001")
	first := w.listed()
	if first.Sequence != 1 || first.Len() != 0 || !w.says(released, first).OK {
		t.Fatalf("the first list: %+v", first)
	}

	w.clock.Set(started.Add(90 * time.Minute))
	w.must(w.release(released, w.tenderees[0]))
	w.must(w.release(released, w.tenderees[1]))
	demand := w.demandOf(paid, w.tenderees[0], w.requirement.Amount, w.files(paid))
	a, _, err := w.present(paid, w.tenderees[0], demand, w.files(paid))
	w.must(a, err)
	w.must(w.DecideDemand(w.ctx, w.guarantorSays(paid.handed), demand.ID, DemandDecision{Complying: true}))
	w.must(w.HonourDemand(w.ctx, w.guarantorSays(paid.handed), demand.ID, Payment{Amount: demand.Amount, Reference: "P1", PaidAt: w.clock.Now()}))
	if !w.says(released, w.newestList()).OK {
		t.Error("the old list knows of a release that came after it")
	}
	second := w.listed()
	if second.Sequence != 2 || second.Len() != 2 || second.Previous != letter.StatusListDigest(first.Raw) {
		t.Fatalf("the second list: %+v", second)
	}
	for l, want := range map[*disclosedLetter]letter.EndReason{&released: letter.EndReleased, &paid: letter.EndPaidOut} {
		e, found := second.Find(l.u.Content.StatusKey())
		if !found || e.Reason != want || e.Day != calendar.DateOf(w.clock.Now()) || w.says(*l, second).OK {
			t.Errorf("%s: %+v, %v", want, e, found)
		}
	}
	if !w.says(lives, second).OK {
		t.Error("a letter in force does not hold")
	}

	// It expires at its own end, earlier than its latest expiry; far behind that it says so itself, and leaves the list.
	w.clock.Set(lives.draft.reveal.End.Expiry().EndOfDay().Add(time.Hour))
	w.must(w.Expire(w.ctx, lives.id))
	third := w.listed()
	if e, found := third.Find(lives.u.Content.StatusKey()); !found || e.Reason != letter.EndExpired || e.Day != lives.draft.reveal.End.Expiry() {
		t.Errorf("expired: %+v, %v", e, found)
	}
	w.clock.Set(lives.u.Content.LatestExpiry.AddDays(statusMargin).EndOfDay().Add(-time.Second))
	if l := w.listed(); l.Len() != 3 {
		t.Errorf("%d letters at the end of the margin", l.Len())
	}
	w.clock.Set(w.clock.Now().Add(time.Second))
	if l := w.listed(); l.Len() != 0 || w.says(lives, l).OK {
		t.Errorf("%d letters behind the margin", l.Len())
	}
}

// What ended while it was sealed is on no list, and no list is longer, earlier or later for it: two platforms, one of
// which holds sealed letters that expire, publish the same content.
func TestStatusListIsSilentAboutSealedLetters(t *testing.T) {
	contents := func(sealed int) (all [][]byte) {
		w := newWorld(t)
		for i := range sealed {
			h := w.apply(w.bidders[i], w.bank)
			w.issued(h, "CSB-2026-00000"+string(rune('1'+i)))
			if i == 0 { // named by a bid, and could not be opened
				if err := w.within(w.ctx, func(tx pgx.Tx) error {
					return w.DiscloseTx(w.ctx, tx, w.requirement.Lot, []Disclosing{{ID: h.id, Missing: "打不开"}})
				}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, at := range []time.Time{started.Add(time.Hour), letter.LadderExpiry(w.requirement.End.Expiry()).EndOfDay().Add(time.Hour)} {
			w.clock.Set(at)
			due, err := w.Due(w.ctx, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range due {
				if d.Kind == DueExpiry {
					w.must(w.Expire(w.ctx, d.ID))
				}
			}
			l := w.listed()
			l.Previous = signing.Digest{}
			l.Sequence = 1
			b, err := l.Canonical()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
		var n int
		if err := w.Pool.QueryRow(w.ctx, `SELECT count(*) FROM guarantee WHERE instrument_state = 'expired'`).Scan(&n); err != nil || n != sealed {
			t.Fatalf("%d of %d have expired, %v", n, sealed, err)
		}
		return all
	}
	none, three := contents(0), contents(3)
	for i := range none {
		if !bytes.Equal(none[i], three[i]) {
			t.Errorf("list %d differs:\n%s\n%s", i+1, none[i], three[i])
		}
	}
}

// One list a beat, whatever happened and however many ask; a beat that nobody was there for is not made up for.
func TestOneStatusListABeat(t *testing.T) {
	w := newWorld(t)
	if _, err := w.StatusList(w.ctx, 0); !errors.Is(err, ErrNoStatusList) {
		t.Fatal(err)
	}
	for beat, at := range []time.Duration{0, time.Hour, 5 * time.Hour, 6*time.Hour - time.Second} {
		w.clock.Set(started.Add(at))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := w.MakeStatusList(w.ctx, time.Hour); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		want := int64(min(beat, 2) + 1)
		if l := w.listed(); l.Sequence != want || !l.NextAt.Equal(started.Add(at).Truncate(time.Hour).Add(time.Hour)) {
			t.Errorf("after %s list %d, next at %s", at, l.Sequence, l.NextAt)
		}
	}
	first, err := w.StatusList(w.ctx, 1)
	if err != nil || first.Sequence != 1 {
		t.Error(first.Sequence, err)
	}
	if _, err := w.StatusList(w.ctx, 4); !errors.Is(err, ErrNoStatusList) {
		t.Error(err)
	}
	if h, err := w.NewestStatusList(w.ctx); err != nil || h.Sequence != 3 || h.Signed != nil {
		t.Error(h, err)
	}
}

// noKey is a key that does not answer.
type noKey struct{ signing.Signer }

func (noKey) Sign(context.Context, []byte) (signing.Signature, error) {
	return signing.Signature{}, errors.New("the key does not answer")
}

// What a crash or a silent key leaves unsigned is signed as it stands, before there is another.
func TestStatusListIsSignedOnce(t *testing.T) {
	w := newWorld(t)
	key := w.Platform
	w.Platform = noKey{key}
	if _, err := w.MakeStatusList(w.ctx, time.Hour); err == nil {
		t.Fatal("made without a key")
	}
	if _, err := w.StatusList(w.ctx, 0); !errors.Is(err, ErrNoStatusList) {
		t.Error("an unsigned list is served")
	}
	var before []byte
	if err := w.Pool.QueryRow(w.ctx, `SELECT content FROM status_list`).Scan(&before); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(started.Add(3 * time.Hour))
	if _, err := w.MakeStatusList(w.ctx, time.Hour); err == nil {
		t.Fatal("made without a key")
	}
	w.Platform = key
	if made, err := w.MakeStatusList(w.ctx, time.Hour); err != nil || !made {
		t.Fatal(made, err)
	}
	first, err := w.StatusList(w.ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signing.ParseSignedData(first.Signed)
	if err != nil || !bytes.Equal(signed.Content, before) {
		t.Errorf("%v: signed\n%s\nnot\n%s", err, signed.Content, before)
	}
	if l := w.newestList(); l.Sequence != 2 || l.Previous != letter.StatusListDigest(first.Signed) {
		t.Errorf("%+v", l)
	}
}

// The database keeps the lists: no change, no gap, none before the one before is signed.
func TestStatusListTableIsHeld(t *testing.T) {
	w := newWorld(t)
	w.listed()
	insert := `INSERT INTO status_list (sequence, beat, next_at, content, signed) VALUES `
	later := started.Add(48 * time.Hour).Format("'2006-01-02T15:04:05Z07:00'")
	next := started.Add(49 * time.Hour).Format("'2006-01-02T15:04:05Z07:00'")
	for _, sql := range []string{
		`UPDATE status_list SET signed = 'x'`, `UPDATE status_list SET signed = NULL, content = 'x'`, `UPDATE status_list SET next_at = next_at + interval '1 hour'`,
		`DELETE FROM status_list`, `TRUNCATE status_list`,
		insert + `(3, ` + later + `, ` + next + `, 'x', NULL)`,
		insert + `(2, ` + later + `, ` + next + `, NULL, 'x')`,
		insert + `(2, ` + later + `, ` + later + `, 'x', NULL)`,
		insert + `(2, (SELECT beat FROM status_list), ` + next + `, 'x', NULL)`,
	} {
		if _, err := w.Pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
	if _, err := w.Pool.Exec(w.ctx, insert+`(2, `+later+`, `+next+`, 'x', NULL)`); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		insert + `(3, ` + next + `, ` + next + `::timestamptz + interval '1 hour', 'x', NULL)`,
		`UPDATE status_list SET content = 'y' WHERE sequence = 2`,
		`UPDATE status_list SET signed = 'y' WHERE sequence = 2`,
		`UPDATE status_list SET signed = 'y', content = NULL, sequence = 7 WHERE sequence = 2`,
	} {
		if _, err := w.Pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
	// What does not hold is not signed, whoever wrote it.
	if _, err := w.MakeStatusList(w.ctx, time.Hour); err == nil {
		t.Error("an intent that is no list was signed")
	}
}

// An opening's rows stay on their pages: no index, and no index's condition, is about what it changes (migration 0018).
func TestOpeningWritesNoIndex(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.issued(h, "CSB-2026-000001")
	rows, err := w.SealedLetters(w.ctx, []string{h.id})
	if err != nil {
		t.Fatal(err)
	}
	u := w.unseal(rows[0])
	all := []Disclosing{{ID: h.id, Unsealed: &u, Lines: []letter.Line{{Name: "测试", Result: letter.ResultPass}}}}
	const counts = `SELECT pg_stat_get_xact_tuples_updated('guarantee'::regclass) - @updated, pg_stat_get_xact_tuples_hot_updated('guarantee'::regclass) - @hot`
	var updated, hot int64
	if err := w.within(w.ctx, func(tx pgx.Tx) error {
		before := pgx.NamedArgs{"updated": int64(0), "hot": int64(0)}
		if err := tx.QueryRow(w.ctx, counts, before).Scan(&updated, &hot); err != nil {
			return err
		}
		before["updated"], before["hot"] = updated, hot
		if err := w.DiscloseTx(w.ctx, tx, w.requirement.Lot, all); err != nil {
			return err
		}
		return tx.QueryRow(w.ctx, counts, before).Scan(&updated, &hot)
	}); err != nil {
		t.Fatal(err)
	}
	if updated != 1 || hot != 1 {
		t.Errorf("of %d rows, %d stayed on their page and wrote no index", updated, hot)
	}
}

// A list that does not come, or that a fast clock made, is an alarm; the first one is not missed before it is due.
func TestStatusOverdue(t *testing.T) {
	w := newWorld(t)
	if err := w.StatusOverdue(w.ctx); err != nil {
		t.Errorf("before the first: %v", err)
	}
	if _, err := w.MakeStatusList(w.ctx, time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		late  bool
	}{{0, false}, {time.Hour, false}, {3 * time.Hour, true}, {-48 * time.Hour, true}} {
		w.clock.Set(started.Add(c.after))
		if err := w.StatusOverdue(w.ctx); (err != nil) != c.late {
			t.Errorf("%v later: %v", c.after, err)
		}
	}
}
