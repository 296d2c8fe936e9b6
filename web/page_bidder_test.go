package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"baohan/banks"
	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"

	"github.com/go-json-experiment/json"
)

// bidding is a life in front of a browser, with a platform that says by which roots it is checked.
type bidding struct {
	*life
	chromium context.Context
	clerk    person
	file     string // the clerk's certificate
	lost     atomic.Bool
}

func newBidding(t *testing.T) *bidding {
	t.Helper()
	if _, err := os.Stat("assets/built/key.wasm.br"); err != nil {
		t.Skip("the signing module is not built here: make wasm")
	}
	b := &bidding{chromium: browser(t), life: newLife(t)}
	config := b.restarted()
	config.Published = Published{Roots: []signing.Certificate{b.ca.Root}}
	inner := must(New(config))
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.lost.Load() && strings.Contains(r.URL.Path, "/applications") {
			inner.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler) // it has arrived, and its answer does not
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(b.server.Close)
	b.at.Base = b.server.URL
	b.clerk = b.person("投标人第一建设公司", 61)
	b.file = b.fileOf(b.clerk)
	return b
}

// fileOf is p's certificate as a file on its machine.
func (b *bidding) fileOf(p person) string {
	b.t.Helper()
	name := filepath.Join(b.t.TempDir(), "clerk.baohan.pem")
	text := must(client.WriteKeyFile(p.sign.Key, p.sign.Chain, p.encrypt.Key, p.encrypt.Chain, []byte(pin), fewRounds))
	if err := os.WriteFile(name, text, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return name
}

// choose takes the certificate's file in the dialog, to be remembered on this machine.
func (w *window) choose(file string) {
	w.t.Helper()
	w.wait(`document.querySelector("#key")?.open === true`)
	w.do(chromedp.SetUploadFiles("#key-choose", []string{file}))
	w.wait(`document.querySelector("#key-who").innerText !== ""`)
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#key-remember").checked = true, undefined`))
}

// sign types the PIN and waits until the dialog has gone, or says why not.
func (w *window) sign(pin string) (trouble string) {
	w.t.Helper()
	w.wait(`document.querySelector("#key")?.open === true && document.querySelector("#key-who").innerText !== ""`)
	w.do(chromedp.SetValue("#key-pin", pin), chromedp.Evaluate[chromedp.Void](`document.querySelector("#key-go").click(), undefined`))
	w.wait(`!document.querySelector("#key")?.open || document.querySelector("#key-error").innerText !== ""`)
	w.wait(`document.readyState === "complete" && document.querySelector("main") !== null`)
	return w.text("#key-error")
}

// signs presses a button and signs.
func (w *window) signs(button string) {
	w.t.Helper()
	w.press(button)
	if trouble := w.sign(pin); trouble != "" {
		w.t.Fatalf("%s: %s: %s", w.name, button, trouble)
	}
}

// at waits until the window has come to a page.
func (w *window) at(condition string) {
	w.t.Helper()
	w.wait(`(` + condition + `)(location.pathname) && document.readyState === "complete"`)
}

// value is what stands in a field.
func (w *window) value(name string) string {
	text, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector("[name=%s]:not([type=hidden])").value`, name)))
	return text
}

// pick chooses the n-th radio button or box of a name.
func (w *window) pick(name string, n int) {
	w.t.Helper()
	button := fmt.Sprintf(`document.querySelectorAll('[name=%q]')[%d]`, name, n)
	w.wait(button)
	w.do(chromedp.Evaluate[chromedp.Void](button + `.click(), undefined`))
}

// From sign-in to the letter to the bid in one day: a clerk who has never seen it, with a certificate file.
func TestBidderDay(t *testing.T) {
	b := newBidding(t)
	w := b.windowOf(b.chromium, "a clerk", person{}, "")
	w.open("/sign-in")
	w.pick("role", 0)
	w.press("选择证书并登录")
	w.choose(b.file)
	if said := w.sign("不对"); said == "" {
		t.Error("a wrong PIN is taken")
	}
	w.says("口令不对")
	w.sign(pin)
	w.at(`(p) => p === "/bidder"`)
	w.says("工作台", "没有等您办的事", "今天没有标段开标")
	w.picture("bidder-desk-empty")
	for path, name := range map[string]string{"/bidder/applications": "letters-empty", "/bidder/bids": "bids-empty"} {
		w.open(path)
		w.says("还没有")
		w.picture("bidder-" + name)
	}

	w.open("/lots/" + b.lot.ID)
	w.says("第一步", "第二步")
	w.picture("bidder-lot")
	w.printed("requirement", "¥800,000.00", "捌拾万元整", "投标担保要求")
	w.press("第一步：比较报价，申请保函")
	w.says("密文保函", "保费按“最高金额”计", b.clerk.uscc)
	if chosen := w.text(`input[name=choice]:checked`); chosen != "" {
		t.Error("a quote is chosen beforehand")
	}
	w.picture("bidder-quotes")
	w.pick("choice", 0)
	w.signs("签名并递交申请")
	w.at(`(p) => p.startsWith("/bidder/applications/")`)
	w.says("等待机构答复", "机构承诺在", "撤销申请")
	w.picture("bidder-application")
	id := filepath.Base(w.path())

	b.decided(id)
	w.says("请缴纳保费", "大写：") // the page looks again by itself
	w.picture("bidder-fee")
	b.paid(id)
	w.open("/bidder")
	w.says("保函已开立")
	w.picture("bidder-desk")
	w.press("核对、去投标")
	w.says("BH-2026-0001", "任何人都不能单独打开")
	w.silent("湘江路道路改造工程")
	w.signs("核对我的保函")
	w.says("是。保函已安全到达", "平台说明", "保函原件")
	w.signs("打开标段和金额")
	w.says("湘江路道路改造工程", "捌拾万元整")
	w.signs("下载我的保函")
	w.says("已下载")
	w.picture("bidder-letter")
	w.printed("letter-of-bidder", "BH-2026-0001", "捌拾万元整", "回执")

	w.signs("去递交投标")
	w.at(`(p) => p.endsWith("/bid")`)
	b.handsIn(w)
	w.press("我的投标")
	w.says("已递交")
	w.picture("bidder-bids")
	b.opensIts(w)
	b.jointAndCash(w)
}

// jointAndCash bids with a partner and pays the deposit in cash: the partner's consent is signed in the partner's own browser.
func (b *bidding) jointAndCash(w *window) {
	b.t.Helper()
	lot, partner, dir := b.cashLot(), b.person("联合体成员建设公司", 64), b.t.TempDir()
	agreement := filepath.Join(dir, "联合体协议.pdf")
	if err := os.WriteFile(agreement, []byte("%PDF-1.7 联合体协议"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	p := b.windowOf(b.chromium, "a partner", partner, party.Bidder)
	p.downloads(dir)
	p.open("/lots/" + lot.ID + "/bid")
	p.says("本单位是联合体成员：出具同意书")
	p.fill("lead-name", b.clerk.name)
	p.fill("lead-uscc", b.clerk.uscc)
	p.do(chromedp.SetUploadFiles("#consent-agreement", []string{agreement}))
	p.press("签名并下载同意书")
	p.choose(b.fileOf(partner))
	if trouble := p.sign(pin); trouble != "" {
		b.t.Fatal(trouble)
	}
	p.picture("bidder-consent")
	consent := p.downloaded(dir, ".p7s")
	w.open("/lots/" + lot.ID + "/bid")
	w.fill("letter", "cash")
	w.press("以现金缴纳的，填写缴款说明")
	for name, text := range map[string]string{"price": "9800000", "period_days": "200", "quality": "合格", "leader": "王五", "partner-name": partner.name, "partner-uscc": partner.uscc,
		"cash-amount": "800000", "cash-reference": "VA-0001", "cash-paid-at": "2026-03-02T08:30", "cash-payer-name": b.clerk.name, "cash-payer-number": "430010020030040",
		"cash-payer-bank": "湘江示例银行"} {
		w.fill(name, text)
	}
	w.do(chromedp.SetUploadFiles("#agreement", []string{agreement}), chromedp.SetUploadFiles("#consents", []string{consent}))
	w.picture("bidder-bid-joint")
	w.signs("签名、加密并递交")
	w.at(`(p) => p.startsWith("/bidder/bids/")`)
	w.says("投标已经递交")
	w.signs("打开内容和回执")
	w.says("岳麓大道改造工程", "¥9,800,000.00", partner.name, "VA-0001", "捌拾万元整")
	w.picture("bidder-own-bid-joint")
}

// decided brings an application to where its fee is due, and paid to its letter, both by the institution's own machine.
func (b *bidding) decided(id string) {
	b.t.Helper()
	if err := b.institution().Decide(b.t.Context(), id, wire.Decision{Approve: true, Fee: b.offered(id).Application.Fee}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bidding) offered(id string) client.Offered {
	b.t.Helper()
	_, envelope, err := b.desks.Guarantee.Offer(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	body := must(json.Marshal(wire.OfferedBody{Envelope: envelope}))
	return must(b.institution().OpenOffer(b.t.Context(), wire.ToIssuer{Kind: wire.Offered, Guarantee: id, At: b.clock.Now(), Body: body}))
}

func (b *bidding) paid(id string) { b.paidAs(id, "BH-2026-0001") }

func (b *bidding) paidAs(id, number string) {
	b.t.Helper()
	ctx, bank, offered := b.t.Context(), b.institution(), b.offered(id)
	if err := bank.FeePaid(ctx, id, wire.FeePaid{Amount: offered.Application.Fee, Reference: "R-" + number, PaidAt: b.clock.Now(),
		Payer: letter.Account{Name: b.clerk.name, Number: "622200001", Bank: "测试银行"}}); err != nil {
		b.t.Fatal(err)
	}
	if _, _, err := bank.Issue(ctx, must(bank.Write(ctx, offered, number, "电子投标保函平台"))); err != nil {
		b.t.Fatal(err)
	}
}

// handsIn fills the form in as a clerk does, with a mistake first.
func (b *bidding) handsIn(w *window) {
	b.t.Helper()
	w.says("BH-2026-0001", "首次递交")
	w.pick("letter", 0)
	for text, said := range map[string]string{"12000000.00": "壹仟贰佰万元整", "100,200.05": "壹拾万零贰佰元零伍分", "20010": "贰万零壹拾元整", "x": "请填写正确的金额",
		"100000000.5": "壹亿元伍角整", "0.30": "叁角整", "1002003004.56": "壹拾亿零贰佰万叁仟零肆元伍角陆分"} {
		w.fill("price", text)
		w.says(said)
		if want, err := letter.ParseYuan(text); err == nil && want.Capital() != said {
			b.t.Errorf("%s is said %s, the platform says %s", text, said, want.Capital())
		}
	}
	w.fill("price", "12000000.00")
	w.fill("period_days", "365")
	w.fill("quality", "合格")
	w.fill("leader", "张三")
	file := filepath.Join(b.t.TempDir(), "商务标.pdf")
	if err := os.WriteFile(file, bytes.Repeat([]byte("%PDF-1.7 投标文件 "), 20_000), 0o600); err != nil {
		b.t.Fatal(err)
	}
	w.do(chromedp.SetUploadFiles("#files", []string{file}))
	w.picture("bidder-bid")
	w.signs("签名、加密并递交")
	w.at(`(p) => p.startsWith("/bidder/bids/")`)
	w.says("投标已经递交", "签收时间", "已递交")
	w.picture("bidder-receipt")
}

// opensIts opens the bid, takes its file back, replaces it, and withdraws what stands in the end.
func (b *bidding) opensIts(w *window) {
	b.t.Helper()
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("td a").click(), undefined`))
	w.at(`(p) => /^\/bidder\/bids\/[0-9a-f]{32}$/.test(p)`)
	w.silent("湘江路道路改造工程", "12,000,000")
	w.signs("打开内容和回执")
	w.says("湘江路道路改造工程", "¥12,000,000.00", "壹仟贰佰万元整", "商务标.pdf", "SM3")
	w.picture("bidder-own-bid")
	w.printed("bid", "壹仟贰佰万元整", "商务标.pdf", "回执")
	w.signs("取回并解密")
	w.says("摘要相符")

	w.signs("去修改")
	w.at(`(p) => p === "/lots/` + b.lot.ID + `/bid"`)
	w.pick("letter", 0)
	for name, text := range map[string]string{"price": "11000000", "period_days": "300", "quality": "合格", "leader": "李四"} {
		w.fill(name, text)
	}
	w.pick("how", 1)
	w.pick("keep-files", 0)
	w.signs("签名、加密并递交")
	w.at(`(p) => p.startsWith("/bidder/bids/")`)
	w.says("投标已经递交")
	w.open("/bidder/bids")
	w.says("已撤回", "已递交")
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("td a").click(), undefined`))
	w.at(`(p) => p.startsWith("/bidder/bids/")`)
	w.says("撤回是指投标截止之前收回投标文件")
	w.signs("打开内容和回执")
	w.says("¥11,000,000.00", "商务标.pdf")
	w.signs("签名并撤回")
	w.at(`(p) => document.body.innerText.includes("已撤回")`)
	w.silent("撤回是指投标截止之前")
}

// An application whose answer never came is on this machine, and is handed in from here: one application, whatever happened.
func TestDraftSurvivesALostConnection(t *testing.T) {
	b := newBidding(t)
	w := b.windowOf(b.chromium, "a clerk on a bad line", b.clerk, party.Bidder)
	must(b.bidder(b.clerk).WhoAmI(t.Context())) // the encryption certificate is registered by signing in with the SDK
	w.open("/lots/" + b.lot.ID + "/quotes")
	w.pick("choice", 0)
	w.press("签名并递交申请")
	w.choose(b.file)
	b.lost.Store(true)
	if said := w.sign(pin); said == "" {
		t.Fatal("without an answer the application was taken for handed in")
	}
	w.says("不知道是否已经办成")
	w.picture("bidder-lost")
	b.lost.Store(false)
	w.open("/bidder")
	w.says("本机有没递交完的申请或投标", "继续递交保函申请")
	w.picture("bidder-kept")
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-kept-list] a").click(), undefined`))
	w.at(`(p) => p === "/lots/` + b.lot.ID + `"`)
	w.says("上次的申请没有递交完")
	w.press("继续递交申请")
	w.choose(b.file)
	if trouble := w.sign(pin); trouble != "" {
		t.Fatal(trouble)
	}
	w.at(`(p) => p.startsWith("/bidder/applications/")`)
	w.says("等待机构答复")
	w.open("/bidder")
	w.silent("本机有没递交完的")
	if all := must(b.desks.Guarantee.Own(t.Context(), party.Actor{USCC: b.clerk.uscc, Role: party.Bidder})); len(all) != 1 {
		t.Errorf("%d applications", len(all))
	}
	kept := func(base, store string) int {
		return must(chromedp.Run(w.ctx, chromedp.Evaluate[int](fmt.Sprintf(`new Promise((done) => {
			const r = indexedDB.open(%[1]q, 1);
			r.onupgradeneeded = () => r.result.createObjectStore(%[2]q);
			r.onsuccess = () => { const c = r.result.transaction(%[2]q).objectStore(%[2]q).count(); c.onsuccess = () => { r.result.close(); done(c.result); }; };
		})`, base, store), chromedp.EvalAwaitPromise)))
	}
	if kept("baohan-copies", "copies") == 0 {
		t.Error("nothing is kept here")
	}
	must(chromedp.Run(w.ctx, chromedp.Evaluate[string](`new Promise((done) => {
		const r = indexedDB.open("baohan-key", 1);
		r.onupgradeneeded = () => r.result.createObjectStore("file");
		r.onsuccess = () => { const t = r.result.transaction("file", "readwrite"); t.objectStore("file").put("a key file", "key"); t.oncomplete = () => { r.result.close(); done(""); }; };
	})`, chromedp.EvalAwaitPromise)))
	w.press("退出")
	w.says("本机的存底怎么办")
	w.picture("bidder-leave")
	w.press("不退出")
	w.wait(`!document.querySelector("#leave")`)
	w.press("退出")
	w.press("删除，退出")
	w.wait(`location.pathname === "/" && document.querySelector('a[href="/sign-in"]')`)
	if papers, keys := kept("baohan-copies", "copies"), kept("baohan-key", "file"); papers != 0 || keys != 0 {
		t.Errorf("%d papers and %d key files are still here", papers, keys)
	}
}

