package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/banks"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/internal/blobs"
	"baohan/internal/clock"
	"baohan/internal/devpg"
	"baohan/internal/sample"
	"baohan/internal/testlog"
	"baohan/jobs"
	"baohan/migrations"
	"baohan/party"
	"baohan/signing"
	"baohan/tender"
	"baohan/tender/custody"
	"baohan/web"
)

// poolSize is the service's default number of connections.
const poolSize = 16

// platform is the service as it runs in production, on a durable database of its own, behind a real listener. No
// worker runs beside it: what is measured is the answer, not what follows from it later.
type platform struct {
	house      *sample.House
	server     *devpg.Server
	dir        string
	pool       *pgxpool.Pool
	spy        *spy
	outbox     *outbox
	party      *party.Desk
	guarantees *guarantee.Desk
	banks      *banks.Desk
	tenders    *tender.Desk
	http       *http.Server
	base       string
	wall       clock.Clock
	master     []byte // of the tags
	custodians [3]custody.Custodian
}

func newPlatform(ctx context.Context, dir string) (p *platform, err error) {
	p = &platform{house: sample.New(now().Add(-time.Hour)), spy: &spy{}, wall: clock.System(), master: signing.Random(32)}
	if p.dir, err = os.MkdirTemp(dir, "baohan-bench-"); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{p.openDatabase, p.openDesks, p.admitBank, p.listen} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	return p, nil
}

// openDatabase refuses a server that would lose what it has acknowledged: its commits would be no yardstick.
func (p *platform) openDatabase(ctx context.Context) (err error) {
	if p.server, err = devpg.Start(ctx, devpg.Options{Dir: p.dir}); err != nil {
		return err
	}
	if err := p.connect(ctx, p.server.URL); err != nil {
		return err
	}
	if err := migrations.Migrate(ctx, p.pool); err != nil {
		return err
	}
	return migrations.CheckSettings(ctx, p.pool)
}

func (p *platform) connect(ctx context.Context, to string) error {
	config, err := pgxpool.ParseConfig(to)
	if err != nil {
		return err
	}
	config.MaxConns, config.ConnConfig.Tracer = poolSize, p.spy
	p.pool, err = pgxpool.NewWithConfig(ctx, config)
	return err
}

func (p *platform) openDesks(ctx context.Context) (err error) {
	h, wall := p.house, p.wall
	runner, err := jobs.New(jobs.Config{Pool: p.pool, Node: "bench", Log: quiet})
	if err != nil {
		return err
	}
	p.outbox = &outbox{Runner: runner}
	p.party = party.NewDesk(p.pool, wall, h.Trust)
	if p.banks, err = banks.NewDesk(banks.Config{Pool: p.pool, Clock: wall, Party: p.party, Platform: h.Platform.Sign.Key,
		Certificate: h.Platform.Sign.Certificate(), Hosts: []string{"bank.test:443"}, Log: quiet}); err != nil {
		return err
	}
	log, err := testlog.Make(p.pool, wall)
	if err != nil {
		return err
	}
	fileKeys, err := blobs.NewKeys(blobs.NewKey())
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(p.dir, "files-*") // one of its own for each copy of the database
	if err != nil {
		return err
	}
	files, err := blobs.Open(ctx, dir, fileKeys)
	if err != nil {
		return err
	}
	once := party.NewOnce(p.master)
	p.guarantees = guarantee.NewDesk(guarantee.Config{Pool: p.pool, Clock: wall, Outbox: p.outbox, Once: once,
		Tags: guarantee.NewTags(p.master, "letter"), Calendar: calendar.Published(), Platform: h.Platform.Sign.Key,
		PlatformChain: h.Platform.Sign.Chain, Trust: h.Trust, Log: log, Files: files})
	p.tenders = tender.NewDesk(tender.Config{Pool: p.pool, Clock: wall, Once: once, Guarantees: p.guarantees,
		Tags: guarantee.NewTags(p.master, "bid"), Calendar: calendar.Published(), Trust: h.Trust,
		Platform: h.Platform.Sign.Key, PlatformChain: h.Platform.Sign.Chain, Centre: h.Centre.Sign.Key, CentreChain: h.Centre.Sign.Chain,
		Custodians: p.custodians, Market: market{p.banks}, Files: files, Log: quiet})
	p.banks.Papers = p.guarantees
	runner.Bind(jobs.Desks{Guarantees: p.guarantees, Banks: p.banks, Tenders: p.tenders})
	return nil
}

var quiet = slog.New(slog.DiscardHandler)

func (p *platform) admitBank(ctx context.Context) error {
	bank := p.house.Bank
	if err := p.party.Admit(ctx, party.System(), party.Organisation{USCC: bank.Party.USCC, Name: bank.Party.Name,
		Roles: []party.Role{party.Guarantor}}, bank.Sign.Certificate(), bank.Encrypt.Certificate()); err != nil {
		return err
	}
	return p.banks.Admit(ctx, party.System(), banks.Institution{USCC: bank.Party.USCC, Name: bank.Party.Name, Kind: banks.Bank,
		Licence: "B0001", LicenceUntil: now().AddDate(3, 0, 0), Base: "https://bank.test:443", Cashier: "https://bank.test/cashier/{application}"})
}

func (p *platform) listen(ctx context.Context) error {
	h := p.house
	handler, err := web.New(web.Config{Party: p.party, Tender: p.tenders, Guarantee: p.guarantees, Banks: p.banks, Clock: clock.System(),
		Platform: h.Platform.Sign.Key, PlatformChain: h.Platform.Sign.Chain, CommandKey: bytes.Repeat([]byte{9}, 32),
		Hosts: []string{"*"}, PlainHTTP: true, Log: quiet})
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.base = "http://" + l.Addr().String()
	p.http = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.http.Serve(l) }() // ends with close
	return nil
}

func (p *platform) close() error {
	var errs []error
	if p.http != nil {
		errs = append(errs, p.http.Close())
	}
	if p.pool != nil {
		p.pool.Close()
	}
	if p.server != nil {
		errs = append(errs, p.server.Crash()) // its data are worth nothing
	}
	if err := os.RemoveAll(p.dir); err != nil {
		errs = append(errs, fmt.Errorf("%s is left behind: %w", p.dir, err))
	}
	return errors.Join(errs...)
}
