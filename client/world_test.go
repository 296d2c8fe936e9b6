package client_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/internal/sample"
	"baohan/signing"
)

var quiet = slog.New(slog.DiscardHandler)

func identity(m sample.Member) client.Identity {
	return client.Identity{Party: m.Party, Sign: m.Sign.Key, Chain: m.Sign.Chain, Open: m.Encrypt.Key, OpenChain: m.Encrypt.Chain}
}

// asked is one request as the service saw it.
type asked struct {
	method, path, key, body string
}

// world is a service that answers what a test tells it to, and everybody who asks it.
type world struct {
	*sample.House
	t        *testing.T
	srv      *httptest.Server
	clock    *clock.Manual
	platform client.Platform
	copies   client.Folder
	lot      wire.Lot
	quote    wire.Quote

	mu     sync.Mutex
	asked  []asked
	handle map[string]http.HandlerFunc // "METHOD path" under /api/v1
}

func newWorld(t *testing.T) *world {
	t.Helper()
	h := sample.New(time.Date(2026, 11, 23, 9, 0, 0, 0, calendar.Shanghai))
	w := &world{House: h, t: t, clock: clock.NewManual(h.At), copies: client.Folder(t.TempDir()), handle: map[string]http.HandlerFunc{}}
	w.srv = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.srv.Close)
	w.platform = client.Platform{Base: w.srv.URL, Trust: h.Trust, USCC: h.Platform.Party.USCC, Clock: w.clock, Pause: 5 * time.Millisecond}
	w.lot = wire.Lot{ID: sample.ID(1), Lot: h.Requirement.Lot, Requirement: &h.Requirement, RequirementDigest: h.Requirement.Digest(), Custodians: &h.Keys}
	ceiling := letter.LadderCeiling(h.Requirement.Amount)
	w.quote = wire.Quote{Guarantor: h.Bank.Party, Wording: sample.Independent, Form: letter.FormIndependent, Mode: letter.ModeBlind,
		Ceiling: ceiling, LatestExpiry: letter.LadderExpiry(h.Requirement.End.Expiry()), Fee: ceiling / 200}
	return w
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	path := r.URL.Path[len("/api/v1"):]
	w.mu.Lock()
	w.asked = append(w.asked, asked{r.Method, path, r.Header.Get("Idempotency-Key"), string(body)})
	handle := w.handle[r.Method+" "+path]
	w.mu.Unlock()
	if handle == nil {
		refuse(rw, http.StatusNotFound, "not_found")
		return
	}
	handle(rw, r)
}

func (w *world) on(route string, handle http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handle[route] = handle
}

// sent lists what was asked of one route.
func (w *world) sent(method, path string) (some []asked) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.asked {
		if a.method == method && a.path == path {
			some = append(some, a)
		}
	}
	return some
}

func (w *world) bidder() *client.Bidder {
	w.t.Helper()
	b, err := client.NewBidder(w.platform, identity(w.Bidders[0]), w.copies)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) institution() *client.Institution {
	w.t.Helper()
	i, err := client.NewInstitution(w.platform, identity(w.Bank), w.Platform.Sign.Chain[0])
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

// record is an application as the service shows it.
func (w *world) record(id string) wire.Application {
	return wire.Application{ID: id, Application: "submitted", LatestExpiry: w.quote.LatestExpiry}
}

func (w *world) apply() string        { return "/lots/" + w.lot.ID + "/applications" }
func (w *world) ctx() context.Context { return w.t.Context() }

func answer(rw http.ResponseWriter, v any) {
	body, err := wire.Write(v)
	if err != nil {
		panic(err)
	}
	_, _ = rw.Write(body)
}

func refuse(rw http.ResponseWriter, status int, code string) {
	rw.Header().Set("Content-Type", wire.ProblemType)
	rw.WriteHeader(status)
	answer(rw, wire.Problem{Status: status, Code: code, Detail: "不可以"})
}

// cut closes the connection without a word: the answer is lost.
func cut(rw http.ResponseWriter) {
	conn, _, err := rw.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// undertakingCopy is what the platform keeps for the owner of a letter.
func (w *world) undertakingCopy(d client.Draft, i sample.Issued) wire.Copy {
	w.t.Helper()
	c := wire.Copy{ID: d.ID, RecordVersion: 1, Receipt: i.ReceiptP7S}
	record, err := letter.Record{Reveal: d.Submission.Reveal, Key: d.Submission.Key}.Canonical()
	if err != nil {
		w.t.Fatal(err)
	}
	c.Record = w.sealed(record, letter.RecordAAD(d.ID, 1), letter.RecordSize)
	if i.Salt != nil {
		full, err := letter.FullLetter{Salt: i.Salt, Undertaking: i.Signed}.Canonical()
		if err != nil {
			w.t.Fatal(err)
		}
		sealed := w.sealed(full, letter.LetterAAD(d.ID), letter.LetterSize)
		c.Letter = &sealed
		return c
	}
	fresh, err := signing.ParsePrivateKey(d.Submission.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	padded, err := letter.Pad(i.Signed, letter.LetterSize)
	if err != nil {
		w.t.Fatal(err)
	}
	if c.Undertaking, err = signing.SealTo(padded, letter.PartAAD(d.ID, "undertaking"), fresh.Public()); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) sealed(plain, aad []byte, size int) signing.Sealed {
	w.t.Helper()
	s, err := signing.SealTwoOfThree(plain, aad, size, w.Keys.Public(), w.Bidders[0].Encrypt.Key.Public())
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// issue writes the letter for a draft as the bank would, and the platform's receipt.
func (w *world) issue(d client.Draft, spoil func(*letter.Application)) sample.Issued {
	w.t.Helper()
	signed, err := signing.ParseSignedData(d.Submission.Application)
	if err != nil {
		w.t.Fatal(err)
	}
	app, err := letter.ParseApplication(signed.Content)
	if err != nil {
		w.t.Fatal(err)
	}
	if spoil != nil {
		spoil(&app)
	}
	reveal, err := letter.ParseReveal(d.Submission.Reveal)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.Issue(sample.Draft{Bidder: w.Bidders[0], Guarantor: w.Bank, Reveal: reveal, RevealBytes: d.Submission.Reveal,
		Application: app, Signed: d.Submission.Application}, "CSBANK-00000001")
}
