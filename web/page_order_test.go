package web

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"baohan/party"
)

// postponedByPage: the centre signs, the supervisor refuses, signs another, the centre hands it in; all in browsers. It is about
// the world's other lot.
func (r *remote) postponedByPage(chromium context.Context) {
	r.t.Helper()
	if _, err := os.Stat("assets/built/key.wasm.br"); err != nil {
		return
	}
	centre := r.admit(r.person("测试公共资源交易中心", 2), party.Centre)
	bureau := r.admit(r.person("测试行政监督局", 3), party.Supervisor)
	c, s := r.windowOf(chromium, "the centre", centre, party.Centre), r.windowOf(chromium, "the bureau", bureau, party.Supervisor)
	key, second := keyFileOf(r.t, centre, ownerPIN), keyFileOf(r.t, bureau, ownerPIN)
	near, far := deadline.AddDate(0, 0, 7), deadline.AddDate(0, 0, 200)
	propose := func(later time.Time, reason string) {
		c.open("/lots")
		c.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("main a")].find((a) => a.innerText.includes("湘江路道路改造工程")).click(), undefined`))
		c.press("推迟投标截止时间")
		c.says("现在的投标截止时间", "湘江路道路改造工程", "以后的，已开立的保函不再够用")
		c.fill("to", later.Format("2006-01-02T15:04"))
		c.fill("reason", reason)
		c.picture("order-propose")
		c.certified("签署延期令", key, ownerPIN)
		c.wait(`location.pathname.startsWith("/orders/")`)
		c.says("等行政监督签署", reason)
	}
	propose(far, "澄清招标文件")
	c.picture("order-waiting")
	s.open("/")
	s.says("等行政监督签署")
	s.picture("supervision-order")
	s.press("湘江路道路改造工程")
	s.says("投标人须重新申请保函")
	s.fill("words", "澄清文件没有附上，请补充")
	s.picture("order-supervisor")
	s.accept()
	s.press("不同意延期")
	s.says("已登记不同意的理由")
	c.open("/centre")
	c.says("行政监督不同意", "澄清文件没有附上，请补充")
	c.picture("centre-order-refused")
	propose(near, "澄清招标文件，澄清文件随公告发布")
	s.open("/orders")
	s.picture("orders")
	s.open(c.path())
	s.says("等行政监督签署")
	s.silent("投标人须重新申请保函")
	s.certified("同意，签署同一文本", second, ownerPIN)
	s.says("两方已签，等交易中心提交")
	c.open(c.path())
	c.picture("order-signed")
	c.press("提交延期令")
	c.says("截止时间已经推迟", "已生效", "再次送交密钥保管人")
	c.picture("order-obeyed")
	c.printed("order", "2026年3月29日", "澄清文件随公告发布", "行政监督签署")
	c.press("再次送交密钥保管人")
	c.says("截止时间已经推迟")
	v := r.windowOf(chromium, "a visitor", person{}, "")
	v.open("/lots")
	v.press("湘江路道路改造工程")
	v.says("2026年3月29日", "澄清招标文件，澄清文件随公告发布")
	v.picture("visitor-postponed")
}

// presentsByPage: the first bidder shows its own copy in its browser: another's letter is not sent, its own file is.
func (r *remote) presentsByPage(chromium context.Context) {
	r.t.Helper()
	b := r.windowOf(chromium, "the bidder", r.people[0], party.Bidder)
	key := keyFileOf(r.t, r.people[0], ownerPIN)
	b.open("/lots/" + r.lot.ID + "/results")
	b.says("保函未能解封")
	b.press("是本单位的：出示自存的副本")
	b.says("应急：出示自存的保函副本", "BH-2026-0001")
	b.certifiedRefused("打开、核对并出示", key, ownerPIN, "只选一种")
	file := filepath.Join(r.t.TempDir(), "保函.json")
	spoilt := strings.Replace(string(r.kept), "BH-2026-0001", "BH-2026-0002", 1)
	if err := os.WriteFile(file, []byte(spoilt), 0o600); err != nil {
		r.t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles("#copy", []string{file}))
	b.certifiedRefused("打开、核对并出示", key, ownerPIN, "不是完好的保函文件")
	b.picture("bidder-copy")
	if err := os.WriteFile(file, r.kept, 0o600); err != nil {
		r.t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles("#copy", []string{file}))
	b.certified("打开、核对并出示", key, ownerPIN)
	b.wait(`location.pathname.startsWith("/incidents/")`)
	b.says("副本已经出示", "BH-2026-0001", "等待认定")
	b.silent("补充一份证据文件", "还没有证据文件")
	b.picture("bidder-incident")
	b.open("/lots/" + r.lot.ID + "/copy")
	b.says("已经出示的", "等待认定")
}

// certifiedRefused signs, and expects to be told why nothing came of it.
func (w *window) certifiedRefused(button, keyFile, pin, says string) {
	w.t.Helper()
	w.press(button)
	w.wait(`document.querySelector("#key")?.open === true`)
	w.do(chromedp.SetUploadFiles("#key-choose", []string{keyFile}))
	w.wait(`document.querySelector("#key-who").innerText !== "" || document.querySelector("#key-error").innerText !== ""`)
	w.do(chromedp.SetValue("#key-pin", pin), chromedp.Evaluate[chromedp.Void](`document.querySelector("#key-go").click(), undefined`))
	w.wait(`document.querySelector("#key-error").innerText !== ""`)
	if said := w.text("#key-error"); !strings.Contains(said, says) {
		w.t.Errorf("%s, %s: %s", w.name, button, said)
	}
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#key-cancel").click(), undefined`))
}
