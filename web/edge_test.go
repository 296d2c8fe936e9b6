package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"baohan/client/wire"
	"baohan/party"
	"baohan/signing"
)

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEveryAnswerIsProtected(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/api/v1/lots", "/api/v1/me", "/nowhere", "/healthz", "/metrics", "/api/v1/lots/%2e%2e", "/openapi.json", "/docs", "/schemas/X.json"} {
		got := w.as("", "GET", path, nil)
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Frame-Options": "DENY"} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, got.header.Get(name))
			}
		}
		if len(got.header.Get("X-Request-Id")) != 32 || got.header.Get("Server") != "" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
}

func TestWhatIsNotThereIsOneAnswer(t *testing.T) {
	w := newWorld(t)
	want := string(absent().bytes())
	for _, c := range []struct{ method, path string }{{"GET", "/nowhere"}, {"GET", "/api/v1"}, {"GET", "/api/v1/lots/" + nowhere},
		{"GET", "/api/v1/lots/" + nowhere + "/opening"}, {"GET", "/api/v1/lots/" + nowhere + "/quotes"}, {"GET", "/api/v1/lots/x"},
		{"GET", "/api/v1/guarantees/" + nowhere + "/file"}, {"GET", "/metrics"}, {"GET", "/debug/pprof/"}, {"GET", "/api/v1/lots/"},
		{"GET", "/openapi.json"}, {"GET", "/api/v1/lots?after=zz"}} {
		got := w.as("", c.method, c.path, nil)
		if got.status != 404 || string(got.body) != want || got.header.Get("Content-Type") != wire.ProblemType {
			t.Errorf("%s: %d %s", c.path, got.status, got.body)
		}
	}
	if got := w.as("", "PUT", "/api/v1/lots", "{}"); got.status != 405 {
		t.Errorf("PUT: %d", got.status)
	}
	if got := w.as("", "TRACE", "/api/v1/lots", nil); got.status != 405 {
		t.Errorf("TRACE: %d", got.status)
	}
}

