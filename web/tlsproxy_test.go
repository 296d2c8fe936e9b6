package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Where TLS ends at a proxy, what the proxy does not say came over TLS is answered nothing of, page or API; health is asked on
// the machine itself.
func TestOnlyWhatCameOverTLS(t *testing.T) {
	w := newWorld(t)
	c := w.restarted()
	c.Hosts, c.PlainHTTP, c.TLSProxy, c.Registry = []string{"bh.example.cn"}, false, true, prometheus.NewRegistry()
	h := must(New(c))
	for _, x := range []struct {
		path   string
		said   []string
		status int
	}{
		{"/api/v1/lots", []string{"https"}, http.StatusOK},
		{"/lots", []string{"https"}, http.StatusOK},
		{"/api/v1/lots", nil, http.StatusMisdirectedRequest},
		{"/lots", []string{"http"}, http.StatusMisdirectedRequest},
		{"/session", nil, http.StatusMisdirectedRequest},
		{"/api/v1/lots", []string{"http", "https"}, http.StatusMisdirectedRequest}, // what the caller wrote, and what the proxy added
		{"/api/v1/lots", []string{"https, http"}, http.StatusMisdirectedRequest},
		{"/healthz", nil, http.StatusOK},
	} {
		r := httptest.NewRequest(http.MethodGet, x.path, nil)
		r.Host = "bh.example.cn"
		r.Header["X-Forwarded-Proto"] = x.said
		got := serve(h, r)
		if got.Code != x.status || got.Header().Get("Strict-Transport-Security") == "" {
			t.Errorf("%s, %q: %d, %v", x.path, x.said, got.Code, got.Header())
		}
	}
}
