package view

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/tender"
)

// BidderDay is what stands on a bidder's desk. It comes from its own rows and from what everybody may know.
type BidderDay struct {
	Me      string // USCC
	Due     []BidderMove
	Today   []*tender.Lot // opened today, whoever bids there
	Letters []OwnLetter   // the newest
	Notices []wire.Notice
}

// BidderMove is one thing that waits, for the bidder or for somebody else.
type BidderMove struct {
	Tone   Tone
	State  string
	What   string
	Until  time.Time // zero: no clock runs
	Do     Link
	Urgent bool // the next move is the bidder's
}

// OwnLetter is an application of the bidder's own, with the guarantee that became of it.
type OwnLetter struct {
	*guarantee.Guarantee
	Guarantor string // its name
}

// Href is its page.
func (o OwnLetter) Href() string { return "/bidder/applications/" + o.ID }

// Name is what people call it: the letter's number once it has one.
func (o OwnLetter) Name() string {
	if o.Number != nil {
		return *o.Number
	}
	return "申请 " + o.ID[:8]
}

// Tone colours its state.
func (o OwnLetter) Tone() Tone {
	switch {
	case o.ended():
		return Plain
	case o.failed():
		return Bad
	case o.InstrumentState == guarantee.Issued && o.OpenDemands == 0:
		return Good
	}
	return Open
}

func (o OwnLetter) failed() bool {
	return o.ApplicationState == guarantee.Declined || o.ApplicationState == guarantee.Cancelled ||
		o.InstrumentState == guarantee.IssueFailed || o.FeeState == guarantee.FeeLapsed
}

func (o OwnLetter) ended() bool {
	return slices.Contains([]guarantee.State{guarantee.Released, guarantee.Expired, guarantee.Surrendered, guarantee.PaidOut, guarantee.Void}, o.InstrumentState)
}

// asksFee: the institution asks another fee than it quoted, and waits for an answer.
func (o OwnLetter) asksFee() bool { return o.FeeOffered != nil && !o.failed() }

// mayCancel: nothing is issued, and no money has come.
func (o OwnLetter) mayCancel() bool {
	return !o.failed() && o.FeeState != guarantee.FeePaid && o.InstrumentState == guarantee.NotIssued
}

func (o OwnLetter) issued() bool {
	return o.InstrumentState != guarantee.NotIssued && o.InstrumentState != guarantee.Issuing && o.InstrumentState != guarantee.IssueFailed
}

func (o OwnLetter) sealed() bool {
	return o.InstrumentState == guarantee.Issued && o.DisclosureState == guarantee.Sealed
}

var letterStages = []string{"递交申请", "机构审核", "缴纳保费", "签发保函", "密封待开标", "开标公布", "解除或到期"}

func (o OwnLetter) stages() []Stage { return Stages(o.stage(), letterStages...) }

func (o OwnLetter) stage() int {
	switch {
	case o.ended():
		return len(letterStages)
	case o.InstrumentState == guarantee.Issued && o.DisclosureState == guarantee.Sealed:
		return 4
	case o.InstrumentState == guarantee.Issued && o.DisclosureState == guarantee.Missing:
		return 5
	case o.InstrumentState == guarantee.Issued:
		return 6
	case o.FeeState == guarantee.FeePaid:
		return 3
	case o.ApplicationState == guarantee.Approved:
		return 2
	}
	return 1
}

// LetterPage is the page of one application.
type LetterPage struct {
	OwnLetter
	State   wire.Application
	Lot     *tender.Lot   // once the opening has published the letter
	Left    []*tender.Lot // that moved beyond what letters reach, and could be the lot of this one
	Amount  letter.Fen
	Lines   []letter.Line
	Demands []wire.DemandStory
}

// mayRenew: it could be for a lot that left it behind, since it is sealed: asked for, in force,
// or at its latest expiry.
func (x LetterPage) mayRenew() bool {
	return len(x.Left) > 0 && x.DisclosureState == guarantee.Sealed && !x.failed()
}

func (x LetterPage) latest() string { return calendar.DateOf(x.LatestExpiry).Chinese() }

func (x LetterPage) facts() []Fact {
	facts := []Fact{
		{Label: "担保机构", Value: x.Guarantor},
		{Label: "封存方式", Value: modeWords(x.Mode)},
		{Label: "保费", More: Amount(x.State.FeeDue)},
		{Label: "最高金额", More: Amount(x.Ceiling)},
		{Label: "最迟到期日", Value: calendar.DateOf(x.LatestExpiry).Chinese()},
		{Label: "递交时间", Value: Second(x.SubmittedAt)},
	}
	if x.IssuedAt != nil {
		facts = append(facts, Fact{Label: "签发时间", Value: Second(*x.IssuedAt)})
	}
	return append(facts, Fact{Label: "申请编号", More: digestOf(x.ID)})
}

