package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

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
	w.says("统一社会信用代码校验位不符")
	w.wait(`document.activeElement.name === "beneficiary-uscc-1"`)
	w.picture("owner-project-mistake")
	w.fill("beneficiary-uscc-1", uscc(49))
	w.press("登记项目，下一步填标段")
	w.says("项目已登记", "增加标段")
	w.picture("owner-lot-form")
	for name, value := range map[string]string{"code": "01", "name": "施工标段", "base": "5000万", "amount": "800000", "end.deadline": deadline.Format("2006-01-02T15:04")} {
		w.fill(name, value)
	}
	mistake := func(says string, right map[string]string) {
		w.press("保存草稿")
		w.says(says)
		w.wait(`document.querySelector("[name=code]").value === "01"`) // what was typed is still there
		for name, value := range right {
			w.fill(name, value)
		}
	}
	tick := func(form string, on bool) {
		w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("#form-%s").checked = %v, undefined`, form, on)))
	}
	mistake("请填写以元为单位的金额", map[string]string{"base": "30,000,000.00"})
	mistake("投标担保金额超过招标项目估算价的 2%", nil)
	w.wait(`document.activeElement.name === "amount" && document.activeElement.getAttribute("aria-invalid") === "true"`)
	w.picture("owner-lot-mistake")
	w.fill("amount", "600000")
	tick("independent", false)
	mistake("必须接受银行保函", nil)
	w.wait(`!document.querySelector("#form-independent").checked && document.querySelector("#form-insurance").checked`)
	tick("independent", true)
	w.fill("opening", "hall")
	w.fill("hall.decrypt", "5")
	mistake("解密时间须为 10 至 120 分钟", map[string]string{"hall.decrypt": "20"})
	w.press("保存草稿")
	w.says("草稿已保存", "¥600,000.00", "陆拾万元整")
	w.picture("owner-draft")
	l.redrafts(w)
	w.accept()
	w.press("发布标段")
	w.says("标段已发布", "¥590,000.00", "距投标截止还有", "不见面开标（解密 20 分钟")
	w.picture("owner-published")
	v := l.windowOf(chromium, "a visitor", person{}, "")
	v.open("/lots")
	v.says("示例中学教学楼工程")
}

// redrafts changes the draft, with a mistake first; what another window of the same office still shows is not published.
func (l *life) redrafts(w *window) {
	l.t.Helper()
	draft := w.path()
	stale := must(chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.querySelector("[name=version]").value`)))
	w.press("修改草稿")
	if code, base, until := w.value("code"), w.value("base"), must(chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.querySelector("[type=datetime-local]").value`))); code != "01" || base != "30000000.00" || until != deadline.Format("2006-01-02T15:04") {
		l.t.Errorf("the draft's form says %q %q %q", code, base, until)
	}
	w.picture("owner-draft-form")
	w.fill("amount", "600000.01")
	w.press("保存修改")
	w.says("投标担保金额超过招标项目估算价的 2%")
	w.fill("amount", "590000")
	w.fill("name", "施工一标段")
	w.press("保存修改")
	w.says("草稿已保存", "¥590,000.00", "施工一标段")
	if w.path() != draft {
		l.t.Errorf("after a change one is at %s", w.path())
	}
	w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("[name=version]").value = %q, undefined`, stale)))
	w.accept()
	w.press("发布标段")
	w.says("草稿刚被本单位修改过")
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

const ownerPIN = "招标 Zhaobiao-2026"

// owning is an opened lot with three letters, and its tenderer with a certificate file in front of a browser.
type owning struct {
	*window
	l       *life
	bidders []person
	ids     []string
	key     string
}

func newOwning(t *testing.T) *owning {
	t.Helper()
	if _, err := os.Stat("assets/built/key.wasm.br"); err != nil {
		t.Skip("the signing module is not built here: make wasm")
	}
	chromium := browser(t)
	l := newLife(t)
	l.serveWith(func(c *Config) { c.Published = Published{Roots: []signing.Certificate{l.ca.Root}} })
	o := &owning{l: l, key: keyFileOf(t, l.tenderer, ownerPIN)}
	o.bidders, o.ids = l.threeLetters()
	o.window = l.windowOf(chromium, "the tenderer", l.tenderer, party.Beneficiary)
	return o
}

