package client_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

func TestRetriesSayTheSameUnderTheSameKey(t *testing.T) {
	w := newWorld(t)
	var n atomic.Int32
	w.on("POST "+w.apply(), func(rw http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) {
		case 1:
			refuse(rw, http.StatusServiceUnavailable, "busy")
		case 2:
			cut(rw)
		default:
			answer(rw, struct{}{})
		}
	})
	b := w.bidder()
	draft, err := b.Prepare(w.ctx(), w.lot, w.quote)
	if err != nil {
		t.Fatal(err)
	}
	w.on("GET /applications/"+draft.ID, func(rw http.ResponseWriter, _ *http.Request) {
		answer(rw, w.record(draft.ID))
	})
	if a, err := b.Resume(w.ctx(), draft.ID); err != nil || a.Application != "submitted" {
		t.Fatalf("%+v, %v", a, err)
	}
	sent := w.sent("POST", w.apply())
	if len(sent) != 3 || sent[0] != sent[1] || sent[1] != sent[2] || sent[0].key != "apply-"+draft.ID {
		t.Fatalf("%d requests, not all the same under the application's key", len(sent))
	}
}

// The service did it and its answers were lost, all of them: the application is found by its id.
func TestALostAnswerIsReadBack(t *testing.T) {
	w := newWorld(t)
	b := w.bidder()
	draft, err := b.Prepare(w.ctx(), w.lot, w.quote)
	if err != nil {
		t.Fatal(err)
	}
	w.on("POST "+w.apply(), func(rw http.ResponseWriter, _ *http.Request) {
		w.on("GET /applications/"+draft.ID, func(rw http.ResponseWriter, _ *http.Request) { answer(rw, w.record(draft.ID)) })
		cut(rw)
	})
	if a, err := b.Resume(w.ctx(), draft.ID); err != nil || a.ID != draft.ID {
		t.Fatalf("%+v, %v", a, err)
	}
}

func TestNobodyKnowsIsNotAFailure(t *testing.T) {
	w := newWorld(t)
	w.on("POST "+w.apply(), func(rw http.ResponseWriter, _ *http.Request) { cut(rw) })
	b := w.bidder()
	draft, _, err := b.Apply(w.ctx(), w.lot, w.quote)
	if !errors.Is(err, client.ErrUnknown) {
		t.Fatalf("%v", err)
	}
	kept, err := b.Draft(w.ctx(), draft.ID)
	if err != nil || !bytes.Equal(kept.Submission.Application, draft.Submission.Application) || !bytes.Equal(kept.Submission.Key, draft.Submission.Key) {
		t.Fatalf("the draft is not kept: %v", err)
	}
}

func TestARefusalIsFinal(t *testing.T) {
	w := newWorld(t)
	w.on("POST "+w.apply(), func(rw http.ResponseWriter, _ *http.Request) { refuse(rw, http.StatusConflict, "application.exists") })
	_, _, err := w.bidder().Apply(w.ctx(), w.lot, w.quote)
	if p, ok := client.Refused(err); !ok || p.Code != "application.exists" || errors.Is(err, client.ErrUnknown) {
		t.Fatalf("%v", err)
	}
	if n := len(w.sent("POST", w.apply())); n != 1 {
		t.Fatalf("said %d times", n)
	}
}

// What is kept and what is sent names nobody who could read along: the copy is encrypted, and made before sending.
func TestTheDraftIsKeptEncryptedBeforeItIsSent(t *testing.T) {
	w := newWorld(t)
	kept := -1
	w.on("POST "+w.apply(), func(rw http.ResponseWriter, _ *http.Request) {
		names, _ := w.copies.Names()
		kept = len(names)
		refuse(rw, http.StatusConflict, "no")
	})
	draft, _, _ := w.bidder().Apply(w.ctx(), w.lot, w.quote)
	if kept != 1 {
		t.Fatalf("%d copies when it was sent", kept)
	}
	file := filepath.Join(string(w.copies), draft.ID+".draft")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range [][]byte{[]byte(w.Requirement.Lot.Project), []byte(w.Bidders[0].Party.USCC), draft.Submission.Key, draft.Submission.Reveal[:40]} {
		if bytes.Contains(raw, secret) {
			t.Errorf("the copy shows %q", secret)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// Nothing is made, and nothing sent, for a lot or a quote that does not hold.
func TestLotsAndQuotesThatDoNotHold(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*world)
		is    error
	}{
		"not published":                {func(w *world) { w.lot.Requirement = nil }, nil},
		"another digest in the notice": {func(w *world) { w.lot.RequirementDigest[0] ^= 1 }, nil},
		"another amount":               {func(w *world) { r := *w.lot.Requirement; r.Amount++; w.lot.Requirement = &r }, nil},
		"a custodian's key exchanged":  {func(w *world) { w.lot.Custodians = w.exchanged() }, client.ErrCustodians},
		"custodians of another lot":    {func(w *world) { k := w.Keys; k.Lot = "x"; w.lot.Custodians = &k }, client.ErrCustodians},
		"custodians named by a stranger": {func(w *world) {
			w.lot.Custodians = w.exchanged() // and the requirement says so: the keys' own signatures do not hold
			r := *w.lot.Requirement
			r.Custodians = w.lot.Custodians.Digest()
			w.lot.Requirement, w.lot.RequirementDigest = &r, r.Digest()
		}, client.ErrCustodians},
		"the deadline": {func(w *world) { w.clock.Set(w.Requirement.End.Deadline) }, nil},
		"a form that the lot does not take": {func(w *world) {
			r := *w.lot.Requirement
			r.Forms = []letter.Form{letter.FormInsurance}
			w.lot.Requirement, w.lot.RequirementDigest = &r, r.Digest()
		}, nil},
		"a form that is not the wording's": {func(w *world) { w.quote.Form = letter.FormInsurance }, nil},
		"an unknown wording":               {func(w *world) { w.quote.Wording.Version = 99 }, nil},
		"a ceiling off the ladder":         {func(w *world) { w.quote.Ceiling++ }, nil},
		"the next ceiling":                 {func(w *world) { w.quote.Ceiling = letter.LadderCeiling(w.quote.Ceiling + 1) }, nil},
		"an expiry off the ladder":         {func(w *world) { w.quote.LatestExpiry = w.quote.LatestExpiry.AddDays(1) }, nil},
		"no fee":                           {func(w *world) { w.quote.Fee = 0 }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.spoil(w)
			_, _, err := w.bidder().Apply(w.ctx(), w.lot, w.quote)
			if err == nil || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("%v", err)
			}
			names, _ := w.copies.Names()
			if len(names) != 0 || len(w.sent("POST", w.apply())) != 0 {
				t.Error("something was made or sent")
			}
		})
	}
}