func modeWords(m letter.Mode) string {
	if m == letter.ModeBlind {
		return "密文保函（机构开标后才知道标段）"
	}
	return "全文密封（机构受理时就知道标段）"
}

func formOf(f letter.Form) string { return FormWords(f) }

// ReleaseWords says where the release of a letter stands.
func (x LetterPage) releaseWords() string {
	if x.State.ReleaseClock != nil {
		return x.State.ReleaseClock.Words
	}
	return guarantee.Words(guarantee.PartRelease, x.ReleaseState)
}

func kindWords(kind string) string {
	return map[string]string{"bank": "银行", "insurer": "保险公司", "guarantee_company": "担保公司"}[kind]
}

// Applying is the page on which institutions are compared, and from which one is asked.
type Applying struct {
	Lot    *tender.Lot
	Quotes []wire.Quote
	Me     *letter.Party // nil: not signed in as a bidder
	Closed bool          // the deadline has passed
}

func (a Applying) says() string {
	return "为“" + a.Lot.Project.Name + " " + a.Lot.Lot.Name + "”向所选机构申请投标担保，担保金额 " + Money(a.Lot.Amount) + "（大写：" + a.Lot.Amount.Capital() +
		"）。递交后由机构审核，审核同意之前不产生费用，开立之前可以撤单。"
}

func choiceOf(q wire.Quote) string {
	return fmt.Sprintf("%s %s %d", q.Guarantor.USCC, q.Product, int64(q.Fee))
}

// caution is said once, when a quote has one.
func (a Applying) caution() string {
	for _, q := range a.Quotes {
		if q.Caution != "" {
			return q.Caution
		}
	}
	return ""
}

// Bidding is the page on which a bid is handed in.
type Bidding struct {
	Lot     *tender.Lot
	Me      letter.Party
	Letters []OwnLetter // that could be meant: in force, sealed, and of this size
	Others  []OwnLetter // in force and sealed, of another size or too short
	Closed  bool
}

func (b Bidding) says() string {
	return "递交“" + b.Lot.Project.Name + " " + b.Lot.Lot.Name + "”的投标。内容在本机签名并加密，截止之前平台和其他任何人都看不到；投标截止前可以修改、撤回，截止后不能撤回。"
}

func (b Bidding) choices() (all []Choice) {
	for _, o := range b.Letters {
		all = append(all, Choice{o.ID, o.Name() + "，" + o.Guarantor + "，最高 " + Money(o.Ceiling), ""})
	}
	for _, o := range b.Others {
		why := "金额与本标段不同，请核对"
		if b.tooShort(o) {
			why = "最迟到期日 " + calendar.DateOf(o.LatestExpiry).String() + " 早于本标段现在的投标有效期，不够用"
		}
		all = append(all, Choice{o.ID, o.Name() + "，" + o.Guarantor + "，最高 " + Money(o.Ceiling) + "（" + why + "）", ""})
	}
	if b.cash() {
		all = append(all, Choice{"cash", "不用保函：以现金缴纳保证金", "须在下面填写缴款说明。"})
	}
	return all
}

// tooShort: of this size, and it ends before the bid validity that is demanded now.
func (b Bidding) tooShort(o OwnLetter) bool {
	return o.Ceiling == letter.LadderCeiling(b.Lot.Amount) && calendar.DateOf(o.LatestExpiry).Before(b.Lot.End.Expiry())
}

func (b Bidding) cash() bool { return slices.Contains(b.Lot.Forms, letter.FormCash) }

// known is the letter that is surely meant, if there is one alone.
func (b Bidding) known() string {
	if len(b.Letters) == 1 && len(b.Others) == 0 && !b.cash() {
		return b.Letters[0].ID
	}
	return ""
}

// OwnBid is one row of a bidder's bids: the platform knows no more of it.
type OwnBid struct {
	ID    string
	State tender.BidState
	Lot   *tender.Lot
	At    time.Time // of the opening in which it was read out
}

func (b OwnBid) words() string {
	return map[tender.BidState]string{tender.Received: "已递交", tender.Withdrawn: "已撤回", tender.Unsealed: "已开标", tender.Unreadable: "未能解封"}[b.State]
}

func (b OwnBid) tone() Tone {
	return map[tender.BidState]Tone{tender.Received: Good, tender.Withdrawn: Plain, tender.Unsealed: Open, tender.Unreadable: Bad}[b.State]
}

// Results is what followed a lot's opening, as everybody may know it, and what a bidder can do about it.
type Results struct {
	Lot        *tender.Lot
	Opening    wire.Opening
	Candidates []wire.CandidateNotice
	Awards     []wire.AwardNotice
	Objections []wire.Objection
	Me         string // USCC of a bidder that is signed in; else empty
	Object     *Deed
}

func (r Results) took() bool {
	return slices.ContainsFunc(r.Opening.Bids, func(b wire.OpenedBid) bool {
		return slices.ContainsFunc(b.Bidders, func(p letter.Party) bool { return p.USCC == r.Me })
	})
}

