package web

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"baohan/banks"
	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/internal/testdb"
	"baohan/internal/testlog"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/devca"
	"baohan/signing/httpsig"
	"baohan/tender"
	"baohan/tender/custody"
)

// start is where every world's clock stands at first.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, calendar.Shanghai)

// world is a whole platform behind a test server: real desks on a database of its own.
type world struct {
	t        *testing.T
	pool     *pgxpool.Pool
	clock    *testdb.Clock
	ca       *devca.CA
	trust    *signing.Trust
	desks    Config
	server   *httptest.Server
	log      *lockedBuffer
	filesDir string // the directory of the store
}

// person is one organisation with its signing and its encryption certificate.
type person struct {
	name, uscc string
	sign       devca.Identity
	encrypt    devca.Identity
}

// fewRounds makes keys cheap to open; TestKeyInABrowser opens one of production's cost.
var fewRounds = signing.WithIterations(1000)

// marketOf is what the tender room sees of the institutions.
type marketOf struct{ *banks.Desk }

func (m marketOf) Product(ctx context.Context, guarantor string, wording letter.WordingRef, mode letter.Mode) (guarantee.Guarantor, error) {
	return m.Terms(ctx, guarantor, wording, mode)
}

func (m marketOf) Licensed(ctx context.Context, guarantor string, form letter.Form, at time.Time) (bool, error) {
	i, err := m.Institution(ctx, guarantor)
	return err == nil && i.USCC == guarantor, err
}

// quietOutbox drops the facts: what follows them is another room's business.
type quietOutbox struct{}

func (quietOutbox) PublishTx(context.Context, pgx.Tx, []guarantee.Event) error { return nil }

// newWorld is without custodians: nothing can be published or opened in it. Making theirs takes two seconds.
func newWorld(t *testing.T) *world { return newWorldWith(t, (*world).noCustodians) }

func (*world) noCustodians(person) (none [3]custody.Custodian) { return none }

func newWorldWith(t *testing.T, custodians func(*world, person) [3]custody.Custodian) *world {
	t.Helper()
	w := &world{t: t, pool: testdb.New(t), log: &lockedBuffer{}}
	w.clock = testdb.NewClock(t, w.pool, start)
	w.ca = must(devca.New("测试电子认证", start.AddDate(-1, 0, 0), 10))
	w.trust = must(w.ca.Trust())
	platform, centre := w.person("平台运营公司", 1), w.person("测试公共资源交易中心", 2)
	master, once := bytes.Repeat([]byte{7}, 32), party.NewOnce(bytes.Repeat([]byte{8}, 32))
	days := must(calendar.New(calendar.PublishedDays()))
	parties := party.NewDesk(w.pool, w.clock, w.trust)
	w.filesDir = t.TempDir()
	files := must(blobs.Open(t.Context(), w.filesDir, must(blobs.NewKeys(blobs.NewKey()))))
	guarantees := guarantee.NewDesk(guarantee.Config{Pool: w.pool, Clock: w.clock, Outbox: quietOutbox{}, Once: once,
		Tags: guarantee.NewTags(master, "letter"), Calendar: days, Platform: platform.sign.Key, PlatformChain: platform.sign.Chain, Trust: w.trust,
		Log: testlog.New(t, w.pool, w.clock), Files: files, TwoPeople: banks.TwoPeople})
	market := must(banks.NewDesk(banks.Config{Pool: w.pool, Clock: w.clock, Party: parties, Platform: platform.sign.Key,
		Certificate: platform.sign.Certificate(), Once: once, Hosts: []string{"bank.test:443"}}))
	tenders := tender.NewDesk(tender.Config{Pool: w.pool, Clock: w.clock, Once: once, Guarantees: guarantees,
		Tags: guarantee.NewTags(master, "bid"), Calendar: days, Platform: platform.sign.Key, PlatformChain: platform.sign.Chain,
		Centre: centre.sign.Key, CentreChain: centre.sign.Chain, Supervisor: uscc(3), Trust: w.trust, Market: marketOf{market}, Custodians: custodians(w, centre), Files: files,
		Forms: tender.NewFormKey(master), Outage: time.Hour})
	w.desks = Config{Party: parties, Tender: tenders, Guarantee: guarantees, Banks: market, Clock: w.clock,
		Platform: platform.sign.Key, PlatformChain: platform.sign.Chain, CommandKey: bytes.Repeat([]byte{9}, 32),
		Hosts: []string{"*"}, PlainHTTP: true, SignInRate: 1e6, Registry: prometheus.NewRegistry(), MetricsToken: "counting",
		Healthz: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }),
		Log:     slog.New(slog.NewTextHandler(w.log, nil))}
	w.server = httptest.NewServer(must(New(w.desks)))
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) custodians(centre person) [3]custody.Custodian {
	var holders [3]custody.DevHolder
	for i, p := range []person{centre, w.person("测试行政监督局", 3), w.person("测试公证处", 4)} {
		holders[i] = custody.DevHolder{Party: letter.Party{Name: p.name, USCC: p.uscc}, Signer: p.sign.Key, Chain: p.sign.Chain}
	}
	agent := must(custody.NewDevAgent(w.t.TempDir(), []byte("test passphrase"), holders, w.clock, w.trust, centre.uscc, fewRounds))
	return agent.Custodians()
}

