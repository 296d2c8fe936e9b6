package web

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

// centrePages are the desk of the trading centre outside the hall.
func (s *server) centrePages() {
	s.page("/centre", "page-centre", (*visit).centre)
	s.page("/centre/calendar/:year", "page-centre", (*visit).calendarPage)
	s.deed("/centre/calendar/:year/import", "import-calendar", (*visit).importYear, (*visit).calendarPage)
	s.deed("/centre/calendar/:year/day", "import-calendar", (*visit).editDay, (*visit).calendarPage)
	s.page("/centre/lots/:lot/cash", "page-centre-lot", (*visit).cashPage)
	s.deed("/centre/lots/:lot/cash", "note-refund", (*visit).noteRefundOf, (*visit).cashPage)
	s.page("/centre/lots/:lot/incident", "report-incident", (*visit).reportPage)
	s.deed("/centre/lots/:lot/incident", "report-incident", (*visit).report, (*visit).reportPage)
}

func init() {
	homes[party.Centre] = "/centre"
	notes["year"] = "整年的安排已经录入，期限随即按新表计算。"
	notes["day"] = "这一天已经修改，期限随即按新表计算。"
	notes["refund"] = "退还已经登记。"
}

func (v *visit) centre() (templ.Component, error) {
	lots, err := v.tender.CentreLots(v.ctx, v.x.actor, pageSize)
	if err != nil {
		return nil, err
	}
	d := view.CentreDesk{Lots: lots, Today: calendar.DateOf(v.clock.Now())}
	d.ThisYear, d.NextYear = v.guarantee.Calendar.Publishes(d.Today.Year()), v.guarantee.Calendar.Publishes(d.Today.Year()+1)
	if d.Incidents, err = v.waitingIncidents(); err != nil {
		return nil, err
	}
	if d.Orders, err = v.tender.LiveOrders(v.ctx, v.x.actor, pageSize); err != nil {
		return nil, err
	}
	return view.Centre(v.frame("交易中心"), d), nil
}

// yearOf is the year that the path names.
func (v *visit) yearOf() (int, error) {
	year, err := strconv.Atoi(v.Param("year"))
	if err != nil || year < 2000 || year > 2999 {
		return 0, absent()
	}
	return year, nil
}

func (v *visit) calendarPage() (templ.Component, error) {
	year, err := v.yearOf()
	if err != nil {
		return nil, err
	}
	path := "/centre/calendar/" + strconv.Itoa(year)
	d := view.CalendarDesk{Year: year, Begun: year <= calendar.DateOf(v.clock.Now()).Year(),
		Import: v.formOf(view.Deed{Action: path + "/import", Large: true}, "number", "title", "csv", "reason"),
		Edit:   v.formOf(view.Deed{Action: path + "/day"}, "day", "kind", "occasion", "reason")}
	y, err := v.guarantee.WorkdayYear(v.ctx, year)
	if r, refused := party.RefusalOf(err); refused && r.Code == "calendar.year_not_published" {
		err = nil
	} else if err == nil {
		d.Table = &y
	}
	return view.Calendar(v.returned(v.frame("节假日安排")), d), err
}

func (v *visit) importYear(form url.Values, cmd party.Command) (string, error) {
	year, err := v.yearOf()
	if err != nil {
		return "", err
	}
	csv, err := v.file("csv", "请选择 CSV 文件")
	if err != nil {
		return "", err
	}
	_, err = v.guarantee.ImportWorkdays(v.ctx, cmd, guarantee.WorkdayImport{Year: year, Number: form.Get("number"), Title: form.Get("title"),
		Reason: form.Get("reason"), CSV: string(csv.Bytes)})
	return "/centre/calendar/" + strconv.Itoa(year) + "?done=year", wholeField(err, "csv")
}

