package web

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"baohan/party"
	"baohan/signing"
	"baohan/signing/devca"
	"baohan/signing/httpsig"
)

// nowhere is the id of a guarantee that does not exist.
var nowhere = strings.Repeat("0a", 16)

func (w *world) bank(seed int) person {
	return w.admit(w.person("测试银行股份有限公司", seed), party.Guarantor)
}

func TestAnswersToSignedRequestsAreSigned(t *testing.T) {
	w := newWorld(t)
	bank := w.bank(21)
	for name, r := range map[string]*http.Request{
		"a list":    w.signed(bank, "GET", "/api/v1/issuer/guarantees", nil),
		"a query":   w.signed(bank, "GET", "/api/v1/issuer/guarantees?after="+nowhere, nil),
		"a refusal": w.signed(bank, "POST", "/api/v1/issuer/applications/"+nowhere+"/take-up", nil),
		"no route":  w.signed(bank, "GET", "/api/v1/me", nil),
	} {
		got := w.send(r)
		got.answer.Body = io.NopCloser(bytes.NewReader(got.body))
		_, err := httpsig.VerifyResponse(got.answer, got.body, r, w.platformKey, time.Now())
		if err != nil {
			t.Errorf("%s: %d %s: %v", name, got.status, got.body, err)
		}
		got.body = append(got.body, ' ')
		if _, err := httpsig.VerifyResponse(got.answer, got.body, r, w.platformKey, time.Now()); err == nil {
			t.Errorf("%s: an altered answer verifies", name)
		}
	}
	if got := w.as("", "GET", "/api/v1/lots", nil); got.header.Get("Signature") != "" {
		t.Error("an answer was signed that nobody asked to be signed")
	}
}

func (w *world) platformKey(keyid string) (signing.PublicKey, error) {
	leaf := w.desks.PlatformChain[0]
	if keyid != leaf.Fingerprint().String() {
		return signing.PublicKey{}, httpsig.ErrKeyID
	}
	return leaf.PublicKey(), nil
}

// TestForgedMessages sends what is wrong in one way each; none may pass, and a message of a known sender whose
// signature does not hold is the same answer as one of a stranger.
func TestForgedMessages(t *testing.T) {
	w := newWorld(t)
	bank, other, stranger := w.bank(21), w.admit(w.person("测试保险股份有限公司", 22), party.Guarantor), w.person("无名银行", 23)
	path := "/api/v1/issuer/applications/" + nowhere + "/decision"
	body := `{"approve":true,"fee":30000}`
	for name, c := range map[string]struct {
		spoil func(r *http.Request)
		code  string
	}{
		"other body":           {func(r *http.Request) { setBody(r, `{"approve":true,"fee":30001}`) }, "signature.invalid"},
		"other path":           {func(r *http.Request) { r.URL.Path = strings.Replace(path, "0a0a", "0b0b", 1) }, "signature.invalid"},
		"other operation":      {func(r *http.Request) { r.URL.Path = strings.Replace(path, "/decision", "/take-up", 1) }, "signature.invalid"},
		"other method":         {func(r *http.Request) { r.Method = "GET"; r.URL.Path = strings.TrimSuffix(path, "/decision") }, "signature.invalid"},
		"a query":              {func(r *http.Request) { r.URL.RawQuery = "x=1" }, "signature.invalid"},
		"other host":           {func(r *http.Request) { r.Host = "test.example" }, "signature.invalid"},
		"other key":            {func(r *http.Request) { r.Header.Set("Idempotency-Key", "another") }, "signature.invalid"},
		"no key":               {func(r *http.Request) { r.Header.Del("Idempotency-Key") }, "signature.invalid"},
		"signature cut":        {func(r *http.Request) { r.Header.Set("Signature", "baohan=::") }, "signature.invalid"},
		"no signature":         {func(r *http.Request) { r.Header.Del("Signature") }, "signature.invalid"},
		"no input":             {func(r *http.Request) { r.Header.Del("Signature-Input") }, "signature.invalid"},
		"two signatures":       {func(r *http.Request) { r.Header.Add("Signature", r.Header.Get("Signature")) }, "signature.invalid"},
		"as another bank":      {func(r *http.Request) { swapKey(r, bank.sign, other.sign) }, "signature.invalid"},
		"unknown certificate":  {func(r *http.Request) { resign(w, r, stranger) }, "signature.invalid"},
		"expired":              {func(r *http.Request) { resignAt(w, r, bank, time.Now().Add(-6*time.Minute)) }, "signature.expired"},
		"from tomorrow":        {func(r *http.Request) { resignAt(w, r, bank, time.Now().Add(24*time.Hour)) }, "signature.expired"},
		"with a session too":   {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+strings.Repeat("0", 64)) }, "session.ambiguous"},
		"encryption key signs": {func(r *http.Request) { resign(w, r, person{sign: bank.encrypt}) }, "signature.invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.signed(bank, "POST", path, body)
			c.spoil(r)
			got := w.send(r)
			if got.status != 401 || got.problem(t).Code != c.code {
				t.Errorf("%d %s", got.status, got.body)
			}
			if got.header.Get("Signature") != "" {
				t.Error("an answer to a forged request was signed")
			}
		})
	}
}

