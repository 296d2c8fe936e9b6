package sandbox

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/signing/httpsig"
)

func identity(m sample.Member) client.Identity {
	return client.Identity{Party: m.Party, Sign: m.Sign.Key, Chain: m.Sign.Chain, Open: m.Encrypt.Key, OpenChain: m.Encrypt.Chain}
}

// said is one thing the bank told the platform.
type said struct{ path, key, body string }

// world is a platform that takes in whatever the bank says, signed both ways, and a bank that listens to it.
type world struct {
	*sample.House
	t     *testing.T
	srv   *httptest.Server
	clock *clock.Manual
	path  string // of the journal
	bank  *Bank
	mux   http.Handler
	draft sample.Draft
	seq   int64
	sent  []wire.ToIssuer

	mu      sync.Mutex
	said    []said
	answers map[string][]byte // by key: what was answered first
	numbers map[string]wire.Prepare
	book    []wire.BookEntry
	cut     int               // so many answers are lost
	refuse  map[string]string // last path element → code
	claim   wire.Demand       // how a demand stands there
}

func newWorld(t *testing.T) *world {
	t.Helper()
	h := sample.New(time.Date(2026, 11, 23, 9, 0, 0, 0, calendar.Shanghai))
	w := &world{House: h, t: t, clock: clock.NewManual(h.At), path: filepath.Join(t.TempDir(), "journal"), refuse: map[string]string{}}
	w.forget()
	w.draft = h.Blind()
	w.srv = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.srv.Close)
	w.open(Behaviour{Decision: "instant", Fault: "none"})
	return w
}

// forget makes the platform as new.
func (w *world) forget() {
	w.said, w.answers, w.numbers = nil, map[string][]byte{}, map[string]wire.Prepare{}
	w.claim = wire.Demand{State: "held"}
}

