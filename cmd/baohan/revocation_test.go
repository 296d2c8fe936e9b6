package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/internal/devpg"
	"baohan/migrations"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/devca"
)

// console is a platform of its own, with its operator's commands and one bank to admit.
type console struct {
	*Settings
	dir  string
	ca   *devca.CA
	bank devca.Identity
	uscc string
}

var silent = slog.New(slog.DiscardHandler)

func newConsole(t *testing.T) *console {
	t.Helper()
	c := &console{dir: t.TempDir()}
	c.Settings = &Settings{Data: c.dir, Passphrase: "口令", DatabaseMax: 4, SweepEvery: 20 * time.Millisecond,
		TranslogBatch: 64, TranslogEvery: time.Minute, TranslogWithin: 15 * time.Minute, StatusEvery: time.Hour}
	var codes [4]string
	for i := range codes {
		code, err := letter.CompleteUSCC("9143010076071" + []string{"0001", "0002", "0003", "0004"}[i])
		succeed(t, err)
		codes[i] = code
	}
	c.uscc = codes[3]
	succeed(t, (&caInitCommand{Platform: "测试平台/" + codes[0], Centre: "测试中心/" + codes[1], Supervisor: "测试监督/" + codes[2], Log: devLog, Light: true}).Run(c.Settings, io.Discard))
	succeed(t, (&caIssueCommand{Party: "测试银行/" + c.uscc, Use: "sign", Dir: c.dir, Name: "bank", Light: true}).Run(c.Settings, io.Discard))
	var err error
	c.ca, err = devca.Load(caDir(c.Settings), []byte(c.Passphrase))
	succeed(t, err)
	c.bank, err = devca.LoadIdentity(c.dir, "bank", []byte(c.Passphrase))
	succeed(t, err)
	return c
}

// database gives the console a server of its own: on one that is set up for tests the platform refuses to run.
func (c *console) database(t *testing.T) {
	t.Helper()
	server, err := devpg.Start(t.Context(), devpg.Options{Dir: c.PostgresDir(), Log: silent})
	succeed(t, err)
	t.Cleanup(func() { succeed(t, server.Stop()) })
	c.DatabaseURL = server.URL
	pool, err := pgxpool.New(t.Context(), server.URL)
	succeed(t, err)
	defer pool.Close()
	succeed(t, migrations.Migrate(t.Context(), pool))
}

func succeed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// admit runs baohan admit with a file that names the bank.
func (c *console) admit(t *testing.T) {
	t.Helper()
	file := c.write(t, "admission.json", []byte(`{"organisations": [{"party": {"name": "测试银行", "uscc": "`+c.uscc+`"},
		"roles": ["guarantor"], "certificates": ["bank.pem"]}]}`))
	succeed(t, (&admitCommand{File: file}).Run(t.Context(), c.Settings, silent, io.Discard))
}

func (c *console) write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(c.dir, name)
	succeed(t, os.WriteFile(path, content, 0o600))
	return path
}

// list is the authority's next revocation list.
func (c *console) list(t *testing.T) []byte {
	t.Helper()
	now := clock.System().Now()
	der, err := c.ca.CRL(now.Add(-time.Minute), now.AddDate(0, 0, 7))
	succeed(t, err)
	return der
}

// platform is what serve and work run on.
func (c *console) platform(t *testing.T, log *slog.Logger) *running {
	t.Helper()
	r, err := (&node{}).open(t.Context(), c.Settings, "test", log)
	succeed(t, err)
	t.Cleanup(func() { succeed(t, r.close()) })
	return r
}

// code is how the bank's signed requests are refused; empty: they are not.
func (c *console) code(t *testing.T, r *running) string {
	t.Helper()
	_, _, err := r.party.ByFingerprint(t.Context(), c.bank.Certificate().Fingerprint())
	if refusal, ok := party.RefusalOf(err); ok {
		return refusal.Code
	}
	succeed(t, err)
	return ""
}

// A list that replaces another stops a machine of the running platform, and one that is worth nothing changes nothing.
func TestARevocationReachesTheRunningPlatform(t *testing.T) {
	c := newConsole(t)
	c.database(t)
	c.CRL = []string{c.write(t, "ca.crl", c.list(t))}
	c.admit(t)
	var log lines
	r := c.platform(t, slog.New(slog.NewTextHandler(&log, nil)))
	if code := c.code(t, r); code != "" {
		t.Fatalf("the bank is refused before anything happened: %s", code)
	}
	c.ca.Revoke(c.bank.Certificate(), clock.System().Now().Add(-time.Second), 1)
	c.write(t, "ca.crl", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: c.list(t)}))
	eventually(t, "the bank is refused", func() bool { return c.code(t, r) == "certificate.revoked" })
	c.write(t, "ca.crl", []byte("half a li"))
	eventually(t, "the log says that the list is worth nothing", func() bool { return log.has("revocation list not taken") })
	if code := c.code(t, r); code != "certificate.revoked" {
		t.Errorf("with a broken file the bank is let in again: %q", code)
	}
}

