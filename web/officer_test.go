package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
	"baohan/tender/custody"
)

// desk is a custodian's agent with its officer's page before it, as the command sets them up: over the agent's socket.
type desk struct {
	*world
	agent *custody.Agent
	page  *httptest.Server
}

const officerToken = "0123456789abcdef0123456789abcdef"

func newOfficer(t *testing.T) *desk {
	t.Helper()
	w := newWorld(t)
	p, dir := w.person("测试公证处", 4), t.TempDir()
	agent := must(custody.NewAgent(custody.Config{Holder: 1, Party: p.party(), Signer: p.sign.Key, Chain: p.sign.Chain, Dir: dir,
		Clock: w.clock, Trust: w.trust, Centre: uscc(2), Supervisor: uscc(3), Automatic: true}))
	agent.Storage = must(signing.GenerateKey())
	for i, code := range []string{"01", "02"} {
		must(agent.Key(t.Context(), "CS-2026-03", code, deadline.AddDate(0, 0, i)))
	}
	socket := must(custody.ListenOfficer(t.Context(), dir))
	door := &http.Server{Handler: agent.Officer(), ReadHeaderTimeout: time.Second}
	go func() { _ = door.Serve(socket) }()
	t.Cleanup(func() { _ = door.Close() })
	page := httptest.NewUnstartedServer(nil)
	page.Config.Handler = must(Officer{Token: officerToken, Host: page.Listener.Addr().String(), Platform: "https://platform.test",
		Do: func(ctx context.Context, act custody.Act) (custody.Status, error) {
			return custody.Instruct(ctx, dir, act)
		}}.Handler())
	page.Start()
	t.Cleanup(page.Close)
	return &desk{w, agent, page}
}

// An officer authorises a day, vetoes, lifts, and gives by hand after the deadline; each refusal says what to do.
func TestPageOfACustodiansOfficer(t *testing.T) {
	d := newOfficer(t)
	w := d.windowOf(browser(t), "the officer", person{}, "")
	w.base = d.page.URL
	w.open("/")
	w.says("请用 baohan custodian desk 打印的完整网址打开本页")
	w.open("/?token=" + officerToken)
	w.says("测试公证处", "CS-2026-03", "开标日尚未授权")
	w.picture("custodian-waiting")
	w.accept()
	w.press("授权这一天（CS-2026-03 01）")
	w.says("已授权。到了开标时间", "投标截止时间未到；到时自动放行")
	w.press("否决这个标段（CS-2026-03 02）")
	w.fill("reason", "等待投诉处理")
	w.accept()
	w.press("否决")
	w.says("已否决。截止后代理不会交出", "等待投诉处理")
	w.picture("custodian-vetoed")
	w.accept()
	w.press("撤销否决（CS-2026-03 02）")
	w.says("已撤销否决")
	d.clock.Set(deadline.AddDate(0, 0, 1))
	w.open("/")
	w.says("等待经办人手工放行")
	w.accept()
	w.press("手工交出份额（CS-2026-03 02）")
	w.says("已放行。", "还没有人来取")
	w.picture("custodian-given")
	s := must(d.agent.Status())
	var given *custody.LotStatus
	for i, l := range s.Lots {
		if !l.ByHand.IsZero() && l.Lot == "02" {
			given = &s.Lots[i]
		}
	}
	if len(s.Days) != 1 || s.Days[0] != calendar.DateOf(deadline) || given == nil || given.Veto != nil {
		t.Errorf("%+v", s)
	}
}

// The page is for the browser that was let in, under its own name, and acts for no other site.
func TestOfficersPageIsGuarded(t *testing.T) {
	d := newOfficer(t)
	ask := func(method, path string, change func(*http.Request)) *http.Response {
		r := must(http.NewRequestWithContext(t.Context(), method, d.page.URL+path, strings.NewReader("verb=authorise&day=2026-03-22")))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		change(r)
		res := must(http.DefaultTransport.RoundTrip(r))
		_ = res.Body.Close()
		return res
	}
	in := func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: Officer{Host: d.page.Listener.Addr().String()}.cookie(), Value: officerToken})
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, c := range map[string]struct {
		method, path string
		change       func(*http.Request)
		want         int
	}{
		"a stranger looks": {"GET", "/", func(*http.Request) {}, 403},
		"a stranger acts":  {"POST", "/act", func(*http.Request) {}, 403},
		"a wrong token":    {"GET", "/?token=" + strings.Repeat("0", 32), func(*http.Request) {}, 403},
		"a wrong cookie": {"GET", "/", func(r *http.Request) {
			r.AddCookie(&http.Cookie{Name: Officer{Host: d.page.Listener.Addr().String()}.cookie(), Value: "x"})
		}, 403},
		"another name":             {"GET", "/", func(r *http.Request) { in(r); r.Host = "rebound.test" }, 421},
		"another site acts":        {"POST", "/act", func(r *http.Request) { in(r); r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"the officer looks":        {"GET", "/", in, 200},
		"the officer acts":         {"POST", "/act", in, 303},
		"a stranger asks the time": {"GET", "/clock", func(*http.Request) {}, 403},
	} {
		if res := ask(c.method, c.path, c.change); res.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, c.want)
		}
	}
	if s := must(d.agent.Status()); len(s.Days) != 1 {
		t.Errorf("%+v", s.Days)
	}
}