// exchanged is the lot's key set with one key of somebody else's, signed by nobody.
func (w *world) exchanged() *letter.KeySet {
	k := w.Keys
	key, err := signing.GenerateKey()
	if err != nil {
		w.t.Fatal(err)
	}
	k.Keys[1].Public = key.Public()
	return &k
}

func TestAClearWayIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, base := range []string{"http://baohan.example.cn", "http://10.0.0.1", "ftp://127.0.0.1", "baohan.example.cn", "", "https://u:p@baohan.example.cn", "https://x.cn?q=1"} {
		p := w.platform
		p.Base = base
		if _, err := client.NewBidder(p, identity(w.Bidders[0]), w.copies); err == nil {
			t.Errorf("%q was accepted", base)
		}
	}
}

func TestIdentitiesThatDoNotHold(t *testing.T) {
	w := newWorld(t)
	for name, spoil := range map[string]func(*client.Identity){
		"somebody else's certificate": func(i *client.Identity) { i.Chain = w.Bank.Sign.Chain },
		"somebody else's key":         func(i *client.Identity) { i.Sign = w.Bank.Sign.Key },
		"somebody else's name":        func(i *client.Identity) { i.Party.USCC = sample.USCC(99) },
		"no certificate":              func(i *client.Identity) { i.Chain = nil },
		"no encryption key":           func(i *client.Identity) { i.Open = nil },
		"another encryption key":      func(i *client.Identity) { i.Open = w.Bank.Encrypt.Key },
	} {
		me := identity(w.Bidders[0])
		spoil(&me)
		if _, err := client.NewBidder(w.platform, me, w.copies); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSignInProvesTheKey(t *testing.T) {
	w := newWorld(t)
	challenge := "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	w.on("POST /session/challenge", func(rw http.ResponseWriter, _ *http.Request) { answer(rw, wire.Challenge{Challenge: challenge}) })
	w.on("POST /session", func(rw http.ResponseWriter, r *http.Request) {
		var in wire.SignIn
		body := w.sent("POST", "/session")[0].body
		if err := wire.Read([]byte(body), &in); err != nil {
			t.Error(err)
		}
		leaf, err := signing.ParseCertificate(in.Chain[0])
		if err != nil || signing.Verify(leaf.PublicKey(), wire.SignInText(r.Host, challenge, in.Role), in.Signature) != nil {
			refuse(rw, http.StatusUnauthorized, "session.signature")
			return
		}
		answer(rw, wire.Session{Token: "secret-token", Actor: wire.Actor{USCC: leaf.Subject().OrganizationID, Role: in.Role}})
	})
	authorized := ""
	w.on("POST /me/certificates", func(rw http.ResponseWriter, r *http.Request) {
		authorized = r.Header.Get("Authorization")
		answer(rw, struct{}{})
	})
	actor, err := w.bidder().SignIn(w.ctx())
	if err != nil || actor.USCC != w.Bidders[0].Party.USCC || actor.Role != "bidder" || authorized != "Bearer secret-token" {
		t.Fatalf("%+v, %v, %q", actor, err, authorized)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	w := newWorld(t)
	w.on("GET /lots/x", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/api/v1/lots/y", http.StatusFound)
	})
	if _, err := w.bidder().Lot(w.ctx(), "x"); err == nil || len(w.sent("GET", "/lots/y")) != 0 {
		t.Fatalf("%v", err)
	}
}
