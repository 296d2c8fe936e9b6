package web

import (
	"slices"

	"github.com/a-h/templ"

	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

func (v *visit) openingsPage() (templ.Component, error) {
	lots, next, err := v.today()
	return view.Openings(v.frame("今日开标"), lots, next), err
}

func (v *visit) openingsList() (templ.Component, error) {
	lots, next, err := v.today()
	return view.OpeningsList(v.frame("今日开标"), lots, next), err
}

func (v *visit) today() (lots []tender.TodayLot, next string, err error) {
	after := v.QueryParam("after")
	if after != "" && !isID(after) {
		return nil, "", absent()
	}
	if lots, err = v.tender.OpeningsToday(v.ctx, v.x.actor, after, pageSize); err == nil && len(lots) == pageSize {
		next = "/openings?after=" + lots[len(lots)-1].ID
	}
	return lots, next, err
}

// openingPage is what everybody may know of an opening: before the list is published how it gets on, after it the list and
// what was found of the letters.
func (v *visit) openingPage() (templ.Component, error) {
	l, err := v.openingLot()
	if err != nil {
		return nil, err
	}
	if l.OpenedAt == nil {
		if l.Hall != nil && v.x.known && slices.Contains(concerned, v.x.actor.Role) {
			return nil, &elsewhere{"/halls/" + l.ID}
		}
		w, err := v.waitingOf(l, v.spotRole())
		return view.WaitingPage(v.noted(v.frame("开标")), w, "/openings/"+l.ID+"/board"), err
	}
	o, err := v.tender.Opening(v.ctx, l.ID)
	if err != nil {
		return nil, err
	}
	hall := l.Hall != nil && v.x.known
	if hall {
		err = v.tender.SeesHall(v.ctx, v.x.actor, l.ID)
		if _, refused := party.RefusalOf(err); refused {
			hall, err = false, nil
		}
	}
	return view.OpeningPage(v.frame("开标结果"), l, o, hall), err
}

func (v *visit) openingBoard() (templ.Component, error) {
	l, err := v.openingLot()
	if err != nil {
		return nil, err
	}
	w, err := v.waitingOf(l, v.spotRole())
	return view.WaitingBoard(w), err
}

// spotRole is the role in which a visitor of an opening acts: the centre can begin it by hand.
func (v *visit) spotRole() party.Role {
	if v.x.known && v.x.actor.Is(party.Centre) {
		return party.Centre
	}
	return ""
}

func (v *visit) openingLot() (*tender.Lot, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err == nil && l.State == tender.Draft {
		err = tender.ErrNotFound
	}
	return l, err
}
