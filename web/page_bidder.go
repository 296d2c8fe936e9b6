package web

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

// bidderPages are what a bidder does, from comparing quotes to the release of its letter. Before an opening the platform
// does not know which lot an application or a bid is for; what these pages say of it is opened in the browser.
func (s *server) bidderPages() {
	s.page("/bidder", "page-bidder", (*visit).bidderDesk)
	s.page("/bidder/due", "page-bidder", (*visit).bidderDue)
	s.page("/bidder/applications", "list-applications", (*visit).ownLetters)
	s.page("/bidder/applications/:id", "read-application", (*visit).ownLetter)
	s.page("/bidder/applications/:id/state", "read-application", (*visit).ownLetterState)
	s.page("/bidder/demands/:id", "object-to-demand", (*visit).demandAgainst)
	s.page("/bidder/bids", "list-bids", (*visit).ownBids)
	s.page("/bidder/bids/:id", "withdraw-bid", (*visit).ownBid)
	s.page("/bidder/bids/:id/sealed", "withdraw-bid", (*visit).sealedBid)
	s.page("/lots/:lot/quotes", "list-quotes", (*visit).quotesPage)
	s.page("/lots/:lot/bid", "bid", (*visit).bidPage)
	s.page("/lots/:lot/results", "read-opening", (*visit).resultsPage)
	s.page("/lots/:lot/copy", "present-copy", (*visit).presentPage)
	s.deed("/lots/:lot/objections", "object", (*visit).fileObjection, (*visit).resultsPage)
	s.deed("/objections/:id/withdraw", "withdraw-objection", (*visit).takeObjectionBack, nil)
}

func init() {
	homes[party.Bidder] = "/bidder"
	view.Menu("/bidder", "工作台", party.Bidder)
	view.Menu("/bidder/applications", "我的保函", party.Bidder)
	view.Menu("/bidder/bids", "我的投标", party.Bidder)
	lotActs[party.Bidder] = func(v *visit, l *tender.Lot) (templ.Component, error) {
		return view.BidderSteps(v.frame(l.Lot.Name), l, v.x.actor.USCC), nil
	}
}

const (
	newestLetters = 5
	mostOpenings  = 20
	mostReminders = 20
)

func (v *visit) bidderDesk() (templ.Component, error) {
	day, err := v.bidderDay()
	if err != nil {
		return nil, err
	}
	day.Me = v.x.actor.USCC
	now := v.clock.Now()
	if day.Today, err = v.tender.OpeningOn(v.ctx, calendar.DateOf(now), mostOpenings); err != nil {
		return nil, err
	}
	if v.jobs != nil {
		if day.Notices, err = v.jobs.NoticesFor(v.ctx, v.x.actor, mostReminders); err != nil {
			return nil, err
		}
	}
	return view.BidderDesk(v.signing("工作台"), day), nil
}

func (v *visit) bidderDue() (templ.Component, error) {
	day, err := v.bidderDay()
	return view.BidderTask(day, v.frame("工作台")), err
}

func (v *visit) bidderDay() (day view.BidderDay, err error) {
	all, err := v.lettersOf()
	if err != nil {
		return day, err
	}
	left, err := v.tender.LeftBehind(v.ctx)
	if err != nil {
		return day, err
	}
	for _, o := range all {
		if due, waits := v.due(o); waits {
			if o.DisclosureState == guarantee.Sealed && len(mayHaveLeft(left, o.Guarantee)) > 0 {
				due = leftBehind(o, due)
			}
			day.Due = append(day.Due, due)
		}
	}
	slices.SortStableFunc(day.Due, soonerFirst)
	day.Letters = all[:min(len(all), newestLetters)]
	return day, nil
}

// lettersOf are the visitor's own, the newest first, with their institutions' names.
func (v *visit) lettersOf() ([]view.OwnLetter, error) {
	all, err := v.guarantee.Own(v.ctx, v.x.actor)
	if err != nil {
		return nil, err
	}
	names, err := v.institutions(v.ctx)
	out := make([]view.OwnLetter, 0, len(all))
	for _, g := range slices.Backward(all) {
		out = append(out, view.OwnLetter{Guarantee: g, Guarantor: names[g.Guarantor]})
	}
	return out, err
}

