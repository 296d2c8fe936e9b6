package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"baohan/client/wire"
	"baohan/party"
	"baohan/signing"
)

func TestSignInAndOut(t *testing.T) {
	w := newWorld(t)
	bidder := w.person("甲建设有限公司", 11)
	r := w.signInRequest(bidder, party.Bidder)
	got := w.send(r)
	var s wire.Session
	got.into(t, &s)
	if cookie := got.header.Get("Set-Cookie"); cookie != "" {
		t.Errorf("a program gets the cookie %q", cookie)
	}
	if s.Actor != (wire.Actor{USCC: bidder.uscc, Name: bidder.name, Role: "bidder"}) || !s.ExpiresAt.Equal(start.Add(party.SessionLife)) {
		t.Errorf("%+v", s)
	}
	var me wire.Actor
	w.as(s.Token, "GET", "/api/v1/me", nil).into(t, &me)
	if me != s.Actor {
		t.Errorf("me = %+v", me)
	}
	if again := w.send(w.repeat(r)); again.status != 401 || again.problem(t).Code != "session.challenge" {
		t.Errorf("a challenge was signed for twice: %d %s", again.status, again.body)
	}
	if out := w.as(s.Token, "DELETE", "/api/v1/session", nil); out.status != 204 || len(out.body) != 0 {
		t.Errorf("sign-out: %d %s", out.status, out.body)
	}
	if after := w.as(s.Token, "GET", "/api/v1/me", nil); after.status != 401 {
		t.Errorf("the session outlived its sign-out: %d", after.status)
	}
	if strings.Contains(w.log.String(), s.Token) || strings.Contains(w.log.String(), bidder.name) {
		t.Error("the log names the bidder or its token")
	}
}

// browserSignIn is the request by which a browser signs p in.
func (w *world) browserSignIn(p person, role party.Role) *http.Request {
	w.t.Helper()
	var in wire.SignIn
	must(0, wire.ReadAnswer(must(io.ReadAll(must(w.signInRequest(p, role).GetBody()))), &in))
	in.Browser = true
	r := w.request("POST", "/api/v1/session", in)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// A browser gets its session as a cookie that no script reads, and nowhere else.
func TestSignInOfABrowser(t *testing.T) {
	w := newWorld(t)
	bidder := w.person("甲建设有限公司", 11)
	got := w.send(w.browserSignIn(bidder, party.Bidder))
	var s wire.Session
	got.into(t, &s)
	cookie, err := http.ParseSetCookie(got.header.Get("Set-Cookie"))
	if err != nil || cookie.Name != "baohan" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.MaxAge != 0 {
		t.Fatalf("%+v, %v", cookie, err)
	}
	if s.Token != "" || strings.Contains(string(got.body), cookie.Value) || s.Actor.USCC != bidder.uscc {
		t.Errorf("%s", got.body)
	}
	r := w.request("GET", "/api/v1/me", nil)
	r.AddCookie(cookie)
	var me wire.Actor
	w.send(r).into(t, &me)
	if me != s.Actor {
		t.Errorf("me = %+v", me)
	}
}

// repeat is the same request once more, byte for byte.
func (w *world) repeat(r *http.Request) *http.Request {
	again := r.Clone(w.t.Context())
	again.Body = must(r.GetBody())
	return again
}

func TestSignInRefuses(t *testing.T) {
	w := newWorld(t)
	bidder, other := w.person("甲建设有限公司", 11), w.person("乙建设有限公司", 12)
	for name, spoil := range map[string]func(*wire.SignIn){
		"another's chain":   func(s *wire.SignIn) { s.Chain = chainOf(other.sign) },
		"another role":      func(s *wire.SignIn) { s.Role = "operator" },
		"unknown challenge": func(s *wire.SignIn) { s.Challenge = strings.Repeat("0", 64) },
		"encryption cert":   func(s *wire.SignIn) { s.Chain = chainOf(bidder.encrypt) },
		"no intermediate":   func(s *wire.SignIn) { s.Chain = s.Chain[:1] },
		"role nobody has":   func(s *wire.SignIn) { s.Role = "system" },
		"for another platform": func(s *wire.SignIn) {
			s.Signature = must(bidder.sign.Key.Sign(t.Context(), wire.SignInText("other.test", s.Challenge, "bidder")))
		},
		"signature of zeros": func(s *wire.SignIn) { s.Signature[0] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) {
			var c wire.Challenge
			w.as("", "POST", "/api/v1/session/challenge", nil).into(t, &c)
			body := wire.SignIn{Challenge: c.Challenge, Chain: chainOf(bidder.sign), Role: "bidder",
				Signature: must(bidder.sign.Key.Sign(t.Context(), wire.SignInText(w.host(), c.Challenge, "bidder")))}
			spoil(&body)
			got := w.as("", "POST", "/api/v1/session", body)
			if got.status != 401 && got.status != 403 && got.status != 400 {
				t.Errorf("%d %s", got.status, got.body)
			}
			if got.header.Get("Set-Cookie") != "" {
				t.Error("a refused sign-in began a session")
			}
		})
	}
}

