package client_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/signing/httpsig"
)

// signedBy answers a signed request with a signed answer.
func (w *world) signedBy(by sample.Member, rw http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := wire.Write(v)
	if err == nil {
		err = httpsig.SignResponse(rw.Header(), status, body, r, by.Sign.KeyID(), by.Sign.Key, time.Now())
	}
	if err != nil {
		w.t.Error(err)
	}
	rw.WriteHeader(status)
	_, _ = rw.Write(body)
}

func decision(id string) string { return "/issuer/applications/" + id + "/decision" }

// A machine believes no answer that the platform did not sign, not even a refusal.
func TestAnswersThatAMachineDoesNotBelieve(t *testing.T) {
	for name, answer := range map[string]func(*world, http.ResponseWriter, *http.Request){
		"unsigned":            func(_ *world, rw http.ResponseWriter, _ *http.Request) { answer(rw, wire.Done{ID: sample.ID(1)}) },
		"an unsigned refusal": func(_ *world, rw http.ResponseWriter, _ *http.Request) { refuse(rw, http.StatusConflict, "x") },
		"signed by another":   func(w *world, rw http.ResponseWriter, r *http.Request) { w.signedBy(w.Centre, rw, r, 200, wire.Done{}) },
		"altered after signing": func(w *world, rw http.ResponseWriter, r *http.Request) {
			w.signedBy(w.Platform, rw, r, 200, wire.Done{})
			_, _ = io.WriteString(rw, " ")
		},
		"the answer to another request": func(w *world, rw http.ResponseWriter, r *http.Request) {
			other := r.Clone(r.Context())
			if err := httpsig.Sign(other, nil, w.Bank.Sign.KeyID(), w.Bank.Sign.Key, time.Now()); err != nil {
				w.t.Error(err)
			}
			w.signedBy(w.Platform, rw, other, 200, wire.Done{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.on("POST "+decision(sample.ID(1)), func(rw http.ResponseWriter, r *http.Request) { answer(w, rw, r) })
			if err := w.institution().Decide(w.ctx(), sample.ID(1), wire.Decision{Approve: true, Fee: 1}); !errors.Is(err, client.ErrUnknown) {
				t.Fatalf("%v", err)
			}
		})
	}
}

func TestAMachinesRequestsAreSignedAndSaidUnderOneKey(t *testing.T) {
	w := newWorld(t)
	calls := 0
	w.on("POST "+decision(sample.ID(1)), func(rw http.ResponseWriter, r *http.Request) {
		body := []byte(w.sent("POST", decision(sample.ID(1)))[calls].body)
		v, err := httpsig.Verify(r, body, func(string) (signing.PublicKey, error) { return w.Bank.Sign.Key.Public(), nil }, time.Now())
		if err != nil || v.KeyID != w.Bank.Sign.KeyID() {
			t.Errorf("%v, %v", v, err)
		}
		if calls++; calls == 1 {
			cut(rw)
			return
		}
		w.signedBy(w.Platform, rw, r, 200, wire.Done{})
	})
	if err := w.institution().Decide(w.ctx(), sample.ID(1), wire.Decision{Approve: true, Fee: 1}); err != nil {
		t.Fatal(err)
	}
	if s := w.sent("POST", decision(sample.ID(1))); len(s) != 2 || s[0] != s[1] || s[0].key != "decision-"+sample.ID(1) {
		t.Fatalf("%+v", s)
	}
}

// offer is a message that carries an application, sealed to the bank.
func (w *world) offer(d sample.Draft, spoil func(*letter.Offer)) wire.ToIssuer {
	w.t.Helper()
	o := letter.Offer{Application: d.Signed, AnswerBy: w.At.Add(time.Hour)}
	if d.Application.Mode == letter.ModeFull {
		owner := w.Bidders[0].Encrypt.Key.Public()
		o.Reveal, o.Custodians, o.Owner = d.RevealBytes, &w.Keys, &owner
	}
	if spoil != nil {
		spoil(&o)
	}
	envelope, err := letter.SealOffer(d.Application.Application, o, w.Bank.Encrypt.Key.Public())
	if err != nil {
		w.t.Fatal(err)
	}
	return w.message(wire.Offered, d.Application.Application, wire.OfferedBody{Envelope: envelope})
}

func (w *world) message(kind wire.Kind, guarantee string, body any) wire.ToIssuer {
	w.t.Helper()
	raw, err := wire.Write(body)
	if err != nil {
		w.t.Fatal(err)
	}
	return wire.ToIssuer{Message: sample.ID(7), Kind: kind, Guarantee: guarantee, Seq: 1, At: w.At.Add(time.Minute), Body: jsontext.Value(raw)}
}

// resign signs a changed application again.
func (w *world) resign(d sample.Draft, by sample.Member, spoil func(*letter.Application)) sample.Draft {
	w.t.Helper()
	spoil(&d.Application)
	content, err := d.Application.Canonical()
	if err != nil {
		w.t.Fatal(err)
	}
	d.Signed = w.Signed(by, content, w.At)
	return d
}

func TestOffersThatHoldAreWritten(t *testing.T) {
	for _, mode := range []letter.Mode{letter.ModeBlind, letter.ModeFull} {
		w := newWorld(t)
		d := w.Draft(w.Bidders[0], w.Bank, sample.Independent, mode)
		i := w.institution()
		o, err := i.OpenOffer(w.ctx(), w.offer(d, nil))
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		l, err := i.Write(w.ctx(), o, "CSBANK-00000001", sample.Place)
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		if want := letter.UndertakingDigest(l.Signed); mode == letter.ModeBlind && (l.Digest != want || l.Sealed != nil) {
			t.Error("blind: digest or sealing is wrong")
		}
		if mode == letter.ModeFull {
			w.custodiansOpen(l)
		}
	}
}

// custodiansOpen shows that two custodians, and the owner alone, find the letter in what the bank sealed.
func (w *world) custodiansOpen(l client.Letter) {
	w.t.Helper()
	var shares [2]signing.Share
	for k := range shares {
		var err error
		if shares[k], err = l.Sealed.GiveShare(w.ctx(), w.CustodianKeys[k], k); err != nil {
			w.t.Fatal(err)
		}
	}
	two, err := l.Sealed.Open(letter.LetterAAD(l.Application), shares[0], shares[1])
	if err != nil {
		w.t.Fatal(err)
	}
	own, err := l.Sealed.OpenOwn(w.ctx(), w.Bidders[0].Encrypt.Key, letter.LetterAAD(l.Application))
	if err != nil || !bytes.Equal(own, two) {
		w.t.Fatalf("the owner finds another letter: %v", err)
	}
	full, err := letter.ParseFullLetter(own)
	if err != nil || !bytes.Equal(full.Undertaking, l.Signed) || letter.SaltedDigest(full.Salt, full.Undertaking) != l.Digest {
		w.t.Fatalf("%v", err)
	}
}

func TestOffersThatDoNotHold(t *testing.T) {
	for name, message := range map[string]func(*world) wire.ToIssuer{
		"another application's message": func(w *world) wire.ToIssuer { m := w.offer(w.Blind(), nil); m.Guarantee = sample.ID(3); return m },
		"a broken envelope": func(w *world) wire.ToIssuer {
			return w.message(wire.Offered, sample.ID(3), wire.OfferedBody{Envelope: []byte("x")})
		},
		"unknown member": func(w *world) wire.ToIssuer {
			m := w.offer(w.Blind(), nil)
			m.Body = append(bytes.TrimSuffix(m.Body, []byte("}")), []byte(`,"x":1}`)...)
			return m
		},
		"signed by somebody else": func(w *world) wire.ToIssuer {
			return w.offer(w.resign(w.Blind(), w.Bidders[1], func(*letter.Application) {}), nil)
		},
		"not signed data": func(w *world) wire.ToIssuer {
			return w.offer(w.Blind(), func(o *letter.Offer) { o.Application = []byte("x") })
		},
		"signed after it was offered": func(w *world) wire.ToIssuer {
			m := w.offer(w.Blind(), nil)
			m.At = w.At.Add(-time.Hour)
			return m
		},
		"for another bank": func(w *world) wire.ToIssuer {
			return w.offer(w.Draft(w.Bidders[0], w.OtherBank, sample.Independent, letter.ModeBlind), nil)
		},
		"blind with its record": func(w *world) wire.ToIssuer {
			d := w.Blind()
			owner := w.Bidders[0].Encrypt.Key.Public()
			return w.offer(d, func(o *letter.Offer) { o.Reveal, o.Custodians, o.Owner = d.RevealBytes, &w.Keys, &owner })
		},
		"in full without its record": func(w *world) wire.ToIssuer {
			return w.offer(w.Full(), func(o *letter.Offer) { o.Reveal, o.Custodians, o.Owner = nil, nil, nil })
		},
		"in full with another record": func(w *world) wire.ToIssuer {
			other := w.Full()
			return w.offer(w.Full(), func(o *letter.Offer) { o.Reveal = other.RevealBytes })
		},
		"in full with another key set": func(w *world) wire.ToIssuer {
			return w.offer(w.Full(), func(o *letter.Offer) { o.Custodians = w.exchanged() })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if o, err := w.institution().OpenOffer(w.ctx(), message(w)); err == nil {
				t.Fatalf("accepted: %+v", o.Application)
			}
		})
	}
}