func (r Results) query() bool { return r.Lot.Project.Regime == letter.RegimeProcurement }

func (r Results) word() string {
	if r.query() {
		return "质疑"
	}
	return "异议"
}

// mayObject: there is something to object to.
func (r Results) mayObject() bool {
	return r.Me != "" && (r.query() && len(r.Awards) > 0 || !r.query() && len(r.Candidates) > 0)
}

// names of a bid, the own one marked.
func (r Results) bidders(all []letter.Party) string {
	said := partyNames(all)
	for _, p := range all {
		if r.Me != "" && p.USCC == r.Me {
			return said + "（本单位）"
		}
	}
	return said
}

func (r Results) letter(id string) *wire.OpenedLetter {
	for i := range r.Opening.Letters {
		if r.Opening.Letters[i].ID == id {
			return &r.Opening.Letters[i]
		}
	}
	return nil
}

func (r Results) nameOf(uscc string) string {
	for _, b := range r.Opening.Bids {
		for _, p := range b.Bidders {
			if p.USCC == uscc {
				return p.Name
			}
		}
	}
	return uscc
}

// DemandPage is one demand against the bidder's letter.
type DemandPage struct {
	Guarantee string
	Name      string // of the letter
	Form      letter.Form
	Claimable letter.Fen
	Story     wire.DemandStory
}

func (x DemandPage) open() bool {
	return slices.Contains([]string{"presented", "incomplete", "examining", "complying", "held", "stayed"}, x.Story.Demand.State)
}

func (x DemandPage) reason() string {
	for _, r := range letter.Reasons {
		if r.Code == x.Story.Demand.Reason {
			return r.Chinese
		}
	}
	return x.Story.Demand.Reason
}

func grounds() (all []Choice) {
	for _, g := range letter.FraudGrounds {
		all = append(all, Choice{g.Code, g.Chinese, ""})
	}
	return all
}

func byWords(role string) string {
	return map[string]string{"beneficiary": "受益人", "guarantor": "担保机构", "bidder": "申请人", "system": "平台"}[role]
}

func demandSpan(c wire.DemandClock) string {
	said := ""
	if c.Days > 0 {
		unit := "天"
		if c.Unit == "working_day" {
			unit = "个工作日"
		}
		said = strconv.Itoa(c.Days) + " " + unit
	}
	if !c.From.IsZero() {
		said += "，自 " + Day(c.From) + " 起"
	}
	if c.Stopped {
		said += "，现在停止计算"
	}
	return said
}

func modeShort(m letter.Mode) string {
	if m == letter.ModeBlind {
		return "密文保函：不知道是哪个标段"
	}
	return "全文密封：知道标段"
}

func cancelWords(x LetterPage) string {
	if x.FeeState == guarantee.FeePending {
		return "机构已经同意承保，保费还没有缴，撤单不产生费用。"
	}
	return "撤单不产生费用。"
}

func fenOf(f letter.Fen) string { return strconv.FormatInt(int64(f), 10) }

func (r Results) awardFacts(a wire.AwardNotice) []Fact {
	facts := []Fact{{Label: "中标人", Value: r.nameOf(a.Winner) + "（" + a.Winner + "）"}, {Label: "中标通知", Value: a.NoticedOn.Chinese()}}
	for _, x := range a.PassedOver {
		facts = append(facts, Fact{Label: "名次在前而不中标", Value: r.nameOf(x.Bidder) + "：" + PassWords(x.Reason)})
	}
	if !a.SignedOn.IsZero() {
		facts = append(facts, Fact{Label: "合同签订", Value: a.SignedOn.Chinese()})
	}
	if a.RefusedFor != "" {
		facts = append(facts, Fact{Label: "没有订立合同", Value: refusedFor(a.RefusedFor)})
	}
	if a.SetAside != "" {
		facts = append(facts, Fact{Label: "这次中标", Value: "因质疑成立已经撤销"})
	}
	if !a.QueryUntil.IsZero() {
		facts = append(facts, Fact{Label: "质疑截止", Value: a.QueryUntil.Chinese() + " 24:00"})
	}
	return facts
}

// refusedFor says why a winner lost the contract, by its code.
func refusedFor(code string) string {
	if r, ok := letter.ReasonOf(code); ok {
		return r.Chinese
	}
	return code
}

func answerWords(o wire.Objection) string {
	switch {
	case o.State == "withdrawn":
		return "已撤回"
	case o.State == "filed" && o.Overdue:
		return "逾期没有答复，可以投诉"
	case o.State == "filed":
		return "待答复"
	case o.Upheld && o.Changes:
		return "成立，改变结果"
	case o.Upheld:
		return "成立"
	}
	return "不成立"
}

func answerTone(o wire.Objection) Tone {
	switch {
	case o.State == "filed" && o.Overdue:
		return Bad
	case o.State == "filed":
		return Open
	}
	return Plain
}
