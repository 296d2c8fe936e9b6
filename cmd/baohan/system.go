package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/banks"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/internal/clock"
	"baohan/internal/clock/sqlclock"
	"baohan/jobs"
	"baohan/migrations"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/devca"
	"baohan/signing/translog"
	"baohan/tender"
)

// systemConfig is what one process of the platform stands on.
type systemConfig struct {
	Database  string // URL
	MaxConns  int32
	Keys      *keyring
	Files     string // directory or URL of the store of files
	ClockFile string // a stepped clock; empty: the machine's own
	Migrate   bool   // bring the schema to this build first
	Node      string
	Sweep     time.Duration
	Status    time.Duration  // between two status lists
	Cover     int            // new rows of bids an hour, whatever is handed in; 0 = none
	Timeout   time.Duration  // for one message to an institution; 0 = the desk's own
	Allow     []string       // host:port of institutions
	Networks  []netip.Prefix // private networks in which institutions may be
	Log       *slog.Logger

	Custodians []string // 地址=证书文件, three; none: development agents in the key directory

	Translog translog.Config // as far as the settings say it
}

// system is all rooms, wired. Every process of the platform makes the same one: what it then does with it, serve or
// work, is its command's.
type system struct {
	systemConfig
	pool       *pgxpool.Pool
	clock      clock.Clock
	party      *party.Desk
	banks      *banks.Desk
	guarantees *guarantee.Desk
	tenders    *tender.Desk
	jobs       *jobs.Runner
	translog   *translog.Log
	files      *blobs.Store
	writer     *writer
}

// openSystem connects, checks that the database keeps what it is given, and wires the rooms.
func openSystem(ctx context.Context, c systemConfig) (s *system, err error) {
	s = &system{systemConfig: c, clock: clock.System()}
	config, err := pgxpool.ParseConfig(c.Database)
	if err != nil {
		return nil, errors.New("数据库地址 database_url 无法识别：请按 postgres://用户:口令@主机:端口/库名 填写") // pgx's error repeats the password
	}
	config.MaxConns = c.MaxConns
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	pool := s.pool // what is returned with an error is no system
	defer func() {
		if err != nil {
			pool.Close()
		}
	}()
	if err = s.checkDatabase(ctx); err != nil {
		return nil, err
	}
	custodians, err := s.custodians()
	if err != nil {
		return nil, err
	}
	if s.files, err = openFiles(ctx, c.Files, s.Keys.Secrets.Files); err != nil {
		return nil, err
	}
	if err = s.wire(custodians); err != nil {
		return nil, err
	}
	if _, err = s.guarantees.RefreshCalendar(ctx); err != nil {
		return nil, err
	}
	return s, s.bootstrap(ctx, custodians.chains)
}

func (s *system) checkDatabase(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("连接数据库失败，请检查 database_url 和数据库是否已启动：%w", err)
	}
	if err := migrations.CheckSettings(ctx, s.pool); err != nil {
		return err
	}
	if s.Migrate {
		if err := migrations.Migrate(ctx, s.pool); err != nil {
			return err
		}
	}
	if err := migrations.AtHead(ctx, s.pool); err != nil {
		return err
	}
	return s.openClock(ctx)
}

// openClock takes the stepped clock of a demonstration into the database, or refuses a database that was left with
// one: a deadline must not depend on it.
func (s *system) openClock(ctx context.Context) error {
	if s.ClockFile == "" {
		replaced, err := sqlclock.Replaced(ctx, s.pool)
		if err == nil && replaced {
			err = errors.New("这个数据库用过演示时钟，不能用于正式运行：请换一个数据库，或用 --clock 指明演示时钟文件")
		}
		return err
	}
	stepped, err := clock.OpenStepped(s.ClockFile)
	if err != nil {
		return err
	}
	if err := sqlclock.InstallStepped(ctx, s.pool); err != nil {
		return err
	}
	s.clock = stepped
	return stepped.Sync(ctx, sqlclock.Mirror(s.pool))
}

// lookInside is nil in the program. A test's own binary, when it runs as the program, sets it to be called at the points of
// an opening and to end itself there; a test holds that nothing else does.
var lookInside func(*tender.Config)

