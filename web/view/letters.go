package view

import (
	"slices"
	"time"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/tender"
)

// LetterBook is the letters of one lot.
type LetterBook struct {
	*tender.Lot
	Signs   bool // the reader is a beneficiary of them: it may release and demand
	Ready   []LetterLine
	Held    []LetterLine // not released by accident: the winner's and the candidates'
	Ended   []LetterLine
	Release *Deed
}

// LetterLine is one letter in the book.
type LetterLine struct {
	guarantee.Entry
	Clock  string    // in words; empty: none runs
	Until  time.Time // the last instant for the release; zero: none
	Late   bool
	Result string // of the verification, in words
	Mine   bool   // the reader has signed its release
}

// due tells a letter that the reader is to release and has not: such a one is chosen from the beginning.
func (e LetterLine) due() bool {
	return !e.Mine && e.OpenDemands == 0 && e.ReleaseState == guarantee.ReleaseDue
}

// reason is why the letters of a lot are released, as far as its state tells.
func (b LetterBook) reason() string {
	return map[tender.State]string{tender.Contracted: "合同已签订", tender.Terminated: "招标已终止"}[b.State]
}

// Empty tells that no bid named a letter.
func (b LetterBook) Empty() bool { return len(b.Ready)+len(b.Held)+len(b.Ended) == 0 }

func instrumentTone(s guarantee.State) Tone {
	switch s {
	case guarantee.Issued:
		return Good
	case guarantee.Released, guarantee.PaidOut:
		return Plain
	default:
		return Open
	}
}

func verifiedTone(s guarantee.State) Tone {
	switch s {
	case guarantee.Passed, guarantee.Confirmed:
		return Good
	case guarantee.Doubtful:
		return Bad
	default:
		return Open
	}
}

// LetterDesk is one letter for its beneficiary.
type LetterDesk struct {
	Letter wire.Guarantee
	Lot    *tender.Lot // as far as the reader runs it; nil: it does not
	Form   letter.Form
	Lines  []letter.Line
	Names  []letter.Party // all beneficiaries
	Mine   bool           // the reader's signature is among a begun release
	Held   bool
}

func (d LetterDesk) inForce() bool { return d.Letter.Instrument == string(guarantee.Issued) }

// signed are the joint beneficiaries that have signed a begun release.
func (d LetterDesk) signed() (codes []string) {
	for _, p := range d.Names {
		if !slices.Contains(d.Letter.Unsigned, p.USCC) {
			codes = append(codes, p.USCC)
		}
	}
	return codes
}

func (d LetterDesk) openDemand() bool {
	for _, m := range d.Letter.Demands {
		if s := guarantee.State(m.State); s != guarantee.Honoured && s != guarantee.Rejected && s != guarantee.WithdrawnDemand {
			return true
		}
	}
	return false
}

func letterFacts(d LetterDesk) []Fact {
	g := d.Letter
	all := []Fact{
		{Label: "状态", More: Badge(instrumentTone(guarantee.State(g.Instrument)), guarantee.Words(guarantee.PartInstrument, guarantee.State(g.Instrument)))},
		{Label: "形式", Value: FormWords(d.Form)},
		{Label: "开立机构", Value: g.Guarantor.Name + "（" + g.Guarantor.USCC + "）"},
		{Label: "申请人（投标人）", Value: names(g.Applicants)},
		{Label: "受益人", Value: names(d.Names)},
		{Label: "担保金额", More: Amount(g.Amount)},
		{Label: "有效期至", Value: g.Expiry.Chinese() + " 24:00" + amendedWords(g.Amendments)},
		{Label: "查验", More: Badge(verifiedTone(guarantee.State(g.Verification)), guarantee.Words(guarantee.PartVerification, guarantee.State(g.Verification)))},
		{Label: "解除", Value: guarantee.Words(guarantee.PartRelease, guarantee.State(g.Release))},
	}
	if g.ReleaseClock != nil {
		all = append(all, Fact{Label: "解除的期限", Value: g.ReleaseClock.Words})
	}
	if g.Paid > 0 {
		all = append(all, Fact{Label: "已赔付", More: Amount(g.Paid)})
	}
	if d.inForce() {
		all = append(all, Fact{Label: "还可以索赔", More: Amount(g.Claimable)})
	}
	return append(all, Fact{Label: "保函摘要（SM3）", More: digestOf(g.Undertaking.String())})
}

// ClaimDesk is the steps of a demand: first the ground, then what it needs.
type ClaimDesk struct {
	Sheet   wire.DemandSheet
	Reason  *wire.SheetReason // chosen; nil: not yet
	Mine    bool              // the reader is who presents
	Payee   letter.Account
	Balance string
}

// needed are the documents of the chosen ground that are files.
func (d ClaimDesk) needed() (all []letter.DocumentKind) {
	for _, k := range d.Reason.Documents {
		if k != letter.PaymentNotice && k != letter.RevealRecord {
			all = append(all, k)
		}
	}
	return all
}

// documentsWords are a ground's documents in one line.
func documentsWords(kinds []letter.DocumentKind) string {
	words := ""
	for i, k := range kinds {
		if i > 0 {
			words += "、"
		}
		words += k.Chinese()
	}
	return words
}

func clockSpan(c wire.DemandClock) string {
	unit := "日"
	if c.Unit == "working_day" {
		unit = "个工作日"
	}
	if c.Days == 0 {
		return "至保函有效期届满"
	}
	return number(c.Days) + " " + unit
}

