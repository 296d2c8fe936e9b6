package view

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// InstitutionQueue is what waits for the people of an institution.
type InstitutionQueue struct {
	Items       []QueueItem
	Full        bool // there are more than fit
	Demands     int  // open ones
	Releases    int  // to acknowledge
	Undelivered int
}

// QueueItem is an application in the queue.
type QueueItem struct {
	G    *guarantee.Guarantee
	Due  time.Time // by when the next step is due; zero: nobody said
	Mine bool      // the institution's move
	Next string    // what the next step is
}

// Application is one application as its institution sees it.
type Application struct {
	G           *guarantee.Guarantee
	Item        QueueItem
	Wording     letter.Wording
	Fees        []letter.Fen // that the price list has for its ceiling
	Events      []guarantee.Event
	Decider     string // who decided, by the certificate
	Preparer    string
	Issuer      string
	Same        bool // the person in front of the page decided, and two people are asked for
	Disclosed   *guarantee.Disclosure
	Reveal      *letter.Reveal
	Lines       []letter.Line
	Release     *calendar.Clock
	Demands     []*guarantee.Demand
	Sheet       bool // the page is its approval sheet
	Institution string
}

func applicationHref(id string) string { return "/institution/applications/" + id }

// ModeWords is how a letter is sealed, as people say it.
func ModeWords(m letter.Mode) string {
	if m == letter.ModeBlind {
		return "密文保函"
	}
	return "全文密封"
}

func shortID(id string) string { return id[:8] }

func (a Application) stages() []Stage {
	at := 0
	switch g := a.G; {
	case g.InstrumentState != guarantee.NotIssued && g.InstrumentState != guarantee.Issuing && g.InstrumentState != guarantee.IssueFailed:
		at = 5
	case g.FeeState == guarantee.FeePaid:
		at = 3
	case g.ApplicationState == guarantee.Approved:
		at = 2
	case g.ApplicationState == guarantee.Underwriting:
		at = 1
	}
	return Stages(at, "受理", "承保决定", "保费到账", "签发", "生效")
}

// ended tells an application that comes to nothing.
func (a Application) ended() bool {
	return a.G.ApplicationState == guarantee.Declined || a.G.ApplicationState == guarantee.Cancelled ||
		a.G.InstrumentState == guarantee.IssueFailed || a.G.FeeState == guarantee.FeeLapsed
}

func (a Application) issued() bool { return a.G.Receipt != nil }

func (a Application) title() string {
	if a.issued() {
		return "保函 " + numberOf(a.G)
	}
	return "申请 " + shortID(a.G.ID)
}

// undecided tells an application that is still to be read before anything is done with it.
func (a Application) undecided() bool {
	return a.G.ApplicationState == guarantee.Submitted || a.G.ApplicationState == guarantee.Underwriting
}

// dayWords is a date as it stands on a page.
func dayWords(d calendar.Date) string { return Day(d.EndOfDay().Add(-time.Hour)) }

func (a Application) facts() []Fact {
	g := a.G
	facts := []Fact{
		{Label: "状态", More: Badge(guaranteeTone(g), g.Status())},
		{Label: "申请编号", More: digestOf(g.ID)},
		{Label: "保函文本", Value: a.Wording.Title + "（" + ModeWords(g.Mode) + "）"},
		{Label: "最高金额", More: Amount(g.Ceiling)},
		{Label: "最迟到期日", Value: dayWords(calendar.DateOf(g.LatestExpiry))},
	}
	if g.Channel == guarantee.AtCounter {
		facts = append(facts, Fact{Label: "来源", Value: "本机构柜台售出"})
	} else {
		facts = append(facts, Fact{Label: "报价保费", More: Amount(g.QuotedFee)}, Fact{Label: "收到申请", Value: Second(g.SubmittedAt)})
	}
	if g.Fee != nil && *g.Fee != g.QuotedFee {
		facts = append(facts, Fact{Label: "约定保费", More: Amount(*g.Fee)})
	}
	if g.FeeOffered != nil {
		facts = append(facts, Fact{Label: "本机构所报保费", More: Amount(*g.FeeOffered)})
	}
	if g.Number != nil {
		facts = append(facts, Fact{Label: "保函编号", Value: *g.Number})
	}
	if g.IssuedAt != nil {
		facts = append(facts, Fact{Label: "生效时间", Value: Second(*g.IssuedAt)})
	}
	return append(facts, a.people()...)
}