func (s *server) institutions(ctx context.Context) (map[string]string, error) {
	all, err := s.banks.Institutions(ctx)
	names := map[string]string{}
	for _, i := range all {
		names[i.USCC] = i.Name
	}
	return names, err
}

// soonerFirst puts what the bidder itself must do before what it waits for, and what ends first on top.
func soonerFirst(a, b view.BidderMove) int {
	switch {
	case a.Urgent != b.Urgent && a.Urgent:
		return -1
	case a.Urgent != b.Urgent:
		return 1
	case a.Until.IsZero() != b.Until.IsZero() && b.Until.IsZero():
		return -1
	case a.Until.IsZero() != b.Until.IsZero():
		return 1
	}
	return a.Until.Compare(b.Until)
}

// due says what an application waits for; false: nothing.
func (v *visit) due(o view.OwnLetter) (view.BidderMove, bool) {
	d := view.BidderMove{Tone: o.Tone(), State: o.Status(), Do: view.Link{Href: o.Href(), Text: "查看 " + o.Name()}}
	failed := o.ApplicationState == guarantee.Declined || o.ApplicationState == guarantee.Cancelled || o.FeeState == guarantee.FeeLapsed
	switch {
	case failed || o.InstrumentState == guarantee.IssueFailed:
		return d, false
	case o.FeeOffered != nil:
		d.What, d.Urgent, d.Do.Text = o.Guarantor+" 报出的保费与报价不同，请决定是否同意", true, "去决定"
	case o.FeeState == guarantee.FeePending:
		d.What, d.Urgent, d.Do.Text = "向 "+o.Guarantor+" 缴纳保费 "+view.Money(feeDue(o.Guarantee)), true, "去缴费"
		d.Until = value(o.FeeDueAt)
	case o.ApplicationState == guarantee.Submitted || o.ApplicationState == guarantee.Underwriting:
		d.What = "等待 " + o.Guarantor + " 审核"
	case o.InstrumentState == guarantee.NotIssued || o.InstrumentState == guarantee.Issuing:
		d.What = "等待 " + o.Guarantor + " 签发"
	case o.InstrumentState != guarantee.Issued:
		return d, false
	case o.OpenDemands > 0:
		d.What, d.Urgent, d.Do.Text = "受益人对保函 "+o.Name()+" 提出索赔", true, "查看并应对"
	case o.DisclosureState == guarantee.Missing:
		d.What, d.Urgent, d.Do.Text = "保函 "+o.Name()+" 开标时没有能打开，请按应急程序处理", true, "查看"
	case o.DisclosureState == guarantee.Sealed:
		d.What, d.Do.Text = "保函已开立。投标截止前请核对，并写进投标", "核对、去投标"
	case o.ReleaseState == guarantee.ReleaseDue:
		d.What = "等待招标人解除保函"
		if o.ReleaseDueBy != nil {
			d.Until = day(o.ReleaseDueBy).EndOfDay()
		}
	default:
		return d, false
	}
	return d, true
}

// leftBehind puts first what a bidder must look at before it pays for a letter, or names it.
func leftBehind(o view.OwnLetter, due view.BidderMove) view.BidderMove {
	if o.InstrumentState == guarantee.Issued {
		due.What = ""
	} else {
		due.What = "（原待办：" + due.What + "）"
	}
	due.What = "有标段延期超过这份保函的最迟到期日，它可能不再够用，请先核对" + due.What
	due.Urgent, due.Do.Text = true, "去核对"
	return due
}

func (v *visit) ownLetters() (templ.Component, error) {
	all, err := v.lettersOf()
	if err != nil {
		return nil, err
	}
	some, next, err := pageOf(v, all, func(o view.OwnLetter) string { return o.ID }, "/bidder/applications")
	return view.BidderLetters(v.frame("我的保函"), some, next), err
}

// pageOf is the part of a list that stands after ?after=, and where the rest is.
func pageOf[T any](v *visit, all []T, id func(T) string, path string) (some []T, next string, err error) {
	if after := v.QueryParam("after"); after != "" {
		i := slices.IndexFunc(all, func(x T) bool { return id(x) == after })
		if i < 0 {
			return nil, "", absent()
		}
		all = all[i+1:]
	}
	if len(all) > pageSize {
		all, next = all[:pageSize], path+"?after="+id(all[pageSize-1])
	}
	return all, next, nil
}
