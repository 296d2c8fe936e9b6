package web

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"baohan/party"
)

// agree presses OK whenever the page asks whether to go on.
func (w *window) agree() {
	w.t.Helper()
	w.do(chromedp.Evaluate[chromedp.Void](`window.confirm = () => true, undefined`))
}

// A clerk who has never seen it registers a project, makes every mistake that the lot form knows, and publishes.
func TestLotFormTellsMistakes(t *testing.T) {
	chromium := browser(t)
	l := newLife(t)
	w := l.windowOf(chromium, "the tenderer", l.tenderer, party.Beneficiary)
	w.open("/")
	w.says("我的标段", "湘江路道路改造工程")
	w.picture("owner-board")
	w.press("登记项目")
	w.picture("owner-project")
	for name, value := range map[string]string{"code": "CS-2026-09", "name": "示例中学教学楼工程", "regime": "招投标", "beneficiary-name-1": "长沙市示例中学", "beneficiary-uscc-1": "91110000MA0000009X"} {
		w.fill(name, value)
	}
	w.press("登记项目，下一步填标段")
	w.says("统一社会信用代码")
	w.picture("owner-project-mistake")
	w.fill("beneficiary-uscc-1", uscc(49))
	w.press("登记项目，下一步填标段")
	w.says("项目已登记", "增加标段")
	w.picture("owner-lot-form")
	for name, value := range map[string]string{"code": "01", "name": "施工标段", "base": "5000万", "amount": "800000", "end.deadline": deadline.Format("2006-01-02T15:04")} {
		w.fill(name, value)
	}
	for _, m := range []struct{ field, value, says string }{
		{"base", "30,000,000.00", "投标担保金额超过招标项目估算价的 2%"},
		{"amount", "600000", ""},
	} {
		w.press("保存草稿")
		if m.says == "" {
			break
		}
		w.fill(m.field, m.value)
		w.press("保存草稿")
		w.says(m.says)
		w.wait(`document.activeElement.name === "amount" && document.querySelector("[name=code]").value === "01"`)
		w.picture("owner-lot-mistake")
		w.fill("amount", "600000")
		w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#form-independent").checked = false, undefined`))
		w.press("保存草稿")
		w.says("必须接受银行保函")
		w.wait(`!document.querySelector("#form-independent").checked && document.querySelector("#form-insurance").checked`)
		w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#form-independent").checked = true, undefined`))
		w.fill("opening", "hall")
		w.fill("hall.decrypt", "5")
		w.press("保存草稿")
		w.says("解密时间须为 10 至 120 分钟")
		w.fill("hall.decrypt", "20")
	}
	w.says("草稿已保存", "¥600,000.00", "陆拾万元整")
	w.picture("owner-draft")
	w.agree()
	w.press("发布标段")
	w.says("标段已发布", "距投标截止还有", "不见面开标（解密 20 分钟")
	w.picture("owner-published")
	v := l.windowOf(chromium, "a visitor", person{}, "")
	v.open("/lots")
	v.says("示例中学教学楼工程")
}

// Before the opening the page of the letters is the same whether anybody bids or nobody.
func TestLettersAreLocked(t *testing.T) {
	l := newLife(t)
	token := l.signIn(l.tenderer, party.Beneficiary)
	read := func() string {
		got := l.page(token, "/tenderer/lots/"+l.lot.ID+"/guarantees")
		if got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return string(got.body)
	}
	before, board := read(), string(l.page(token, "/tenderer").body)
	if !strings.Contains(before, "开标之前不公开") {
		t.Errorf("the locked page: %s", before)
	}
	b := l.bidder(l.person("甲建设有限公司", 61))
	id := l.apply(b)
	l.issue(id, 1)
	if after := read(); after != before {
		t.Errorf("a letter shows:\n%s\n%s", before, after)
	}
	if after := string(l.page(token, "/tenderer").body); after != board {
		t.Errorf("a letter shows on the desk:\n%s\n%s", board, after)
	}
	for _, path := range []string{"/tenderer/guarantees/" + id, "/tenderer/guarantees/" + id + "/demand", "/tenderer/guarantees/" + nowhere} {
		if got := l.page(token, path); got.status != 404 || !strings.Contains(string(got.body), "没有这个页面") {
			t.Errorf("%s before the opening: %d", path, got.status)
		}
	}
	l.clock.Set(deadline.Add(-time.Microsecond))
	if got := l.page(l.signIn(l.tenderer, party.Beneficiary), "/tenderer/lots/"+l.lot.ID+"/guarantees"); !strings.Contains(string(got.body), "开标之前不公开") {
		t.Error("a microsecond before the deadline the letters are shown")
	}
}

// page reads a page as who is signed in.
func (w *world) page(token, path string) said {
	w.t.Helper()
	return w.as(token, "GET", path, nil)
}
