package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"baohan/client"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

// room is a lot that is opened remotely, with everybody who has a place there in front of a browser of his own: two bidders
// name letters, the second one that is not its own, and the third gives cash.
type room struct {
	*remote
	chromium context.Context
	keys     map[string]string // key files by 统一社会信用代码

	host, supervisor, centre, screen *window
	bidders                          []*window
}

const hallPIN = "开标 Kaibiao-2026"

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{remote: newRemote(t), chromium: browser(t), keys: map[string]string{}}
	r.serveWith(func(c *Config) {
		c.Published = Published{Roots: []signing.Certificate{r.ca.Root}}
		c.Watching = Watching{Beat: 100 * time.Millisecond}
	})
	ctx := t.Context()
	id := r.apply(r.remote.bidders[0])
	r.issue(id, 1)
	for i, letterID := range []string{id, id} {
		must(r.remote.bidders[i].WithdrawBid(ctx, r.bids[i]))
		r.bids[i] = must(r.remote.bidders[i].Bid(ctx, r.lot, letterID, house.Terms(letter.Fen(1_200_000_000+i)))).ID
	}
	dir := t.TempDir()
	for _, p := range append(slices.Clone(r.people), r.tenderer) {
		r.keys[p.uscc] = filepath.Join(dir, p.uscc+".pem")
		text := must(client.WriteKeyFile(p.sign.Key, p.sign.Chain, p.encrypt.Key, p.encrypt.Chain, []byte(hallPIN), fewRounds))
		if err := os.WriteFile(r.keys[p.uscc], text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// enter opens a window for each, before the deadline.
func (r *room) enter() {
	r.t.Helper()
	overseer := r.admit(r.person("测试行政监督二处", 82), party.Supervisor)
	r.host = r.windowOf(r.chromium, "host", r.tenderer, party.Beneficiary)
	r.supervisor = r.windowOf(r.chromium, "supervisor", overseer, party.Supervisor)
	r.centre = r.windowOf(r.chromium, "centre", r.life.centre, party.Centre)
	r.screen = r.windowOf(r.chromium, "screen", r.life.centre, party.Centre)
	for i, p := range r.people {
		r.bidders = append(r.bidders, r.windowOf(r.chromium, fmt.Sprintf("bidder %d", i+1), p, party.Bidder))
	}
	for _, w := range r.inHall() {
		w.open("/halls/" + r.lot.ID)
	}
	r.screen.open("/halls/" + r.lot.ID + "/screen")
}

func (r *room) inHall() []*window {
	return append([]*window{r.host, r.supervisor, r.centre}, r.bidders...)
}

func (r *room) all() []*window { return append(r.inHall(), r.screen) }

// now has every window take the platform's time at once instead of within ten seconds.
func (r *room) now() {
	r.t.Helper()
	for _, w := range r.all() {
		w.do(chromedp.Evaluate[chromedp.Void](`document.dispatchEvent(new Event("visibilitychange")), undefined`))
	}
}

func (r *room) allSay(parts ...string) {
	r.t.Helper()
	for _, w := range r.all() {
		w.soon(parts...)
	}
}

// signs presses a button that a certificate stands behind, and signs with p's key file.
func (r *room) signs(w *window, button string, p person) {
	r.t.Helper()
	w.press(button)
	w.wait(`document.querySelector("#key")?.open === true`)
	w.do(chromedp.SetUploadFiles("#key-choose", []string{r.keys[p.uscc]}))
	w.wait(`document.querySelector("#key-who").innerText !== "" || document.querySelector("#key-error").innerText !== ""`)
	w.do(chromedp.SetValue("#key-pin", hallPIN), chromedp.Evaluate[chromedp.Void](`document.querySelector("#key-go").click(), undefined`))
	w.wait(`!document.querySelector("#key")?.open || document.querySelector("#key-error").innerText !== ""`)
	if said := w.text("#key-error"); said != "" {
		r.t.Fatalf("%s, %s: %s", w.name, button, said)
	}
}

// soon waits until the page says something: eight windows on a busy machine may take their time.
func (w *window) soon(parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		w.wait(fmt.Sprintf("document.body?.innerText.includes(%q)", part))
	}
}

// looks has the first window checked, and all of them pictured where pictures are kept.
func (r *room) looks(name string, first *window, rest ...*window) {
	r.t.Helper()
	all := rest
	if os.Getenv("BAOHAN_SHOTS") == "" {
		all = nil
	}
	if first != nil {
		all = append([]*window{first}, all...)
	}
	for _, w := range all {
		w.picture(name + "-" + strings.ReplaceAll(w.name, " ", "-"))
	}
}

// offline cuts a window off, or gives it its line back.
func (w *window) offline(cut bool) {
	w.t.Helper()
	rules := []*network.Conditions{}
	if cut {
		rules = append(rules, &network.Conditions{Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
	}
	if _, err := chromedp.Call(w.ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: rules}); err != nil {
		w.t.Fatal(err)
	}
}

// nothing fails when a page tells who bids, or how many.
func (w *window) nothing() {
	w.t.Helper()
	for _, part := range []string{"投标人第", "3 家", "（3", "共 3"} {
		if strings.Contains(w.text("main"), part) {
			w.t.Errorf("%s: before the opening the page says %q", w.name, part)
		}
	}
}

// An opening in eight windows at once, from the waiting room to the signed record.
func TestOpeningInEightWindows(t *testing.T) {
	if _, err := os.Stat("assets/built/key.wasm.br"); err != nil {
		t.Skip("the signing module is not built here: make wasm")
	}
	r := newRoom(t)
	r.clock.Set(deadline.Add(-30 * time.Minute))
	r.enter()
	r.waitingRoom()
	r.opens()
	r.decrypts()
	r.attributes()
	r.readsOut()
	r.objects()
	r.records()
}

// waitingRoom: whoever bids and whoever does not see the same, and nobody a name or a number.
func (r *room) waitingRoom() {
	r.t.Helper()
	r.allSay("等待投标截止", "截止前不显示投标人的名称和数量")
	stranger := r.windowOf(r.chromium, "a stranger", r.person("没有投标的建设公司", 71), party.Bidder)
	stranger.open("/halls/" + r.lot.ID)
	for _, w := range []*window{r.bidders[0], stranger} {
		w.press("签到")
		w.soon("已签到", "回执保存在这个浏览器里")
	}
	for _, w := range append(r.all(), stranger) {
		w.nothing()
	}
	quiet := `document.querySelector("main").innerText.replace(/\d+ 分 \d+ 秒/g, "").replace(/\d\d:\d\d:\d\d/g, "")`
	mine, theirs := must(chromedp.Run(r.bidders[0].ctx, chromedp.Evaluate[string](quiet))), must(chromedp.Run(stranger.ctx, chromedp.Evaluate[string](quiet)))
	if mine != theirs {
		r.t.Errorf("who bids sees\n%s\nwho does not sees\n%s", mine, theirs)
	}
	r.bidders[0].picture("hall-waiting-bidder")
	r.screen.picture("hall-waiting-screen")
	for _, w := range []*window{r.host, r.supervisor, r.centre, r.bidders[1]} {
		w.open("/openings")
		w.soon("湘江路绿化工程", "等待截止", "不见面开标")
		w.nothing()
		if w == r.host || w == r.bidders[1] {
			w.picture("openings-" + strings.ReplaceAll(w.name, " ", "-"))
		}
		w.open("/halls/" + r.lot.ID)
	}
	r.centre.silent("人工开标")
}

// opens: the centre opens by hand, and every window becomes the hall by itself.
func (r *room) opens() {
	r.t.Helper()
	r.clock.Set(deadline.Add(time.Minute))
	r.now()
	r.allSay("正在开标")
	for _, w := range []*window{r.host, r.supervisor, r.bidders[0]} {
		w.silent("人工开标")
	}
	r.looks("hall-opening", nil, r.screen)
	r.centre.accept()
	r.centre.press("人工开标")
	r.allSay("名单和保函查验已公布", "投标人第1建设公司", "投标人第3建设公司", "存疑")
	r.host.soon("存疑清单", "BH-2026-0001", "下达解密指令", "签到")
	r.host.silent("否决该投标", "拒绝")
	r.supervisor.soon("现在没有需要行政监督确认的事项")
	r.supervisor.silent("下达解密指令\n")
	if n := must(chromedp.Run(r.supervisor.ctx, chromedp.Evaluate[int](`document.querySelectorAll("main form").length`))); n != 0 {
		r.t.Errorf("the supervisor has %d forms", n)
	}
	r.bidders[0].soon("本单位")
	r.looks("hall-listed", r.host, r.screen, r.supervisor, r.bidders[0])
}

// decrypts: two of three decrypt, one window is loaded again, one is cut off and catches up, and the host's typing is left
// alone by what happens meanwhile.
func (r *room) decrypts() {
	r.t.Helper()
	ctx, host := r.t.Context(), r.remote.host
	must(host.SignIn(ctx, "beneficiary"))
	r.host.accept()
	r.host.press("下达解密指令")
	r.allSay("解密中", "剩余")
	r.host.press("申请延长解密时间")
	r.host.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[name=reason-all]").focus(), undefined`))
	r.host.fill("minutes-all", "10")
	r.host.fill("reason-all", "一家投标人网络")
	r.signs(r.bidders[0], "解密", r.people[0])
	r.bidders[0].soon("投标函已解密并递交", "¥12,000,000.00")
	r.bidders[0].picture("hall-decrypted-bidder")
	r.host.soon("已解密 1 家")
	kept := `JSON.stringify([document.querySelector("[name=reason-all]").value, document.querySelector("[name=minutes-all]").value, document.activeElement?.name, document.querySelector("details[id^=form-extensions]").open])`
	if got := must(chromedp.Run(r.host.ctx, chromedp.Evaluate[string](kept))); got != `["一家投标人网络","10","reason-all",true]` {
		r.t.Errorf("what the host was typing is now %s", got)
	}
	for _, w := range []*window{r.host, r.supervisor, r.screen, r.bidders[1]} {
		w.silent("12,000,000")
	}
	r.host.picture("hall-decrypting-host")
	r.host.press("申请延长")
	r.allOfHall("等待行政监督同意延长")
	r.looks("hall-extension", nil, r.supervisor)
	r.supervisor.accept()
	r.supervisor.press("同意延长 10 分钟")
	r.host.soon("行政监督同意，解密时间延长")

	r.bidders[2].offline(true)
	r.now()
	r.bidders[2].soon("实时连接中断")
	r.looks("hall-cut", nil, r.bidders[2])
	r.bidders[1].do(chromedp.Reload())
	r.bidders[1].soon("解密中")
	r.signs(r.bidders[1], "解密", r.people[1])
	r.host.soon("已解密 2 家")
	r.follows()
	r.bidders[2].silent("已解密 2 家")
	r.bidders[2].offline(false)
	r.now()
	r.bidders[2].soon("已解密 2 家", "主持人恢复")
	r.bidders[2].silent("实时连接中断")
}

// follows prints how long the hall screen takes to show what happened.
func (r *room) follows() {
	r.t.Helper()
	var took []time.Duration
	for i := range 6 {
		want := []string{"暂停", "解密中"}[i%2]
		r.screen.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { window.seen = 0; const o = new MutationObserver(() => {
			if (document.querySelector("#now-title")?.textContent === %q) { window.seen = Date.now(); o.disconnect(); } });
			o.observe(document.querySelector("#board"), { subtree: true, childList: true, characterData: true }); })()`, want)))
		if i%2 == 0 {
			must(r.remote.host.Pause(r.t.Context(), r.lot.ID, "核实网络情况"))
		} else {
			must(r.remote.host.Resume(r.t.Context(), r.lot.ID, "网络恢复"))
		}
		said := time.Now()
		r.screen.wait(`window.seen > 0`)
		seen := must(chromedp.Run(r.screen.ctx, chromedp.Evaluate[int64](`window.seen`)))
		took = append(took, time.UnixMilli(seen).Sub(said))
		if i == 0 {
			r.screen.picture("hall-paused-screen")
			r.host.soon("恢复开标会")
			r.host.picture("hall-paused-host")
		}
	}
	slices.Sort(took)
	r.t.Logf("the hall screen shows an event after (of %d) median %s, longest %s, with eight windows on this machine", len(took), took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}

func (r *room) allOfHall(parts ...string) {
	r.t.Helper()
	for _, w := range r.inHall() {
		w.soon(parts...)
	}
}

// attributes: the time is over; why the third has not decrypted is said by the host and confirmed by the supervisor.
func (r *room) attributes() {
	r.t.Helper()
	r.clock.Advance(31 * time.Minute)
	r.now()
	r.allSay("解密结束")
	r.host.soon("没有解密的投标", "平台没有收到过这份投标的解密")
	r.host.press("认定没有解密的原因")
	name := func(field string) string { return field + "-" + r.bids[2] }
	log := filepath.Join(r.t.TempDir(), "平台日志.txt")
	if err := os.WriteFile(log, bytes.Repeat([]byte("没有收到解密\n"), 100_000), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.host.do(chromedp.SetUploadFiles(`[id="`+name("digest")+`-file"]`, []string{log}))
	r.host.soon("SM3 摘要：" + signing.Sum(must(os.ReadFile(log))).String())
	r.host.fill(name("cause"), "bidder")
	r.host.fill(name("evidence"), "没有")
	r.host.press("提交认定")
	r.host.soon("请写明依据", signing.Sum(must(os.ReadFile(log))).String()) // the file is not chosen again
	if got := must(chromedp.Run(r.host.ctx, chromedp.Evaluate[string](`document.querySelector("[aria-invalid=true]")?.value ?? ""`))); got != "没有" {
		r.t.Errorf("what was typed before it was refused is now %q", got)
	}
	r.host.picture("hall-refused-host")
	r.host.fill(name("evidence"), "投标人未在规定时间内解密，平台日志无异常")
	r.host.press("提交认定")
	r.host.soon("等待行政监督确认")
	if h := r.hall(r.remote.host); h.Attributions[0].Digest != signing.Sum(must(os.ReadFile(log))) {
		r.t.Errorf("the attribution names %s", h.Attributions[0].Digest)
	}
	r.supervisor.soon("确认后，该投标视为撤销")
	r.looks("hall-attribution", nil, r.supervisor)
	r.supervisor.accept()
	r.supervisor.press("确认认定")
	r.host.soon("未解密，视为撤销")
	r.host.picture("hall-attributed-host")
}

// readsOut: all prices appear together, everywhere.
func (r *room) readsOut() {
	r.t.Helper()
	for _, w := range []*window{r.supervisor, r.screen, r.bidders[2]} {
		w.silent("12,000,000")
	}
	r.bidders[1].silent("12,000,000.00") // its own is another
	r.host.accept()
	r.host.press("唱标，公布全部报价")
	r.allSay("异议期", "¥12,000,000.00", "¥12,000,000.01", "壹仟贰佰万元")
	r.looks("hall-read", r.host, r.screen, r.bidders[0])
	r.bidders[0].soon("本单位的唱标内容")
}

// objects: what people write is text wherever it is shown.
func (r *room) objects() {
	r.t.Helper()
	attack := `<img src=x onerror="window.attacked=1"><script>window.attacked=1</script></textarea>我方解密失败系平台原因`
	r.bidders[2].accept()
	r.bidders[2].press("提出异议")
	r.bidders[2].fill("text-all", attack)
	r.bidders[2].do(chromedp.Evaluate[chromedp.Void](`window.htmx = undefined`)) // as in a build without it
	must(r.remote.bidders[0].SignIn(r.t.Context()))
	must(r.remote.bidders[0].ConfirmLine(r.t.Context(), r.lot.ID))
	r.bidders[2].soon("已确认一致")
	if got := must(chromedp.Run(r.bidders[2].ctx, chromedp.Evaluate[string](`document.querySelector("[name=text-all]").value`))); got != attack {
		r.t.Errorf("without htmx what was typed is now %q", got)
	}
	r.bidders[2].do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#form-objections-all button").click(), undefined`))
	r.allOfHall("window.attacked=1</script>", "等待主持人答复")
	r.host.picture("hall-objection-host")
	seq := strings.TrimPrefix(must(chromedp.Run(r.host.ctx, chromedp.Evaluate[string](`document.querySelector("[id^=objection-]").id`))), "objection-")
	r.host.fill("text-"+seq, "经核查平台日志，<b>平台运行正常</b>")
	r.bidders[1].press("确认内容一致") // while the host types
	r.allOfHall("投标人确认开标内容：投标人第2建设公司")
	r.host.press("答复")
	r.allOfHall("<b>平台运行正常</b>")
	for _, w := range r.all() {
		if bad := must(chromedp.Run(w.ctx, chromedp.Evaluate[bool](`window.attacked === 1 || document.querySelector("main img, main b, #board script") !== null`))); bad {
			r.t.Errorf("%s: an objection ran", w.name)
		}
	}
	r.looks("hall-answered", nil, r.bidders[2])
}

