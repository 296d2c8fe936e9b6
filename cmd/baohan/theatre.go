package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/banks"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/internal/devpg"
	"baohan/internal/story"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/devca"
	"baohan/signing/tlog"
)

// theatre is a whole platform on this machine: a database, the platform's process, three custodians', three institutions' and two
// witnesses' processes, a stepped clock, and everybody's keys.
type theatre struct {
	dir        string
	passphrase string
	log        *slog.Logger

	server     *devpg.Server
	postgres   string // where it really keeps its data: not below dir, if its account may not go there
	pool       *pgxpool.Pool
	clock      *clock.Stepped
	house      house
	plot       story.Plot
	cast       *story.Cast
	trust      *signing.Trust
	centre     devca.Identity
	supervisor devca.Identity
	operator   devca.Identity        // the platform's own
	signs      []signing.Certificate // the platform's

	base         string
	desks        map[string]string
	platform     *child
	institutions []*child
	custodians   []*child
	addresses    [3]string // of the custodians
	witnesses    []*child

	doors  []func() error  // of the custodians' pages
	clerks [2]story.Member // of the bank that works on the pages

	logKey      tlog.Key
	witnessKeys []tlog.Key
}

// newTheatre builds one in an empty directory and starts it.
func newTheatre(ctx context.Context, dir string, plot story.Plot, log *slog.Logger) (w *theatre, err error) {
	w = &theatre{dir: dir, plot: plot, log: log, desks: map[string]string{}, house: house{story.Named(story.PlatformName),
		story.Named(story.CentreName), story.Named(story.SupervisorName)}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if err := errors.Join(os.MkdirAll(w.path("log"), 0o700), w.keepPassphrase()); err != nil {
		return w, err
	}
	if w.clock, err = clock.StartStepped(w.path("clock"), w.plot.Begin); err != nil {
		return w, err
	}
	if err := together(func() error { return w.startDatabase(ctx) }, w.makeKeys); err != nil {
		return w, err
	}
	return w, w.raise(ctx)
}

func (w *theatre) path(elements ...string) string {
	return filepath.Join(append([]string{w.dir}, elements...)...)
}

// together does independent things at once and returns all that went wrong.
func together(todo ...func() error) error {
	faults := make([]error, len(todo))
	var all sync.WaitGroup
	for i, do := range todo {
		all.Go(func() { faults[i] = do() })
	}
	all.Wait()
	return errors.Join(faults...)
}

func (w *theatre) keepPassphrase() error {
	w.passphrase = hex.EncodeToString(signing.Random(16))
	return os.WriteFile(w.path("passphrase"), []byte(w.passphrase), 0o600)
}

func (w *theatre) startDatabase(ctx context.Context) (err error) {
	if w.server, err = devpg.Start(ctx, devpg.Options{Dir: w.path("postgres"), Log: w.log}); err != nil {
		return err
	}
	if w.pool, err = pgxpool.New(ctx, w.server.URL); err != nil {
		return err
	}
	var data string
	err = w.pool.QueryRow(ctx, `SHOW data_directory`).Scan(&data)
	w.postgres = filepath.Dir(data)
	return err
}

// makeKeys makes the authority, the platform's own keys and everybody's.
func (w *theatre) makeKeys() error {
	pass, at, light := []byte(w.passphrase), w.clock.Now(), lightly(true)
	ca, err := devca.New("保函平台演示用证书机构", at.AddDate(0, 0, -1), 10)
	if err != nil {
		return err
	}
	if w.trust, err = ca.Trust(); err != nil {
		return err
	}
	if err := makeKeys(w.path("keys"), pass, ca, w.house, devLog, at, light...); err != nil {
		return err
	}
	if err := errors.Join(w.dealKeys(), w.makeWitnesses()); err != nil {
		return err
	}
	if w.centre, err = devca.LoadIdentity(w.path("keys"), centreName, pass); err != nil {
		return err
	}
	if w.supervisor, err = devca.LoadIdentity(w.own(1), "sign", pass); err != nil {
		return err
	}
	platform, err := devca.LoadIdentity(w.path("keys"), platformName, pass)
	if err != nil {
		return err
	}
	w.signs, w.operator = platform.Chain[:1], platform
	if w.cast, err = story.NewCast(ca, at.AddDate(0, 0, -1), w.plot); err != nil {
		return err
	}
	if w.clerks[0], w.clerks[1], err = story.AnotherBank(ca, at.AddDate(0, 0, -1)); err != nil {
		return err
	}
	if err := w.clerks[1].Sign.Write(w.path("parties"), w.clerks[1].Party.USCC+secondClerk, pass, light...); err != nil {
		return err
	}
	for _, m := range append(w.cast.All(), w.clerks[0]) {
		if err := errors.Join(m.Sign.Write(w.path("parties"), m.Party.USCC, pass, light...),
			m.Open.Write(w.path("parties"), m.Party.USCC+"-encrypt", pass, light...)); err != nil {
			return err
		}
	}
	return w.cast.Clerk.Sign.Write(w.path("parties"), w.cast.Clerk.Party.USCC+secondClerk, pass, light...)
}

// secondClerk ends the name of the key of the company's second clerk: the company asks for two people.
const secondClerk = "-second"

// raise admits everybody and starts the processes.
func (w *theatre) raise(ctx context.Context) error {
	address, err := freePort(ctx)
	if err != nil {
		return err
	}
	w.base = "http://" + address
	var allow []string
	for _, m := range w.institutionMembers() {
		desk, err := freePort(ctx)
		if err != nil {
			return err
		}
		allow, w.desks[m.Party.USCC] = append(allow, desk), "http://"+desk
	}
	if err := w.startCustodians(ctx); err != nil {
		return err
	}
	if err := errors.Join(w.admit(ctx, allow), w.openDoor(ctx)); err != nil {
		return err
	}
	w.platform = w.child("platform", address, w.base+"/readyz", w.nodeEnv(allow), "serve")
	for i, m := range w.institutionMembers() {
		w.institutions = append(w.institutions, w.institution(m, troupe[i]))
	}
	if err := raiseAll(ctx, append([]*child{w.platform}, w.institutions...)); err != nil {
		return err
	}
	return w.startWitnesses(ctx)
}

func raiseAll(ctx context.Context, all []*child) error {
	for _, c := range all {
		if err := c.start(ctx); err != nil {
			return err
		}
	}
	for _, c := range all {
		if err := c.await(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *theatre) institutionMembers() []story.Member {
	return []story.Member{w.cast.Bank, w.cast.Company, w.cast.Insurer}
}

// role is what one institution of the demonstration is and asks.
type role struct {
	kind     banks.Kind
	form     letter.Form
	mode     letter.Mode
	wording  letter.WordingRef
	prefix   string
	decision string
	rate     int64 // parts per million of the ceiling
}

// troupe are the three institutions, in the order of institutionMembers.
var troupe = []role{
	{banks.Bank, letter.FormIndependent, letter.ModeBlind, letter.WordingRef{ID: "independent-bid", Version: 2}, "XJYH-TB", "instant", 4000},
	{banks.GuaranteeCompany, letter.FormAccessory, letter.ModeFull, letter.WordingRef{ID: "accessory-bid", Version: 1}, "YLDB-TB", "manual", 5500},
	{banks.Insurer, letter.FormInsurance, letter.ModeFull, letter.WordingRef{ID: "insurance-bid", Version: 1}, "DTBX-TB", "instant", 3000},
}

const (
	minFee     = letter.Fen(300_00)
	maxCeiling = letter.Fen(10_000_000_00)
)

// admit enters everybody who is not a bidder: bidders admit themselves by their certificates.
func (w *theatre) admit(ctx context.Context, allow []string) error {
	a := admission{}
	for _, m := range w.cast.All() {
		if role := w.cast.Role(m); role != string(party.Bidder) {
			certificates := []string{m.Party.USCC + ".pem", m.Party.USCC + "-encrypt.pem"}
			if m.Party == w.cast.Clerk.Party {
				certificates = append(certificates, m.Party.USCC+secondClerk+".pem")
			}
			a.Organisations = append(a.Organisations, admittedOrganisation{m.Party, []party.Role{party.Role(role)}, certificates, nil})
		}
	}
	until, err := calendar.ParseDate("2028-12-31")
	if err != nil {
		return err
	}
	for i, m := range w.institutionMembers() {
		r, desk := troupe[i], w.desks[m.Party.USCC]
		a.Institutions = append(a.Institutions, admittedInstitution{Party: m.Party, Kind: r.kind, Licence: "YS-" + r.prefix, LicenceUntil: until,
			Base: desk, Cashier: desk + "/cashier/{application}", TwoPeople: m.Party == w.cast.Clerk.Party, Products: []admittedProduct{{
				Wording: r.wording, Mode: r.mode, MinFee: minFee, MaxCeiling: maxCeiling, AnswerWithin: 7200,
				Tiers: []admittedTier{{UpTo: maxCeiling, Rates: []int64{r.rate}}}}}})
	}
	return w.admitted(ctx, a, "admission", w.nodeEnv(allow))
}

func (w *theatre) admitted(ctx context.Context, a admission, name string, env []string) error {
	text, err := json.Marshal(a, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	file := w.path("parties", name+".json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	return w.child("admit", "", "", env, "admit", file).run(ctx)
}

// admitClerks admits the bank whose two clerks work on the pages; it is told nothing by messages.
func (w *theatre) admitClerks(ctx context.Context) error {
	until, err := calendar.ParseDate("2028-12-31")
	if err != nil {
		return err
	}
	p := w.clerks[0].Party
	return w.admitted(ctx, admission{
		Organisations: []admittedOrganisation{{p, []party.Role{party.Guarantor}, []string{p.USCC + ".pem", p.USCC + "-encrypt.pem", p.USCC + secondClerk + ".pem"}, nil}},
		Institutions: []admittedInstitution{{Party: p, Kind: banks.Bank, Licence: "YS-ZSYH", LicenceUntil: until, Cashier: w.base + "/demo?paid={application}", TwoPeople: true,
			Products: []admittedProduct{{Wording: letter.WordingRef{ID: "independent-bid", Version: 2}, Mode: letter.ModeBlind, MinFee: minFee, MaxCeiling: maxCeiling,
				AnswerWithin: 7200, Tiers: []admittedTier{{UpTo: maxCeiling, Rates: []int64{3500}}}}}}},
	}, "clerks", w.nodeEnv(nil))
}

// child is this program again, with the demonstration's settings.
func (w *theatre) child(name, listen, ready string, env []string, args ...string) *child {
	env = append(env, "BAOHAN_PASSPHRASE="+w.passphrase, "BAOHAN_CLOCK_FILE="+w.path("clock"))
	if listen != "" {
		env = append(env, "BAOHAN_LISTEN="+listen)
	}
	return &child{name: name, args: args, env: env, log: w.path("log", name+".log"), ready: ready}
}

// nodeEnv are the settings of a process that runs the rooms.
func (w *theatre) nodeEnv(allow []string) []string {
	return append(w.translogEnv(), "BAOHAN_DATA="+w.dir, "BAOHAN_DATABASE_URL="+w.server.URL, "BAOHAN_MIGRATE=true", "BAOHAN_SWEEP_EVERY=200ms",
		"BAOHAN_PATIENCE=3s", "BAOHAN_ALLOW="+strings.Join(allow, ","), "BAOHAN_NETWORKS=127.0.0.0/8",
		"BAOHAN_CUSTODIANS="+w.custodianList(), "BAOHAN_DEMO_ROLES="+w.path("roles"))
}

func (w *theatre) institution(m story.Member, r role) *child {
	desk := w.desks[m.Party.USCC]
	c := w.child(r.prefix, strings.TrimPrefix(desk, "http://"), desk+"/operator/queue", []string{
		"BAOHAN_DATA=" + w.path("institutions", r.prefix), "BAOHAN_KEYS=" + w.path("parties"), "BAOHAN_TRUST=" + w.path("keys", "root.pem")},
		"sandbox-bank", "--platform", w.base, "--platform-cert", w.path("keys", platformName+".pem"), "--custodians", w.pins(),
		"--sign", m.Party.USCC, "--encrypt", m.Party.USCC+"-encrypt", "--form", string(r.form), "--prefix", r.prefix,
		"--rate", fmt.Sprint(r.rate), "--min-fee", minFee.String(), "--max-ceiling", maxCeiling.String(), "--decision", r.decision)
	if m.Party == w.cast.Clerk.Party {
		c.args = append(c.args, "--second", m.Party.USCC+secondClerk)
	}
	return c
}

// close stops everything that was started, the database last, and removes the database.
func (w *theatre) close() error {
	var all []func() error
	for _, c := range slices.Concat(w.witnesses, w.institutions, w.custodians, []*child{w.platform}) {
		if c != nil {
			all = append(all, func() error { c.stop(); return nil })
		}
	}
	err := together(append(all, w.doors...)...)
	if w.pool != nil {
		w.pool.Close()
	}
	if w.server != nil {
		err = errors.Join(err, w.server.Stop())
	}
	if w.postgres != "" {
		err = errors.Join(err, os.RemoveAll(w.postgres))
	}
	return err
}
