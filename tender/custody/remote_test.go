package custody

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/signing/devca"
	"baohan/signing/httpsig"
)

var silent = slog.New(slog.DiscardHandler)

// openDoor serves the officer of an agent in a directory with a short name.
func (w *world) openDoor(a *Agent) {
	w.t.Helper()
	dir := must(os.MkdirTemp("", "c"))
	w.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, e := range must(os.ReadDir(a.Dir)) {
		if strings.HasSuffix(e.Name(), ".json") {
			wants(w.t, os.WriteFile(dir+"/"+e.Name(), must(os.ReadFile(a.Dir+"/"+e.Name())), 0o600), nil)
		}
	}
	a.Dir = dir
	l := must(ListenOfficer(w.ctx, dir))
	s := &http.Server{Handler: a.Officer(), ReadHeaderTimeout: time.Second}
	go func() { _ = s.Serve(l) }()
	w.t.Cleanup(func() { _ = s.Close() })
}

// remote is one custodian behind its door, and the platform's way to it.
type remote struct {
	*Client
	agent    *Agent
	server   *httptest.Server
	platform devca.Identity
	last     []byte      // the last request's body
	header   http.Header // and header
	path     string
	cut      bool                           // lose the next answer
	spoil    func(path string, b *recorder) // change an answer
}

type recorder struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(s int)           { r.status = s }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func (w *world) remote() *remote {
	w.t.Helper()
	r := &remote{agent: w.agent.agents[0], platform: w.identity("保函平台", 30)}
	r.serve(w)
	r.Client = must(NewClient(Remote{Base: r.server.URL, Certificate: r.agent.Chain[0], Platform: r.platform.Key, Chain: r.platform.Chain}))
	return r
}

func (r *remote) serve(w *world) {
	door := must(NewServer(r.agent, r.platform.Chain[:1], silent))
	r.server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, req *http.Request) {
		r.last, r.header, r.path = must(io.ReadAll(req.Body)), req.Header.Clone(), req.URL.Path
		req.Body = io.NopCloser(bytes.NewReader(r.last))
		rec := &recorder{status: 200, header: http.Header{}}
		door.ServeHTTP(rec, req)
		if r.cut {
			r.cut = false
			panic(http.ErrAbortHandler)
		}
		if r.spoil != nil {
			r.spoil(req.URL.Path, rec)
		}
		for k, v := range rec.header {
			out.Header()[k] = v
		}
		out.WriteHeader(rec.status)
		_, _ = out.Write(rec.body.Bytes())
	}))
	w.t.Cleanup(r.server.Close)
}

// The whole protocol over the wire: key, rehearsal, both rounds; refusals keep their name.
func TestOverTheWire(t *testing.T) {
	w := newWorld(t)
	r := w.remote()
	k := must(r.Key(w.ctx, project, lot, deadline))
	if !k.Public.Equal(w.keys.Keys[0].Public) {
		t.Fatal("another key")
	}
	message := Rehearsal()
	if got := must(r.Rehearse(w.ctx, project, lot, must(signing.Wrap(k.Public, message)))); !bytes.Equal(got, message) {
		t.Fatal("rehearsal")
	}
	id, full := newID(), newID()
	bids := map[string]signing.Sealed{id: w.seal(letter.StageBids, id)}
	a := w.sign(w.centre, w.closing(letter.StageBids, nil, bids))
	w.clock.Set(deadline.Add(-time.Microsecond))
	_, err := r.Shares(w.ctx, a, nil, asked(bids))
	wants(t, err, ErrTooEarly)
	w.clock.Set(deadline)
	share := must(r.Shares(w.ctx, a, nil, asked(bids)))[id]
	second := must(w.agent.Custodians()[1].Shares(w.ctx, a, nil, asked(bids)))[id]
	if _, err := bids[id].Open(RecordAAD(letter.StageBids, id), share, second); err != nil {
		t.Fatal(err)
	}
	letters := map[string]signing.Sealed{full: w.seal(letter.StageLetters, full)}
	b := w.sign(w.centre, w.closing(letter.StageLetters, a, letters))
	if got := must(r.Shares(w.ctx, b, a, asked(letters))); len(got) != 1 {
		t.Fatal("letters")
	}
	_, err = r.Shares(w.ctx, b, nil, asked(letters))
	wants(t, err, ErrPrevious)
	_, err = r.Key(w.ctx, project, lot, deadline.Add(-time.Hour))
	wants(t, err, ErrDeadline)
	_, err = r.Rehearse(w.ctx, project, lot, bids[id].Shares[0])
	wants(t, err, ErrRehearsal)
	r.agent.Supervisor = code(11)
	wants(t, r.Postpone(w.ctx, Order{}), ErrOrder)
}