func (w *world) open(b Behaviour) {
	w.t.Helper()
	stranger := identity(w.OtherBank)
	bank, err := Open(Config{Me: identity(w.Bank), Form: letter.FormIndependent, Certificates: w.Platform.Sign.Chain[:1], Journal: w.path,
		Platform: client.Platform{Base: w.srv.URL, Trust: w.Trust, USCC: w.Platform.Party.USCC, Clock: w.clock, Pause: time.Millisecond},
		Place:    sample.Place, Prefix: "XJYH", MaxCeiling: 1_000_000_000, Rate: 5000, MinFee: 1, Stranger: &stranger, Behaviour: b, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.bank, w.mux = bank, bank.Handler()
	w.t.Cleanup(func() { _ = bank.Close() })
}

// reopen is a crash and a new start.
func (w *world) reopen() {
	w.t.Helper()
	if err := w.bank.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open(Behaviour{Decision: "instant", Fault: "none"})
}

// serve is the platform: it verifies, keeps what was said, and answers the same key the same.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	lookup := func(string) (signing.PublicKey, error) { return w.Bank.Sign.Key.Public(), nil }
	if _, err := httpsig.Verify(r, body, lookup, time.Now()); err != nil {
		w.t.Errorf("the bank's request does not verify: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	w.said = append(w.said, said{r.URL.Path, key, string(body)})
	answer, known := w.answers[key]
	if !known || r.Method == http.MethodGet {
		answer = w.answer(r.URL.Path, body)
		w.answers[key] = answer
	}
	if w.cut > 0 {
		w.cut--
		if conn, _, err := rw.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	}
	status := http.StatusOK
	if bytes.HasPrefix(answer, []byte(`{"code"`)) {
		status = http.StatusConflict
		rw.Header().Set("Content-Type", wire.ProblemType)
	}
	if err := httpsig.SignResponse(rw.Header(), status, answer, r, w.Platform.Sign.KeyID(), w.Platform.Sign.Key, time.Now()); err != nil {
		w.t.Error(err)
	}
	rw.WriteHeader(status)
	_, _ = rw.Write(answer)
}

func (w *world) answer(path string, body []byte) []byte {
	var v any = wire.Done{ID: sample.ID(1)}
	verb := path[strings.LastIndex(path, "/")+1:]
	switch code := w.refuse[verb]; {
	case code != "":
		v = wire.Problem{Status: 409, Code: code, Detail: "不可以"}
	case verb == "prepare":
		var p wire.Prepare
		_ = wire.Read(body, &p)
		w.numbers[path] = p
	case verb == "issue":
		v = wire.Issued{Receipt: w.receipt(w.numbers[strings.TrimSuffix(path, "issue")+"prepare"])}
	case strings.Contains(path, "/lots/"):
		v = wire.Lot{ID: verb, Lot: w.Requirement.Lot, Requirement: &w.Requirement, RequirementDigest: w.Requirement.Digest(), Custodians: &w.Keys}
	case verb == "letters":
		v = wire.Issued{Receipt: w.takenIn(body)}
	case verb == "extend":
		var x wire.Extend
		_ = wire.Read(body, &x)
		v = wire.Extended{Receipt: w.amended(x.Amendment)}
		w.claim = wire.Demand{State: "withdrawn", Extension: &wire.Extension{Expiry: w.Requirement.End.Expiry().AddDays(60)}}
	case strings.HasSuffix(path, "/demands/"+verb):
		v = w.claim
	case verb == "guarantees":
		v = wire.BookPage{Items: w.book}
	}
	b, err := wire.Write(v)
	if err != nil {
		w.t.Error(err)
	}
	return b
}

func (w *world) receipt(p wire.Prepare) []byte {
	app := w.draft.Application
	content, err := letter.Receipt{Version: 1, Application: app.Application, Guarantor: app.Guarantor.USCC, Number: p.Number, Mode: app.Mode,
		Commitment: app.Commitment, Digest: p.Digest, AcceptedAt: w.clock.Now()}.Canonical()
	if err != nil {
		w.t.Error(err)
	}
	return w.Signed(w.Platform, content, w.clock.Now())
}

// amended is the platform's receipt for an amendment.
func (w *world) amended(p7s []byte) []byte {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		w.t.Error(err)
	}
	m, err := letter.ParseAmendment(signed.Content)
	if err != nil {
		w.t.Error(err)
	}
	return w.Accepted(m, p7s, w.Platform, w.clock.Now()).Receipt
}

// verbs lists what the bank has told, by the last element of its paths.
func (w *world) verbs() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.said {
		all = append(all, s.path[strings.LastIndex(s.path, "/")+1:])
	}
	return all
}

// next makes the platform's next message about the draft's guarantee.
func (w *world) next(kind wire.Kind, body any) wire.ToIssuer {
	w.t.Helper()
	raw, err := wire.Write(body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.seq++
	m := wire.ToIssuer{Message: sample.ID(int(100 + w.seq)), Kind: kind, Guarantee: w.draft.Application.Application, Seq: w.seq, At: w.clock.Now(), Body: jsontext.Value(raw)}
	w.sent = append(w.sent, m)
	return m
}

// post delivers a message as the platform does and returns the status.
func (w *world) post(m wire.ToIssuer) int {
	w.t.Helper()
	body, err := wire.Write(m)
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "https://bank.example.cn"+wire.MessagesPath, bytes.NewReader(body))
	r.Header.Set("Idempotency-Key", m.Message)
	if err := httpsig.Sign(r, body, w.Platform.Sign.KeyID(), w.Platform.Sign.Key, time.Now()); err != nil {
		w.t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	return rec.Code
}

func (w *world) tell(kind wire.Kind, body any) {
	w.t.Helper()
	if status := w.post(w.next(kind, body)); status != http.StatusOK {
		w.t.Fatalf("%s: %d", kind, status)
	}
	w.work()
}

// work lets the bank do everything that it can do now.
func (w *world) work() {
	for range 50 {
		if !w.bank.round(context.Background()) {
			return
		}
	}
	w.t.Helper()
	w.t.Fatal("the bank does not come to rest")
}

func (w *world) offered() wire.OfferedBody {
	w.t.Helper()
	o := letter.Offer{Application: w.draft.Signed, AnswerBy: w.At.Add(time.Hour)}
	if w.draft.Application.Mode == letter.ModeFull {
		owner := w.Bidders[0].Encrypt.Key.Public()
		o.Reveal, o.Custodians, o.Owner = w.draft.RevealBytes, &w.Keys, &owner
	}
	envelope, err := letter.SealOffer(w.draft.Application.Application, o, w.Bank.Encrypt.Key.Public())
	if err != nil {
		w.t.Fatal(err)
	}
	return wire.OfferedBody{Envelope: envelope}
}

// ask is one request to the bank's own pages, from this machine.
func (w *world) ask(method, path string, in any) (int, []byte) {
	w.t.Helper()
	defer w.work()
	return w.asked(method, path, in)
}

// asked lets the bank answer, and no more.
func (w *world) asked(method, path string, in any) (int, []byte) {
	w.t.Helper()
	body, err := wire.Write(in)
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	return rec.Code, rec.Body.Bytes()
}

func (w *world) pay() {
	w.t.Helper()
	status, body := w.ask(http.MethodPost, "/cashier/"+w.draft.Application.Application+"/pay", Pay{Amount: w.draft.Application.Fee,
		Payer: letter.Account{Name: w.Bidders[0].Party.Name, Number: "4300100200300400500", Bank: "湘江示例银行长沙分行"}})
	if status != http.StatusOK {
		w.t.Fatalf("%d %s", status, body)
	}
}

// issued takes the draft to a letter in force.
func (w *world) issued() *file {
	w.t.Helper()
	w.tell(wire.Offered, w.offered())
	w.tell(wire.FeeAccepted, wire.FeeAcceptedBody{Fee: w.draft.Application.Fee, Due: w.At.Add(24 * time.Hour)})
	w.pay()
	f := w.file()
	if f.Receipt == nil {
		w.t.Fatalf("no letter: %+v, %v", f.Stuck, w.verbs())
	}
	return f
}

func (w *world) file() *file { return w.bank.book.files[w.draft.Application.Application] }

func (w *world) disclosed() *file {
	w.t.Helper()
	f := w.issued()
	w.tell(wire.Disclosed, wire.DisclosedBody{Reveal: w.draft.RevealBytes, Undertaking: letter.UndertakingDigest(f.Letter.Signed), OpenedAt: w.clock.Now()})
	return w.file()
}

func (w *world) lines() [][]byte {
	w.t.Helper()
	raw, err := os.ReadFile(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	return bytes.SplitAfter(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"))
}
