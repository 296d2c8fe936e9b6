package tender

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// sheet verifies an edition as anybody can, with the root alone.
func (w *world) sheet(l *Lot, edition int) (Sheet, letter.Sheet) {
	w.t.Helper()
	got, err := w.Sheet(w.ctx, l.ID, edition)
	if err != nil {
		w.t.Fatal(err)
	}
	signed, r := letter.VerifySheet(got.Signed, must(w.ca.Trust()), letter.Centre(w.centre.party.USCC))
	if !r.OK {
		w.t.Fatalf("the sheet does not hold: %+v", r)
	}
	if !bytes.Equal(must(signed.Sheet.Canonical()), must(got.Content.Canonical())) {
		w.t.Error("what is signed is not what is told")
	}
	return got, signed.Sheet
}

// The sheet says what the opening published: every line with both values, and on the doubtful list every letter that did
// not pass, a doubtful one and one that could not be opened.
func TestSheetSaysWhatWasPublished(t *testing.T) {
	w := newWorld(t)
	l := w.published("招投标", "A1")
	blind, full := w.three(l)
	nowhere := newID()
	w.submit(w.bidders[3], l, nowhere)
	w.market.excluded = w.insurer.party.USCC
	o := w.open(l)
	_, s := w.sheet(l, 0)
	if s.Edition != 1 || !s.Previous.IsZero() || s.Lot != l.Lot || !s.Deadline.Equal(deadline) || !s.OpenedAt.Equal(o.OpenedAt) ||
		s.ClosingBids != letter.ClosingDigest(o.ClosingBids) || s.ClosingLetters != letter.ClosingDigest(o.ClosingLetters) {
		t.Errorf("%+v", s)
	}
	if len(s.Bids) != 4 || len(s.Letters) != 3 {
		t.Fatalf("%d bids, %d letters", len(s.Bids), len(s.Letters))
	}
	for i, x := range s.Letters {
		v := o.Letters[i]
		if x.ID != v.ID || x.Result != v.Result || !slices.Equal(x.Lines, v.Lines) || x.Failure != v.Failure || v.Summary != nil && x.Number != v.Summary.Number {
			t.Errorf("letter %s: %+v, published %+v", x.ID, x, v)
		}
	}
	want := []string{full, nowhere}
	slices.Sort(want)
	if !slices.Equal(s.Doubtful, want) || !slices.Equal(o.Doubtful, want) || slices.Contains(want, blind) {
		t.Errorf("doubtful %v and %v, want %v", s.Doubtful, o.Doubtful, want)
	}
}

// Before the opening there is no sheet, and a lot that failed never has one.
func TestNoSheetBeforeTheOpening(t *testing.T) {
	w := newWorld(t)
	l, failed := w.published("招投标", "A1"), w.published("招投标", "A2")
	w.three(l)
	for _, at := range []time.Time{started, deadline} {
		w.clock.Set(at)
		_, err := w.Sheet(w.ctx, l.ID, 0)
		w.refused(err, "opening.not_found")
	}
	w.tells(w.Open(w.ctx, system(), failed.ID))
	for _, id := range []string{failed.ID, newID()} {
		_, err := w.Sheet(w.ctx, id, 0)
		w.refused(err, "opening.not_found")
		if err := w.SignSheet(w.ctx, id); err != nil {
			t.Error(err)
		}
	}
}

// A crash between publication and signature leaves a lot that the sweeper finds; whoever signs, one signature is kept.
func TestSheetIsSignedOnce(t *testing.T) {
	w := newWorld(t)
	l := w.published("招投标", "A1")
	w.three(l)
	w.open(l)
	if due := must(w.Due(w.ctx, 10)); !slices.Equal(due, []string{l.ID}) {
		t.Fatalf("due: %v", due)
	}
	w.pen.failAt = 1
	if _, err := w.Sheet(w.ctx, l.ID, 0); !errors.Is(err, ErrSheetUnsigned) {
		t.Fatalf("without the centre's key: %v", err)
	}
	all := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			s, err := w.Sheet(w.ctx, l.ID, i%2)
			if err != nil {
				t.Error(err)
			}
			all[i] = s.Signed
		})
	}
	wg.Wait()
	for _, p7s := range all {
		if p7s == nil || !bytes.Equal(p7s, all[0]) {
			t.Error("two signatures over one sheet")
		}
	}
	if due := must(w.Due(w.ctx, 10)); len(due) != 0 {
		t.Errorf("still due: %v", due)
	}
	w.clock.Advance(time.Hour)
	if err := w.SignSheet(w.ctx, l.ID); err != nil {
		t.Error(err)
	}
	if s, _ := w.sheet(l, 0); !bytes.Equal(s.Signed, all[0]) {
		t.Error("signed again")
	}
}

