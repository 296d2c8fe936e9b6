package web

import (
	"errors"
	"slices"

	"github.com/a-h/templ"

	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

func init() {
	view.Menu("/openings", "开标", party.Bidder, party.Beneficiary, party.Agent, party.Centre, party.Supervisor)
	pageRules["page-openings"] = rule{roles: concerned, whose: self}
	pageRules["page-hall"] = rule{roles: concerned, whose: announced} // the desk tells apart who has a place there, from the opening on
	pageRules["page-opening"] = rule{whose: announced}
}

// hallPages are the openings of the day and the hall of each remote one.
func (s *server) hallPages() {
	s.page("/openings", "page-openings", (*visit).openingsPage)
	s.page("/openings/list", "page-openings", (*visit).openingsList)
	s.page("/openings/:lot", "page-opening", (*visit).openingPage)
	s.page("/openings/:lot/board", "page-opening", (*visit).openingBoard)
	s.page("/halls/:lot", "page-hall", (*visit).hallPage)
	s.page("/halls/:lot/board", "page-hall", (*visit).hallBoard)
	s.page("/halls/:lot/screen", "page-hall", (*visit).hallScreen)
	s.page("/halls/:lot/screen/board", "page-hall", (*visit).hallScreenBoard)
	s.page("/halls/:lot/record", "read-record", (*visit).hallRecord)
	s.prints("/halls/:lot/record.pdf", "read-record", (*visit).recordPDF)
	s.prints("/openings/:lot/sheet.pdf", "read-sheet", (*visit).sheetPDF)
	s.hallDeeds()
}

// hallPage is the hall by the role of who looks: before the list is published a waiting room that is the same for whoever
// bids and whoever does not, and after it the session. Who has no place in the session reads what is public.
func (v *visit) hallPage() (templ.Component, error) {
	l, err := v.hallLot()
	if err != nil {
		return nil, err
	}
	if l.OpenedAt == nil {
		w, err := v.waiting(l)
		return view.WaitingPage(v.noted(v.frame("开标大厅")), w, "/halls/"+l.ID+"/board"), err
	}
	h, err := v.hall(l)
	if errors.Is(err, tender.ErrNotFound) {
		return nil, &elsewhere{"/openings/" + l.ID}
	}
	if err != nil {
		return nil, err
	}
	o, err := v.tender.Opening(v.ctx, l.ID)
	f := v.frame("开标大厅")
	f.Key = v.x.actor.Is(party.Bidder, party.Beneficiary, party.Agent)
	return view.HallPage(v.noted(f), h, o), err
}

// hallBoard is the live part of hallPage.
func (v *visit) hallBoard() (templ.Component, error) {
	l, err := v.hallLot()
	if err != nil {
		return nil, err
	}
	if l.OpenedAt == nil {
		w, err := v.waiting(l)
		return view.WaitingBoard(w), err
	}
	h, err := v.hall(l)
	return view.HallBoard(h), err
}

func (v *visit) hallScreen() (templ.Component, error) {
	l, err := v.hallLot()
	if err != nil {
		return nil, err
	}
	f := v.frame("开标大厅")
	f.Hall = true
	if l.OpenedAt == nil {
		w, err := v.waitingOf(l, "")
		return view.WaitingPage(f, w, "/halls/"+l.ID+"/screen/board"), err
	}
	h, err := v.hall(l)
	return view.HallScreen(f, h), err
}

func (v *visit) hallScreenBoard() (templ.Component, error) {
	l, err := v.hallLot()
	if err != nil {
		return nil, err
	}
	if l.OpenedAt == nil {
		w, err := v.waitingOf(l, "")
		return view.WaitingBoard(w), err
	}
	h, err := v.hall(l)
	return view.HallScreenBoard(h), err
}

// hallLot is the lot of the address, which is opened remotely.
func (v *visit) hallLot() (*tender.Lot, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	switch {
	case err != nil:
		return nil, err
	case l.State == tender.Draft:
		return nil, tender.ErrNotFound
	case l.Hall == nil:
		return nil, &elsewhere{"/openings/" + l.ID}
	}
	return l, nil
}

// hall reads a session for whoever has a place in it.
func (v *visit) hall(l *tender.Lot) (h view.Hall, err error) {
	h = view.Hall{Lot: l, As: v.x.actor.Role, Form: v.hallForms(l.ID), Statement: v.signedIn(l) != nil}
	if h.HallView, err = v.tender.HallOf(v.ctx, v.x.actor, l.ID); err != nil {
		return h, err
	}
	h.Events, err = v.tender.HallEvents(v.ctx, l.ID, 0)
	return h, err
}

// hallForms shows a form again as it was refused, if it is that one that was sent.
func (v *visit) hallForms(lot string) view.HallForms {
	return func(verb, of, ask string, fields ...string) view.HallForm {
		f := view.HallForm{Deed: view.Deed{Action: "/halls/" + lot + "/" + verb, Ask: ask}, Of: of}
		if v.was == nil || v.Request().URL.Path != f.Deed.Action || v.was.Get("of") != of {
			return f
		}
		f.Deed.Was = v.was
		if v.said != nil {
			fault := *v.said
			if slices.Contains(fields, fault.Field) {
				fault.Field = f.Name(fault.Field)
			} else {
				fault.Field = ""
			}
			f.Deed.Fault = &fault
		}
		return f
	}
}

// hallDone says what was done, when somebody comes back to the hall after a deed.
var hallDone = map[string]string{
	"attend": "已签到。", "open": "已开标。", "decrypt": "解密指令已下达，开始计时。", "pause": "开标会已暂停，剩余时间保留。", "resume": "开标会已恢复，接着计时。",
	"extensions": "延长申请已提出，等待行政监督同意。", "consents": "已同意延长，对全体投标人生效。", "attributions": "认定已提交，等待行政监督确认。",
	"confirmations": "认定已确认，立即生效。", "read": "已唱标，全部报价同时公布，异议期开始。", "answers": "答复已记录。", "record": "开标记录表已制作，请签名。",
	"confirm": "已登记：开标内容与本单位投标函一致。", "objections": "异议已记录，等待主持人答复。",
}

func (v *visit) noted(f view.Frame) view.Frame {
	if said := hallDone[v.QueryParam("done")]; said != "" && v.said == nil {
		f.Noted = said
	}
	return f
}
