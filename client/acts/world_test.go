package acts

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
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

// world is a platform that answers what a test tells it to, and a browser in front of it: a person's desk whose session is
// a cookie.
type world struct {
	*sample.House
	t     *testing.T
	desk  Desk
	lot   wire.Lot
	quote wire.Quote

	mu     sync.Mutex
	asked  []*http.Request
	bodies []string
	handle map[string]http.HandlerFunc // "METHOD path" under /api/v1
}

// browsing sends the cookies that it was given.
type browsing struct{ jar *cookiejar.Jar }

func (b browsing) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, c := range b.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		b.jar.SetCookies(r.URL, res.Cookies())
	}
	return res, err
}

func newWorld(t *testing.T) *world {
	t.Helper()
	h := sample.New(time.Date(2026, 11, 23, 9, 0, 0, 0, calendar.Shanghai))
	w := &world{House: h, t: t, handle: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	m := h.Bidders[0]
	w.desk = Desk{Me: client.Identity{Party: m.Party, Sign: m.Sign.Key, Chain: m.Sign.Chain, Open: m.Encrypt.Key, OpenChain: m.Encrypt.Chain},
		Platform: client.Platform{Base: server.URL, Trust: h.Trust, USCC: h.Platform.Party.USCC, Clock: clock.NewManual(h.At), Pause: time.Millisecond,
			Cookie: true, Transport: browsing{jar}},
		Copies: client.Folder(t.TempDir())}
	w.lot = wire.Lot{ID: sample.ID(1), Lot: h.Requirement.Lot, Requirement: &h.Requirement, RequirementDigest: h.Requirement.Digest(), Custodians: &h.Keys,
		Deadline: h.Requirement.End.Deadline}
	ceiling := letter.LadderCeiling(h.Requirement.Amount)
	w.quote = wire.Quote{Guarantor: h.Bank.Party, Product: "独立保函", Wording: sample.Independent, Form: letter.FormIndependent, Mode: letter.ModeBlind,
		Ceiling: ceiling, LatestExpiry: letter.LadderExpiry(h.Requirement.End.Expiry()), Fee: ceiling / 200}
	w.says("GET /me", wire.Actor{USCC: m.Party.USCC, Name: m.Party.Name, Role: "bidder"})
	w.says("GET /lots/"+w.lot.ID, w.lot)
	w.says("GET /lots/"+w.lot.ID+"/quotes", wire.QuoteList{Items: []wire.Quote{w.quote}})
	return w
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	route := r.Method + " " + r.URL.Path[len("/api/v1"):]
	w.mu.Lock()
	w.asked, w.bodies = append(w.asked, r), append(w.bodies, string(body))
	handle := w.handle[route]
	w.mu.Unlock()
	if handle == nil {
		refuse(rw, http.StatusNotFound, wire.Problem{Code: "not_found", Detail: "没有找到"})
		return
	}
	handle(rw, r)
}

func (w *world) on(route string, handle http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handle[route] = handle
}

func (w *world) says(route string, v any) {
	w.on(route, func(rw http.ResponseWriter, _ *http.Request) { answer(rw, v) })
}

// sent are the bodies that one route got.
func (w *world) sent(route string) (some []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, r := range w.asked {
		if r.Method+" "+r.URL.Path[len("/api/v1"):] == route {
			some = append(some, w.bodies[i])
		}
	}
	return some
}

func answer(rw http.ResponseWriter, v any) {
	b, err := wire.Write(v)
	if err != nil {
		panic(err)
	}
	_, _ = rw.Write(b)
}

func refuse(rw http.ResponseWriter, status int, p wire.Problem) {
	rw.Header().Set("Content-Type", wire.ProblemType)
	rw.WriteHeader(status)
	p.Status = status
	answer(rw, p)
}

// broken is a platform that says nothing of what it has done.
func broken(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) }

func (w *world) do(name string, pairs ...string) (Result, error) {
	return w.with(nil, name, pairs...)
}

func (w *world) with(files map[string][]File, name string, pairs ...string) (Result, error) {
	in := Input{Fields: map[string][]string{}, Files: files}
	for i := 0; i < len(pairs); i += 2 {
		in.Fields[pairs[i]] = append(in.Fields[pairs[i]], pairs[i+1])
	}
	return w.desk.Do(w.t.Context(), name, in)
}

// memory is a file that the person chose.
func memory(name string, b []byte) File {
	return File{Name: name, Size: int64(len(b)), Open: func() (Opened, error) { return held{bytes.NewReader(b)}, nil }}
}

type held struct{ *bytes.Reader }

func (held) Close() error { return nil }

// wants holds an error against the field and a part of the words that a person reads.
func wants(t *testing.T, err error, field, words string) {
	t.Helper()
	said := Words(err)
	if err == nil || said.Field != field || !bytes.Contains([]byte(said.Says), []byte(words)) {
		t.Errorf("says %+v (%v), want %q at %q", said, err, words, field)
	}
}

// receiptFor is the platform's receipt for a bid.
func (w *world) receiptFor(paper []byte) wire.Bid {
	signed, err := signing.ParseSignedData(paper)
	b, parseErr := letter.ParseBid(signed.Content)
	content, writeErr := wire.Write(wire.BidReceipt{Version: 1, Bid: b.ID, Digest: wire.BidDigest(paper), AcceptedAt: w.At})
	if err := errors.Join(err, parseErr, writeErr); err != nil {
		w.t.Error(err)
	}
	return wire.Bid{ID: b.ID, State: "received", AcceptedAt: w.At, Receipt: w.Signed(w.Platform, content, w.At)}
}

func factOf(r Result, label string) string {
	if i := slices.IndexFunc(r.Facts, func(f Fact) bool { return f.Label == label }); i >= 0 {
		return r.Facts[i].Value
	}
	return ""
}
