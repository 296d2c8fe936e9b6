package client_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/signing/httpsig"
)

// script is the engineer's tool of docs/issuer-api.md, §6, exactly as it stands there, with a bank's keys beside it.
type script struct {
	*world
	dir string
}

func newScript(t *testing.T) script {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: the example of docs/issuer-api.md was not run (apt-get install %s)", tool, tool)
		}
	}
	doc, err := os.ReadFile("../docs/issuer-api.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(doc), "```sh\n#!/bin/bash\n")
	text, _, closed := strings.Cut(rest, "\n```\n")
	if !found || !closed {
		t.Fatal("docs/issuer-api.md has no script")
	}
	s := script{newWorld(t), t.TempDir()}
	s.file("baohan.sh", []byte("#!/bin/bash\n"+text+"\n"))
	s.file("bank.pem", s.Bank.Sign.Certificate().PEM())
	s.file("platform.pem", s.Platform.Sign.Certificate().PEM())
	key, err := signing.EncryptKeyPEM(s.Bank.Sign.Key, []byte("口令"), signing.WithIterations(10_000))
	if err != nil {
		t.Fatal(err)
	}
	s.file("bank.enc", key)
	// The engineer is asked for the passphrase; here it is given once, by a third program that must read our file.
	if out, err := exec.Command("openssl", "pkey", "-in", s.path("bank.enc"), "-passin", "pass:口令", "-out", s.path("bank.key")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return s
}

func (s script) path(name string) string { return filepath.Join(s.dir, name) }

func (s script) file(name string, b []byte) string {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), b, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}

func (s script) run(args ...string) (out string, code int) {
	s.t.Helper()
	cmd := exec.Command("bash", append([]string{"baohan.sh"}, args...)...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "BASE="+s.srv.URL, "CERT=bank.pem", "SIGNKEY=bank.key", "PLATFORM=platform.pem", "no_proxy=*")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return stdout.String() + stderr.String(), cmd.ProcessState.ExitCode()
}

// The example of the document, against the verification that the service itself uses.
func TestTheDocumentsScriptSpeaksToTheService(t *testing.T) {
	s := newScript(t)
	id := sample.ID(1)
	verified := func(r *http.Request, body string) bool {
		v, err := httpsig.Verify(r, []byte(body), func(string) (signing.PublicKey, error) { return s.Bank.Sign.Key.Public(), nil }, time.Now())
		if err != nil || v.KeyID != s.Bank.Sign.KeyID() {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		return err == nil
	}
	s.on("POST "+decision(id), func(rw http.ResponseWriter, r *http.Request) {
		sent := s.sent("POST", decision(id))
		if verified(r, sent[len(sent)-1].body) {
			s.signedShort(rw, r, wire.Done{ID: id, Version: 2})
		}
	})
	s.on("GET /issuer/guarantees", func(rw http.ResponseWriter, r *http.Request) {
		if verified(r, "") && r.URL.RawQuery == "after="+id {
			s.signedBy(s.Platform, rw, r, http.StatusOK, wire.BookPage{Items: []wire.BookEntry{}})
		}
	})
	body := s.file("decision.json", []byte(`{"approve":true,"fee":400000}`))
	for range 6 { // r or s has its first bit set every other time: then DER has a byte more
		out, code := s.run("send", "POST", "/api/v1"+decision(id), body, "decision-"+id)
		if code != 0 || out != `{"id":"`+id+`","version":2}` {
			t.Fatalf("exit %d: %s", code, out)
		}
	}
	if got := s.sent("POST", decision(id))[0]; got.key != "decision-"+id || got.body != `{"approve":true,"fee":400000}` {
		t.Errorf("%+v", got)
	}
	if out, code := s.run("send", "GET", "/api/v1/issuer/guarantees?after="+id, s.file("empty", nil)); code != 0 || out != `{"items":[]}` {
		t.Errorf("exit %d: %s", code, out)
	}
}

// signedShort answers with a signature whose r begins with a zero byte: then DER has a byte less.
func (s script) signedShort(rw http.ResponseWriter, r *http.Request, v any) {
	body, err := wire.Write(v)
	for err == nil {
		err = httpsig.SignResponse(rw.Header(), http.StatusOK, body, r, s.Platform.Sign.KeyID(), s.Platform.Sign.Key, time.Now())
		// Eight zero bits in base64: A, then one of A to P.
		if text, _ := strings.CutPrefix(rw.Header().Get("Signature"), "baohan=:"); text[0] == 'A' && text[1] <= 'P' {
			break
		}
	}
	if err != nil {
		s.t.Error(err)
	}
	_, _ = rw.Write(body)
}

func TestTheDocumentsScriptBelievesNobodyElse(t *testing.T) {
	s := newScript(t)
	id, body := sample.ID(1), s.file("decision.json", []byte(`{}`))
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		code   int
	}{
		"a refusal": {func(rw http.ResponseWriter, r *http.Request) {
			s.signedBy(s.Platform, rw, r, http.StatusConflict, wire.Done{})
		}, 2},
		"unsigned":       {func(rw http.ResponseWriter, _ *http.Request) { answer(rw, wire.Done{}) }, 3},
		"another signer": {func(rw http.ResponseWriter, r *http.Request) { s.signedBy(s.Centre, rw, r, http.StatusOK, wire.Done{}) }, 3},
		"altered": {func(rw http.ResponseWriter, r *http.Request) {
			s.signedBy(s.Platform, rw, r, http.StatusOK, wire.Done{})
			_, _ = rw.Write([]byte(" "))
		}, 3},
		"another request": {func(rw http.ResponseWriter, r *http.Request) {
			other := r.Clone(r.Context())
			other.Header.Set("Signature", "baohan=:AAAA:")
			s.signedBy(s.Platform, rw, other, http.StatusOK, wire.Done{})
		}, 3},
		"another status": {func(rw http.ResponseWriter, r *http.Request) {
			raw, err := wire.Write(wire.Done{})
			if err == nil {
				err = httpsig.SignResponse(rw.Header(), http.StatusOK, raw, r, s.Platform.Sign.KeyID(), s.Platform.Sign.Key, time.Now())
			}
			if err != nil {
				t.Error(err)
			}
			rw.WriteHeader(http.StatusAccepted)
			_, _ = rw.Write(raw)
		}, 3},
		"old": {func(rw http.ResponseWriter, r *http.Request) {
			raw, err := wire.Write(wire.Done{})
			if err == nil {
				err = httpsig.SignResponse(rw.Header(), http.StatusOK, raw, r, s.Platform.Sign.KeyID(), s.Platform.Sign.Key, time.Now().Add(-time.Hour))
			}
			if err != nil {
				t.Error(err)
			}
			_, _ = rw.Write(raw)
		}, 3},
	} {
		s.on("POST "+decision(id), c.answer)
		if out, code := s.run("send", "POST", "/api/v1"+decision(id), body, "decision-"+id); code != c.code {
			t.Errorf("%s: exit %d, want %d: %s", name, code, c.code, out)
		}
	}
}

