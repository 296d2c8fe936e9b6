package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/banks"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/internal/clock"
	"baohan/internal/clock/sqlclock"
	"baohan/internal/devpg"
	"baohan/internal/health"
	"baohan/internal/sample"
	"baohan/jobs"
	"baohan/migrations"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
	"baohan/tender"
	"baohan/tender/custody"
	"baohan/web"
)

// platform is the service as it runs in production: API and jobs behind a real listener, on a database of its own.
type platform struct {
	house  *sample.House
	dir    string
	server *devpg.Server
	pool   *pgxpool.Pool
	clock  *clock.Stepped
	log    *journal

	refusals, activity journal // what bidders were refused with; what pg_stat_activity showed meanwhile
	receipts           journal // what they were given for their bids

	party      *party.Desk
	banks      *banks.Desk
	guarantees *guarantee.Desk
	tenders    *tender.Desk
	jobs       *jobs.Runner
	translog   *translog.Log
	edge       http.Handler
	base       string

	marks        map[string]string // of forms, by the token of who is shown them
	institutions []*institution
	closing      []func() error
}

// metricsToken lets the search read /metrics.
const metricsToken = "secrecy-reads-the-meter"

// market is what tenders know of institutions.
type market struct{ *banks.Desk }

func (m market) Product(ctx context.Context, guarantor string, w letter.WordingRef, mode letter.Mode) (guarantee.Guarantor, error) {
	return m.Terms(ctx, guarantor, w, mode)
}

func (m market) Licensed(ctx context.Context, guarantor string, form letter.Form, _ time.Time) (bool, error) {
	i, err := m.Institution(ctx, guarantor)
	allowed, _ := i.Kind.Form()
	return err == nil && allowed == form, err
}

// newPlatform starts everything. Loud makes PostgreSQL write what it must not: one of the planted leaks.
func newPlatform(ctx context.Context, loud bool) (p *platform, err error) {
	p = &platform{house: sample.New(now().Add(-time.Hour)), log: &journal{}, marks: map[string]string{}}
	if p.dir, err = os.MkdirTemp("", "baohan-secrecy-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(p.dir, 0o711); err != nil { // PostgreSQL may run under another account
		return nil, errors.Join(err, os.RemoveAll(p.dir))
	}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return p.openDatabase(ctx, loud) }, p.listen, p.openDesks, p.admit, p.startJobs, p.startLog, p.startInstitutions,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	return p, nil
}

func (p *platform) openDatabase(ctx context.Context, loud bool) (err error) {
	// A checkpoint of its own choice would have pages copied whole into the WAL, the statistics of the registry among them.
	options := devpg.Options{Dir: p.path("postgres"), Settings: map[string]string{"checkpoint_timeout": "1h", "max_wal_size": "16GB"}}
	if loud {
		maps.Copy(options.Settings, map[string]string{"log_statement": "all", "log_parameter_max_length": "-1", "log_min_error_statement": "error", "log_error_verbosity": "verbose"})
	}
	if p.server, err = devpg.Start(ctx, options); err != nil {
		return err
	}
	if p.pool, err = pgxpool.New(ctx, p.server.URL+"&pool_max_conns=16"); err != nil {
		return err
	}
	if err := migrations.Migrate(ctx, p.pool); err != nil {
		return err
	}
	if err := p.nameless(ctx); err != nil {
		return err
	}
	if err := migrations.CheckSettings(ctx, p.pool); (err == nil) == loud {
		return fmt.Errorf("the platform's own check of its database says: %w", err)
	}
	if p.clock, err = clock.StartStepped(p.path("clock"), p.house.At); err != nil {
		return err
	}
	if err := sqlclock.InstallStepped(ctx, p.pool); err != nil {
		return err
	}
	return p.clock.Sync(ctx, sqlclock.Mirror(p.pool))
}

func (p *platform) openDesks(ctx context.Context) (err error) {
	h, once, master := p.house, party.NewOnce(signing.Random(32)), signing.Random(32)
	log := slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})) // at its most talkative
	if p.jobs, err = jobs.New(jobs.Config{Pool: p.pool, Node: "secrecy", Once: once, Log: log, Every: 300 * time.Millisecond}); err != nil {
		return err
	}
	p.party = party.NewDesk(p.pool, p.clock, h.Trust)
	if p.banks, err = banks.NewDesk(banks.Config{Pool: p.pool, Clock: p.clock, Party: p.party, Once: once, Platform: h.Platform.Sign.Key,
		Certificate: h.Platform.Sign.Certificate(), Hosts: p.desks(), Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Log: log}); err != nil {
		return err
	}
	key, err := tlog.LogKey("log.secrecy.test/1", h.Platform.Sign.Key.Public())
	if err != nil {
		return err
	}
	if p.translog, err = translog.New(translog.Config{Pool: p.pool, Clock: p.clock, Key: key, Signer: h.Platform.Sign.Key, Batch: 64,
		Every: beat, Within: 3 * beat, Log: log}); err != nil {
		return err
	}
	fileKeys, err := blobs.NewKeys(blobs.NewKey())
	if err != nil {
		return err
	}
	files, err := blobs.Open(ctx, filepath.Join(p.dir, "files"), fileKeys)
	if err != nil {
		return err
	}
	p.guarantees = guarantee.NewDesk(guarantee.Config{Pool: p.pool, Clock: p.clock, Outbox: p.jobs, Once: once,
		Tags: guarantee.NewTags(master, "letter"), Calendar: calendar.Published(), Platform: h.Platform.Sign.Key,
		PlatformChain: h.Platform.Sign.Chain, Trust: h.Trust, Log: p.translog, Files: files})
	p.banks.Papers = p.guarantees
	custodians, err := p.custodians()
	if err != nil {
		return err
	}
	p.tenders = tender.NewDesk(tender.Config{Pool: p.pool, Clock: p.clock, Once: once, Guarantees: p.guarantees,
		Tags: guarantee.NewTags(master, "bid"), Calendar: calendar.Published(), Platform: h.Platform.Sign.Key,
		PlatformChain: h.Platform.Sign.Chain, Centre: h.Centre.Sign.Key, CentreChain: h.Centre.Sign.Chain, Trust: h.Trust,
		Custodians: custodians, Market: market{p.banks}, Files: files, Forms: tender.NewFormKey(master)})
	p.jobs.Bind(jobs.Desks{Guarantees: p.guarantees, Banks: p.banks, Tenders: p.tenders})
	return p.openEdge(log)
}