func setBody(r *http.Request, body string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
}

func swapKey(r *http.Request, from, to devca.Identity) {
	r.Header.Set("Signature-Input", strings.Replace(r.Header.Get("Signature-Input"), from.KeyID(), to.KeyID(), 1))
}

func resign(w *world, r *http.Request, p person) { resignAt(w, r, p, time.Now()) }

func resignAt(w *world, r *http.Request, p person, at time.Time) {
	for _, h := range []string{"Signature", "Signature-Input", "Content-Digest"} {
		r.Header.Del(h)
	}
	w.sign(r, p, at)
}

func TestNonceWorksOnce(t *testing.T) {
	w := newWorld(t)
	r := w.signed(w.bank(21), "GET", "/api/v1/issuer/guarantees", nil)
	if got := w.send(r); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for range 2 {
		if got := w.send(w.repeatBare(r)); got.status != 401 || got.problem(t).Code != "signature.replayed" {
			t.Errorf("replayed: %d %s", got.status, got.body)
		}
	}
	again := httptest.NewRequest("GET", r.URL.RequestURI(), nil)
	again.Header, again.Host = r.Header.Clone(), r.URL.Host
	if got := serve(must(New(w.restarted())), again); got.Code != 401 || !strings.Contains(got.Body.String(), "signature.replayed") {
		t.Errorf("a nonce was forgotten over a restart: %d %s", got.Code, got.Body)
	}
}

// restarted is the same platform in a new process: another registry, the same database.
func (w *world) restarted() Config {
	c := w.desks
	c.Registry = nil
	return c
}

func (w *world) repeatBare(r *http.Request) *http.Request {
	again := r.Clone(w.t.Context())
	if r.GetBody != nil {
		again.Body = must(r.GetBody())
	}
	return again
}

// TestNonceRace sends one signed request many times at once: one passes.
func TestNonceRace(t *testing.T) {
	w := newWorld(t)
	r := w.signed(w.bank(21), "GET", "/api/v1/issuer/guarantees", nil)
	statuses := make(chan int)
	const n = 8
	for range n {
		again := w.repeatBare(r)
		go func() { statuses <- w.send(again).status }()
	}
	passed := 0
	for range n {
		if <-statuses == 200 {
			passed++
		}
	}
	if passed != 1 {
		t.Errorf("%d of %d copies of one signed request passed", passed, n)
	}
}

func TestSuspendedAndRemovedCannotSign(t *testing.T) {
	w := newWorld(t)
	operator, bank := w.admit(w.person("平台运营部", 31), party.Operator), w.bank(21)
	staff := must2(w.desks.Party.ByFingerprint(t.Context(), operator.sign.Certificate().Fingerprint()))
	list := func() said { return w.send(w.signed(bank, "GET", "/api/v1/issuer/guarantees", nil)) }
	if got := list(); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if err := w.desks.Party.Suspend(t.Context(), staff, bank.uscc); err != nil {
		t.Fatal(err)
	}
	if got := list(); got.status != 401 {
		t.Errorf("a suspended institution: %d", got.status)
	}
	if err := w.desks.Party.Resume(t.Context(), staff, bank.uscc); err != nil {
		t.Fatal(err)
	}
	if err := w.desks.Party.RemoveCertificate(t.Context(), staff, bank.sign.Certificate().Fingerprint()); err != nil {
		t.Fatal(err)
	}
	if got := list(); got.status != 401 {
		t.Errorf("a removed certificate: %d", got.status)
	}
}

func must2[A, B any](a A, _ B, err error) A { return must(a, err) }

func TestMachinesOnlyForInstitutions(t *testing.T) {
	w := newWorld(t)
	bank := w.bank(21)
	token := w.signIn(bank, party.Guarantor)
	path := "/api/v1/issuer/applications/" + nowhere + "/take-up"
	if got := w.as(token, "POST", path, nil); got.status != 404 || !bytes.Equal(got.body, absent().bytes()) {
		t.Errorf("a session did what only a signed request may: %d %s", got.status, got.body)
	}
	if got := w.as(token, "GET", "/api/v1/issuer/guarantees", nil); got.status != 200 {
		t.Errorf("an institution's people cannot read its book: %d %s", got.status, got.body)
	}
}