// A request is heard once: not again, not after a restart, not with another body, not from another.
func TestReplay(t *testing.T) {
	w := newWorld(t)
	r := w.remote()
	must(r.Key(w.ctx, project, lot, deadline))
	body, header, url := r.last, r.header, r.server.URL+r.path
	again := func(body []byte) int {
		req := must(http.NewRequestWithContext(w.ctx, http.MethodPost, url, bytes.NewReader(body)))
		req.Header = header.Clone()
		req.Host = strings.TrimPrefix(r.Base, "http://")
		res := must(http.DefaultClient.Do(req))
		defer func() { _ = res.Body.Close() }()
		if b := must(io.ReadAll(res.Body)); len(b) != 0 {
			t.Errorf("a refusal says %s", b)
		}
		return res.StatusCode
	}
	if got := again(body); got != http.StatusUnauthorized {
		t.Errorf("replayed: %d", got)
	}
	r.serve(w) // the agent starts anew over the same directory
	url = r.server.URL + r.path
	if got := again(body); got != http.StatusUnauthorized {
		t.Errorf("replayed after a restart: %d", got)
	}
	if got := again(append(body[:len(body):len(body)], ' ')); got != http.StatusUnauthorized {
		t.Errorf("changed: %d", got)
	}
	stranger := w.identity("他人", 61)
	c := must(NewClient(Remote{Base: r.server.URL, Certificate: r.agent.Chain[0], Platform: stranger.Key, Chain: stranger.Chain}))
	if _, err := c.Key(w.ctx, project, lot, deadline); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("a stranger: %v", err)
	}
}

// The control of TestReplay: a nonce is forgotten when it cannot come again, and the file does not grow for ever.
func TestNoncesAreForgotten(t *testing.T) {
	dir, now := t.TempDir(), published
	n := must(openNonces(dir, now))
	wants(t, n.use("a", now.Add(time.Minute), now), nil)
	wants(t, n.use("a", now.Add(time.Minute), now), errReplayed)
	n = must(openNonces(dir, now))
	wants(t, n.use("a", now.Add(time.Minute), now), errReplayed)
	n = must(openNonces(dir, now.Add(2*time.Minute)))
	if len(n.seen) != 0 || len(must(os.ReadFile(dir+"/nonces"))) != 0 {
		t.Error("remembered for ever")
	}
}

// The agent dies between making a key and answering: the same key comes when it is asked again.
func TestLostAnswer(t *testing.T) {
	w := newWorld(t)
	r := w.remote()
	r.cut = true
	_, err := r.Key(w.ctx, project, "CSRC2026-01-09", deadline)
	wants(t, err, ErrNoAnswer)
	made := must(r.agent.load(project, "CSRC2026-01-09"))
	w.start()
	r.agent = w.agent.agents[0]
	r.serve(w)
	c := must(NewClient(Remote{Base: r.server.URL, Certificate: r.agent.Chain[0], Platform: r.platform.Key, Chain: r.platform.Chain}))
	if k := must(c.Key(w.ctx, project, "CSRC2026-01-09", deadline)); made == nil || !k.Public.Equal(made.Key.Public) {
		t.Error("another key")
	}
}