// After the opening: the list, the letter's verification, an objection to the result, and a demand against the own letter,
// which the clerk answers with an objection for fraud.
func TestBidderAfterTheOpening(t *testing.T) {
	b := newBidding(t)
	ctx := t.Context()
	people, _, letters := b.bidding()
	w := b.windowOf(b.chromium, "a bidder before", people[0], party.Bidder)
	w.open("/lots/" + b.lot.ID)
	w.silent(people[1].name, people[0].uscc)
	b.open()
	centre := b.theCentre()
	e, sheet, err := b.system(centre).Evaluation(ctx, b.lot)
	if err != nil {
		t.Fatal(err)
	}
	must(b.system(centre).HandInEvaluation(ctx, b.lot.ID, judged(e, sheet, people...)))
	must(b.staff(b.tenderer, "beneficiary").Announce(ctx, b.lot.ID, wire.Announce{}))
	demand := b.demanded(letters[0])

	w = b.windowOf(b.chromium, "a bidder after", people[0], party.Bidder)
	w.open("/lots/" + b.lot.ID)
	w.press("开标名单、评标结果和异议")
	w.says(people[0].name+"（本单位）", people[1].name, "BH-2026-0001", "中标候选人公示", "没有异议")
	w.picture("bidder-results")
	w.printed("results", people[1].name, "BH-2026-0001")
	w.fill("words", "<b>")
	w.accept()
	w.press("提出异议")
	w.says("请写明异议的事项、事实和请求")
	if kept := w.value("words"); kept != "<b>" {
		t.Errorf("what was typed is gone: %q", kept)
	}
	w.fill("words", "第一候选人的业绩\n与公告要求不符 <script>alert(1)</script>")
	w.accept()
	w.press("提出异议")
	w.says("已经提出", "待答复", "<script>alert(1)</script>")
	w.picture("bidder-objected")
	w.printed("objection-of-bidder", "待答复", "应在2026年3月25日前答复")
	w.accept()
	w.press("撤回异议")
	w.says("已经撤回")

	w.open("/bidder")
	w.says("提出索赔")
	w.press("查看并应对")
	w.says("开标时的查验", "对这份保函的索赔", "湘江路道路改造工程")
	w.picture("bidder-opened-letter")
	w.open("/bidder/demands/" + demand)
	w.says("投标有效期内撤销投标文件", "不中止付款", "法定时限", "捌拾万元整")
	w.pick("ground", 0)
	w.fill("statement", "没有撤销过投标文件，受益人所述与开标记录不符")
	w.press("签名并提出异议")
	w.choose(b.fileOf(people[0]))
	if trouble := w.sign(pin); trouble != "" {
		t.Fatal(trouble)
	}
	w.says("已提出欺诈异议", "申请人提出欺诈异议")
	w.picture("bidder-demand")
	w.printed("demand-of-bidder", "捌拾万元整", "法定时限")
	w.says("担保机构请本单位答复", "延期代替付款")
	w.pick("answer", 0)
	w.signs("签名并答复")
	w.says("已经答复：同意延期", "申请人答复")
	stranger := b.windowOf(b.chromium, "a stranger", b.person("旁观建设公司", 69), party.Bidder)
	for _, path := range []string{"/bidder/demands/" + demand, "/bidder/applications/" + letters[0], "/bidder/applications/" + letters[0] + "/state"} {
		stranger.open(path)
		stranger.says("没有这个页面")
	}
}