func keyFileOf(t *testing.T, p person, pin string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), p.uscc+".pem")
	text := must(client.WriteKeyFile(p.sign.Key, p.sign.Chain, p.encrypt.Key, p.encrypt.Chain, []byte(pin), fewRounds))
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// certified presses a button that a certificate stands behind, and signs.
func (w *window) certified(button, keyFile, pin string) {
	w.t.Helper()
	w.press(button)
	w.wait(`document.querySelector("#key")?.open === true`)
	w.do(chromedp.SetUploadFiles("#key-choose", []string{keyFile}))
	w.wait(`document.querySelector("#key-who").innerText !== "" || document.querySelector("#key-error").innerText !== ""`)
	w.do(chromedp.SetValue("#key-pin", pin), chromedp.Evaluate[chromedp.Void](`document.querySelector("#key-go").click(), undefined`))
	w.wait(`!document.querySelector("#key")?.open || document.querySelector("#key-error").innerText !== ""`)
	if said := w.text("#key-error"); said != "" {
		w.t.Fatalf("%s, %s: %s", w.name, button, said)
	}
}

// A lot from its opening to the contract and to the release of its letters, in the browser: one signature releases all that
// is due.
func TestReleaseInABrowser(t *testing.T) {
	o := newOwning(t)
	lot := "/tenderer/lots/" + o.l.lot.ID
	o.open(lot)
	o.says("没有交到本平台的", "登记中标通知")
	o.picture("owner-award")
	o.fill("winner", o.bidders[0].uscc)
	o.accept()
	o.press("登记中标通知")
	o.says("中标通知已经登记", o.bidders[0].name)
	o.open(lot + "/guarantees")
	o.says("可以解除的", "暂不解除的", "BH-2026-0001", "BH-2026-0003")
	o.wait(`document.querySelectorAll("[name=guarantee]").length === 2 && !document.querySelector("[name=guarantee]:checked")`) // none is due yet
	o.picture("owner-letters-held")
	o.printed("register", "BH-2026-0001", "BH-2026-0003", o.bidders[2].name)
	o.open(lot)
	o.press("登记合同签订")
	o.says("合同签订已经登记")
	o.picture("owner-contracted")
	o.open("/tenderer")
	o.says("解除保函 3 份")
	o.picture("owner-board-due")
	o.open(lot + "/guarantees")
	o.says("招标投标法实施条例第五十七条", "还有")
	o.picture("owner-letters-due")
	o.certified("签名解除所选保函", o.key, ownerPIN)
	o.wait(`document.querySelector("#outcome").innerText.includes("BH-2026-0003")`)
	if got := o.text("#outcome"); strings.Count(got, "已解除") != 3 {
		t.Errorf("what became of them: %s", got)
	}
	o.says("已经终止的")
	o.silent("可以解除的", "签名解除所选保函") // the page does not offer again what was done
	o.picture("owner-letters-released")
	o.printed("releases", "已经终止的", "BH-2026-0002")
	o.open("/tenderer/guarantees/" + o.ids[0])
	o.says("已解除", "下载保函 PDF")
	o.picture("owner-letter-ended")
	o.press("解除通知")
	o.says("标段解除通知，共列明 3 份保函", "合同已签订", o.l.tenderer.name)
	o.picture("owner-release-notice")
	o.printed("release-notice", "标段解除通知，共列明 3 份保函", o.l.tenderer.name)
	token := o.l.signIn(o.l.tenderer, party.Beneficiary)
	got := o.l.page(token, "/tenderer/guarantees/"+o.ids[0]+"/release/1")
	if signed, err := signing.ParseSignedData(got.body); err != nil || signed.Verify(o.l.trust, o.l.clock.Now()) != nil {
		t.Errorf("the notice's file: %d %v", got.status, err)
	}
	if got := o.l.page(token, "/tenderer/guarantees/"+o.ids[0]+"/release/2"); got.status != 404 {
		t.Errorf("a notice that is not there: %d", got.status)
	}
	o.open("/tenderer")
	o.silent("解除保函")
}

