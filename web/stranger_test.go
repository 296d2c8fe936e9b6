package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"baohan/party"
)

// endless is a body that never ends; it counts what was read of it.
type endless struct{ read int }

func (c *endless) Read(p []byte) (int, error) { c.read += len(p); return len(p), nil }

// TestStrangersBodyIsNotRead: whoever writes a Signature header that no known key made has not one byte of its body
// taken into memory. Whoever is known is read up to the operation's limit.
func TestStrangersBodyIsNotRead(t *testing.T) {
	w := newWorld(t)
	bank, stranger, other := w.bank(21), w.person("无名银行", 23), w.admit(w.person("测试保险股份有限公司", 22), party.Guarantor)
	edge := must(New(w.restarted()))
	signed := func(by person, at time.Time) func(r *http.Request) {
		return func(r *http.Request) {
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("{}")), nil }
			w.sign(r, by, at)
		}
	}
	for name, c := range map[string]struct {
		head  func(r *http.Request)
		known bool
	}{
		"not a signature": {func(r *http.Request) { r.Header.Set("Signature", "x") }, false},
		"an input alone":  {func(r *http.Request) { r.Header.Set("Signature-Input", "x") }, false},
		"an unknown key":  {signed(stranger, time.Now()), false},
		"expired":         {signed(bank, time.Now().Add(-6*time.Minute)), false},
		"another's keyid": {func(r *http.Request) { signed(bank, time.Now())(r); swapKey(r, bank.sign, other.sign) }, false},
		"another command": {func(r *http.Request) { signed(bank, time.Now())(r); r.Header.Set("Idempotency-Key", "other") }, false},
		"another digest":  {func(r *http.Request) { signed(bank, time.Now())(r); r.Header.Set("Content-Digest", "sm3=:AAAA:") }, false},
		"a session too": {func(r *http.Request) {
			signed(bank, time.Now())(r)
			r.Header.Set("Authorization", "Bearer "+strings.Repeat("0", 64))
		}, false},
		"a known key": {signed(bank, time.Now()), true},
	} {
		for _, path := range []string{"/api/v1/guarantees/" + nowhere + "/demands", "/api/v1/issuer/applications/" + nowhere + "/issue"} {
			body := &endless{}
			r := httptest.NewRequest(http.MethodPost, path, body)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Idempotency-Key", "k")
			c.head(r)
			got := serve(edge, r)
			switch {
			case !c.known && (body.read > 0 || got.Code != http.StatusUnauthorized):
				t.Errorf("%s at %s: %d, %d bytes of a stranger's body were read", name, path, got.Code, body.read)
			case c.known && (body.read == 0 || body.read > 2*filesBody || got.Code != http.StatusRequestEntityTooLarge):
				t.Errorf("%s at %s: %d, %d bytes were read", name, path, got.Code, body.read)
			}
		}
	}
}

// TestAnotherBodySpendsNothing: a body that is not the signed one is refused, and the message that it was taken from is
// still good.
func TestAnotherBodySpendsNothing(t *testing.T) {
	w := newWorld(t)
	path := "/api/v1/issuer/applications/" + nowhere + "/decision"
	r := w.signed(w.bank(21), "POST", path, `{"approve":true,"fee":30000}`)
	spoilt := w.repeatBare(r)
	setBody(spoilt, `{"approve":true,"fee":30001}`)
	if got := w.send(spoilt); got.status != 401 || got.problem(t).Code != "signature.invalid" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := w.send(w.repeatBare(r)); got.status != 404 || got.header.Get("Signature") == "" {
		t.Errorf("the message itself: %d %s", got.status, got.body)
	}
	if got := w.send(w.repeatBare(r)); got.status != 401 || got.problem(t).Code != "signature.replayed" {
		t.Errorf("and once more: %d %s", got.status, got.body)
	}
}
