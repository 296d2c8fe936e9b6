package web

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"baohan/party"
)

// unguarded are the addresses that everybody may use and that read nothing of anybody's.
var unguarded = []string{"POST /sign-out", "GET /clock", "GET /session"}

// pagesByRow lists every page and form with the row that guards it; a form of the hall leads back when it is loaded again.
func pagesByRow(t *testing.T) map[Route]string {
	t.Helper()
	s := describe()
	s.people()
	for _, r := range s.echo.Routes() {
		at := Route{r.Method, r.Path}
		if _, ok := s.mounted[at]; ok || strings.HasPrefix(r.Path, prefix) || r.Method == http.MethodHead || r.Name == "" ||
			slices.Contains(unguarded, r.Method+" "+r.Path) || r.Method == http.MethodGet && s.mounted[Route{http.MethodPost, r.Path}] != "" {
			continue
		}
		t.Errorf("%s %s is mounted beside the guard", r.Method, r.Path)
	}
	return s.mounted
}

// TestWhoMaySeeWhichPage is TestWhoMayDoWhat of the pages: testdata/who-may-pages.txt is the table that people have read.
func TestWhoMaySeeWhichPage(t *testing.T) {
	var b strings.Builder
	s, all := describe(), pagesByRow(t)
	order := func(x, y Route) int { return strings.Compare(x.Path+x.Method, y.Path+y.Method) }
	for _, r := range slices.SortedFunc(maps.Keys(all), order) {
		row, ok := ruleOf(all[r])
		if !ok {
			t.Errorf("%s %s has no row in the guard's table", r.Method, r.Path)
		}
		if r.Method == http.MethodPost && row.open() {
			t.Errorf("%s changes something for anybody", r.Path)
		}
		if row.signed {
			t.Errorf("%s: a page cannot be asked by a signed request", r.Path)
		}
		fmt.Fprintf(&b, "%-4s %-44s %-19s", r.Method, r.Path, all[r])
		for _, role := range append([]party.Role{""}, party.Roles()...) {
			fmt.Fprintf(&b, " %s:%s", short(role), verdicts(t, s, all[r], role)[:2])
		}
		b.WriteString("\n")
	}
	compare(t, "testdata/who-may-pages.txt", []byte("# Per role: as a stranger to the object / as the one it belongs to. + shown, - the one 404, ? must sign in first.\n"+b.String()))
}

// TestPagesAskTheGuard asks every page and form over HTTP as everybody, about what nobody has: whoever the row does not name
// is told what he is told of what does not exist, a visitor is led to the sign-in, and no spelling of an id is a fault of ours.
func TestPagesAskTheGuard(t *testing.T) {
	w := newWorld(t)
	p := w.admit(w.person("什么都是的单位", 31), party.Roles()...)
	tokens := map[party.Role]string{"": ""}
	for _, role := range party.Roles() {
		tokens[role] = w.signIn(p, role)
	}
	parameter := regexp.MustCompile(`:\w+`)
	for r, operation := range pagesByRow(t) {
		row, _ := ruleOf(operation)
		for role, token := range tokens {
			outside := len(row.roles) > 0 && !slices.Contains(row.roles, role) || role == "" && !row.open()
			for _, id := range []string{nowhere, "%00", "..%2F..", "2026"} {
				got := w.as(token, r.Method, parameter.ReplaceAllLiteralString(r.Path, id), nil)
				switch {
				case role == "" && outside && got.status != http.StatusSeeOther, role == "" && outside && !strings.HasPrefix(got.header.Get("Location"), "/sign-in"):
					t.Errorf("%s %s as a visitor: %d", r.Method, r.Path, got.status)
				case role != "" && outside && got.status != http.StatusNotFound:
					t.Errorf("%s %s as %s: %d", r.Method, r.Path, role, got.status)
				case got.status >= http.StatusInternalServerError:
					t.Errorf("%s %s with %s as %s: %d", r.Method, r.Path, id, role, got.status)
				}
				if role == "" || outside || !strings.Contains(r.Path, ":") {
					break
				}
			}
		}
	}
	for _, secret := range []string{nowhere, "?", p.uscc, p.name} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log says %q", secret)
		}
	}
}

