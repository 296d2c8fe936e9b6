package web

import (
	"encoding/base64"
	"slices"

	"github.com/a-h/templ"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/tender"
	"baohan/web/view"
)

// takes tells whether a lot still takes applications and bids.
func (s *server) takes(l *tender.Lot) bool {
	return l.State == tender.Published && s.clock.Now().Before(l.End.Deadline)
}

// bidPage is where a bid is written. Which letter is for this lot the platform does not know: all in force and sealed are
// offered, those of this lot's size first.
func (v *visit) bidPage() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	all, err := v.lettersOf()
	if err != nil {
		return nil, err
	}
	b := view.Bidding{Lot: l, Me: letter.Party{Name: v.x.actor.Name, USCC: v.x.actor.USCC}, Closed: !v.takes(l)}
	for _, o := range all {
		switch {
		case o.InstrumentState != guarantee.Issued || o.DisclosureState != guarantee.Sealed:
		case fits(o.Guarantee, l):
			b.Letters = append(b.Letters, o)
		default:
			b.Others = append(b.Others, o)
		}
	}
	return view.BidderBid(v.signing("递交投标"), b), nil
}

// fits tells whether a letter could be for a lot, by the public ladder.
func fits(g *guarantee.Guarantee, l *tender.Lot) bool {
	return g.Ceiling == letter.LadderCeiling(l.Amount) && slices.Contains(l.Forms, g.Form) &&
		!calendar.DateOf(g.LatestExpiry).Before(l.End.Expiry())
}

func (v *visit) ownBids() (templ.Component, error) {
	all, err := v.tender.OwnBids(v.ctx, v.x.actor)
	if err != nil {
		return nil, err
	}
	out := make([]view.OwnBid, 0, len(all))
	for _, b := range slices.Backward(all) {
		out = append(out, view.OwnBid{ID: b.ID, State: b.State})
	}
	some, next, err := pageOf(v, out, func(b view.OwnBid) string { return b.ID }, "/bidder/bids")
	return view.BidderBids(v.signing("我的投标"), some, next, v.x.actor.USCC), err
}

// sealedBid hands its owner the seal, which opens on the owner's side only; an act of its page fetches it.
func (v *visit) sealedBid() (templ.Component, error) {
	b, err := v.tender.OwnBid(v.ctx, v.x.actor, v.id)
	return templ.Raw(base64.StdEncoding.EncodeToString(b.Sealed)), err
}

// ownBid is one bid of the caller's own, as far as the platform knows it.
func (v *visit) ownBid() (templ.Component, error) {
	b, err := v.tender.OwnBid(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	x := view.OwnBid{ID: b.ID, State: b.State}
	lot, at, err := v.tender.ReadIn(v.ctx, b.ID)
	if err != nil {
		return nil, err
	}
	if lot != "" {
		x.At = at
		if x.Lot, err = v.tender.Lot(v.ctx, v.x.actor, lot); err != nil {
			return nil, err
		}
	}
	return view.BidderOwnBid(v.signing("投标 "+b.ID[:8]), x), nil
}