// accepted is what an emergency acceptance does: it changes a published letter and tells why, in one transaction.
func (w *world) accepted(l *Lot, id, why string) error {
	return w.within(w.ctx, func(tx pgx.Tx) error {
		if err := w.lockLot(w.ctx, tx, l.ID); err != nil {
			return err
		}
		_, err := tx.Exec(w.ctx, `UPDATE opened_letter SET result = 'passed' WHERE lot = @lot AND letter = @id`, pgx.NamedArgs{"lot": l.ID, "id": id})
		if err != nil {
			return err
		}
		return w.NextSheetTx(w.ctx, tx, l.ID, why)
	})
}

// The next edition names the one before, says why, and lists anew; the first stays as it was. It follows a signed one only.
func TestNextEdition(t *testing.T) {
	w := newWorld(t)
	l := w.published("招投标", "A1")
	_, full := w.three(l)
	w.market.excluded = w.insurer.party.USCC
	w.open(l)
	const why = "应急认定：机构已证明其资格"
	if err := w.accepted(l, full, why); !errors.Is(err, ErrSheetUnsigned) {
		t.Fatalf("after an unsigned edition: %v", err)
	}
	first, _ := w.sheet(l, 0)
	if err := w.accepted(l, full, ""); err == nil {
		t.Error("an edition without a reason")
	}
	w.clock.Advance(time.Hour)
	if err := w.accepted(l, full, why); err != nil {
		t.Fatal(err)
	}
	got, second := w.sheet(l, 0)
	if got.Newest != 2 || second.Edition != 2 || second.Note != why || second.Previous != letter.SheetDigest(first.Signed) || len(second.Doubtful) != 0 ||
		!second.At.Equal(deadline.Add(time.Hour)) {
		t.Errorf("%+v", second)
	}
	again, old := w.sheet(l, 1)
	if !bytes.Equal(again.Signed, first.Signed) || again.Newest != 2 || !slices.Equal(old.Doubtful, []string{full}) {
		t.Errorf("the first edition is now %+v", old)
	}
	_, err := w.Sheet(w.ctx, l.ID, 3)
	w.refused(err, "opening.not_found")
}

// The table holds what the code holds: nothing signed is changed, none is skipped, none is signed twice or thrown away.
func TestSheetTableIsHeld(t *testing.T) {
	w := newWorld(t)
	l := w.published("招投标", "A1")
	w.three(l)
	w.open(l)
	args := pgx.NamedArgs{"lot": l.ID, "bytes": signing.Random(8)}
	refused := func(sql string) {
		t.Helper()
		if _, err := w.pool.Exec(context.Background(), sql, args); err == nil {
			t.Errorf("accepted: %s", sql)
		}
	}
	refused(`INSERT INTO opening_sheet (lot, edition, content) VALUES (@lot, 2, @bytes)`)
	refused(`UPDATE opening_sheet SET content = @bytes WHERE lot = @lot`)
	w.sheet(l, 0)
	refused(`UPDATE opening_sheet SET signed = @bytes WHERE lot = @lot`)
	refused(`DELETE FROM opening_sheet WHERE lot = @lot`)
	refused(`INSERT INTO opening_sheet (lot, edition, content) VALUES (@lot, 3, @bytes)`)
	refused(`INSERT INTO opening_sheet (lot, edition, content, signed) VALUES (@lot, 2, @bytes, @bytes)`)
}
