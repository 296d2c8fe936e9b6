package web

import (
	"net/http"
	"strings"
	"testing"

	"baohan/party"
)

// What a visitor sees, in a browser, checked by axe-core.
func TestPagesOfAVisitor(t *testing.T) {
	chromium := browser(t)
	r := newRemote(t)
	v := r.windowOf(chromium, "a visitor", person{}, "")
	for _, p := range []struct {
		path, name string
		says       []string
	}{
		{"/", "home", []string{"湘江路绿化工程", "核验一份保函"}},
		{"/lots", "lots", []string{"长沙市城建集团", "¥800,000.00"}},
		{"/lots/" + r.lot.ID, "lot", []string{"捌拾万元整", "投标有效期", "测试公证处", r.lot.RequirementDigest.String()}},
		{"/sign-in?to=/lots", "sign-in", []string{"证书和口令只在您的浏览器里使用", "行政监督"}},
		{"/verify", "verify", []string{"核验", "文件"}},
		{"/dev/components", "components", []string{"页面组件"}},
		{"/lots/" + strings.Repeat("0", 32), "absent", []string{"没有这个页面"}},
	} {
		v.open(p.path)
		v.says(p.says...)
		v.picture("visitor-" + p.name)
	}
	v.silent("投标人第1建设公司")
	v.open("/")
	v.press("English") // and so on from page to page
	v.says("A bid guarantee in minutes")
	v.allEnglish()
	v.picture("visitor-en-home")
	v.press("All lots")
	v.says("Tenderer", "Time left:", "Beijing time (UTC+8)")
	v.allEnglish()
	v.picture("visitor-en-lots")
	v.press("湘江路绿化工程")
	v.says("Bid security required", "捌拾万元整", "Remote opening (")
	v.allEnglish()
	v.picture("visitor-en-lot")
	v.press("中文")
	v.says("投标担保要求")
}

// A page is answered as the operation that reads the same: with the same walls, and a person is told in words.
func TestPagesAreGuarded(t *testing.T) {
	w := newWorld(t)
	bidder := w.person("投标建设公司", 61)
	token := w.signIn(bidder, party.Bidder)
	get := func(path string, change func(*http.Request)) *http.Response {
		req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+path, nil))
		change(req)
		res := must((&http.Transport{}).RoundTrip(req))
		_ = res.Body.Close()
		return res
	}
	res := get("/", func(*http.Request) {})
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Content-Security-Policy"), "script-src 'self' 'wasm-unsafe-eval';") || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	for _, rule := range []string{"unsafe-inline", "'unsafe-eval", "http:", "https:", "*"} {
		if strings.Contains(peoplePolicy, rule) {
			t.Errorf("the policy of pages has %s", rule)
		}
	}
	post := must(http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/sign-out", nil))
	post.AddCookie(&http.Cookie{Name: "baohan", Value: token})
	post.Header.Set("Sec-Fetch-Site", "cross-site")
	if res := must((&http.Transport{}).RoundTrip(post)); res.StatusCode != http.StatusForbidden {
		t.Errorf("another site signs a person out: %d", res.StatusCode)
	}
	post.Header.Set("Sec-Fetch-Site", "same-origin")
	if res := must((&http.Transport{}).RoundTrip(post)); res.StatusCode != http.StatusSeeOther {
		t.Errorf("signing out: %d", res.StatusCode)
	}
	if got := w.as(token, http.MethodGet, prefix+"/me", nil); got.status != http.StatusUnauthorized {
		t.Errorf("the session lives on: %d", got.status)
	}
	if !strings.HasPrefix(inside("/lots?after=1"), "/lots") {
		t.Error("a page of ours is not gone back to")
	}
	for _, to := range []string{"//evil.test", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "", "lots"} {
		if got := inside(to); got != "/" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
}
