package view

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/tender"
)

// Due is something that waits: whose move it is stands in What.
type Due struct {
	Tone  Tone
	What  string
	Lot   string
	Href  string
	Until time.Time // the last instant; zero: none is known
	Why   string    // the law, or what is waited for
}

// Board is the desk of who runs tenders.
type Board struct {
	Dues     []Due
	Lots     []tender.Standing
	Projects []tender.Project // that one may add lots to
	Demands  []guarantee.OwnDemand
}

// regimes are the two that there are.
var regimes = []Choice{
	{letter.RegimeTendering, "招投标", "适用招标投标法。担保金额不超过招标项目估算价的 2%（实施条例第二十六条）；中标候选人须公示不少于三日。"},
	{letter.RegimeProcurement, "政府采购", "适用政府采购法。担保金额不超过采购预算的 2%（实施条例第三十三条）；不得只收现金，不公示候选人。"},
}

// placeForms are the forms of security that a lot may accept.
var placeForms = []Choice{
	{string(letter.FormIndependent), "银行独立保函", "必须接受，不得取消（发改法规〔2023〕27号）。"},
	{string(letter.FormInsurance), "投标保证保险", "保险公司出具的保险单。"},
	{string(letter.FormAccessory), "担保公司保函", "融资担保公司等出具。"},
	{string(letter.FormCash), "现金保证金", "政府采购不能选；到账情况由交易中心核对。"},
}

// Ticked tells whether a box of a form is ticked: as it was sent, or as it stands at first.
func (d *Deed) Ticked(name string, first bool) bool {
	if d == nil || d.Was == nil {
		return first
	}
	return d.Was.Get(name) == "yes"
}

// FaultOf is why a field of a form was refused; empty: it was not.
func (d *Deed) FaultOf(name string) string {
	if d == nil || d.Fault == nil || d.Fault.Field != name {
		return ""
	}
	return d.Fault.Message
}

// WayOf is the stage bar of a lot.
func WayOf(l *tender.Lot, evaluated, noticed bool) []Stage {
	names := []string{"编制", "招标", "开标", "评标", "公示", "定标", "合同", "解除"}
	at := 0
	switch l.State {
	case tender.Draft:
	case tender.Published:
		at = 1
	case tender.Closed, tender.Failed:
		at = 2
	case tender.Opened:
		at = 3
		if evaluated {
			at = 4
		}
		if noticed {
			at = 5
		}
	case tender.Refused:
		at = 5
	case tender.Awarded:
		at = 6
	case tender.Contracted:
		at = 7
	case tender.Terminated:
		at = 2
		if l.OpenedAt != nil {
			at = 3
		}
	}
	if l.Project.Regime == letter.RegimeProcurement {
		names = append(names[:4:4], names[5:]...)
		if at >= 4 {
			at = max(4, at-1)
		}
	}
	return Stages(at, names...)
}

// groundChoices are the grounds of a termination that a lot may have.
func groundChoices(l *tender.Lot) []Choice {
	all := []Choice{{string(tender.CalledOff), tender.CalledOff.Words(), "招标投标法实施条例第三十一条。开标前终止的，投标和保函永不开启。"}}
	switch {
	case l.Project.Regime == letter.RegimeProcurement:
		all = append(all, Choice{string(tender.VoidProcurement), tender.VoidProcurement.Words(), "政府采购法第三十六条。"})
	case l.OpenedAt != nil:
		all = append(all, Choice{string(tender.AllRejected), tender.AllRejected.Words(), "招标投标法第四十二条。由评标委员会在评标后作出。"})
	}
	return all
}

// refuseChoices are why a winner does not conclude the contract.
func refuseChoices() (all []Choice) {
	for _, code := range []string{"refused_contract", "added_conditions", "no_performance_security"} {
		if r, ok := letter.ReasonOf(code); ok {
			all = append(all, Choice{code, r.Chinese, r.Source})
		}
	}
	return all
}

