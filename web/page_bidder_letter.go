package web

import (
	"slices"

	"github.com/a-h/templ"
	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

func (v *visit) ownLetter() (templ.Component, error) {
	x, err := v.letterPage()
	if err != nil {
		return nil, err
	}
	if err := v.published(&x); err != nil {
		return nil, err
	}
	left, err := v.tender.LeftBehind(v.ctx)
	if err != nil {
		return nil, err
	}
	x.Left = mayHaveLeft(left, x.Guarantee)
	return view.BidderLetter(v.signing(x.Name()), x), nil
}

func (v *visit) ownLetterState() (templ.Component, error) {
	x, err := v.letterPage()
	return view.LetterState(v.frame("申请"), x), err
}

// mayHaveLeft are the lots whose deadline moved beyond a letter that could be theirs.
func mayHaveLeft(left []*tender.Lot, g *guarantee.Guarantee) (out []*tender.Lot) {
	for _, l := range left {
		if l.MayHaveLeft(g.SubmittedAt, g.Ceiling, calendar.DateOf(g.LatestExpiry)) {
			out = append(out, l)
		}
	}
	return out
}

// letterPage is what the platform knows of one application of the visitor's.
func (v *visit) letterPage() (x view.LetterPage, err error) {
	g, err := v.guarantee.OwnOne(v.ctx, v.x.actor, v.id)
	if err != nil {
		return x, err
	}
	if x.State, err = v.application(v.ctx, g); err != nil {
		return x, err
	}
	if x.State.Reason, err = v.reason(v.ctx, g); err != nil {
		return x, err
	}
	names, err := v.institutions(v.ctx)
	x.OwnLetter = view.OwnLetter{Guarantee: g, Guarantor: names[g.Guarantor]}
	return x, err
}

// published adds what the opening made public: the lot, the lines of the verification, and what is demanded.
func (v *visit) published(x *view.LetterPage) error {
	if x.DisclosureState != guarantee.Disclosed && x.DisclosureState != guarantee.Accepted {
		return nil
	}
	d, err := v.guarantee.Disclosure(v.ctx, x.ID)
	if err != nil {
		return err
	}
	if x.Lot, err = v.tender.LotOf(v.ctx, d.Project, d.Lot); err != nil {
		return err
	}
	x.Amount = value(x.OwnLetter.Amount)
	if err := json.Unmarshal(d.Lines, &x.Lines); err != nil {
		return err
	}
	stories, err := v.demandStories(v.ctx, &object{ID: x.ID})
	x.Demands = stories.Items
	return err
}

// demandAgainst is one demand against the visitor's own letter.
func (v *visit) demandAgainst() (templ.Component, error) {
	dm, err := v.guarantee.DemandFor(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	all, err := v.demandStories(v.ctx, &object{ID: dm.Guarantee})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all.Items, func(s wire.DemandStory) bool { return s.Demand.ID == v.id })
	if i < 0 {
		return nil, guarantee.ErrDemandNotFound
	}
	g, err := v.guarantee.ForApplicant(v.ctx, v.x.actor, dm.Guarantee)
	if err != nil {
		return nil, err
	}
	own := view.OwnLetter{Guarantee: g}
	return view.BidderDemand(v.signing("索赔"), view.DemandPage{Guarantee: g.ID, Name: own.Name(), Form: g.Form, Claimable: all.Claimable, Story: all.Items[i]}), nil
}

// quotesPage compares what the institutions ask. Anybody may read it; a bidder may ask one of them.
func (v *visit) quotesPage() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	quotes, err := v.quotes(v.ctx, &lotIn{Lot: v.id})
	if err != nil {
		return nil, err
	}
	a := view.Applying{Lot: l, Quotes: quotes.Items, Closed: !v.takes(l)}
	if v.x.known && v.x.actor.Role == party.Bidder {
		a.Me = &letter.Party{Name: v.x.actor.Name, USCC: v.x.actor.USCC}
	}
	return view.Quotes(v.signing("比较报价"), a), nil
}
