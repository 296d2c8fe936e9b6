package web

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"baohan/guarantee"
	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

// presentPage is where a bidder shows its own copy of a letter that the opening could not open (应急). Before the deadline it
// says the same of every lot to every bidder, and offers nothing.
func (v *visit) presentPage() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	p := view.Presenting{Lot: l, May: mayPresent(l, v.clock.Now())}
	if !p.May {
		return view.PresentCopy(v.frame("出示保函副本"), p), nil
	}
	all, err := v.lettersOf()
	if err != nil {
		return nil, err
	}
	p.Letters = slices.DeleteFunc(all, func(o view.OwnLetter) bool {
		return o.InstrumentState != guarantee.Issued || o.DisclosureState == guarantee.Disclosed || o.DisclosureState == guarantee.Accepted
	})
	p.Shown, err = v.tender.Incidents(v.ctx, v.x.actor, v.id)
	if _, none := party.RefusalOf(err); none {
		p.Shown, err = nil, nil
	}
	return view.PresentCopy(v.signing("出示保函副本"), p), err
}

// mayPresent tells the lots in which there may be an emergency.
func mayPresent(l *tender.Lot, now time.Time) bool {
	never := l.State == tender.Draft || l.State == tender.Failed || l.State == tender.Terminated
	return !never && !now.Before(l.End.Deadline)
}