// passChoices are why a candidate ranked before the winner does not get the contract.
var passChoices = []Choice{
	{tender.GaveUp, "放弃中标", ""}, {tender.ForceMajeure, "因不可抗力不能履行合同", ""},
	{tender.NoSecurity, "不按照招标文件要求提交履约保证金", ""}, {tender.Disqualified, "被查实不符合中标条件", ""},
}

// PassWords is a reason for passing a candidate over.
func PassWords(code string) string {
	for _, c := range passChoices {
		if c.Value == code {
			return c.Text
		}
	}
	return code
}

// RefusedWords is why a winner did not conclude the contract.
func RefusedWords(code string) string {
	if r, ok := letter.ReasonOf(code); ok {
		return r.Chinese
	}
	return code
}

func objectionTone(o tender.ObjectionView) Tone {
	switch {
	case o.State == tender.ObjectionFiled && o.Overdue:
		return Bad
	case o.State == tender.ObjectionFiled:
		return Open
	case o.State == tender.ObjectionWithdrawn:
		return Plain
	}
	return Good
}

func objectionWords(o tender.ObjectionView) string {
	switch {
	case o.State == tender.ObjectionFiled && o.Overdue:
		return "逾期未答复"
	case o.State == tender.ObjectionFiled:
		return "待答复"
	case o.State == tender.ObjectionWithdrawn:
		return "已撤回"
	case o.Changes != nil && *o.Changes:
		return "成立，影响结果"
	case o.Upheld != nil && *o.Upheld:
		return "成立，不影响结果"
	}
	return "不成立"
}

func objectionKind(k tender.ObjectionKind) string {
	if k == tender.KindQuery {
		return "质疑"
	}
	return "异议"
}

// DayEnd is a last day with its 24:00.
func DayEnd(d calendar.Date) string {
	if d.IsZero() {
		return "待该年度节假日安排登记后确定"
	}
	return d.Chinese() + " 24:00"
}

func partyNames(all []letter.Party) string {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = p.Name
	}
	return strings.Join(words, "、")
}

func nameOf(all []letter.Party, uscc string) string {
	for _, p := range all {
		if p.USCC == uscc {
			return p.Name
		}
	}
	return uscc
}

func namesOf(all []letter.Party, codes []string) string {
	words := make([]string, len(codes))
	for i, c := range codes {
		words[i] = nameOf(all, c)
	}
	return strings.Join(words, "、")
}

func number(n int) string { return strconv.Itoa(n) }

// LotDesk is one lot with all that has happened to it, for who runs it.
type LotDesk struct {
	*tender.Lot
	Awaited     []tender.Awaited
	AwaitedList *tender.AwaitedList
	Bidders     []letter.Party // leads of the bids that were opened
	Evaluation  *tender.EvaluationView
	Notices     []tender.NoticeView
	Objections  []tender.ObjectionView
	Awards      []tender.AwardView
	Today       calendar.Date
	Passed      map[int][]tender.PassedOver // by the round of the award
	MayAward    bool                        // the award needs no committee's result here

	Publish, Announce, Award, Contract, Refuse, Terminate *Deed
}

// noticed is the notice of the newest result, if it was published.
func (d LotDesk) noticed() *tender.NoticeView {
	if d.Evaluation == nil || len(d.Notices) == 0 || d.Notices[0].Edition != d.Evaluation.Edition {
		return nil
	}
	return &d.Notices[0]
}

func (d LotDesk) noticeOver(now time.Time) bool {
	n := d.noticed()
	return n != nil && now.After(n.LastDay.EndOfDay())
}

func (d LotDesk) procurement() bool { return d.Project.Regime == letter.RegimeProcurement }

// toAnnounce tells that the candidates' notice is the next step.
func (d LotDesk) toAnnounce() bool {
	return d.State == tender.Opened && !d.procurement() && d.Evaluation != nil && d.noticed() == nil && !d.Evaluation.Content.AllRejected()
}