func TestDisclosures(t *testing.T) {
	w := newWorld(t)
	d := w.Blind()
	said := func(reveal []byte) wire.ToIssuer {
		return w.message(wire.Disclosed, d.Application.Application, wire.DisclosedBody{Reveal: reveal, OpenedAt: w.At})
	}
	if r, err := client.OpenDisclosure(d.Application, said(d.RevealBytes)); err != nil || r.Lot != w.Requirement.Lot {
		t.Fatalf("%+v, %v", r, err)
	}
	beyond := d.Reveal
	beyond.Amount = d.Application.Ceiling + 1
	raw, err := beyond.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	opened := d.Application
	opened.Commitment = letter.Commitment(raw)
	for name, c := range map[string]struct {
		app    letter.Application
		reveal []byte
	}{
		"another record":      {d.Application, w.Blind().RevealBytes},
		"one byte changed":    {d.Application, bytes.Replace(d.RevealBytes, []byte("80000000"), []byte("80000001"), 1)},
		"beyond the ceiling":  {opened, raw},
		"nothing":             {d.Application, nil},
		"not a reveal record": {d.Application, []byte("{}")},
	} {
		if _, err := client.OpenDisclosure(c.app, said(c.reveal)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestIssueEndsInTheReceiptForThisLetter(t *testing.T) {
	w := newWorld(t)
	i := w.institution()
	o, err := i.OpenOffer(w.ctx(), w.offer(w.Blind(), nil))
	if err != nil {
		t.Fatal(err)
	}
	l, err := i.Write(w.ctx(), o, "CSBANK-00000001", sample.Place)
	if err != nil {
		t.Fatal(err)
	}
	base := "/issuer/applications/" + l.Application
	w.on("POST "+base+"/prepare", func(rw http.ResponseWriter, r *http.Request) {
		w.signedBy(w.Platform, rw, r, 200, wire.Prepared{PreparedAt: w.At})
	})
	receipt := func(by sample.Member, digest signing.Digest) []byte {
		content, err := letter.Receipt{Version: 1, Application: l.Application, Guarantor: w.Bank.Party.USCC, Number: l.Number, Mode: letter.ModeBlind,
			Commitment: o.Application.Commitment, Digest: digest, AcceptedAt: w.At}.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		return w.Signed(by, content, w.At)
	}
	var said []byte
	w.on("POST "+base+"/issue", func(rw http.ResponseWriter, r *http.Request) {
		w.signedBy(w.Platform, rw, r, 200, wire.Issued{Receipt: said})
	})
	for name, bad := range map[string][]byte{
		"another letter's": receipt(w.Platform, signing.Sum(nil)),
		"somebody else's":  receipt(w.Centre, l.Digest),
		"none":             nil,
	} {
		said = bad
		if _, _, err := i.Issue(w.ctx(), l); err == nil {
			t.Errorf("%s receipt was believed", name)
		}
	}
	said = receipt(w.Platform, l.Digest)
	if r, p7s, err := i.Issue(w.ctx(), l); err != nil || r.Number != l.Number || !bytes.Equal(p7s, said) {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestAgreement(t *testing.T) {
	entry := func(n int) wire.BookEntry {
		return wire.BookEntry{Guarantee: sample.ID(n), Number: "N-0001", Ceiling: 100, Fee: 1, Digest: signing.Sum([]byte{byte(n)}), State: "issued"}
	}
	ours := []wire.BookEntry{entry(1), entry(2), entry(3), entry(4), entry(5), entry(6), entry(7), entry(8)}
	theirs := []wire.BookEntry{entry(1), entry(2), entry(3), entry(4), entry(5), entry(6), entry(7), entry(9)}
	theirs[1].Number, theirs[2].Ceiling, theirs[3].Fee, theirs[4].Digest, theirs[5].State, theirs[6].Paid = "N-0002", 101, 2, signing.Sum(nil), "released", 5
	want := []string{"number", "ceiling", "fee", "digest", "state", "paid", "missing_theirs", "missing_ours"}
	found := client.Agree(ours, theirs)
	if len(found) != len(want) {
		t.Fatalf("%+v", found)
	}
	for k, f := range found {
		if f.Kind != want[k] || f.Guarantee != sample.ID(k+2) {
			t.Errorf("difference %d: %s on %s; want %s", k, f.Kind, f.Guarantee[30:], want[k])
		}
	}
	if again := client.Agree(ours, ours); len(again) != 0 {
		t.Errorf("%+v", again)
	}
}