func TestRequestShape(t *testing.T) {
	w := newWorld(t)
	tenderer := w.admit(w.person("测试城建集团", 41), party.Beneficiary)
	token := w.signIn(tenderer, party.Beneficiary)
	good := fmt.Sprintf(`{"code":"P1","name":"一号项目","regime":"招投标","beneficiaries":[{"name":%q,"uscc":%q}]}`, tenderer.name, tenderer.uscc)
	n := 0
	for name, c := range map[string]struct {
		spoil  func(r *http.Request)
		status int
		code   string
	}{
		"good":             {func(*http.Request) {}, 200, ""},
		"no key":           {func(r *http.Request) { r.Header.Del("Idempotency-Key") }, 400, "idempotency.missing"},
		"two keys":         {func(r *http.Request) { r.Header.Add("Idempotency-Key", "b") }, 400, "idempotency.missing"},
		"key of spaces":    {func(r *http.Request) { r.Header.Set("Idempotency-Key", "a b") }, 400, "idempotency.key"},
		"long key":         {func(r *http.Request) { r.Header.Set("Idempotency-Key", strings.Repeat("k", 65)) }, 400, "idempotency.key"},
		"no media type":    {func(r *http.Request) { r.Header.Del("Content-Type") }, 415, "request.media_type"},
		"form":             {func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 415, "request.media_type"},
		"text":             {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415, "request.media_type"},
		"GBK":              {func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=gbk") }, 415, "request.media_type"},
		"UTF-8":            {func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=UTF-8") }, 200, ""},
		"compressed":       {func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, "request.media_type"},
		"unknown query":    {func(r *http.Request) { r.URL.RawQuery = "debug=1" }, 400, "request.query"},
		"twice a query":    {func(r *http.Request) { r.URL.RawQuery = "a=1&a=2" }, 400, "request.query"},
		"no body":          {func(r *http.Request) { setBody(r, "") }, 400, "request.not_json"},
		"unknown member":   {func(r *http.Request) { setBody(r, strings.Replace(good, `"code"`, `"owner":"x","code"`, 1)) }, 400, "request.unknown_member"},
		"too large":        {func(r *http.Request) { setBody(r, good+strings.Repeat(" ", smallBody)) }, 413, "request.too_large"},
		"too large, quiet": {func(r *http.Request) { setBody(r, good+strings.Repeat(" ", smallBody)); r.ContentLength = -1 }, 413, "request.too_large"},
		"wants XML":        {func(r *http.Request) { r.Header.Set("Accept", "application/xml") }, 200, ""},
		"another role":     {func(r *http.Request) { r.Header.Set("X-Role", "operator") }, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n++
			r := w.request("POST", "/api/v1/projects", strings.Replace(good, "P1", fmt.Sprint("P", n), 1))
			r.Header.Set("Authorization", "Bearer "+token)
			c.spoil(r)
			got := w.send(r)
			if got.status != c.status || c.code != "" && got.problem(t).Code != c.code {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestSameKeySameAnswer(t *testing.T) {
	w := newWorld(t)
	tenderer := w.admit(w.person("测试城建集团", 41), party.Beneficiary)
	token := w.signIn(tenderer, party.Beneficiary)
	body := fmt.Sprintf(`{"code":"P1","name":"一号项目","regime":"招投标","beneficiaries":[{"name":%q,"uscc":%q}]}`, tenderer.name, tenderer.uscc)
	send := func(token, key, body string) said {
		r := w.request("POST", "/api/v1/projects", body)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Idempotency-Key", key)
		return w.send(r)
	}
	first := send(token, "k1", body)
	for range 3 {
		if again := send(token, "k1", body); again.status != first.status || string(again.body) != string(first.body) {
			t.Errorf("first %d %s, again %d %s", first.status, first.body, again.status, again.body)
		}
	}
	if other := send(token, "k1", strings.Replace(body, "一号", "二号", 1)); other.status != 422 || other.problem(t).Code != "idempotency.key_reused" {
		t.Errorf("same key, other bytes: %d %s", other.status, other.body)
	}
	neighbour := w.admit(w.person("测试水务集团", 42), party.Beneficiary)
	theirs := strings.NewReplacer(tenderer.name, neighbour.name, tenderer.uscc, neighbour.uscc, "P1", "P2").Replace(body)
	if got := send(w.signIn(neighbour, party.Beneficiary), "k1", theirs); got.status != 200 {
		t.Errorf("another party's key is not its own: %d %s", got.status, got.body)
	}
}

func TestOtherHostsAreNotUs(t *testing.T) {
	w := newWorld(t)
	c := w.restarted()
	c.Hosts = []string{"api.baohan.test"}
	h := must(New(c))
	for host, status := range map[string]int{"api.baohan.test": 200, "evil.test": 421, "api.baohan.test:8443": 421, "": 421} {
		r := httptest.NewRequest("GET", "/api/v1/lots", nil)
		r.Host = host
		if got := serve(h, r); got.Code != status {
			t.Errorf("%q: %d %s", host, got.Code, got.Body)
		}
	}
}

func TestPanicsAreSilent(t *testing.T) {
	w := newWorld(t)
	c := w.restarted()
	c.Healthz = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half an answer")
		panic("甲公司")
	})
	got := serve(must(New(c)), httptest.NewRequest("GET", "/healthz", nil))
	if got.Code != 500 || strings.Contains(got.Body.String(), "half") || strings.Contains(got.Body.String(), "甲") || got.Header().Get("Content-Type") != wire.ProblemType {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if strings.Contains(w.log.String(), "甲公司") || !strings.Contains(w.log.String(), "edge_test.go") && !strings.Contains(w.log.String(), "TestPanicsAreSilent") {
		t.Errorf("the log: %s", w.log.String())
	}
}

func TestMetricsCountAndTellNothing(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.as("", "GET", "/api/v1/lots/"+nowhere, nil)
	}
	r := w.request("GET", "/metrics", nil)
	r.Header.Set("Authorization", "Bearer counting")
	got := w.send(r)
	if got.status != 200 || !strings.Contains(string(got.body), `baohan_http_request_seconds_count{class="4xx",kind="read"} 3`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	for _, secret := range []string{nowhere, "lots", "applications", "apply"} {
		if strings.Contains(string(got.body), secret) {
			t.Errorf("the metrics say %q", secret)
		}
	}
}

func TestNewRefusesHalfAConfiguration(t *testing.T) {
	w := newWorld(t)
	for name, spoil := range map[string]func(*Config){
		"no desk":   func(c *Config) { c.Guarantee = nil },
		"no clock":  func(c *Config) { c.Clock = nil },
		"no signer": func(c *Config) { c.Platform = nil },
		"no chain":  func(c *Config) { c.PlatformChain = []signing.Certificate{} },
		"short key": func(c *Config) { c.CommandKey = make([]byte, 31) },
		"no hosts":  func(c *Config) { c.Hosts = nil },
	} {
		c := w.restarted()
		spoil(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