// editDay changes one day of a year, by importing the whole year with it.
func (v *visit) editDay(form url.Values, cmd party.Command) (string, error) {
	year, err := v.yearOf()
	if err != nil {
		return "", err
	}
	y, err := v.guarantee.WorkdayYear(v.ctx, year)
	if err != nil {
		return "", err
	}
	r := reader{form: form}
	day := r.date("day")
	if r.err == nil && day.Year() != year {
		r.fault("day", "日期不在 "+strconv.Itoa(year)+" 年；请到该年度的页面修改")
	}
	kind := calendar.Kind(form.Get("kind"))
	if kind != calendar.Rest && kind != calendar.Work && kind != "none" {
		r.fault("kind", "请选择这一天改为什么")
	}
	if r.err != nil {
		return "", r.err
	}
	days := slices.DeleteFunc(y.Days, func(d calendar.Day) bool { return d.Date == day })
	if kind != "none" {
		days = append(days, calendar.Day{Date: day, Kind: kind, Occasion: form.Get("occasion")})
	}
	slices.SortFunc(days, func(a, b calendar.Day) int { return a.Date.Compare(b.Date) })
	_, err = v.guarantee.ImportWorkdays(v.ctx, cmd, guarantee.WorkdayImport{Year: year, Number: y.Number, Title: y.Title, Reason: form.Get("reason"), Days: days})
	return "/centre/calendar/" + strconv.Itoa(year) + "?done=day", wholeField(err, "days")
}

func (v *visit) cashPage() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	got, err := v.tender.Securities(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	d := view.CashDesk{Lot: l, List: got.Edition, Today: calendar.DateOf(v.clock.Now()),
		Form: v.formOf(view.Deed{Action: "/centre/lots/" + v.id + "/cash", Ask: "登记之后不能修改。确定登记吗？"}, "entry", "reference", "interest", "refunded_on")}
	for _, b := range got.Bids {
		for _, c := range b.Cash {
			d.Lines = append(d.Lines, view.RefundLine{CashState: c, Of: leadOf(b.Bidders)})
		}
	}
	for _, c := range got.Unmatched {
		d.Lines = append(d.Lines, view.RefundLine{CashState: c})
	}
	return view.Cash(v.returned(v.frame("现金保证金")), d), nil
}

func leadOf(all []letter.Party) string {
	if len(all) == 0 {
		return ""
	}
	return all[0].Name
}

func (v *visit) noteRefundOf(form url.Values, cmd party.Command) (string, error) {
	r := reader{form: form}
	n := tender.Refund{Entry: form.Get("entry"), Reference: form.Get("reference"), Interest: r.yuan("interest"), On: r.date("refunded_on")}
	if r.err != nil {
		return "", r.err
	}
	_, err := v.tender.NoteRefund(v.ctx, cmd, v.id, n)
	return "/centre/lots/" + v.id + "/cash?done=refund", err
}

func (v *visit) reportPage() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	d := v.formOf(view.Deed{Action: "/centre/lots/" + v.id + "/incident"}, "cause", "words")
	return view.ReportIncident(v.frame("登记应急事件"), l, d), nil
}

func (v *visit) report(form url.Values, cmd party.Command) (string, error) {
	a, err := v.tender.ReportIncident(v.ctx, cmd, v.id, letter.Cause(form.Get("cause")), flat(form.Get("words")))
	return "/incidents/" + a.ID + "?done=reported", err
}

func (v *visit) addIncidentEvidence(_ url.Values, cmd party.Command) (string, error) {
	f, err := v.file("evidence", "请选择证据文件")
	if err != nil {
		return "", err
	}
	_, err = v.tender.AddEvidence(v.ctx, cmd, v.id, f.Name, f.Bytes)
	return "/incidents/" + v.id + "?done=evidence", err
}

func (v *visit) takeIncidentBack(_ url.Values, cmd party.Command) (string, error) {
	_, err := v.tender.WithdrawIncident(v.ctx, cmd, v.id)
	return "/incidents/" + v.id + "?done=taken-back", err
}