// records: preview, record, all signatures, the end, and the papers.
func (r *room) records() {
	r.t.Helper()
	record := "/halls/" + r.lot.ID + "/record"
	r.clock.Advance(10 * time.Minute)
	r.now()
	r.allSay("异议期已满")
	r.host.press("预览开标记录表")
	r.host.soon("这是预览", "¥12,000,000.00", "未解密，视为撤销")
	r.host.picture("hall-record-preview")
	r.host.printed("record-preview", "¥12,000,000.00", "未解密，视为撤销")
	r.host.open("/halls/" + r.lot.ID)
	r.host.accept()
	r.host.press("制作开标记录表")
	r.allSay("确认签名")
	r.centre.do(chromedp.Evaluate[chromedp.Void](`fetch("/sign-out", { method: "POST" }), undefined`)) // in another tab of its browser
	r.host.press("阅读并签署开标记录表")
	r.host.soon("开标记录表（第 1 版）", "window.attacked=1</script>", "签名时间剩余")
	r.host.picture("hall-record-host")
	r.signs(r.host, "签署开标记录表", r.tenderer)
	r.host.soon("已签署", "本单位已签署开标记录表")
	r.centre.soon("登录已到期，本页不再更新")
	r.centre = r.windowOf(r.chromium, "centre", r.life.centre, party.Centre)
	r.centre.open("/halls/" + r.lot.ID)
	for i, w := range r.bidders {
		w.press("阅读并签署开标记录表")
		r.signs(w, "签署开标记录表", r.people[i])
		w.soon("开标记录表已签署")
	}
	r.allSay("已结束")
	r.looks("hall-ended", r.screen, r.host, r.supervisor, r.bidders[1])
	r.supervisor.open(record)
	r.supervisor.soon("四、签名", "已签名", "下载 PDF")
	r.supervisor.picture("hall-record-signed")
	r.supervisor.printed("record", "四、签名", "投标人第3建设公司")
	r.papers(record)
}