func (a Application) people() (facts []Fact) {
	if a.G.TwoPeople {
		facts = append(facts, Fact{Label: "双人经办", Value: "同意承保和签发须由两位经办人用各自的证书办理"})
	}
	for _, p := range []struct{ label, who string }{{"同意承保", a.Decider}, {"登记编号", a.Preparer}, {"签发", a.Issuer}} {
		if p.who != "" {
			facts = append(facts, Fact{Label: p.label, Value: p.who})
		}
	}
	return facts
}

func (a Application) disclosedFacts() []Fact {
	r := a.Reveal
	facts := []Fact{
		{Label: "招标项目", Value: r.Lot.ProjectName + "（" + r.Lot.Project + "）"},
		{Label: "标段", Value: r.Lot.Name + "（" + r.Lot.Code + "）"},
		{Label: "申请人", Value: names(r.Applicants)},
		{Label: "受益人", Value: names(r.Beneficiaries)},
		{Label: "担保金额", More: Amount(r.Amount)},
		{Label: "已付", More: Amount(a.G.Honoured)},
		{Label: "有效期至", Value: dayWords(calendar.DateOf(a.Disclosed.Expiry))},
	}
	if a.Release != nil {
		facts = append(facts, Fact{Label: "解除期限", Value: a.Release.Words()})
	}
	return facts
}

func guaranteeTone(g *guarantee.Guarantee) Tone {
	switch {
	case g.OpenDemands > 0 || g.FeeState == guarantee.FeeRefunding:
		return Bad
	case g.InstrumentState == guarantee.Issued:
		return Good
	case g.InstrumentState == guarantee.NotIssued || g.InstrumentState == guarantee.Issuing:
		if g.ApplicationState != guarantee.Declined && g.ApplicationState != guarantee.Cancelled && g.FeeState != guarantee.FeeLapsed {
			return Open
		}
	}
	return Plain
}

func feeChoices(a Application) (all []Choice) {
	for _, f := range a.Fees {
		c := Choice{Value: f.String(), Text: Money(f) + "（大写：" + f.Capital() + "）"}
		if f == a.G.QuotedFee {
			c.Help = "申请书中的报价，申请人已经同意"
		} else {
			c.Help = "与报价不同，须等申请人确认"
		}
		all = append(all, c)
	}
	return all
}

// eventWords says in Chinese what happened to a letter, as its institution reads it; empty for what is not for its sheet.
func eventWords(e guarantee.Event) string {
	if w := e.DemandWords(); w != "" {
		return w
	}
	return map[guarantee.EventKind]string{
		guarantee.EventSubmitted: "收到申请", guarantee.EventTakenUp: "受理", guarantee.EventApproved: "同意承保", guarantee.EventFeeOffered: "报出保费，等申请人确认",
		guarantee.EventFeeAccepted: "保费约定", guarantee.EventDeclined: "不予承保", guarantee.EventCancelled: "撤单", guarantee.EventFeePaid: "保费到账",
		guarantee.EventFeeLapsed: "逾期未缴费", guarantee.EventFeeRefunding: "须退还保费", guarantee.EventFeeRefunded: "保费已退还",
		guarantee.EventPrepared: "登记保函编号和摘要", guarantee.EventIssued: "签发生效", guarantee.EventIssueFailed: "不能开立", guarantee.EventDeposited: "柜台保函存入",
		guarantee.EventDisclosed: "开标公开", guarantee.EventMissing: "开标时未能解封", guarantee.EventAccepted: "应急接受", guarantee.EventVerified: "开标查验",
		guarantee.EventReleaseDue: "应当解除", guarantee.EventReleased: "受益人解除", guarantee.EventReleaseAcknowledged: "确认收到解除",
		guarantee.EventAmended: "修改生效，有效期延长", guarantee.EventPaidOut: "付清终止", guarantee.EventExpired: "到期终止",
	}[e.Kind]
}