// person makes an organisation's two certificates. Seed tells the codes apart.
func (w *world) person(name string, seed int) person {
	w.t.Helper()
	p := person{name: name, uscc: uscc(seed)}
	subject := signing.Name{CommonName: name, Organization: name, OrganizationID: p.uscc}
	from, to := start.AddDate(0, -1, 0), start.AddDate(5, 0, 0)
	p.sign = must(w.ca.Issue(subject, signing.UseSign, from, to))
	p.encrypt = must(w.ca.Issue(subject, signing.UseEncrypt, from, to))
	return p
}

// admit registers p in roles, with both certificates.
func (w *world) admit(p person, roles ...party.Role) person {
	w.t.Helper()
	err := w.desks.Party.Admit(w.t.Context(), party.System(), party.Organisation{USCC: p.uscc, Name: p.name, Roles: roles},
		p.sign.Certificate(), p.encrypt.Certificate())
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// uscc makes a code with the check character of GB 32100-2015.
func uscc(seed int) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	body := []byte("91110000MA0000000")
	for i := len(body) - 1; seed > 0; i, seed = i-1, seed/10 {
		body[i] = byte('0' + seed%10)
	}
	sum, weight := 0, 1
	for _, c := range body {
		sum, weight = sum+strings.IndexByte(alphabet, c)*weight, weight*3%31
	}
	return string(body) + string(alphabet[(31-sum%31)%31])
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// lockedBuffer takes the log of many requests.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// said is one answer, read whole.
type said struct {
	status int
	header http.Header
	body   []byte
	answer *http.Response
}

func (s said) problem(t *testing.T) wire.Problem {
	t.Helper()
	var p wire.Problem
	if err := json.Unmarshal(s.body, &p); err != nil {
		t.Fatalf("%d %s is no problem: %v", s.status, s.body, err)
	}
	return p
}

func (s said) into(t *testing.T, v any) {
	t.Helper()
	if s.status >= 300 {
		t.Fatalf("status %d: %s", s.status, s.body)
	}
	if err := json.Unmarshal(s.body, v); err != nil {
		t.Fatalf("%s: %v", s.body, err)
	}
}

// request makes a request with a body of JSON and a fresh Idempotency-Key.
func (w *world) request(method, path string, body any) *http.Request {
	w.t.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	default:
		raw = must(json.Marshal(b))
	}
	r := must(http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, bytes.NewReader(raw)))
	if len(raw) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", signing.Sum(signing.Random(8)).String())
	}
	return r
}

func (w *world) send(r *http.Request) said {
	w.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return said{resp.StatusCode, resp.Header, must(io.ReadAll(resp.Body)), resp}
}

// as sends with a session's token.
func (w *world) as(token, method, path string, body any) said {
	w.t.Helper()
	r := w.request(method, path, body)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return w.send(r)
}

// signIn begins a session of p in a role.
func (w *world) signIn(p person, role party.Role) string {
	w.t.Helper()
	var s wire.Session
	w.send(w.signInRequest(p, role)).into(w.t, &s)
	return s.Token
}

func (w *world) signInRequest(p person, role party.Role) *http.Request {
	w.t.Helper()
	var c wire.Challenge
	w.as("", "POST", "/api/v1/session/challenge", nil).into(w.t, &c)
	sig := must(p.sign.Key.Sign(w.t.Context(), wire.SignInText(w.host(), c.Challenge, string(role))))
	return w.request("POST", "/api/v1/session", wire.SignIn{Challenge: c.Challenge, Chain: chainOf(p.sign), Signature: sig, Role: string(role)})
}

func (w *world) host() string { return strings.TrimPrefix(w.server.URL, "http://") }

func chainOf(i devca.Identity) (der [][]byte) {
	for _, c := range i.Chain {
		der = append(der, c.Raw())
	}
	return der
}

// signed makes a request that p's machine signed now.
func (w *world) signed(p person, method, path string, body any) *http.Request {
	w.t.Helper()
	r := w.request(method, path, body)
	w.sign(r, p, time.Now())
	return r
}

func (w *world) sign(r *http.Request, p person, at time.Time) {
	w.t.Helper()
	if err := httpsig.Sign(r, bodyOf(w.t, r), p.sign.KeyID(), p.sign.Key, at); err != nil {
		w.t.Fatal(err)
	}
}

func bodyOf(t *testing.T, r *http.Request) []byte {
	t.Helper()
	if r.GetBody == nil {
		return nil
	}
	return must(io.ReadAll(must(r.GetBody())))
}
