package view

import (
	"strings"
	"time"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender"
)

// SupervisorDesk is what is past its legal day, and what waits for the supervisor.
type SupervisorDesk struct {
	Releases  []tender.OverdueRelease
	Next      string
	Demands   []guarantee.OverdueDemand
	Incidents []tender.IncidentLine // that wait for a decision, or contradict
	Orders    []tender.PendingOrder // of postponement, on their way
	Log       *LogHead              // nil: there is no log
	Later     bool                  // not the first page
}

// LogHead is the newest head of the transparency log with who has countersigned it.
type LogHead struct {
	Origin    string
	Size      uint64
	Root      string
	Witnesses []WitnessState
	Quorum    int
	Empty     bool // there is no head yet
}

// WitnessState is whether a witness has signed the newest head.
type WitnessState struct {
	Name   string
	Signed bool
}

func (h LogHead) signed() int {
	n := 0
	for _, w := range h.Witnesses {
		if w.Signed {
			n++
		}
	}
	return n
}

// IncidentTone is the colour of an incident's state.
func IncidentTone(s tender.IncidentState) Tone {
	switch s {
	case tender.IncidentReported:
		return Open
	case tender.IncidentAccepted:
		return Good
	default:
		return Plain
	}
}

// IncidentWords is an incident's state.
func IncidentWords(s tender.IncidentState) string {
	return map[tender.IncidentState]string{tender.IncidentReported: "等待认定", tender.IncidentAccepted: "已认可", tender.IncidentDismissed: "不予认可",
		tender.IncidentClosed: "已结案", tender.IncidentWithdrawn: "已撤销"}[s]
}

func incidentEventWords(kind string) string {
	if w, ok := incidentEvents[kind]; ok {
		return w
	}
	return kind
}

var incidentEvents = map[string]string{"report": "交易中心登记", "add_evidence": "补充证据", "present_copy": "投标人出示保函副本", "copy_refused": "副本与已有记录不同，没有收下",
	"accept": "行政监督认可", "dismiss": "行政监督不予认可", "withdraw": "交易中心撤销", "close": "结案", "verify": "平台复核相符", "contradict": "平台复核不符"}

// IncidentDesk is one incident for whoever it concerns.
type IncidentDesk struct {
	tender.IncidentView
	Role     party.Role
	Evidence *Deed // of the centre, to add some
	Withdraw *Deed
	Accept   *Deed // of the supervisor
	Dismiss  *Deed
	Close    *Deed
}

func causeChoices() (all []Choice) {
	for _, c := range []letter.Cause{letter.CauseClearLetter, letter.CauseSoftware, letter.CauseHardware, letter.CauseAttack, letter.CauseOther} {
		all = append(all, Choice{string(c), c.Chinese(), ""})
	}
	return all
}

func incidentFacts(d IncidentDesk) []Fact {
	all := []Fact{
		{Label: "状态", More: Badge(IncidentTone(d.State), IncidentWords(d.State))},
		{Label: "标段", Value: d.Project.ProjectName + "，" + d.Project.Name + "（" + d.Project.Project + " " + d.Project.Code + "）"},
		{Label: "情形", Value: d.Cause.Chinese()},
		{Label: "登记时间", Value: Second(d.ReportedAt)},
		{Label: "经过", Value: d.Words},
	}
	if d.DecidedAt != nil {
		all = append(all, Fact{Label: "认定时间", Value: Second(*d.DecidedAt)})
	}
	if d.CheckedAt != nil {
		all = append(all, Fact{Label: "平台最近复核", Value: Second(*d.CheckedAt)})
	}
	if d.ClosedAt != nil {
		all = append(all, Fact{Label: "结案时间", Value: Second(*d.ClosedAt)})
	}
	return all
}

func presentedWords(s tender.AcceptedState) string {
	return map[tender.AcceptedState]string{tender.LetterAccepted: "已认可，待平台复核", tender.LetterVerified: "平台复核相符", tender.LetterContradicted: "与平台记录不符"}[s]
}

// CentreDesk is what waits for the trading centre.
type CentreDesk struct {
	Lots      []tender.CentreLot
	Incidents []tender.IncidentLine
	Orders    []tender.PendingOrder
	Today     calendar.Date
	ThisYear  bool // the table of the year is there
	NextYear  bool
}

// CalendarDesk is one year's table, with the forms that change it.
type CalendarDesk struct {
	Year      int
	Table     *guarantee.WorkdayYear // nil: not published
	Import    *Deed
	Edit      *Deed
	MayChange bool
	Begun     bool // its change needs a reason
}

func dayKind(k calendar.Kind) string {
	if k == calendar.Work {
		return "上班（调休）"
	}
	return "放假"
}

var weekdays = strings.Split("日一二三四五六", "")

func weekday(d calendar.Date) string { return "星期" + weekdays[int(d.Weekday())] }

// RefundLine is one deposit with the form that notes its refund.
type RefundLine struct {
	tender.CashState
	Of string // whose bid; empty: no opened bid
}

// CashDesk is the securities in cash of one lot.
type CashDesk struct {
	*tender.Lot
	List  int
	Lines []RefundLine
	Form  *Deed
	Today calendar.Date
}

func (d CashDesk) waiting() (all []Choice) {
	for _, l := range d.Lines {
		if l.Refund == nil {
			all = append(all, Choice{l.Entry.ID, l.Entry.ID + "，" + l.Entry.Payer + "，" + Money(l.Entry.Amount), ""})
		}
	}
	return all
}

// OperatorDesk is how the platform itself is. It names no lot, no letter, no bidder.
type OperatorDesk struct {
	Health     []string // what fails
	Alarms     []string
	Ready      bool
	Asked      bool // the checks are there to be asked
	Deliveries []wire.Delivery
	Retry      *Deed
	Jobs       []wire.Job
	HasJobs    bool
	Log        *LogHead
}

func checkWords(name string) string {
	if w, ok := map[string]string{"database": "数据库", "schema": "数据库结构", "translog": "透明日志", "status-list": "保函状态清单"}[name]; ok {
		return w
	}
	return name
}

func jobWords(kind string) string {
	if w, ok := map[string]string{"deliver": "向担保机构投递报文", "due": "到期提醒", "intake": "办理已收到的文件", "open": "开标", "reverify": "复核保函"}[kind]; ok {
		return w
	}
	return kind
}

func overdueNames(all []letter.Party, unsigned []string) string { return namesOf(all, unsigned) }

func seconds(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return Second(t)
}