// A demand from its ground to the payment, in the browser of the beneficiary; the institution answers through the SDK.
func TestDemandInABrowser(t *testing.T) {
	o := newOwning(t)
	o.open("/tenderer/guarantees/" + o.ids[0])
	o.says("银行独立保函", "捌拾万元整", "相符")
	o.picture("owner-letter")
	o.printed("letter-of-tenderer", "捌拾万元整", "BH-2026-0001")
	o.press("准备索赔")
	o.says("第一步：以哪种事由索赔", "电子投标保函平台", "URDG 758")
	o.picture("owner-demand-ground")
	o.press("选这一种：" + letter.Reasons[1].Chinese)
	o.says("第二步", "招标投标法实施条例第七十四条")
	o.fill("amount", "300,000.00")
	o.fill("statement", "中标人收到中标通知书后\n书面表示不订立合同")
	o.fill("payee-number", "4300012345")
	o.fill("payee-bank", "测试银行长沙分行")
	o.do(chromedp.SetValue("#extend_to", "2027-09-30"))
	pdf := filepath.Join(t.TempDir(), "单据.pdf")
	if err := os.WriteFile(pdf, []byte("%PDF-1.7 单据"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#sure").checked = true, undefined`))
	o.says("大写：人民币叁拾万元整")
	o.picture("owner-demand-form")
	for _, f := range o.l.files(o.ids[0]) {
		o.do(chromedp.SetUploadFiles(`[name="file-`+string(f.Kind)+`"]`, []string{pdf}))
	}
	o.certified("签名并提交索赔", o.key, ownerPIN)
	o.wait(`location.pathname.startsWith("/tenderer/demands/")`)
	o.says("索赔已经提交。平台于", "审查中", "叁拾万元整", "书面表示不订立合同", "担保机构审查索赔单据")
	o.picture("owner-demand")
	o.printed("demand", "叁拾万元整", "书面表示不订立合同", "4300012345")
	id := strings.TrimPrefix(o.path(), "/tenderer/demands/")
	bank := o.l.institution()
	if err := bank.DecideDemand(t.Context(), id, wire.DemandDecision{Complying: true}); err != nil {
		t.Fatal(err)
	}
	if err := bank.Hold(t.Context(), id, o.l.clock.Now().Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	o.open("/tenderer/demands/" + id)
	o.says("延期待定", "担保机构请申请人在", "2027年9月30日")
	if err := bank.DemandPaid(t.Context(), id, wire.DemandPaid{Amount: 300_000_00, Reference: "PAY1", PaidAt: o.l.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	o.open("/tenderer/demands/" + id)
	o.says("已经赔付", "PAY1", "¥300,000.00")
	o.picture("owner-demand-paid")
	o.open("/tenderer/guarantees/" + o.ids[0] + "/demand")
	o.says("¥500,000.00")
}

// The desks of the supervisor, the centre and the operator: each in a browser, checked by axe-core.
func TestDesksInABrowser(t *testing.T) {
	chromium := browser(t)
	r := newRemote(t)
	r.serveWith(func(c *Config) {
		c.Translog, c.Published = c.Guarantee.Log, Published{Roots: []signing.Certificate{r.ca.Root}}
	})
	r.postponedByPage(chromium)
	r.spoiltLetter()
	r.open()
	centre := r.windowOf(chromium, "the centre", r.life.centre, party.Centre)
	centre.open("/")
	centre.says("湘江路绿化工程", "保证金到账清单尚未提交")
	centre.picture("centre-desk")
	centre.open("/centre/lots/" + r.lot.ID + "/cash")
	centre.says("保证金到账清单尚未提交")
	centre.picture("centre-cash")
	centre.open("/centre/calendar/2026")
	centre.says("元旦", "国庆节")
	centre.picture("centre-calendar")
	centre.fill("day", "2026-06-16")
	centre.fill("kind", "rest")
	centre.fill("occasion", "临时放假")
	centre.fill("reason", "省政府通知")
	centre.press("保存修改")
	centre.says("这一天已经修改", "临时放假")
	csv := filepath.Join(t.TempDir(), "2027.csv")
	if err := os.WriteFile(csv, []byte("date,kind,occasion\n2027-01-01,holiday,元旦\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	centre.open("/centre/calendar/2027")
	centre.fill("number", "国办发明电〔2026〕9号")
	centre.fill("title", "国务院办公厅关于2027年部分节假日安排的通知")
	centre.do(chromedp.SetUploadFiles("#csv", []string{csv}))
	centre.press("录入整年")
	centre.says("第2行")
	centre.picture("centre-calendar-mistake")
	centre.open("/centre/lots/" + r.lot.ID + "/incident")
	centre.fill("cause", "software")
	centre.fill("words", "开标时数据库连接中断\n已查明是交换机故障")
	centre.picture("centre-incident")
	centre.press("登记")
	centre.says("应急事件已登记", "等待认定", "已查明是交换机故障")
	log := filepath.Join(t.TempDir(), "系统日志.txt")
	if err := os.WriteFile(log, []byte("2026-03-22 10:00 connection lost"), 0o600); err != nil {
		t.Fatal(err)
	}
	centre.do(chromedp.SetUploadFiles("#evidence", []string{log}))
	centre.press("上传")
	centre.says("证据文件已经保存", "系统日志.txt")
	centre.picture("centre-incident-evidence")
	centre.printed("incident", "已查明是交换机故障", "系统日志.txt")
	r.overseen(chromium, strings.TrimPrefix(centre.path(), "/incidents/"), log)
	r.acceptsCopy(chromium, centre)
	operator := r.windowOf(chromium, "the operator", r.admit(r.person("平台运维公司", 83), party.Operator), party.Operator)
	operator.open("/")
	operator.says("没有业务权限", "没有放弃投递的报文")
	operator.silent(r.lot.Lot.ProjectName, r.lot.Lot.Name)
	operator.picture("operator-desk")
	for _, path := range []string{"/centre", "/supervision", "/tenderer", "/incidents"} {
		operator.open(path)
		operator.says("没有这个页面")
	}
}

// spoiltLetter gives the first bidder a letter with which its bid is handed in anew, and which cannot be opened.
func (r *remote) spoiltLetter() {
	r.t.Helper()
	ctx, b := r.t.Context(), r.bidders[0]
	id := r.apply(b)
	r.issue(id, 1)
	must(b.Letter(ctx, id))
	must(b.ReplaceBid(ctx, r.lot, r.bids[0], id, house.Terms(1_200_000_000)))
	r.spoil(id)
	r.kept = must(b.KeptLetter(ctx, id))
}

// acceptsCopy: the incident is reported again, the bidder shows its own copy, and the supervisor accepts it, in its browser.
func (r *remote) acceptsCopy(chromium context.Context, centre *window) {
	r.t.Helper()
	if _, err := os.Stat("assets/built/key.wasm.br"); err != nil {
		return
	}
	centre.open("/centre/lots/" + r.lot.ID + "/incident")
	centre.fill("cause", "clear_letter")
	centre.fill("words", "开标时一份保函无法解封")
	centre.press("登记")
	centre.says("应急事件已登记")
	incident := centre.path()
	r.presentsByPage(chromium)
	p := r.admit(r.person("测试行政监督四处", 85), party.Supervisor)
	w := r.windowOf(chromium, "the supervisor who accepts", p, party.Supervisor)
	w.open(incident)
	w.says("BH-2026-0001", r.people[0].name, "核验：")
	w.picture("incident-presented")
	w.fill("words", "副本核验成立，同意继续开标")
	w.certified("签名认可", keyFileOf(r.t, p, ownerPIN), ownerPIN)
	w.says("认定已经签署并登记", "BH-2026-0001")
	w.picture("incident-accepted")
	w.printed("incident-accepted", "BH-2026-0001", r.people[0].name)
	centre.open(incident)
	centre.silent("撤销登记")
}

// overseen is the same incident in front of the supervisor, who looks at the evidence and does not accept.
func (r *remote) overseen(chromium context.Context, incident, log string) {
	r.t.Helper()
	p := r.admit(r.person("测试行政监督三处", 84), party.Supervisor)
	w := r.windowOf(chromium, "the supervisor", p, party.Supervisor)
	w.open("/")
	w.says("等待认定的应急事件", "湘江路绿化工程", "没有逾期未解除的保函", "透明日志")
	w.picture("supervision")
	w.printed("supervision", "等待认定的应急事件", "透明日志")
	w.open("/incidents")
	w.says("软件或数据库故障")
	w.picture("incidents")
	w.open("/incidents/" + incident)
	w.says("系统日志.txt", "还没有投标人出示副本")
	w.picture("incident-supervisor")
	token := r.signIn(p, party.Supervisor)
	digest := signing.Sum(must(os.ReadFile(log)))
	if got := r.page(token, "/incidents/"+incident+"/evidence/"+digest.String()); got.status != 200 || string(got.body) != "2026-03-22 10:00 connection lost" {
		r.t.Errorf("the evidence: %d %s", got.status, got.body)
	}
	if got := r.page(r.signIn(r.people[0], party.Bidder), "/incidents/"+incident+"/evidence/"+digest.String()); got.status != 404 {
		r.t.Errorf("a bidder reads the evidence: %d", got.status)
	}
	if _, err := os.Stat("assets/built/key.wasm.br"); err != nil {
		return
	}
	w.fill("words", "证据显示开标已经自动完成，不需要应急")
	w.certified("签名不予认可", keyFileOf(r.t, p, ownerPIN), ownerPIN)
	w.says("认定已经签署并登记", "不予认可")
	w.picture("incident-dismissed")
}
