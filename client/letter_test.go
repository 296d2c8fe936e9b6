package client_test

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// own hands in a draft and lets the service answer with a copy.
func (w *world) own(b *client.Bidder, d client.Draft, c wire.Copy) (letter.File, error) {
	w.on("GET /applications/"+d.ID+"/copy", func(rw http.ResponseWriter, _ *http.Request) { answer(rw, c) })
	return b.Letter(w.ctx(), d.ID)
}

func (w *world) prepared(b *client.Bidder, mode letter.Mode) client.Draft {
	w.t.Helper()
	w.quote.Mode = mode
	d, err := b.Prepare(w.ctx(), w.lot, w.quote)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func TestOwnLetterIsOpenedCheckedAndKept(t *testing.T) {
	for _, mode := range []letter.Mode{letter.ModeBlind, letter.ModeFull} {
		w := newWorld(t)
		b := w.bidder()
		d := w.prepared(b, mode)
		i := w.issue(d, nil)
		file, err := w.own(b, d, w.undertakingCopy(d, i))
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		if file.Undertaking.Number != i.Undertaking.Number || !bytes.Equal(file.Signed, i.Signed) || (mode == letter.ModeFull) != (file.Salt != nil) {
			t.Errorf("%s: another letter", mode)
		}
		plain, err := file.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if r := letter.VerifyFile(plain, w.Trust); !r.OK {
			t.Errorf("%s: the file does not prove itself: %+v", mode, r)
		}
		if names, _ := w.copies.Names(); len(names) != 2 {
			t.Errorf("%s: kept %v", mode, names)
		}
	}
}

// Whatever the bank or the platform did wrong is seen before the deadline.
func TestLettersThatAreNotWhatWasAppliedFor(t *testing.T) {
	for name, c := range map[string]struct {
		mode  letter.Mode
		spoil func(*world, client.Draft) wire.Copy
	}{
		"nothing issued": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			c := w.undertakingCopy(d, w.issue(d, nil))
			c.Receipt = nil
			return c
		}},
		"another's copy": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			c := w.undertakingCopy(d, w.issue(d, nil))
			c.ID = sample.ID(9)
			return c
		}},
		"another ceiling": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			return w.undertakingCopy(d, w.issue(d, func(a *letter.Application) { a.Ceiling = letter.LadderCeiling(a.Ceiling + 1) }))
		}},
		"another end": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			return w.undertakingCopy(d, w.issue(d, func(a *letter.Application) { a.LatestExpiry = letter.LadderExpiry(a.LatestExpiry.AddDays(1)) }))
		}},
		"another commitment": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			return w.undertakingCopy(d, w.issue(d, func(a *letter.Application) { a.Commitment[0] ^= 1 }))
		}},
		"another applicant": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			return w.undertakingCopy(d, w.issue(d, func(a *letter.Application) { a.Applicants = []letter.Party{w.Bidders[1].Party} }))
		}},
		"signed by another bank": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			i := w.issue(d, nil)
			content, err := i.Undertaking.Canonical()
			if err != nil {
				w.t.Fatal(err)
			}
			i.Signed = w.Signed(w.OtherBank, content, w.At)
			return w.undertakingCopy(d, w.Receive(i, letter.UndertakingDigest(i.Signed), w.At))
		}},
		"a receipt for another letter": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			i := w.issue(d, nil)
			return w.undertakingCopy(d, w.Receive(i, signing.Sum([]byte("another")), w.At))
		}},
		"a receipt by somebody else": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			i := w.issue(d, nil)
			content, err := i.Receipt.Canonical()
			if err != nil {
				w.t.Fatal(err)
			}
			i.ReceiptP7S = w.Signed(w.Centre, content, w.At)
			return w.undertakingCopy(d, i)
		}},
		"another record sealed for the custodians": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			other := w.prepared(w.bidder(), letter.ModeBlind)
			c := w.undertakingCopy(d, w.issue(d, nil))
			plain, err := letter.Record{Reveal: other.Submission.Reveal, Key: d.Submission.Key}.Canonical()
			if err != nil {
				w.t.Fatal(err)
			}
			c.Record = w.sealed(plain, letter.RecordAAD(d.ID, 1), letter.RecordSize)
			return c
		}},
		"a record sealed with another key": {letter.ModeBlind, func(w *world, d client.Draft) wire.Copy {
			key, err := signing.GenerateKey()
			if err != nil {
				w.t.Fatal(err)
			}
			c := w.undertakingCopy(d, w.issue(d, nil))
			plain, err := letter.Record{Reveal: d.Submission.Reveal, Key: key.Bytes()}.Canonical()
			if err != nil {
				w.t.Fatal(err)
			}
			c.Record = w.sealed(plain, letter.RecordAAD(d.ID, 1), letter.RecordSize)
			return c
		}},
		"in full: another lot": {letter.ModeFull, func(w *world, d client.Draft) wire.Copy {
			signed, err := signing.ParseSignedData(d.Submission.Application)
			if err != nil {
				w.t.Fatal(err)
			}
			app, err := letter.ParseApplication(signed.Content)
			if err != nil {
				w.t.Fatal(err)
			}
			r, err := letter.ParseReveal(d.Submission.Reveal)
			if err != nil {
				w.t.Fatal(err)
			}
			r.Lot.Code = "ANOTHER"
			raw, err := r.Canonical()
			if err != nil {
				w.t.Fatal(err)
			}
			app.Commitment = letter.Commitment(raw) // so that the letter agrees with itself
			return w.undertakingCopy(d, w.Issue(sample.Draft{Bidder: w.Bidders[0], Guarantor: w.Bank, Reveal: r, RevealBytes: raw,
				Application: app, Signed: d.Submission.Application}, "CSBANK-00000001"))
		}},
		"in full: the receipt is for the unsalted digest": {letter.ModeFull, func(w *world, d client.Draft) wire.Copy {
			i := w.issue(d, nil)
			return w.undertakingCopy(d, w.Receive(i, letter.UndertakingDigest(i.Signed), w.At))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.bidder()
			d := w.prepared(b, c.mode)
			if _, err := w.own(b, d, c.spoil(w, d)); !errors.Is(err, client.ErrLetter) {
				t.Fatalf("%v", err)
			}
			if _, err := w.copies.Get(d.ID + ".letter"); err == nil {
				t.Error("it was kept as a letter")
			}
		})
	}
}
