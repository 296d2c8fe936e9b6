package web

import (
	"fmt"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus"

	"baohan/party"
	"baohan/signing"
)

// A tenderer leaves a form half filled in and comes back after half an hour: the page asks for the certificate, and what was
// typed is still there and goes through. Another page leads to the sign-in, which says why. Who types is not signed out.
func TestIdlePage(t *testing.T) {
	if _, err := os.Stat("assets/built/key.wasm.br"); err != nil {
		t.Skip("the signing module is not built here: make wasm")
	}
	chromium := browser(t)
	l := newLife(t)
	l.desks.Party.Idle = 30 * time.Minute
	config := l.desks
	config.Registry, config.Published = prometheus.NewRegistry(), Published{Roots: []signing.Certificate{l.ca.Root}}
	l.server = httptest.NewServer(must(New(config)))
	t.Cleanup(l.server.Close)
	w, left := l.windowOf(chromium, "the tenderer", l.tenderer, party.Beneficiary), l.windowOf(chromium, "who has left", l.tenderer, party.Beneficiary)
	left.open("/tenderer")
	w.open("/tenderer/projects/new")
	for name, value := range map[string]string{"code": "CS-2026-09", "name": "示例中学教学楼工程", "regime": "招投标", "beneficiary-name-1": "长沙市示例中学", "beneficiary-uscc-1": uscc(49)} {
		w.fill(name, value)
	}
	later := func(d time.Duration) {
		l.clock.Advance(d)
		w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
			const now = Date.now;
			Date.now = () => now() + %d;
			document.dispatchEvent(new Event("visibilitychange"));
		})()`, d.Milliseconds())))
	}
	later(29*time.Minute + 30*time.Second)
	w.says("2 分钟内将自动退出登录")
	w.picture("idle-warning")
	w.press("继续使用")
	w.wait(`!document.querySelector(".idle")`)
	later(20 * time.Minute)
	asked := `performance.getEntriesByType("resource").filter((r) => r.name.endsWith("/session")).length`
	before := must(chromedp.Run(w.ctx, chromedp.Evaluate[int](asked)))
	w.fill("code", "CS-2026-10") // typing is use
	w.wait(fmt.Sprintf("%s > %d", asked, before))
	later(20 * time.Minute)
	w.silent("登录已经自动退出")
	later(20 * time.Minute)
	w.says("登录已经自动退出", "本页填写的内容还在")
	w.wait(`window.baohan?.keys !== undefined`) // the page had nothing to sign before
	w.picture("idle-cover")
	left.open("/tenderer")
	left.says("登录已经自动退出", "回到刚才的页面")
	left.wait(`location.search === "?over=idle&to=%2Ftenderer"`)
	left.picture("idle-sign-in")
	w.certified("用证书重新登录", keyFileOf(t, l.tenderer, ownerPIN), ownerPIN)
	w.wait(`!document.querySelector("#idle").open`)
	w.press("登记项目，下一步填标段")
	w.says("项目已登记", "增加标段")
}