// papers: the record and the sheet as PDF, for those who may have them.
func (r *room) papers(record string) {
	r.t.Helper()
	for path, token := range map[string]string{record + ".pdf": r.signIn(r.people[0], party.Bidder), "/openings/" + r.lot.ID + "/sheet.pdf": ""} {
		got := r.as(token, http.MethodGet, path, nil)
		if got.status != http.StatusOK || !strings.HasPrefix(string(got.body), "%PDF-") {
			r.t.Errorf("%s: %d %.200s", path, got.status, got.body)
		}
	}
	stranger := r.signIn(r.person("没有投标的建设公司", 71), party.Bidder)
	if got := r.as(stranger, http.MethodGet, record+".pdf", nil); got.status != http.StatusNotFound {
		r.t.Errorf("a stranger is given the record: %d", got.status)
	}
	if got := r.as(stranger, http.MethodGet, "/halls/"+r.lot.ID, nil); got.status != http.StatusSeeOther || got.header.Get("Location") != "/openings/"+r.lot.ID {
		r.t.Errorf("a stranger in the hall: %d %s", got.status, got.header.Get("Location"))
	}
	v := r.windowOf(r.chromium, "a visitor", person{}, "")
	v.open("/openings/" + r.lot.ID)
	v.soon("投标人第1建设公司", "存疑清单", "核验结果表")
	v.silent("12,000,000", "进入开标大厅")
	v.picture("opening-visitor")
	v.printed("opening", "投标人第1建设公司", "保函核验结果")
}
