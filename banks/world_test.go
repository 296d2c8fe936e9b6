package banks_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/banks"
	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/testdb"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/devca"
)

var started = time.Date(2026, 11, 23, 9, 0, 0, 0, calendar.Shanghai)

// org is an organisation with its two pairs of keys.
func org(t testing.TB, ca *devca.CA, name, code string) client.Identity {
	t.Helper()
	uscc, err := letter.CompleteUSCC(code)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(use signing.Usage) devca.Identity {
		id, err := ca.Issue(signing.Name{CommonName: name, Organization: name, OrganizationID: uscc}, use, started.AddDate(0, -1, 0), started.AddDate(3, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	sign, open := issue(signing.UseSign), issue(signing.UseEncrypt)
	return client.Identity{Party: letter.Party{Name: name, USCC: uscc}, Sign: sign.Key, Chain: sign.Chain, Open: open.Key, OpenChain: open.Chain}
}

// world is this room on a real database, with one bank that listens on a real socket.
type world struct {
	*banks.Desk
	t        *testing.T
	pool     *pgxpool.Pool
	clock    *testdb.Clock
	ca       *devca.CA
	trust    *signing.Trust
	party    *party.Desk
	platform client.Identity
	bank     client.Identity
	insurer  client.Identity
	logs     *bytes.Buffer
	papers   *papers

	server *httptest.Server
	mu     sync.Mutex
	heard  []wire.ToIssuer
	answer func(http.ResponseWriter, *http.Request, http.Handler) // how the bank answers; nil = well
}

// papers are the immutable papers of a guarantee, as the guarantee's own desk has them.
type papers struct {
	envelope []byte
	reveal   []byte
	releases [][]byte
}

func (p *papers) Offer(context.Context, string) (string, []byte, error) { return "", p.envelope, nil }
func (p *papers) Disclosure(context.Context, string) (*guarantee.Disclosure, error) {
	return &guarantee.Disclosure{Reveal: p.reveal, Undertaking: []byte("p7s"), DisclosedAt: started}, nil
}
func (p *papers) ReleasePapers(context.Context, string) ([][]byte, error) { return p.releases, nil }
func (p *papers) DemandPapers(context.Context, string) (*guarantee.Demand, []guarantee.Attachment, error) {
	return nil, nil, errors.New("no demand")
}
func (p *papers) ObjectionPapers(context.Context, string) (guarantee.Objection, []guarantee.Paper, error) {
	return guarantee.Objection{Signed: []byte("signed")}, []guarantee.Paper{{Name: "往来函.pdf", Bytes: []byte("确认函")}}, nil
}

func newWorld(t *testing.T, change ...func(*banks.Config)) *world {
	t.Helper()
	pool := testdb.New(t)
	w := &world{t: t, pool: pool, clock: testdb.NewClock(t, pool, started), logs: &bytes.Buffer{}, papers: &papers{envelope: []byte("envelope")}}
	var err error
	if w.ca, err = devca.New("测试", started.AddDate(-1, 0, 0), 5); err != nil {
		t.Fatal(err)
	}
	if w.trust, err = w.ca.Trust(); err != nil {
		t.Fatal(err)
	}
	w.party = party.NewDesk(pool, w.clock, w.trust)
	w.platform = org(t, w.ca, "保函平台", "91430100760710001")
	w.bank = org(t, w.ca, "长沙银行股份有限公司", "91430100760710002")
	w.insurer = org(t, w.ca, "湖南财产保险股份有限公司", "91430100760710003")
	w.listen()
	c := banks.Config{Pool: pool, Clock: w.clock, Party: w.party, Papers: w.papers, Once: party.NewOnce(bytes.Repeat([]byte{1}, 32)), Platform: w.platform.Sign, Certificate: w.platform.Chain[0],
		Hosts: []string{w.host()}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: time.Second, Attempts: 3,
		Log: slog.New(slog.NewTextHandler(w.logs, nil))}
	for _, f := range change {
		f(&c)
	}
	if w.Desk, err = banks.NewDesk(c); err != nil {
		t.Fatal(err)
	}
	w.admit(w.bank, banks.Bank)
	w.admit(w.insurer, banks.Insurer)
	return w
}

func (w *world) host() string { return strings.TrimPrefix(w.server.URL, "http://") }

// listen starts the bank's end: the SDK's receiver, behind whatever the test puts in its way.
func (w *world) listen() {
	receiver := &client.Receiver{Me: w.bank, Certificates: w.platform.Chain[:1], Clock: w.clock, Log: slog.New(slog.DiscardHandler),
		Handle: func(_ context.Context, m wire.ToIssuer) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.heard = append(w.heard, m)
			return nil
		}}
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		answer := w.answer
		w.mu.Unlock()
		if answer != nil {
			answer(rw, r, receiver)
			return
		}
		receiver.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(w.server.Close)
}

func (w *world) answers(how func(http.ResponseWriter, *http.Request, http.Handler)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = how
}

func (w *world) messages() []wire.ToIssuer {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]wire.ToIssuer(nil), w.heard...)
}

func (w *world) admit(i client.Identity, kind banks.Kind) {
	w.t.Helper()
	err := w.party.Admit(w.t.Context(), party.System(), party.Organisation{USCC: i.Party.USCC, Name: i.Party.Name, Roles: []party.Role{party.Guarantor}},
		i.Chain[0], i.OpenChain[0])
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.Admit(w.t.Context(), party.System(), w.institution(i, kind)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) institution(i client.Identity, kind banks.Kind) banks.Institution {
	return banks.Institution{USCC: i.Party.USCC, Name: i.Party.Name, Kind: kind, Licence: "B0001",
		LicenceUntil: started.AddDate(1, 0, 0), Base: w.server.URL, Cashier: w.server.URL + "/cashier/{application}"}
}

// owe enqueues one message in a transaction of its own.
func (w *world) owe(guarantee string, kind wire.Kind, body any) string {
	w.t.Helper()
	var ids []string
	err := pgx.BeginFunc(w.t.Context(), w.pool, func(tx pgx.Tx) (err error) {
		ids, err = w.EnqueueTx(w.t.Context(), tx, banks.Message{Guarantor: w.bank.Party.USCC, Guarantee: guarantee, Kind: kind, At: w.clock.Now(), Body: body})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return ids[0]
}

func (w *world) deliver(guarantee string) banks.Outcome {
	w.t.Helper()
	o, err := w.DeliverNext(w.t.Context(), guarantee)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// hurry makes what waits for its next attempt wait no longer.
func (w *world) hurry() {
	w.t.Helper()
	w.exec(`UPDATE delivery SET next_at = clock_timestamp() WHERE state = 'waiting'`)
}

func (w *world) exec(sql string) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), sql); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) text(sql string) string {
	w.t.Helper()
	var s string
	if err := w.pool.QueryRow(w.t.Context(), sql).Scan(&s); err != nil {
		w.t.Fatal(err)
	}
	return s
}

const one = "11111111111111111111111111111111"
