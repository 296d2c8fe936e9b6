package web

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"baohan/party"
	"baohan/web/view"
)

// resultsPage is what followed a lot's opening.
func (v *visit) resultsPage() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	r, in := view.Results{Lot: l}, &lotIn{Lot: v.id}
	if r.Opening, err = v.opening(v.ctx, in); err != nil {
		return nil, err
	}
	candidates, err := v.candidates(v.ctx, in)
	if err != nil {
		return nil, err
	}
	awards, err := v.awards(v.ctx, in)
	if err != nil {
		return nil, err
	}
	objections, err := v.objections(v.ctx, in)
	if err != nil {
		return nil, err
	}
	r.Candidates, r.Awards, r.Objections = candidates.Items, awards.Items, objections.Items
	if v.x.known && v.x.actor.Role == party.Bidder {
		r.Me = v.x.actor.USCC
		r.Object = v.deedOf(view.Deed{Action: "/lots/" + v.id + "/objections", Ask: "以本单位名义提出，招标人须依法答复。确定提出吗？"})
	}
	f := v.frame("开标和评标结果")
	f.Noted = resultNotes[v.QueryParam("done")]
	return view.LotResults(f, r), nil
}

var resultNotes = map[string]string{
	"objected":  "已经提出，招标人须在法定期限内答复。",
	"withdrawn": "已经撤回。",
}

// fileObjection raises an objection. Its text is kept in one line.
func (v *visit) fileObjection(form url.Values, cmd party.Command) (string, error) {
	_, err := v.tender.Object(v.ctx, cmd, v.id, oneLine(form.Get("words")), oneLine(form.Get("interest")))
	return "/lots/" + v.id + "/results?done=objected#objections", err
}

func (v *visit) takeObjectionBack(_ url.Values, cmd party.Command) (string, error) {
	lot, err := v.tender.ObjectionFor(v.ctx, cmd.Actor, v.id)
	if err != nil {
		return "", err
	}
	_, err = v.tender.WithdrawObjection(v.ctx, cmd, v.id)
	return "/lots/" + lot + "/results?done=withdrawn#objections", err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