var actorWords = map[string]string{"guarantor": "本机构", "bidder": "申请人", "beneficiary": "受益人", "centre": "交易中心", "supervisor": "行政监督", "agent": "招标代理机构"}

func eventBy(e guarantee.Event) string {
	if e.Kind == guarantee.EventDemandExamining || e.Kind == guarantee.EventDemandIncomplete {
		return "平台" // by the letter's list, whoever's paper it followed
	}
	if w := actorWords[e.Role()]; w != "" {
		return w
	}
	return "平台"
}

// InstitutionLetters is one page of an institution's letters.
type InstitutionLetters struct {
	Items []*guarantee.Guarantee
	Ended bool
	Next  string
}

func amountOf(g *guarantee.Guarantee) string {
	if g.Amount != nil {
		return Money(*g.Amount)
	}
	return "最高 " + Money(g.Ceiling)
}

func expiryOf(g *guarantee.Guarantee) string {
	if g.Expiry != nil {
		return dayWords(calendar.DateOf(*g.Expiry))
	}
	return "最迟 " + dayWords(calendar.DateOf(g.LatestExpiry))
}

func numberOf(g *guarantee.Guarantee) string {
	if g.Number == nil {
		return ""
	}
	return *g.Number
}

// InstitutionDeliveries is what reached the institution late or not, and what it has yet to say that it has seen.
type InstitutionDeliveries struct {
	Messages []wire.Delivery
	Releases []*guarantee.Guarantee
	Listens  bool // it has a system that messages are sent to
}

func messageWords(k wire.Kind) string {
	return map[wire.Kind]string{wire.Offered: "新的申请", wire.FeeAccepted: "保费已约定", wire.RefundDue: "须退还保费", wire.Disclosed: "开标公开",
		wire.Released: "受益人解除", wire.DemandPresented: "新的索赔", wire.DemandCompleted: "索赔补正", wire.DemandWithdrawn: "索赔撤回",
		wire.DemandClockMoved: "索赔期限变动", wire.DemandObjected: "欺诈异议", wire.DemandAnswered: "申请人答复延期或者付款", wire.Ended: "保函终止", wire.Cancelled: "申请撤单"}[k]
}

func count(n int) string { return strconv.Itoa(n) }

// InstitutionDemand is one demand on its examiner's table.
type InstitutionDemand struct {
	D        wire.Demand
	State    guarantee.State
	Paper    letter.Demand
	Form     letter.Form
	Reason   string
	Checks   []DocumentCheck
	Others   []DocumentCheck // files that no list asks for
	Papers   []guarantee.DemandPaper
	Pleas    []Plea
	Events   []guarantee.Event
	Rest     letter.Fen              // to be paid
	First    *guarantee.InterimFirst // a payment in advance that waits for another person
	FirstBy  string
	Decider  string
	Payer    string
	Same     bool
	Two      bool
	LateNote bool // the examination is over, and whoever has not refused is precluded
	Receipt  bool // the page is the receipt
	Who      string
}

// Plea is an applicant's fraud objection.
type Plea struct {
	Words, Statement string
	At               time.Time
}

// DocumentCheck is a document that the letter asks for, and what came.
type DocumentCheck struct {
	Kind     letter.DocumentKind
	ByItself bool
	Files    []guarantee.DemandFile
}

func (c DocumentCheck) there() bool { return c.ByItself || len(c.Files) > 0 }

func demandHref(id string) string { return "/institution/demands/" + id }

func fileHref(demand string, digest []byte) string {
	return demandHref(demand) + "/files/" + hexOf(digest)
}

func demandTone(s guarantee.State) Tone {
	return map[guarantee.State]Tone{guarantee.Presented: Open, guarantee.Incomplete: Open, guarantee.Examining: Open, guarantee.Complying: Open, guarantee.Held: Open,
		guarantee.Honoured: Good, guarantee.Stayed: Bad}[s]
}