// wire makes the desks. The runner comes first, because it is the guarantee desk's outbox.
func (s *system) wire(custodians custodians) (err error) {
	k, once := s.Keys, party.NewOnce(s.Keys.Secrets.Once)
	if s.translog, err = s.newTranslog(); err != nil {
		return err
	}
	s.writer = &writer{log: s.translog}
	if s.jobs, err = jobs.New(jobs.Config{Pool: s.pool, Node: s.Node, Once: once, Log: s.Log, Every: s.Sweep,
		Cover: tender.Hourly(s.Cover), Files: s.files, Status: s.Status}); err != nil {
		return err
	}
	days, err := calendar.New(calendar.PublishedDays()) // until the database's own table is read
	if err != nil {
		return err
	}
	s.party = party.NewDesk(s.pool, s.clock, k.Trust)
	if s.banks, err = banks.NewDesk(banks.Config{Pool: s.pool, Clock: s.clock, Party: s.party, Once: once, Platform: k.Platform.Key,
		Certificate: k.Platform.Certificate(), Hosts: s.Allow, Networks: s.Networks,
		Timeout: s.Timeout, Log: s.Log}); err != nil {
		return err
	}
	s.guarantees = guarantee.NewDesk(guarantee.Config{Pool: s.pool, Clock: s.clock, Outbox: s.jobs, Once: once,
		Tags: guarantee.NewTags(k.Secrets.Tags, "letter"), Calendar: days, Platform: k.Platform.Key,
		PlatformChain: k.Platform.Chain, Trust: k.Trust, Log: s.translog, Files: s.files, TwoPeople: banks.TwoPeople})
	s.banks.Papers = s.guarantees
	rooms := tender.Config{Pool: s.pool, Clock: s.clock, Once: once, Guarantees: s.guarantees,
		Tags: guarantee.NewTags(k.Secrets.Tags, "bid"), Calendar: days, Platform: k.Platform.Key,
		PlatformChain: k.Platform.Chain, Centre: k.Centre.Key, CentreChain: k.Centre.Chain, Supervisor: custodians.chains[1][0].Subject().OrganizationID,
		Trust: k.Trust, Custodians: custodians.three, Market: market{s.banks}, Files: s.files, Openings: s.jobs, Log: s.Log,
		Forms: tender.NewFormKey(k.Secrets.Tags)}
	if lookInside != nil {
		lookInside(&rooms)
	}
	s.tenders = tender.NewDesk(rooms)
	s.jobs.Bind(jobs.Desks{Guarantees: s.guarantees, Banks: s.banks, Tenders: s.tenders})
	return nil
}

// bootstrap registers the organisations to which the platform's own keys belong, the operator first: from then on
// it admits everyone else. Those that are on record gain what they lack: a role, or the issuers of a certificate. A
// certificate that was revoked keeps nobody else from working: whoever it belongs to is refused until there is another.
func (s *system) bootstrap(ctx context.Context, custodians [3][]signing.Certificate) error {
	own := []struct {
		chain []signing.Certificate
		roles []party.Role
	}{
		{s.Keys.Platform.Chain, []party.Role{party.Operator, party.Custodian}},
		{s.Keys.Centre.Chain, []party.Role{party.Centre, party.Custodian}},
		{custodians[0], []party.Role{party.Custodian}},
		{custodians[1], []party.Role{party.Supervisor, party.Custodian}},
		{custodians[2], []party.Role{party.Custodian}},
	}
	for _, o := range own {
		who := o.chain[0].Subject()
		org := party.Organisation{USCC: who.OrganizationID, Name: who.Organization, Roles: o.roles}
		err := s.party.Admit(ctx, party.System(), org, o.chain...)
		if refusal, ok := party.RefusalOf(err); ok && refusal.Code == "certificate.revoked" {
			s.Log.ErrorContext(ctx, "a certificate of the platform's own organisations is revoked; it must be replaced", "of", who.Organization)
			continue
		}
		if err != nil {
			return fmt.Errorf("登记平台自己的单位 %s：%w", who.Organization, err)
		}
	}
	return nil
}

// subjectOf is the organisation that an identity's certificate names.
func subjectOf(id devca.Identity) letter.Party {
	subject := id.Certificate().Subject()
	return letter.Party{Name: subject.Organization, USCC: subject.OrganizationID}
}

// operator is the platform acting by its own certificate, on its own console: whoever opened the key directory.
func (s *system) operator(ctx context.Context) (party.Actor, error) {
	actor, _, err := s.party.ByFingerprint(ctx, s.Keys.Platform.Certificate().Fingerprint())
	return actor, err
}

func (s *system) close() {
	s.pool.Close()
	if err := s.files.Close(); err != nil {
		s.Log.Warn("the store of files did not close", "error", err)
	}
}