func (p *platform) custodians() (none [3]custody.Custodian, err error) {
	h := p.house
	var holders [3]custody.DevHolder
	for i, m := range []sample.Member{h.Centre, h.Supervisor, h.Platform} {
		holders[i] = custody.DevHolder{Party: m.Party, Signer: m.Sign.Key, Chain: m.Sign.Chain}
	}
	agent, err := custody.NewDevAgent(p.path("custody"), []byte("of this run"), holders, p.clock, h.Trust, h.Centre.Party.USCC,
		signing.WithIterations(10_000))
	if err != nil {
		return none, err
	}
	return agent.Custodians(), nil
}

// openEdge makes the API's handler. Sign-ins are not limited: everybody here comes from one address.
func (p *platform) openEdge(log *slog.Logger) error {
	handler, err := web.New(web.Config{Party: p.party, Tender: p.tenders, Guarantee: p.guarantees, Banks: p.banks, Jobs: p.jobs, Translog: p.translog, Clock: p.clock,
		Platform: p.house.Platform.Sign.Key, PlatformChain: p.house.Platform.Sign.Chain, CommandKey: bytes.Repeat([]byte{9}, 32),
		Hosts: []string{"*"}, PlainHTTP: true, SignInRate: 1e6, MetricsToken: metricsToken, Log: log,
		Healthz: health.Live(), Readyz: health.Ready(log, health.Database(p.pool)...)})
	p.edge = handler
	return err
}

// listen takes the addresses of the platform and of its institutions, who must know each other's before they begin.
func (p *platform) listen(ctx context.Context) (err error) {
	if p.base, err = p.serve(ctx, func() http.Handler { return p.edge }); err != nil {
		return err
	}
	p.institutions = p.troupe()
	for _, i := range p.institutions {
		if i.base, err = p.serve(ctx, func() http.Handler { return i.desk.Handler() }); err != nil {
			return err
		}
	}
	return nil
}

// serve answers on an address of the kernel's choice until close. The handler is asked for with each request.
func (p *platform) serve(ctx context.Context, handler func() http.Handler) (base string, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler().ServeHTTP(w, r) })
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	p.closing = append(p.closing, s.Close)
	go func() { _ = s.Serve(l) }() // ends with close
	return "http://" + l.Addr().String(), nil
}

func (p *platform) startJobs(ctx context.Context) error {
	p.closing = append(p.closing, func() error {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return p.jobs.Stop(grace)
	})
	return p.jobs.Start(ctx)
}

// beat is that of the transparency log: longer than a game, so that the time that a game takes is no feature of it.
const beat = time.Hour

// startLog writes the log until close. Its first batch comes at once.
func (p *platform) startLog(ctx context.Context) error {
	if _, err := p.translog.Step(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var ended sync.WaitGroup
	ended.Go(func() { _ = p.translog.Run(ctx) }) // a log that stops says so in the journal
	p.closing = append(p.closing, func() error { stop(); ended.Wait(); return nil })
	return nil
}

// step moves the clock of the platform and of its database.
func (p *platform) step(ctx context.Context, t time.Time) error {
	return p.clock.Set(ctx, t, sqlclock.Mirror(p.pool))
}

func (p *platform) path(parts ...string) string {
	return filepath.Join(append([]string{p.dir}, parts...)...)
}

// desks are the addresses that messages may go to.
func (p *platform) desks() (hosts []string) {
	for _, i := range p.institutions {
		hosts = append(hosts, strings.TrimPrefix(i.base, "http://"))
	}
	return hosts
}

func (p *platform) close() error {
	var errs []error
	for i := len(p.closing) - 1; i >= 0; i-- {
		errs = append(errs, p.closing[i]())
	}
	if p.pool != nil {
		p.pool.Close()
	}
	if p.server != nil {
		errs = append(errs, p.server.Crash()) // its data are worth nothing
	}
	return errors.Join(append(errs, os.RemoveAll(p.dir))...)
}
