package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"baohan/internal/clock"
	"baohan/party"
	"baohan/web/view"
)

// demonstration is a world on a stepped clock with one actor to be.
func demonstration(t *testing.T) (*world, Config) {
	t.Helper()
	w := newWorld(t)
	stepped := must(clock.StartStepped(filepath.Join(t.TempDir(), "clock"), start))
	p := w.person("演示投标公司", 61)
	c := w.desks
	c.Registry, c.Clock = prometheus.NewRegistry(), stepped
	c.Demo = &Demo{Actors: []DemoActor{{DemoActor: view.DemoActor{Key: "bidder", PIN: "123456", Name: p.name, Role: party.Bidder, Does: "投标"},
		File: []byte("a key file"), Sign: p.sign.Key, Chain: p.sign.Chain, OpenChain: p.encrypt.Chain}}}
	c.Demo.Step = func(ctx context.Context, to time.Time) error {
		return stepped.Set(ctx, to, func(context.Context, time.Duration) error { return nil })
	}
	return w, c
}

// The certificates of a demonstration are given out in a demonstration alone: not on the machine's own clock, and not where
// others come by TLS. Without them there is no such page.
func TestDemoIsRefusedElsewhere(t *testing.T) {
	w, c := demonstration(t)
	if _, err := New(c); err != nil {
		t.Fatal(err)
	}
	real := c
	real.Registry, real.Clock = prometheus.NewRegistry(), clock.System()
	if _, err := New(real); !errors.Is(err, errDemo) {
		t.Errorf("on the machine's clock: %v", err)
	}
	served := c
	served.Registry, served.PlainHTTP = prometheus.NewRegistry(), false
	if _, err := New(served); !errors.Is(err, errDemo) {
		t.Errorf("over TLS: %v", err)
	}
	for _, path := range []string{"/demo", "/demo/keys/bidder"} {
		if got := w.as("", http.MethodGet, path, nil); got.status != http.StatusNotFound {
			t.Errorf("%s outside a demonstration: %d", path, got.status)
		}
	}
}

// One click signs in with the demonstration's certificate, and its clock goes forward only.
func TestDemo(t *testing.T) {
	_, c := demonstration(t)
	handler := must(New(c))
	post := func(path string, form url.Values, from string) *http.Response {
		r := must(http.NewRequestWithContext(t.Context(), http.MethodPost, "http://demo.test"+path, strings.NewReader(form.Encode())))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", from)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		return answer.Result()
	}
	if res := post("/demo/enter", url.Values{"key": {"bidder"}}, "same-origin"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Set-Cookie"), "baohan=") {
		t.Errorf("entering: %d %v", res.StatusCode, res.Header)
	}
	for name, res := range map[string]*http.Response{
		"nobody":       post("/demo/enter", url.Values{"key": {"mayor"}}, "same-origin"),
		"another site": post("/demo/enter", url.Values{"key": {"bidder"}}, "cross-site"),
		"back":         post("/demo/clock", url.Values{"to": {"2020-01-01T00:00:00"}}, "same-origin"),
		"by nothing":   post("/demo/clock", url.Values{"by": {"-1h"}}, "same-origin"),
	} {
		if res.StatusCode < 400 || res.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	before := c.Clock.Now()
	if res := post("/demo/clock", url.Values{"by": {"1h"}}, "same-origin"); res.StatusCode != http.StatusSeeOther || c.Clock.Now().Sub(before) < time.Hour {
		t.Errorf("an hour on: %d, %s", res.StatusCode, c.Clock.Now())
	}
}