// toAward tells that the award is the next step.
func (d LotDesk) toAward(now time.Time) bool {
	switch {
	case d.State != tender.Opened && d.State != tender.Refused:
		return false
	case d.Evaluation == nil:
		return d.MayAward
	case d.Evaluation.Content.AllRejected():
		return false
	}
	return d.procurement() || d.noticeOver(now)
}

func (d LotDesk) unanswered() int {
	n := 0
	for _, o := range d.Objections {
		if o.State == tender.ObjectionFiled {
			n++
		}
	}
	return n
}

// candidates are those whom an award may still name, in the order of their rank, or of the bids.
func (d LotDesk) candidates() (all []Choice) {
	gone := func(uscc string) bool {
		return slices.ContainsFunc(d.Awards, func(a tender.AwardView) bool {
			same := d.Evaluation == nil || a.Evaluation != nil && *a.Evaluation == d.Evaluation.Edition
			return a.Winner == uscc && (a.RefusedFor != nil || a.SetAside != nil && same)
		})
	}
	if d.Evaluation != nil {
		for _, c := range d.Evaluation.Content.Candidates {
			if gone(c.Bidder.USCC) {
				continue
			}
			all = append(all, Choice{c.Bidder.USCC, "第 " + number(c.Rank) + " 名：" + c.Bidder.Name, c.Bidder.USCC + "，报价 " + Money(c.Price)})
		}
		return all
	}
	for _, p := range d.Bidders {
		if !gone(p.USCC) {
			all = append(all, Choice{p.USCC, p.Name, p.USCC})
		}
	}
	return all
}

func (d LotDesk) winnerName(uscc string) string {
	all := d.Bidders
	if d.Evaluation != nil {
		for _, c := range d.Evaluation.Content.Candidates {
			all = append(all, c.Bidder)
		}
	}
	return nameOf(all, uscc)
}

// steps counts evaluation and notice for the stage bar.
func (d LotDesk) way(now time.Time) []Stage {
	return WayOf(d.Lot, d.Evaluation != nil, d.noticeOver(now) || d.procurement() && d.Evaluation != nil)
}

func toneWords(t Tone) string {
	return map[Tone]string{Bad: "逾期", Open: "待办", Good: "进行中"}[t]
}

func firstOnly(i int, agent bool, value string) string {
	if i > 0 || agent {
		return ""
	}
	return value
}

func baseLabel(regime string) string {
	if regime == letter.RegimeProcurement {
		return "采购预算金额"
	}
	return "招标项目估算价"
}

func terminateEffect(l *tender.Lot) string {
	if l.OpenedAt == nil {
		return "开标前终止的，投标文件和保函永不开启，保函按其文本到期自行终止。"
	}
	return "开标后终止的，全部保函进入应解除。"
}

func awaitedNames(all []tender.Awaited) string {
	words := make([]string, len(all))
	for i, a := range all {
		words[i] = a.Custodian.Name + "（" + a.Words() + "）"
	}
	return strings.Join(words, "；")
}

func objectionFacts(o tender.ObjectionView) []Fact {
	all := []Fact{{Label: "提出人", Value: o.Filer + "（" + o.FiledBy + "）"}, {Label: "提出时间", Value: Second(o.FiledAt)},
		{Label: "答复期限", Value: DayEnd(o.AnswerBy)}, {Label: "状态", More: Badge(objectionTone(o), objectionWords(o))}}
	if o.Interest != "" {
		all = append(all, Fact{Label: "自述的利害关系", Value: o.Interest})
	}
	return all
}

func changesEffect(k tender.ObjectionKind) string {
	if k == tender.KindQuery {
		return "尚未签订合同的，中标结果随即撤销，标段回到“已开标”。"
	}
	return "须由评标委员会更正结果并重新公示，才能定标。"
}

// DemandTone is the colour of a demand's state.
func DemandTone(s guarantee.State) Tone {
	switch s {
	case guarantee.Honoured:
		return Good
	case guarantee.Rejected, guarantee.Stayed:
		return Bad
	case guarantee.WithdrawnDemand:
		return Plain
	default:
		return Open
	}
}
