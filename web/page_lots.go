package web

import (
	"github.com/a-h/templ"

	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

// lotPages are what everybody may read of a lot.
func (s *server) lotPages() {
	s.page("/lots", "list-lots", (*visit).lotList)
	s.page("/lots/:lot", "read-lot", (*visit).lotPage)
}

func init() {
	view.Menu("/lots", "招标项目", party.Bidder, party.Beneficiary, party.Agent, party.Centre, party.Supervisor)
}

func (v *visit) lotList() (templ.Component, error) {
	after := v.QueryParam("after")
	if after != "" && !isID(after) {
		return nil, absent()
	}
	lots, err := v.tender.Lots(v.ctx, after, pageSize)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(lots) == pageSize {
		next = "/lots?after=" + lots[len(lots)-1].ID
	}
	return view.Lots(v.frame("招标项目"), lots, next), nil
}

func (v *visit) lotPage() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	acts, err := v.lotActs(l)
	f := v.signing(view.Own(l.Lot.Name))
	f.Key = v.x.known
	return view.Lot(f, l, acts), err
}

// lotActs are what a role can do with a lot that its notice does not say: the files page_*.go of the roles add theirs.
var lotActs = map[party.Role]func(*visit, *tender.Lot) (templ.Component, error){}

func (v *visit) lotActs(l *tender.Lot) (templ.Component, error) {
	if !v.x.known || lotActs[v.x.actor.Role] == nil {
		return nil, nil
	}
	return lotActs[v.x.actor.Role](v, l)
}
