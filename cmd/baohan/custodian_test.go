package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/signing"
	"baohan/signing/devca"
)

// premises are one custodian's: its keys and its data, with the platform's certificate.
type premises struct {
	dir  string
	args []string // before those of a command
}

func newPremises(t *testing.T) premises {
	t.Helper()
	p := premises{dir: t.TempDir()}
	keys, pass := filepath.Join(p.dir, "keys"), []byte("口令")
	at := clock.System().Now()
	ca, err := devca.New("测试", at.AddDate(0, 0, -1), 10)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"sign", "platform"} {
		uscc, err := letter.CompleteUSCC("9143010076071" + []string{"0001", "0002"}[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := certify(ca, letter.Party{Name: name + "单位", USCC: uscc}, signing.UseSign, at, keys, name, pass, lightly(true)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(keys, "root.pem"), ca.Root.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	p.args = []string{"--data", p.dir, "--passphrase", string(pass), "--listen", "127.0.0.1:0", "custodian"}
	return p
}

// says runs one of the officer's commands.
func (p premises) says(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run(t.Context(), append(append([]string{}, p.args...), args...), &out, &out)
	return code, out.String()
}

func TestCustodianAndItsOfficer(t *testing.T) {
	p := newPremises(t)
	if code, text := p.says(t, "status"); code != 1 || !strings.Contains(text, "没有应答") {
		t.Fatalf("no agent runs: %d %s", code, text)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	var log bytes.Buffer
	go func() {
		ended <- run(ctx, append(append([]string{}, p.args...), "serve", "--holder", "2", "--platform-cert", filepath.Join(p.dir, "keys", "platform.pem"),
			"--centre", "一", "--supervisor", "二", "--light"), &log, &log)
	}()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if code, _ := p.says(t, "status"); code == 0 {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal("the agent does not answer its officer")
		}
	}
	code, text := p.says(t, "authorise", "--day", "2026-12-21,2026-12-22")
	if code != 0 || !strings.Contains(text, "2026-12-21、2026-12-22") || !strings.Contains(text, "第 2 保管人") {
		t.Errorf("authorise: %d %s", code, text)
	}
	if code, text = p.says(t, "authorise", "--remove", "--day", "2026-12-21"); code != 0 || strings.Contains(text, "12-21") {
		t.Errorf("remove: %d %s", code, text)
	}
	if code, text = p.says(t, "authorise", "--day", "21.12.2026"); code != 1 || !strings.Contains(text, "day") {
		t.Errorf("not a day: %d %s", code, text)
	}
	if code, text = p.says(t, "veto", "无此标段", "--reason", "x"); code != 1 || !strings.Contains(text, "没有这个标段") {
		t.Errorf("veto: %d %s", code, text)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("the agent ends with %d: %s", code, log.String())
	}
}

// A platform is told its custodians exactly: three, each with a certificate of its own, none over a network in clear.
func TestRemoteCustodians(t *testing.T) {
	p := newPremises(t)
	certificate := func(name string) string { return filepath.Join(p.dir, "keys", name+".pem") }
	one, two, three := "http://127.0.0.1:1="+certificate("sign"), "https://b.example="+certificate("platform"), "https://c.example="+certificate("root")
	for name, list := range map[string][]string{
		"two":                {one, two},
		"the same twice":     {one, two, one},
		"no certificate":     {one, two, "https://c.example"},
		"no such file":       {one, two, "https://c.example=nowhere.pem"},
		"in clear":           {one, two, "http://c.example=" + certificate("root")},
		"not an address":     {one, two, "c.example=" + certificate("root")},
		"a key as its proof": {one, two, "https://c.example=" + filepath.Join(p.dir, "keys", "sign.key")},
	} {
		s := &system{systemConfig: systemConfig{Keys: &keyring{}, Custodians: list, Log: slog.New(slog.DiscardHandler)}}
		if _, err := s.custodians(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	s := &system{systemConfig: systemConfig{Keys: &keyring{}, Custodians: []string{one, two, three}}}
	if c, err := s.custodians(); err != nil || c.three[2] == nil {
		t.Errorf("three right ones: %v", err)
	}
}

// A platform that serves others does not hold all three keys itself.
func TestServingOthersNeedsCustodiansElsewhere(t *testing.T) {
	c, s := serveCommand{}, &Settings{Listen: "0.0.0.0:0"}
	s.TLSCert, s.TLSKey = serverCertificate(t)
	if err := c.Run(t.Context(), s, slog.New(slog.DiscardHandler), io.Discard); err == nil || !strings.Contains(err.Error(), "custodians") {
		t.Errorf("all three keys here, served over TLS: %v", err)
	}
	c.Custodians = []string{"elsewhere"}
	if err := c.Run(t.Context(), s, slog.New(slog.DiscardHandler), io.Discard); err == nil || strings.Contains(err.Error(), "custodians") {
		t.Errorf("custodians elsewhere: %v; want the next thing that is missing", err)
	}
}

// serverCertificate makes a throw-away certificate for TLS.
func serverCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(t.TempDir(), "c.pem"), filepath.Join(t.TempDir(), "k.pem")
	for file, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}