func (x InstitutionDemand) facts() []Fact {
	d := x.D
	facts := []Fact{
		{Label: "状态", More: Badge(demandTone(x.State), guarantee.Words(guarantee.PartDemand, x.State))},
		{Label: "保函", More: link(applicationHref(d.Guarantee), x.Paper.Number)},
		{Label: "受益人", Value: names([]letter.Party{x.Paper.Beneficiary})},
		{Label: "索赔金额", More: Amount(d.Amount)},
		{Label: "事由", Value: x.Reason},
		{Label: "受益人陈述", Value: x.Paper.Statement},
		{Label: "收款账户", Value: x.Paper.Payee.Name + "，" + x.Paper.Payee.Number + "，" + x.Paper.Payee.Bank},
		{Label: "平台收到", Value: Second(d.ReceivedAt)},
	}
	if d.Interim > 0 {
		facts = append(facts, Fact{Label: "已先予支付", More: Amount(d.Interim)}, Fact{Label: "尚未支付", More: Amount(x.Rest)})
	}
	if x.Two {
		facts = append(facts, Fact{Label: "双人经办", Value: "认定相符和登记付款须由两位经办人用各自的证书办理"})
	}
	for _, p := range []struct{ label, who string }{{"审查决定", x.Decider}, {"登记付款", x.Payer}} {
		if p.who != "" {
			facts = append(facts, Fact{Label: p.label, Value: p.who})
		}
	}
	if !d.PaidAt.IsZero() {
		facts = append(facts, Fact{Label: "付款", Value: Money(d.Paid) + "，" + Second(d.PaidAt) + "，流水号 " + d.Reference})
	}
	return facts
}

func clockDay(c wire.DemandClock) string {
	switch {
	case c.Stopped:
		return "停止中"
	case c.To.IsZero():
		return "当年节假日安排尚未公布，公布后补算"
	}
	return dayWords(calendar.DateOf(c.To.Add(-time.Nanosecond))) + " 24:00"
}

func clockRule(c wire.DemandClock) string {
	if c.Days == 0 {
		return c.Law
	}
	unit := " 日"
	if c.Unit == string(guarantee.WorkingDays) {
		unit = " 个工作日"
	}
	return count(c.Days) + unit + "，" + c.Law
}

func size(n int64) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
	case n >= 1<<10:
		return strconv.FormatInt((n+1023)>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n, 10) + " 字节"
}

// listed are the rows of the form that refuses a demand.
var listed = []string{"1", "2", "3", "4", "5", "6", "7", "8"}

func aboutField(n string) Field {
	return Field{Name: "about-" + n, Label: "第 " + n + " 项：所涉条款或单据", Max: 100, Optional: n != "1"}
}

func narrativeField(n string) Field {
	return Field{Name: "narrative-" + n, Label: "第 " + n + " 项：为什么不符", Max: 1000, Rows: 3, Optional: n != "1"}
}

// kindChoices are the documents that may be asked for.
func kindChoices(x InstitutionDemand) (all []letter.DocumentKind) {
	for _, c := range x.Checks {
		if c.Kind != letter.PaymentNotice && c.Kind != letter.RevealRecord {
			all = append(all, c.Kind)
		}
	}
	for _, k := range []letter.DocumentKind{letter.DefaultStatement, letter.AwardNotice, letter.SupervisorDecision, letter.LossStatement} {
		if !contains(all, k) {
			all = append(all, k)
		}
	}
	return all
}

func contains(all []letter.DocumentKind, k letter.DocumentKind) bool {
	for _, x := range all {
		if x == k {
			return true
		}
	}
	return false
}

func missingWords(all []letter.DocumentKind) string {
	words := make([]string, len(all))
	for i, k := range all {
		words[i] = k.Chinese()
	}
	return strings.Join(words, "、")
}

func paperWords(kind string) string {
	return map[string]string{"ruling": "中止支付裁定", "lifting": "解除中止支付的文书", "objection": "申请人异议的附件"}[kind]
}

// listedDemand is a demand in the list, with the clock that runs out first.
func firstClock(d guarantee.GuarantorDemand) (c guarantee.DemandClock, ok bool) {
	for _, x := range d.Clocks {
		if x.Kind == guarantee.ClockSuit || x.Kind == guarantee.ClockCompletion || x.To.IsZero() {
			continue
		}
		if !ok || x.To.Before(c.To) {
			c, ok = x, true
		}
	}
	return c, ok
}

func link(href, text string) templ.Component { return Inside(Link{href, text}) }