// What is not the custodian's own answer to this very question is no answer.
func TestAnswersThatAreNotBelieved(t *testing.T) {
	w := newWorld(t)
	other := w.agent.agents[1]
	for name, spoil := range map[string]func(string, *recorder){
		"a changed body":   func(_ string, r *recorder) { r.body.Bytes()[10] ^= 1 },
		"a changed status": func(_ string, r *recorder) { r.status = 409 },
		"no signature":     func(_ string, r *recorder) { r.header.Del("Signature") },
		"a redirect": func(_ string, r *recorder) {
			r.status = http.StatusTemporaryRedirect
			r.header.Set("Location", "http://127.0.0.1:1/")
		},
	} {
		r := w.remote()
		r.spoil = spoil
		if _, err := r.Key(w.ctx, project, lot, deadline); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The other custodian behind the first one's address, and its key in the first one's signed answer.
	r := w.remote()
	r.agent = other
	r.serve(w)
	c := must(NewClient(Remote{Base: r.server.URL, Certificate: w.agent.agents[0].Chain[0], Platform: r.platform.Key, Chain: r.platform.Chain}))
	if _, err := c.Key(w.ctx, project, lot, deadline); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("another custodian: %v", err)
	}
	for name, k := range map[string]letter.CustodianKey{"exchanged": w.keys.Keys[1], "of another lot": must(w.agent.agents[0].Key(w.ctx, project, "x", deadline))} {
		if err := belongs(k, w.agent.agents[0].Chain[0], project, lot); !errors.Is(err, ErrForeignKey) {
			t.Errorf("a key %s: %v", name, err)
		}
	}
	wants(t, belongs(w.keys.Keys[0], w.agent.agents[0].Chain[0], project, lot), nil)
}

// Addresses over which shares would travel in clear, or that are more than an address.
func TestAddresses(t *testing.T) {
	for _, base := range []string{"http://192.0.2.1:8443", "ftp://127.0.0.1", "https://u@host", "https://host/path", "https://host?x", "host:1", ""} {
		if _, err := NewClient(Remote{Base: base}); err == nil {
			t.Errorf("%q", base)
		}
	}
	c := must(NewClient(Remote{Base: "https://custodian.example"}))
	if c.address != "custodian.example:443" {
		t.Error(c.address)
	}
	if _, err := c.dial(t.Context(), "tcp", "127.0.0.1:443"); !errors.Is(err, errElsewhere) {
		t.Errorf("dialled elsewhere: %v", err)
	}
}

// Many records go in several requests and come back as one answer.
func TestBatches(t *testing.T) {
	records := map[string]Record{}
	for range 5 {
		records[newID()] = Record{Head: make([]byte, batchBytes/2)}
	}
	got := batches(records)
	n := 0
	for _, b := range got {
		n += len(b)
	}
	if len(got) != 3 || n != 5 || len(batches(nil)) != 1 {
		t.Errorf("%d batches of %d records", len(got), n)
	}
}

// unread fails the test when somebody reads it.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body of a stranger's request was read")
	return 0, io.EOF
}

// A request that the platform's key did not sign is refused by its head: whoever reaches the door cannot fill memory.
func TestAStrangersBodyIsNotRead(t *testing.T) {
	w := newWorld(t)
	door := must(NewServer(w.agent.agents[0], w.identity("保函平台", 30).Chain[:1], silent))
	stranger := w.identity("路人", 31)
	for name, sign := range map[string]bool{"unsigned": false, "signed by a stranger": true} {
		req := httptest.NewRequest(http.MethodPost, "http://custodian.example/key", unread{t})
		if sign {
			wants(t, httpsig.Sign(req, []byte("{}"), stranger.KeyID(), stranger.Key, time.Now()), nil)
		}
		out := httptest.NewRecorder()
		door.ServeHTTP(out, req)
		if out.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, out.Code)
		}
	}
}