func TestTheDocumentsScriptChecksMessages(t *testing.T) {
	s := newScript(t)
	message := s.ended()
	check := func(by sample.Member, authority string, spoil func(http.Header, []byte) []byte) int {
		r := s.posted(message, by, time.Now())
		body := message
		if spoil != nil {
			body = spoil(r.Header, bytes.Clone(message))
		}
		var headers bytes.Buffer
		headers.WriteString("POST " + wire.MessagesPath + " HTTP/1.1\r\n")
		if err := r.Header.Write(&headers); err != nil {
			t.Fatal(err)
		}
		out, code := s.run("check", "POST", authority, wire.MessagesPath, s.file("headers", headers.Bytes()), s.file("message.json", body))
		t.Log(strings.TrimSpace(out))
		return code
	}
	if code := check(s.Platform, "bank.example.cn", nil); code != 0 {
		t.Fatal("a message of the platform is refused")
	}
	for name, code := range map[string]int{
		"another signer":  check(s.Centre, "bank.example.cn", nil),
		"to another bank": check(s.Platform, "other.example.cn", nil),
		"another body":    check(s.Platform, "bank.example.cn", func(_ http.Header, b []byte) []byte { b[10] ^= 1; return b }),
		"another digest":  check(s.Platform, "bank.example.cn", func(h http.Header, b []byte) []byte { h.Set("Content-Digest", "sm3=:AAAA:"); return b }),
		"another key":     check(s.Platform, "bank.example.cn", func(h http.Header, b []byte) []byte { h.Set("Idempotency-Key", sample.ID(8)); return b }),
		"another signature": check(s.Platform, "bank.example.cn", func(h http.Header, b []byte) []byte {
			h.Set("Signature", s.posted(message, s.Platform, time.Now()).Header.Get("Signature"))
			return b
		}),
	} {
		if code == 0 {
			t.Errorf("%s: believed", name)
		}
	}
}

func TestTheDocumentsScriptRecomputesTheCommitment(t *testing.T) {
	s := newScript(t)
	d := s.Blind()
	out, code := s.run("commitment", s.file("reveal.json", d.RevealBytes))
	if want := letter.Commitment(d.RevealBytes).String(); code != 0 || strings.TrimSpace(out) != want || want != d.Application.Commitment.String() {
		t.Fatalf("exit %d: %s, want %s", code, out, want)
	}
}

// The lines with which a letter from the counter is handed in, as they stand on the page.
func TestTheDocumentsLinesDepositALetter(t *testing.T) {
	s := newScript(t)
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("jq is not installed: the example of docs/issuer-api.md was not run")
	}
	doc, err := os.ReadFile("../docs/issuer-api.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(doc), "```sh\njq -c")
	lines, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("docs/issuer-api.md has no lines for the counter")
	}
	sold := s.sold(s.sale())
	kept, err := json.Marshal(sold)
	if err != nil {
		t.Fatal(err)
	}
	s.file("sold.json", kept)
	s.file("deposit.sh", []byte("set -eu\njq -c"+lines))
	s.takeIn(s.Platform, s.At, nil)
	cmd := exec.Command("bash", "deposit.sh")
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "BASE="+s.srv.URL, "CERT=bank.pem", "SIGNKEY=bank.key", "PLATFORM=platform.pem", "no_proxy=*")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p7s, err := os.ReadFile(s.path("receipt.p7s"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := letter.ParseReceipt(signed.Content)
	if err != nil || r.Application != sold.Application || r.Digest != sold.Digest {
		t.Errorf("%+v, %v", r, err)
	}
	if sent := s.sent("POST", "/issuer/letters"); len(sent) != 1 || sent[0].key != "deposit-"+sold.Application {
		t.Errorf("%d were sent", len(sent))
	}
}
