package web

import (
	"fmt"
	"slices"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/tender"
	"baohan/web/view"
)

// noticeWithin is within how many days of the committee's result the candidates' notice is published (条例54); contractWithin,
// of the award notice, the contract is concluded (招标投标法46, 政府采购法46).
const (
	noticeWithin   = 3
	contractWithin = 30
)

// duesOf says what waits for who runs tenders, what is late first, then by its day.
func duesOf(lots []tender.Standing, releases []guarantee.LotDue, demands []guarantee.OwnDemand, now time.Time) (all []view.Due) {
	names := map[[2]string]*tender.Lot{}
	for _, s := range lots {
		names[[2]string{s.Lot.Lot.Project, s.Lot.Lot.Code}] = s.Lot
		if d, ok := lotDue(s, now); ok {
			all = append(all, d)
		}
		if s.Open > 0 {
			all = append(all, due(s.Lot, fmt.Sprintf("答复异议、质疑 %d 件", s.Open), endOf(s.AnswerBy), "招投标三日内（实施条例第五十四条）；政府采购七个工作日内（政府采购法第五十三条）"))
		}
	}
	for _, r := range releases {
		l := names[[2]string{r.Project, r.Lot}]
		if l == nil {
			continue
		}
		d := due(l, fmt.Sprintf("解除保函 %d 份", r.Letters), time.Time{}, "截止日待该年度节假日安排登记后确定")
		if r.First != nil {
			d.Until, d.Why = calendar.DateOf(*r.First).EndOfDay(), "最先到期的一份；逾期的行政监督部门可以看到"
		}
		d.Href += "/guarantees"
		all = append(all, d)
	}
	for _, m := range demands {
		if m.State == guarantee.Incomplete {
			all = append(all, view.Due{Tone: view.Open, What: "补交索赔单据", Lot: "保函 " + m.Number, Href: "/tenderer/demands/" + m.ID, Why: "补齐之前，担保机构的期限停止"})
		}
	}
	for i, d := range all {
		if !d.Until.IsZero() && now.After(d.Until) {
			all[i].Tone = view.Bad
		}
	}
	slices.SortStableFunc(all, func(a, b view.Due) int { return rankOf(a).Compare(rankOf(b)) })
	return all
}

// rankOf puts what has no day at the end.
func rankOf(d view.Due) time.Time {
	if d.Until.IsZero() {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return d.Until
}

func endOf(d calendar.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.EndOfDay()
}

func due(l *tender.Lot, what string, until time.Time, why string) view.Due {
	return view.Due{Tone: view.Open, What: what, Lot: l.Project.Name + "，" + l.Lot.Name, Href: "/tenderer/lots/" + l.ID, Until: until, Why: why}
}

// lotDue is the one next step of a lot; false: it waits for nobody of its tenderer.
func lotDue(s tender.Standing, now time.Time) (view.Due, bool) {
	switch s.State {
	case tender.Draft:
		if s.End.Deadline.After(now) {
			return due(s.Lot, "核对并发布标段", s.End.Deadline, "草稿，只有本单位看得到"), true
		}
	case tender.Published:
		if s.Bids == tender.Outside && !s.End.Deadline.After(now) {
			return due(s.Lot, "请交易中心提交投标清单", time.Time{}, "已截止；清单提交后自动开标"), true
		}
	case tender.Closed:
		if s.Absent > 0 {
			return due(s.Lot, "开标在等密钥保管人", time.Time{}, "两个保管人应答即可开标；请与其经办人联系"), true
		}
	case tender.Opened:
		return openedDue(s, now)
	case tender.Awarded:
		return due(s.Lot, "签订合同并登记", s.AwardedOn.AddDays(contractWithin).EndOfDay(), "自中标通知书发出之日起三十日内（招标投标法第四十六条、政府采购法第四十六条）"), true
	case tender.Refused:
		return due(s.Lot, "另行定标或者终止", time.Time{}, "中标人不订立合同（招标投标法实施条例第五十五条）"), true
	case tender.Failed, tender.Contracted, tender.Terminated:
	}
	return view.Due{}, false
}

func openedDue(s tender.Standing, now time.Time) (view.Due, bool) {
	tendering := s.Project.Regime == letter.RegimeTendering
	switch {
	case s.EvaluatedAt == nil && s.Hall == nil:
		return due(s.Lot, "等候评标结果，或者按评标报告定标", time.Time{}, "评标系统提交了评标结果的，定标须依照它"), true
	case s.EvaluatedAt == nil:
		return view.Due{}, false
	case tendering && s.Noticed < s.Evaluated:
		return due(s.Lot, "公示中标候选人", calendar.DateOf(*s.EvaluatedAt).AddDays(noticeWithin).EndOfDay(), "自收到评标结果之日起三日内（招标投标法实施条例第五十四条）"), true
	case tendering && !now.After(s.NoticeEnds.EndOfDay()):
		return view.Due{}, false
	}
	return due(s.Lot, "定标", time.Time{}, "公示期满、异议均已答复"), true
}