// DemandDesk is one demand for who presented it.
type DemandDesk struct {
	Demand wire.Demand
	Number string
	Paper  letter.Demand // as it was signed
	Files  []letter.Document
	Mine   bool // the reader presented it
}

func (d DemandDesk) state() guarantee.State { return guarantee.State(d.Demand.State) }

func (d DemandDesk) open() bool {
	s := d.state()
	return s != guarantee.Honoured && s != guarantee.Rejected && s != guarantee.WithdrawnDemand
}

func (d DemandDesk) way() []Stage {
	names := []string{"提出", "单据补正", "担保机构审查", "认定相符，付款", "办结"}
	if len(d.Demand.Missing) == 0 && d.state() != guarantee.Incomplete {
		names = append(names[:1:1], names[2:]...)
	}
	at := map[guarantee.State]int{guarantee.Presented: 0, guarantee.Incomplete: 1, guarantee.Examining: len(names) - 3, guarantee.Stayed: len(names) - 3,
		guarantee.Complying: len(names) - 2, guarantee.Held: len(names) - 2}
	i, ok := at[d.state()]
	if !ok {
		i = len(names)
	}
	return Stages(i, names...)
}

func demandFacts(d DemandDesk) []Fact {
	m := d.Demand
	r, _ := letter.ReasonOf(m.Reason)
	all := []Fact{
		{Label: "状态", More: Badge(DemandTone(d.state()), guarantee.Words(guarantee.PartDemand, d.state()))},
		{Label: "保函", Value: d.Number},
		{Label: "担保机构", Value: d.Paper.Guarantor.Name},
		{Label: "索赔金额", More: Amount(m.Amount)},
		{Label: "事由", Value: r.Chinese + "（" + r.Source + "）"},
		{Label: "陈述", Value: d.Paper.Statement},
		{Label: "平台收到", Value: Second(m.ReceivedAt)},
		{Label: "收款账户", Value: d.Paper.Payee.Name + "，" + d.Paper.Payee.Number + "，" + d.Paper.Payee.Bank},
	}
	if m.Extension != nil {
		all = append(all, Fact{Label: "愿以延期代替付款", Value: "延长至 " + m.Extension.To.Chinese() + " 或者更晚"})
	}
	if m.Interim > 0 {
		all = append(all, Fact{Label: "已先予支付", More: Amount(m.Interim)})
	}
	if !m.PaidAt.IsZero() {
		all = append(all, Fact{Label: "已付", More: Amount(m.Paid)}, Fact{Label: "付款时间", Value: Second(m.PaidAt)}, Fact{Label: "付款流水号", Value: m.Reference})
	}
	if !m.Slip.IsZero() {
		all = append(all, Fact{Label: "回单摘要（SM3）", More: digestOf(m.Slip.String())})
	}
	return all
}

func claimSteps(d ClaimDesk) []Stage {
	at := 0
	if d.Reason != nil {
		at = 1
	}
	return Stages(at, "选择事由", "填写、附单据、签名", "担保机构审查", "付款")
}

func laterWords(f letter.Form) string {
	if f == letter.FormIndependent {
		return "在保函有效期内补齐；补齐之前审查期限停止，到期仍未补齐的，索赔终结。没有声明的，担保机构照现有单据审查，可以据此拒付。"
	}
	return "补齐之前期限停止，须一次补齐。"
}

func pauseWords(p wire.DemandPause) string {
	words := Second(p.Began) + " 起期限停止："
	switch p.Why {
	case "court":
		words += p.Court + " " + p.Number + " 裁定中止支付"
	default:
		words += "等候单据"
	}
	if !p.Ended.IsZero() {
		words += "；" + Second(p.Ended) + " 恢复"
		if p.Lifting != "" {
			words += "（" + p.Lifting + "）"
		}
	}
	return words
}

// lastInstant is the end of a time: midnight is said as 24:00 of the day before.
func lastInstant(t time.Time) string {
	if at := t.In(calendar.Shanghai); at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0 {
		return Day(t.Add(-time.Nanosecond)) + " 24:00"
	}
	return Minute(t)
}

func letterColumns(pick bool) []string {
	all := []string{"编号", "投标人", "开立机构", "金额", "查验", "状态和解除期限"}
	if pick {
		return append([]string{"选择"}, all...)
	}
	return all
}

// ReleaseDesk is what was signed to release a letter.
type ReleaseDesk struct {
	ID, Number string
	Ended      guarantee.State
	Reveal     letter.Reveal
	Notices    []Notification
}

// Notification is one beneficiary's release.
type Notification struct {
	By      letter.Party
	Reason  string
	At      time.Time
	Letters int // of the lot that it releases together; 0: this one alone
	Serial  string
	Digest  string
}

func (d ReleaseDesk) missing() (codes []string) {
	for _, p := range d.Reveal.Beneficiaries {
		if !slices.ContainsFunc(d.Notices, func(n Notification) bool { return n.By.USCC == p.USCC }) {
			codes = append(codes, p.USCC)
		}
	}
	return codes
}

func noticePaper(n Notification) []Fact {
	extent := "只解除这一份保函"
	if n.Letters > 0 {
		extent = "标段解除通知，共列明 " + number(n.Letters) + " 份保函"
	}
	return []Fact{{Label: "受益人", Value: n.By.Name + "（" + n.By.USCC + "）"}, {Label: "解除的原因", Value: n.Reason}, {Label: "范围", Value: extent},
		{Label: "签署时间", Value: Second(n.At)}, {Label: "签名证书序列号", Value: n.Serial}, {Label: "通知的摘要（SM3）", More: digestOf(n.Digest)}}
}