// lines is a log that one goroutine writes and another reads.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) has(words string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), words)
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("in ten seconds it never came that %s", what)
		}
	}
}

// At the start there is no list before it to keep: what cannot be had stops the start.
func TestAListThatCannotBeHadStopsTheStart(t *testing.T) {
	c := newConsole(t)
	forged, err := devca.New("保函平台开发用证书机构", clock.System().Now().AddDate(0, 0, -1), 5) // the same names, other keys
	succeed(t, err)
	now := clock.System().Now()
	der, err := forged.RootCRL(1, now.Add(-time.Minute), now.AddDate(0, 0, 7))
	succeed(t, err)
	for name, file := range map[string]string{"missing": filepath.Join(c.dir, "nowhere.crl"), "no list": c.write(t, "text.crl", []byte("x")),
		"of another root": c.write(t, "forged.crl", der)} {
		c.CRL = []string{file}
		r, err := (&node{}).open(t.Context(), c.Settings, "test", silent)
		if err == nil {
			t.Fatalf("%s: started (%v)", name, r.close())
		}
		if !strings.Contains(err.Error(), "crl") || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v; want the setting and the file named", name, err)
		}
	}
}

// A certificate of the platform's own that is revoked keeps nobody else from working.
func TestARevokedCustodianDoesNotStopTheStart(t *testing.T) {
	c := newConsole(t)
	c.database(t)
	revoked, err := devca.LoadIdentity(c.KeysDir(), custodianNames[1], []byte(c.Passphrase))
	succeed(t, err)
	c.ca.Revoke(revoked.Certificate(), clock.System().Now().Add(-time.Second), 1)
	c.CRL = []string{c.write(t, "ca.crl", c.list(t))}
	r := c.platform(t, silent)
	if _, _, err := r.party.ByFingerprint(t.Context(), revoked.Certificate().Fingerprint()); err == nil {
		t.Error("the revoked custodian acts")
	}
	if by, err := r.operator(t.Context()); err != nil || !by.Is(party.Operator) {
		t.Errorf("the operator: %+v %v", by, err)
	}
}

// The custodian's agent trusts by the same lists.
func TestTheCustodianTakesTheLists(t *testing.T) {
	c := newConsole(t)
	revoked := c.bank.Certificate()
	c.ca.Revoke(revoked, clock.System().Now().Add(-time.Second), 1)
	c.CRL = []string{c.write(t, "ca.crl", c.list(t))}
	serve := &custodianServe{Holder: 1, Sign: custodianNames[0], Centre: "一", Light: true}
	agent, _, err := serve.agent(c.Settings, silent)
	succeed(t, err)
	if err := agent.Trust.Verify(c.bank.Chain, signing.UseSign, clock.System().Now()); err == nil {
		t.Error("the agent believes a revoked certificate")
	}
	c.CRL = []string{filepath.Join(c.dir, "nowhere.crl")}
	if _, _, err := serve.agent(c.Settings, silent); err == nil {
		t.Error("the agent starts without the list that it was told of")
	}
}

// What a lost token or a withdrawn licence asks for is one command.
func TestTheOperatorsActs(t *testing.T) {
	c := newConsole(t)
	c.database(t)
	c.admit(t)
	r := c.platform(t, silent)
	run := func(verb interface {
		Run(context.Context, *Settings, *slog.Logger, io.Writer) error
	}) string {
		t.Helper()
		var out, log bytes.Buffer
		succeed(t, verb.Run(t.Context(), c.Settings, slog.New(slog.NewTextHandler(&log, nil)), &out))
		if !strings.Contains(log.String(), "the operator acted") || !strings.Contains(log.String(), r.Keys.Platform.KeyID()) {
			t.Errorf("%T: the log does not say who acted: %s", verb, &log)
		}
		return out.String()
	}
	if said := run(&suspendCommand{USCC: c.uscc}); !strings.Contains(said, c.uscc) || c.code(t, r) != "certificate.unknown" {
		t.Errorf("suspend says %q; the bank: %q", said, c.code(t, r))
	}
	if said := run(&resumeCommand{USCC: c.uscc}); !strings.Contains(said, c.uscc) || c.code(t, r) != "" {
		t.Errorf("resume says %q; the bank: %q", said, c.code(t, r))
	}
	fingerprint := c.bank.Certificate().Fingerprint().String()
	if said := run(&removeCertificateCommand{Fingerprint: filepath.Join(c.dir, "bank.pem")}); !strings.Contains(said, fingerprint) || c.code(t, r) != "certificate.unknown" {
		t.Errorf("remove-certificate says %q; the bank: %q", said, c.code(t, r))
	}
	for _, text := range []string{"nowhere.pem", fingerprint[1:]} {
		if err := (&removeCertificateCommand{Fingerprint: text}).Run(t.Context(), c.Settings, silent, io.Discard); err == nil || !strings.Contains(err.Error(), "fingerprint") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := (&suspendCommand{USCC: subjectOf(r.Keys.Platform).USCC}).Run(t.Context(), c.Settings, silent, io.Discard); err == nil {
		t.Error("the operator suspends itself")
	}
}