// Another site cannot end a person's session here: the browser keeps the cookie back from such a request, but would obey an
// answer that takes it away.
func TestSigningOutIsOurOwnSites(t *testing.T) {
	w := newWorld(t)
	for _, from := range []string{"cross-site", "same-site", "none"} {
		r := w.request(http.MethodPost, "/sign-out", nil)
		r.Header.Set("Sec-Fetch-Site", from)
		if got := w.send(r); got.status != http.StatusForbidden || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %s", from, got.status, got.header.Get("Set-Cookie"))
		}
	}
}

// Who signs in anew leaves no session behind in the same browser.
func TestOneSessionInABrowser(t *testing.T) {
	w := newWorld(t)
	first, other := w.person("甲建设有限公司", 11), w.person("乙建设有限公司", 12)
	old := w.signIn(first, party.Bidder)
	r := w.browserSignIn(other, party.Bidder)
	r.AddCookie(&http.Cookie{Name: "baohan", Value: old})
	begun := must(http.ParseSetCookie(w.send(r).header.Get("Set-Cookie")))
	if got := w.page(old, prefix+"/me"); got.status != http.StatusUnauthorized {
		t.Errorf("the session before lives on: %d", got.status)
	}
	if got := w.page(begun.Value, prefix+"/me"); got.status != http.StatusOK {
		t.Errorf("the new one: %d", got.status)
	}
}

var formKey = regexp.MustCompile(`name="key" value="([0-9a-f]+)"`)

// keyOn is the key of the first form on a page.
func (w *world) keyOn(token, path string) string {
	w.t.Helper()
	found := formKey.FindSubmatch(w.page(token, path).body)
	if found == nil {
		w.t.Fatalf("%s has no form", path)
	}
	return string(found[1])
}

// shownTo is the key of a form that was shown to p in a role.
func (w *world) shownTo(p person, role party.Role) string {
	v := visit{server: &server{commandKey: w.desks.CommandKey}, x: &exchange{actor: party.Actor{USCC: p.uscc, Role: role}}}
	return strings.Repeat("0", 32) + v.mark()
}

// A form acts for who it was shown to: not for whoever has signed in meanwhile in another tab, nor without having been shown.
func TestFormsAreOfWhoTheyWereShownTo(t *testing.T) {
	w := newWorld(t)
	one, other := w.admit(w.person("长沙市城建集团", 41), party.Beneficiary, party.Agent), w.admit(w.person("长沙市水务集团", 43), party.Beneficiary)
	mine, others := w.signIn(one, party.Beneficiary), w.signIn(other, party.Beneficiary)
	form := url.Values{"key": {w.keyOn(mine, "/tenderer/projects/new")}, "code": {"CS-2026-09"}, "name": {"湘江路排水工程"}, "regime": {"招投标"},
		"beneficiary-name-0": {other.name}, "beneficiary-uscc-0": {other.uscc}}
	for who, token := range map[string]string{"another unit": others, "another role": w.signIn(one, party.Agent)} {
		if got := w.form(token, "/tenderer/projects/new", form); got.status != http.StatusForbidden || !strings.Contains(string(got.body), "核对页头") {
			t.Errorf("%s: %d", who, got.status)
		}
	}
	for _, key := range []string{"", strings.Repeat("0", 48), "x"} {
		unseen := maps.Clone(form)
		unseen.Set("key", key)
		if got := w.form(mine, "/tenderer/projects/new", unseen); got.status != http.StatusForbidden {
			t.Errorf("a form with the key %q: %d", key, got.status)
		}
	}
	form.Set("beneficiary-name-0", one.name)
	form.Set("beneficiary-uscc-0", one.uscc)
	if got := w.form(w.signIn(one, party.Beneficiary), "/tenderer/projects/new", form); got.status != http.StatusSeeOther {
		t.Errorf("its own, signed in anew: %d %s", got.status, got.body)
	}
}