func (b *bidding) demanded(id string) string {
	b.t.Helper()
	ctx, l := b.t.Context(), b.life
	s := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(s.SignIn(ctx))
	for _, g := range must(s.Guarantees(ctx, "")).Items {
		if g.ID == id {
			demand := must(s.Demand(ctx, g, client.Claim{Amount: g.Amount, Reason: letter.Reasons[0].Code, Statement: "投标有效期内撤销投标文件", ExtendTo: g.Expiry.AddDays(30),
				Payee: letter.Account{Name: l.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"}, Files: l.files(id)})).Demand
			must(0, l.institution().DecideDemand(ctx, demand, wire.DemandDecision{Complying: true}))
			must(0, l.institution().Hold(ctx, demand, l.clock.Now().Add(72*time.Hour)))
			return demand
		}
	}
	b.t.Fatal("the letter is not the beneficiary's")
	return ""
}

// The fee that an institution really asks is a question, in words, and nothing is charged before it is answered.
func TestBidderIsAskedAboutTheFee(t *testing.T) {
	b := newBidding(t)
	ctx := t.Context()
	must(b.desks.Banks.OfferProduct(ctx, party.System(), banks.Product{Institution: b.bank.uscc, Wording: "independent-bid", WordingVersion: 1,
		Mode: letter.ModeFull, MinFee: 20000, MaxCeiling: 10_000_000_00, AnswerWithin: 3600, Tiers: []banks.Tier{{UpTo: 10_000_000_00, Rates: []int64{4000, 5000}}}}))
	own := b.bidder(b.clerk)
	quotes := must(own.Quotes(ctx, b.lot.ID))
	draft, _, err := own.Apply(ctx, b.lot, quotes[len(quotes)-1])
	if err != nil {
		t.Fatal(err)
	}
	if err := b.institution().Decide(ctx, draft.ID, wire.Decision{Approve: true, Fee: 5_000_00}); err != nil {
		t.Fatal(err)
	}
	w := b.windowOf(b.chromium, "a clerk", b.clerk, party.Bidder)
	w.open("/bidder")
	w.says("报出的保费与报价不同")
	w.press("去决定")
	w.says("¥4,000.00", "¥5,000.00", "伍仟元整")
	w.picture("bidder-fee-question")
	w.press("同意这个保费")
	w.choose(b.file)
	if trouble := w.sign(pin); trouble != "" {
		t.Fatal(trouble)
	}
	w.says("请缴纳保费", "¥5,000.00")
	w.signs("撤销申请")
	w.says("已经撤单")
	w.silent("去机构的收银台")
	w.picture("bidder-cancelled")
	b.fullLetter(w, own, quotes[len(quotes)-1])
}

// fullLetter applies again, and a clerk of the institution issues the letter on its pages: one that is sealed in full, of which the
// institution knows lot and amount from the beginning.
func (b *bidding) fullLetter(w *window, own *client.Bidder, quote wire.Quote) {
	b.t.Helper()
	draft, _, err := own.Apply(b.t.Context(), b.lot, quote)
	if err != nil {
		b.t.Fatal(err)
	}
	file := keyFileOf(b.t, b.bank, bankPIN)
	c := &clerk{b.windowOf(b.chromium, "a clerk of the bank", b.bank, party.Guarantor), file}
	c.open("/institution/applications/" + draft.ID)
	c.signs("打开申请书并核对", "湘江路道路改造工程")
	c.says("捌拾万元整", b.tenderer.name, b.clerk.name, "核对：揭示记录")
	c.picture("institution-full-opened")
	c.signs("受理", "已受理")
	c.signs("同意承保", "已同意承保")
	for name, text := range map[string]string{"reference": "SK20260302009", "payer-name": b.clerk.name, "payer-number": "6222020100012345", "payer-bank": "测试银行长沙分行",
		"paid_at": "2026-03-02T09:00"} {
		c.fill(name, text)
	}
	c.signs("登记到账", "已登记保费到账")
	c.fill("number", "XJ-2026-0009")
	c.signs("生成保函全文", "请逐条通读")
	c.says("湘江路道路改造工程", "XJ-2026-0009", "捌拾万元整")
	c.fill("read", "yes")
	c.picture("institution-full-draft")
	c.signs("签发", "已经签发生效")
	w.open("/bidder/applications/" + draft.ID)
	w.says("XJ-2026-0009")
	w.picture("bidder-full-letter")
	if f := must(own.Letter(b.t.Context(), draft.ID)); f.Undertaking.Number != "XJ-2026-0009" {
		b.t.Errorf("the bidder's own copy: %+v", f.Undertaking)
	}
}