func TestSessionEndsWithItsTime(t *testing.T) {
	w := newWorld(t)
	token := w.signIn(w.person("甲建设有限公司", 11), party.Bidder)
	w.clock.Advance(party.SessionLife - time.Microsecond)
	if got := w.as(token, "GET", "/api/v1/me", nil); got.status != 200 {
		t.Errorf("just before the end: %d", got.status)
	}
	w.clock.Advance(time.Microsecond)
	if got := w.as(token, "GET", "/api/v1/me", nil); got.status != 401 {
		t.Errorf("at the end: %d", got.status)
	}
}

func TestCookieNeedsOurOwnSite(t *testing.T) {
	w := newWorld(t)
	token := w.signIn(w.person("甲建设有限公司", 11), party.Bidder)
	for name, c := range map[string]struct {
		headers map[string]string
		status  int
	}{
		"same origin":             {map[string]string{"Sec-Fetch-Site": "same-origin"}, 204},
		"origin header":           {map[string]string{"Origin": w.server.URL}, 204},
		"nothing said":            {nil, 403},
		"cross-site":              {map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"same site, other host":   {map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		"typed by hand":           {map[string]string{"Sec-Fetch-Site": "none"}, 403},
		"foreign origin":          {map[string]string{"Origin": "http://evil.test"}, 403},
		"null origin":             {map[string]string{"Origin": "null"}, 403},
		"https for http":          {map[string]string{"Origin": strings.Replace(w.server.URL, "http:", "https:", 1)}, 403},
		"a lie beside the origin": {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": w.server.URL}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.request("DELETE", "/api/v1/session", nil)
			r.AddCookie(&http.Cookie{Name: "baohan", Value: w.signIn(w.person("乙建设有限公司", 12), party.Bidder)})
			for k, v := range c.headers {
				r.Header.Set(k, v)
			}
			if got := w.send(r); got.status != c.status {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	r := w.request("GET", "/api/v1/me", nil)
	r.AddCookie(&http.Cookie{Name: "baohan", Value: token})
	if got := w.send(r); got.status != 200 {
		t.Errorf("a read by cookie: %d", got.status)
	}
	r = w.request("GET", "/api/v1/me", nil)
	r.AddCookie(&http.Cookie{Name: "__Host-baohan", Value: token})
	if got := w.send(r); got.status != 401 {
		t.Errorf("a cookie of the other name: %d", got.status)
	}
}

func TestCookieOverTLS(t *testing.T) {
	c := cookies{secure: true}
	if got := c.set("t"); got != "__Host-baohan=t; Path=/; HttpOnly; Secure; SameSite=Strict" {
		t.Error(got)
	}
	if got := c.drop(); !strings.Contains(got, "Max-Age=0") {
		t.Error(got)
	}
}

func TestSignInsAreCounted(t *testing.T) {
	w := newWorld(t)
	c := w.restarted()
	c.SignInRate = 0.001
	h := must(New(c))
	ask := func(address string) int {
		r := httptest.NewRequest("POST", "/api/v1/session/challenge", nil)
		r.RemoteAddr = address
		r.Header.Set("X-Forwarded-For", signing.Sum(signing.Random(8)).String())
		return serve(h, r).Code
	}
	for range burst {
		if got := ask("192.0.2.1:1000"); got != 200 {
			t.Fatalf("within the burst: %d", got)
		}
	}
	if got := ask("192.0.2.1:2000"); got != 429 {
		t.Errorf("one too many: %d", got)
	}
	if got := ask("192.0.2.2:1000"); got != 200 {
		t.Errorf("another address: %d", got)
	}
}

// TestSignaturesAreCounted: what anybody may have signed anew is counted by address, apart from sign-ins, and no sooner told
// to be there than not.
func TestSignaturesAreCounted(t *testing.T) {
	w := newWorld(t)
	c := w.restarted()
	c.SignInRate = 0.001
	h := must(New(c))
	ask := func(method, path, address string) int {
		r := httptest.NewRequest(method, "/api/v1"+path, nil)
		r.RemoteAddr = address + ":1000"
		return serve(h, r).Code
	}
	for i, path := range []string{"/guarantees/" + nowhere + "/document", "/log/leaves/" + signing.Sum().String() + "/receipt"} {
		here, there := fmt.Sprintf("192.0.2.%d", i), fmt.Sprintf("198.51.100.%d", i)
		served := 0
		for ask("GET", path, here) == 404 {
			if served++; served > burst {
				t.Fatalf("%s: %d are served", path, served)
			}
		}
		if got := ask("GET", path, here); got != 429 || served == 0 {
			t.Errorf("%s: %d behind %d", path, got, served)
		}
		if got := ask("GET", path, there); got != 404 {
			t.Errorf("%s, another address: %d", path, got)
		}
		if got := ask("POST", "/session/challenge", here); got != 200 {
			t.Errorf("%s: a sign-in behind it: %d", path, got)
		}
	}
}

// TestPresses: no more documents are set at once than there are presses, and who waits in vain is told.
func TestPresses(t *testing.T) {
	p, begun, free := make(presses, 1), make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := p.print(t.Context(), time.Minute, func() ([]byte, error) { close(begun); <-free; return nil, nil })
		done <- err
	}()
	<-begun
	if _, err := p.print(t.Context(), time.Millisecond, func() ([]byte, error) { return nil, nil }); !errors.Is(err, errPresses) {
		t.Errorf("a second at once: %v", err)
	}
	close(free)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if b, err := p.print(t.Context(), time.Minute, func() ([]byte, error) { return []byte("x"), nil }); err != nil || string(b) != "x" {
		t.Errorf("behind it: %q, %v", b, err)
	}
}

// TestSignInsAreCountedBehindAProxy: a named proxy's word about the address counts, nobody else's, and not what the
// caller wrote before it.
func TestSignInsAreCountedBehindAProxy(t *testing.T) {
	w := newWorld(t)
	c := w.restarted()
	c.SignInRate, c.Proxies = 0.001, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
	h := must(New(c))
	ask := func(from, forwarded string) int {
		r := httptest.NewRequest("POST", "/api/v1/session/challenge", nil)
		r.RemoteAddr = from + ":1000"
		r.Header.Set("X-Forwarded-For", forwarded)
		return serve(h, r).Code
	}
	for range burst {
		ask("10.1.2.3", "198.51.100.7")
		ask("192.168.0.9", "198.51.100.8")
	}
	for _, c := range []struct {
		from, forwarded string
		want            int
	}{
		{"10.1.2.3", "198.51.100.7", 429},
		{"10.1.9.9", "198.51.100.7, 10.1.2.3", 429},    // through two of ours
		{"10.1.2.3", "203.0.113.1, 198.51.100.7", 429}, // the caller's own invention stands before it
		{"10.1.2.3", "198.51.100.9", 200},              // somebody else through the same proxy
		{"192.168.0.9", "203.0.113.2", 429},            // an inside address that nobody named
		{"203.0.113.3", "198.51.100.7", 200},           // a stranger's header says nothing
	} {
		if got := ask(c.from, c.forwarded); got != c.want {
			t.Errorf("from %s for %s: %d, want %d", c.from, c.forwarded, got, c.want)
		}
	}
}

func TestNobodysBodyIsNotRead(t *testing.T) {
	w := newWorld(t)
	for name, header := range map[string]string{"nobody": "", "a dead session": "Bearer " + strings.Repeat("ab", 32)} {
		body := &counted{}
		r := httptest.NewRequest("POST", "/api/v1/guarantees/"+nowhere+"/demands", body)
		r.Header.Set("Authorization", header)
		if got := serve(must(New(w.restarted())), r); got.Code != 401 || body.read > 0 {
			t.Errorf("%s: %d, %d bytes read", name, got.Code, body.read)
		}
	}
}

// counted is a body without end.
type counted struct{ read int }

func (c *counted) Read(p []byte) (int, error) {
	c.read += len(p)
	return len(p), nil
}
