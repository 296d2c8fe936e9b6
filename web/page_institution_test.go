package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus"

	"baohan/banks"
	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

// counterHall is a life in which two people of a bank without a system work on the pages, each with a certificate of its own.
type counterHall struct {
	*life
	chromium      context.Context
	first, second person
	ids           []string // of the applications: the last one is theirs
	files         map[string]string
}

const bankPIN = "口令 Yinhang-4711"

func newCounterHall(t *testing.T) *counterHall {
	t.Helper()
	if _, err := os.Stat("assets/built/key.wasm.br"); err != nil {
		t.Skip("the signing module is not built here: make wasm")
	}
	h := &counterHall{chromium: browser(t), life: newLife(t), files: map[string]string{}}
	config := h.desks
	config.Registry, config.Published = prometheus.NewRegistry(), Published{Roots: []signing.Certificate{h.ca.Root}}
	h.server = httptest.NewServer(must(New(config)))
	t.Cleanup(h.server.Close)
	for i := range 2 { // a lot with fewer than three bids is never opened
		h.ids = append(h.ids, h.apply(h.bidder(h.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i))))
		h.issue(h.ids[i], i+1)
	}
	h.first, h.second = h.bank, h.bank
	h.second.sign = h.person(h.bank.name, 21).sign
	h.admit(h.second, party.Guarantor)
	on := must(h.desks.Banks.Institution(t.Context(), h.bank.uscc))
	on.Base, on.TwoPeople = "", true
	if err := h.desks.Banks.Admit(t.Context(), party.System(), on); err != nil {
		t.Fatal(err)
	}
	h.ids = append(h.ids, h.apply(h.bidder(h.person("投标人第3建设公司", 63))))
	return h
}