// What stays in a browser of a sign-in (签到) tells nobody who it was.
func TestAttendanceStaysUnreadable(t *testing.T) {
	r := newRemote(t)
	hall := "/halls/" + r.lot.ID
	r.clock.Set(deadline.Add(-1))
	token := r.signIn(r.people[0], party.Bidder)
	got := r.form(token, hall+"/attend", url.Values{"key": {r.keyOn(token, hall)}, "of": {"all"}})
	var kept *http.Cookie
	for _, c := range got.answer.Cookies() {
		kept = c
	}
	if got.status != http.StatusSeeOther || kept == nil || kept.Path != hall {
		t.Fatalf("signing in: %d %v", got.status, kept)
	}
	b := must(base64.RawURLEncoding.DecodeString(kept.Value))
	if bytes.Contains(b, []byte(r.people[0].uscc)) || bytes.Contains(b, []byte(r.lot.ID)) {
		t.Error("the cookie names the bidder")
	}
	shown := func(p person) string {
		req := r.request(http.MethodGet, hall, nil)
		req.AddCookie(kept)
		req.Header.Set("Authorization", "Bearer "+r.signIn(p, party.Bidder))
		return string(r.send(req).body)
	}
	if mine, others := shown(r.people[0]), shown(r.people[1]); !strings.Contains(mine, "已签到") || strings.Contains(others, "已签到") {
		t.Errorf("who has signed in here: itself %v, another %v", strings.Contains(mine, "已签到"), strings.Contains(others, "已签到"))
	}
}

// A whole network of the new protocol is one neighbour: whoever has one has billions of addresses.
func TestSignInsOfANetworkAreCounted(t *testing.T) {
	w := newWorld(t)
	c := w.restarted()
	c.SignInRate = 0.001
	h := must(New(c))
	ask := func(address string) int {
		r := httptest.NewRequest("POST", "/api/v1/session/challenge", nil)
		r.RemoteAddr = address
		return serve(h, r).Code
	}
	for i := range burst {
		ask(fmt.Sprintf("[2001:db8::%x]:1000", i))
	}
	if got := ask("[2001:db8::ffff]:1000"); got != http.StatusTooManyRequests {
		t.Errorf("one too many from a network: %d", got)
	}
	if got := ask("[2001:db8:0:1::1]:1000"); got != http.StatusOK {
		t.Errorf("its neighbour: %d", got)
	}
}

// A page of somebody else's that has its name point at this machine (DNS rebinding) is no page of the demonstration.
func TestDemoKnowsItsOwnName(t *testing.T) {
	_, c := demonstration(t)
	c.Hosts, c.Registry = []string{"demo.test"}, prometheus.NewRegistry()
	h := must(New(c))
	for _, path := range []string{"POST /demo/enter", "POST /demo/clock", "GET /demo", "POST /sign-out"} {
		method, at, _ := strings.Cut(path, " ")
		r := httptest.NewRequest(method, "http://evil.test"+at, strings.NewReader("key=bidder&by=1h"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if got := serve(h, r); got.Code != http.StatusMisdirectedRequest || got.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://evil.test/demo/keys/bidder", nil)
	if got := serve(h, r); got.Code != http.StatusNotFound {
		t.Errorf("a key file for another name: %d", got.Code)
	}
}

func TestPagesAreAlone(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/sign-in", "/api/v1/lots", "/verify", "/nothing"} {
		h := w.page("", path).header
		if h.Get("Cross-Origin-Opener-Policy") != "same-origin" || h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestOfficersDeskNeedsItsToken(t *testing.T) {
	if _, err := (Officer{Host: "127.0.0.1:1"}).Handler(); err == nil {
		t.Error("a desk without a token lets everybody in")
	}
}