// keyFileOf is a person's certificate as a file.
func (h *counterHall) keyFileOf(p person) string {
	h.t.Helper()
	serial := p.sign.Certificate().Serial()
	if h.files[serial] == "" {
		h.files[serial] = filepath.Join(h.t.TempDir(), serial+".pem")
		text := must(client.WriteKeyFile(p.sign.Key, p.sign.Chain, p.encrypt.Key, p.encrypt.Chain, []byte(bankPIN), fewRounds))
		if err := os.WriteFile(h.files[serial], text, 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
	return h.files[serial]
}

// clerk is a person of the bank in front of a browser.
type clerk struct {
	*window
	file string
}

func (h *counterHall) clerk(name string, p person) *clerk {
	return &clerk{h.windowOf(h.chromium, name, p, party.Guarantor), h.keyFileOf(p)}
}

// signs presses a button whose act a certificate signs, and signs. What the dialog refuses it answers; else it waits for the
// page to say what was done.
func (c *clerk) signs(button, done string) string {
	c.t.Helper()
	c.wait(`window.baohan?.keys !== undefined`)
	c.press(button)
	c.wait(`document.querySelector("#key")?.open === true`)
	if c.text("#key-who") == "" {
		c.do(chromedp.SetUploadFiles("#key-choose", []string{c.file}))
		c.wait(`document.querySelector("#key-who").innerText !== "" || document.querySelector("#key-error").innerText !== ""`)
	}
	c.do(chromedp.SetValue("#key-pin", bankPIN))
	c.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#key-go").click(), undefined`))
	c.wait(`document.querySelector("#key")?.open !== true || document.querySelector("#key-error").innerText !== ""`)
	if refused := c.text("#key-error"); refused != "" {
		if done != "" {
			c.t.Fatalf("%s: %s: %s", c.name, button, refused)
		}
		c.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#key-cancel").click(), undefined`))
		return refused
	}
	c.says(done)
	return ""
}

// An operator underwrites, tries to issue alone and is refused in words; a colleague issues.
func TestTwoPeopleOfABank(t *testing.T) {
	h := newCounterHall(t)
	id := h.ids[2]
	a := h.clerk("the first clerk", h.first)
	a.open("/")
	a.says("待办申请", "待受理", "密文保函")
	a.silent("一标段", "长沙市城建集团", "投标人第3建设公司")
	a.picture("institution-queue")
	a.press("办理 " + id[:8])
	a.picture("institution-submitted")
	a.signs("打开申请书并核对", "投标人第3建设公司")
	a.says("核对：申请人签名", "密文保函：开标之前不向本机构公开", "壹佰万元整")
	a.silent("一标段", "长沙市城建集团", "捌拾万")
	a.picture("institution-opened")
	a.signs("受理", "已受理")
	a.picture("institution-underwriting")
	a.signs("同意承保", "已同意承保")
	h.payFee(a)
	a.says("请由另一位经办人签发")
	h.drafts(a)
	a.picture("institution-draft")
	if refused := a.signs("签发", ""); !strings.Contains(refused, "请由另一位经办人用其证书签发") {
		t.Fatalf("one person alone: %q", refused)
	}
	b := h.clerk("the colleague", h.second)
	b.open("/institution/applications/" + id)
	b.fill("read", "yes")
	if refused := b.signs("签发", ""); !strings.Contains(refused, "请先生成保函全文") {
		t.Errorf("issued without reading: %q", refused)
	}
	h.drafts(b)
	b.signs("签发", "已经签发生效")
	b.says("XJ-2026-0003", "有效（密封）", h.second.sign.Certificate().Serial())
	b.picture("institution-issued")
	g := must(h.desks.Guarantee.ForGuarantor(t.Context(), party.Actor{USCC: h.bank.uscc, Role: party.Guarantor}, id))
	if g.InstrumentState != guarantee.Issued || string(g.DecidedBy) == string(g.IssuedBy) || !g.TwoPeople {
		t.Errorf("in the end: %+v", g)
	}
	if f := must(h.owners[id].Letter(t.Context(), id)); f.Undertaking.Number != "XJ-2026-0003" {
		t.Errorf("the bidder's own copy: %+v", f.Undertaking)
	}
	b.open("/institution/applications/" + id + "/sheet")
	b.signs("打开申请书并核对", "投标人第3建设公司")
	b.says("经办人（签发）", "签发生效")
	b.picture("institution-sheet")
	b.printed("approval-sheet", "投标人第3建设公司", "经办人（签发）", "审批人")
	b.open("/institution/letters")
	b.says("XJ-2026-0003", "BH-2026-0001")
	b.picture("institution-letters")
	h.demandToPayment(id)
}

func (h *counterHall) payFee(c *clerk) {
	h.t.Helper()
	c.says("登记保费到账")
	for name, text := range map[string]string{"reference": "SK20260302001", "payer-name": "投标人第3建设公司", "payer-number": "6222020100012345", "payer-bank": "测试银行长沙分行",
		"paid_at": "2026-03-02T09:00"} {
		c.fill(name, text)
	}
	c.picture("institution-fee")
	c.signs("登记到账", "已登记保费到账")
}

// drafts has the whole text of the letter shown, and reads it.
func (h *counterHall) drafts(c *clerk) {
	h.t.Helper()
	c.fill("number", "XJ-2026-0003")
	c.signs("生成保函全文", "请逐条通读")
	c.says("第 1 段", "不可撤销", "XJ-2026-0003")
	c.fill("read", "yes")
}

// demandToPayment takes a demand from its presentation to payment, by two people.
func (h *counterHall) demandToPayment(id string) {
	t, ctx := h.t, h.t.Context()
	for i, x := range h.ids {
		must(h.owners[x].Bid(ctx, h.lot, x, house.Terms(letter.Fen(1_200_000_000+i))))
	}
	h.open()
	b := must(client.NewBeneficiary(h.at, h.tenderer.identity()))
	must(b.SignIn(ctx))
	var of wire.Guarantee
	for _, g := range must(b.Guarantees(ctx, "")).Items {
		if g.ID == id {
			of = g
		}
	}
	first, second := h.clerk("the first clerk", h.first), h.clerk("the colleague", h.second)
	h.extendedOnThePage(b, of, second)
	got := must(b.Demand(ctx, of, client.Claim{Amount: of.Amount, Reason: letter.Reasons[0].Code, Statement: "投标有效期内撤销投标文件",
		Payee: letter.Account{Name: h.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"},
		Files: append(h.life.files(id), wire.File{Kind: letter.LossStatement, Name: "损失说明.pdf", Content: []byte("%PDF-1.7 loss")})}))
	first.open("/institution/demands")
	first.says("XJ-2026-0003", "¥800,000.00", "审查中", "还有")
	first.picture("institution-demands")
	first.press("办理 XJ-2026-0003")
	first.says("捌拾万元整", "投标有效期内撤销投标文件", "书面付款通知", "损失说明.pdf", "保函未要求", "担保机构审查索赔单据")
	first.picture("institution-examining")
	h.takesTheFile(got.Demand)
	first.signs("认定相符", "已认定索赔相符")
	first.says("请由另一位经办人登记付款")
	pay := func(c *clerk) {
		c.fill("reference", "FK20260322001")
		c.fill("paid_at", h.clock.Now().In(calendar.Shanghai).Format("2006-01-02T15:04"))
	}
	pay(first)
	first.picture("institution-complying")
	if refused := first.signs("登记已付款", ""); !strings.Contains(refused, "请由另一位经办人用其证书登记") {
		t.Fatalf("one person alone pays: %q", refused)
	}
	second.open("/institution/demands/" + got.Demand)
	pay(second)
	second.signs("登记已付款", "已登记付款")
	second.says("已赔付", "FK20260322001")
	second.picture("institution-honoured")
	second.open("/institution/demands/" + got.Demand + "/receipt")
	second.says("索赔受理单", "受理人")
	second.picture("institution-receipt")
	second.printed("demand-receipt", "损失说明.pdf", "受理人", "捌拾万元整")
	second.open("/institution/applications/" + id)
	second.says("湘江路道路改造工程", "已付清")
	second.picture("institution-paid-out")
	if d := must(b.DemandOf(ctx, got.Demand)); d.State != "honoured" || d.Reference != "FK20260322001" {
		t.Errorf("the beneficiary reads: %+v", d)
	}
	h.releaseIsAcknowledged(b, second)
	h.refusesDemand(b, second)
}

// refusesDemand takes a demand through a request for one more document, which the beneficiary answers in its own browser, and
// through a court's stay, to a refusal that lists every discrepancy.
func (h *counterHall) refusesDemand(b *client.Beneficiary, c *clerk) {
	t, ctx := h.t, h.t.Context()
	t.Helper()
	all := must(b.Guarantees(ctx, "")).Items
	of := all[slices.IndexFunc(all, func(g wire.Guarantee) bool { return g.ID == h.ids[1] })]
	id := must(b.Demand(ctx, of, client.Claim{Amount: of.Amount, Reason: letter.Reasons[1].Code, Statement: "中标人不与招标人订立合同",
		Payee: letter.Account{Name: h.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"}})).Demand
	pdf := filepath.Join(t.TempDir(), "文书.pdf")
	if err := os.WriteFile(pdf, []byte("%PDF-1.7 文书"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.open("/institution/demands/" + id)
	c.says("要求补充单据", "独立保函的审查期限照走")
	c.pick("document", 1)
	c.fill("words", "请补交中标通知书")
	c.signs("通知受益人补充", "已经要求受益人补充")
	c.picture("institution-requested")
	owner := h.windowOf(h.chromium, "the tenderer", h.tenderer, party.Beneficiary)
	owner.open("/tenderer/demands/" + id)
	owner.says("担保机构要求补充单据", "请补交中标通知书", "补交单据")
	owner.picture("owner-demand-requested")
	for _, kind := range must(b.DemandOf(ctx, id)).Missing {
		owner.do(chromedp.SetUploadFiles(`[name="file-`+string(kind)+`"]`, []string{pdf}))
	}
	owner.certified("签名补交", h.keyFileOf(h.tenderer), bankPIN)
	owner.says("单据已经补交")
	c.open("/institution/demands/" + id)
	c.says("中标通知书", "文书.pdf")
	c.silent("缺少")
	c.press("登记法院的中止支付裁定")
	c.fill("court", "长沙市中级人民法院")
	c.fill("number", "（2026）湘01民初101号")
	c.fill("ruled_on", h.clock.Now().In(calendar.Shanghai).Format("2006-01-02"))
	c.do(chromedp.SetUploadFiles(`[name=paper]`, []string{pdf}))
	c.signs("登记中止支付", "中止期间不能作出决定")
	c.silent("认定相符", "拒付")
	c.picture("institution-stayed")
	owner.open("/tenderer/demands/" + id)
	owner.says("法院裁定中止支付", "长沙市中级人民法院")
	owner.picture("owner-demand-stayed")
	c.fill("number", "（2026）湘01民初101号之一")
	c.do(chromedp.SetUploadFiles(`[name=paper]`, []string{pdf}))
	c.signs("登记解除", "审查决定")
	c.press("拒付")
	for name, text := range map[string]string{"about-1": "中标通知书", "narrative-1": "没有载明中标人名称", "about-2": "书面陈述", "narrative-2": "没有写明违约的时间"} {
		c.fill(name, text)
	}
	c.picture("institution-rejecting")
	c.signs("拒付", "拒付时列明的不符点")
	c.says("没有载明中标人名称", "没有写明违约的时间")
	c.picture("institution-rejected")
	owner.open("/tenderer/demands/" + id)
	owner.says("担保机构拒付", "没有载明中标人名称", "没有写明违约的时间")
	owner.picture("owner-demand-rejected")
	if d := must(b.DemandOf(ctx, id)); d.State != "rejected" || len(d.Discrepancies) != 2 {
		t.Errorf("the beneficiary reads: %+v", d)
	}
}

// extendedOnThePage has the colleague hold a demand that would take an extension, and extend once the applicant agrees.
func (h *counterHall) extendedOnThePage(b *client.Beneficiary, of wire.Guarantee, c *clerk) {
	t, ctx := h.t, h.t.Context()
	got := must(b.Demand(ctx, of, client.Claim{Amount: 100_000_00, Reason: letter.Reasons[0].Code, Statement: "投标有效期内撤销投标文件", ExtendTo: of.Expiry.AddDays(60),
		Payee: letter.Account{Name: h.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"}, Files: h.life.files(of.ID)}))
	must(0, h.institution().DecideDemand(ctx, got.Demand, wire.DemandDecision{Complying: true}))
	c.open("/institution/demands/" + got.Demand)
	c.says("受益人愿以延期代替付款", "登记付款")
	c.fill("reply_by", h.clock.Now().In(calendar.Shanghai).AddDate(0, 0, 3).Format("2006-01-02T15:04"))
	c.signs("暂缓付款，请申请人答复", "已暂缓付款")
	applicant := h.owners[of.ID]
	must(applicant.SignIn(ctx))
	must(applicant.AnswerExtension(ctx, must(applicant.Letter(ctx, of.ID)).Undertaking, must(applicant.DemandsAgainst(ctx, of.ID)).Items[0], letter.ChooseExtend))
	c.open("/institution/demands/" + got.Demand)
	c.says("延期待定", "同意延期")
	c.signs("生成修改函全文", "请通读全文")
	c.says("第 3 段", of.Number, "有效期由")
	c.picture("institution-extension")
	c.fill("read", "yes")
	c.signs("签署修改函，延期", "修改函已经生效")
	if d := must(b.DemandOf(ctx, got.Demand)); d.State != "withdrawn" || d.Extension.Expiry != of.Expiry.AddDays(60) {
		t.Errorf("extended on the page: %+v", d)
	}
}

// takesTheFile reads a document of a demand as the page gives it, and as nobody else gets it.
func (h *counterHall) takesTheFile(demand string) {
	t := h.t
	digest := signing.Sum([]byte("%PDF-1.7 loss"))
	get := func(p person, role party.Role) said {
		r := must(http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+"/institution/demands/"+demand+"/files/"+digest.String(), nil))
		r.AddCookie(&http.Cookie{Name: "baohan", Value: h.signIn(p, role)})
		return h.send(r)
	}
	got := get(h.second, party.Guarantor)
	if got.status != http.StatusOK || string(got.body) != "%PDF-1.7 loss" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") ||
		got.header.Get("Content-Type") != "application/octet-stream" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the document: %d %v %q", got.status, got.header, got.body)
	}
	other := h.admit(h.person("测试保险股份有限公司", 22), party.Guarantor)
	if got := get(other, party.Guarantor); got.status != http.StatusNotFound {
		t.Errorf("another institution reads the document: %d", got.status)
	}
	if got := get(h.tenderer, party.Beneficiary); got.status != http.StatusNotFound {
		t.Errorf("the beneficiary reads the examiner's copy: %d", got.status)
	}
}

func (h *counterHall) releaseIsAcknowledged(b *client.Beneficiary, c *clerk) {
	ctx := h.t.Context()
	for _, g := range must(b.Guarantees(ctx, "")).Items {
		if g.ID == h.ids[0] {
			must(b.Release(ctx, g, "合同已签订"))
		}
	}
	c.open("/institution/deliveries")
	c.says("BH-2026-0001", "本机构没有登记接收报文的系统")
	c.picture("institution-deliveries")
	c.signs("确认收到 BH-2026-0001", "已确认收到解除")
	c.says("没有待确认的解除")
}

// What an institution's pages ask of the desks is the same few questions, however much waits.
func TestInstitutionPagesAreQuick(t *testing.T) {
	l := newLife(t)
	for i := range 3 {
		l.apply(l.bidder(l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i)))
	}
	token := l.signIn(l.bank, party.Guarantor)
	for _, path := range []string{"/institution", "/institution/queue", "/institution/letters", "/institution/letters?ended=yes", "/institution/demands", "/institution/deliveries"} {
		r := must(http.NewRequestWithContext(t.Context(), http.MethodGet, l.server.URL+path, nil))
		r.AddCookie(&http.Cookie{Name: "baohan", Value: token})
		from := time.Now()
		got := l.send(r)
		if got.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		t.Logf("%s: %s", path, time.Since(from))
	}
	on := must(l.desks.Banks.Institution(t.Context(), l.bank.uscc))
	if on.TwoPeople || banks.Bank != on.Kind {
		t.Errorf("an institution asks for two people unasked: %+v", on)
	}
}
