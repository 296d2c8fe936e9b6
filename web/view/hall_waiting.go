package view

import (
	"time"

	"baohan/party"
	"baohan/tender"
)

// Waiting is an opening that is not published yet: what anybody may know of it, and what one may do meanwhile. Nothing in it
// depends on whether somebody bids.
type Waiting struct {
	Lot      *tender.Lot
	Now      time.Time
	News     []tender.Progress // in their order; none before the lot is closed
	As       party.Role        // empty: a visitor
	SignedIn *time.Time        // what the bidder's own browser remembers
	Form     HallForms
}

// waitingEvents are those of the progress stream by which the part is fetched anew.
const waitingEvents = "before_deadline " + string(tender.StageClosed) + " " + string(tender.StageAgain) + " " + string(tender.StageAsking) + " " + string(tender.StageBids) + " " +
	string(tender.StageLetters) + " " + string(tender.StageVerifying) + " " + string(tender.StageWaiting)

const (
	waitingFinal  = string(tender.StageFailed) + " " + string(tender.StageTerminated)
	waitingReload = string(tender.StagePublished)
)

func (w Waiting) early() bool { return w.Now.Before(w.Lot.End.Deadline) }

// last is the newest thing told; zero when there is none.
func (w Waiting) last() (p tender.Progress) {
	if n := len(w.News); n > 0 {
		p = w.News[n-1]
	}
	return p
}

// over tells a lot that will never be opened.
func (w Waiting) over() bool { return w.Lot.State == tender.Failed || w.Lot.State == tender.Terminated }

func (w Waiting) signInFrom() time.Time { return w.Lot.End.Deadline.Add(-tender.SignInFrom) }

// signIn tells whether a bidder may sign in now: from an hour before the deadline until the session has its list.
func (w Waiting) signIn() bool {
	return w.As == party.Bidder && w.Lot.Hall != nil && !w.over() && !w.Now.Before(w.signInFrom())
}

// byHand tells whether the centre may begin the opening itself: the clock should have by now.
func (w Waiting) byHand() bool {
	return w.As == party.Centre && !w.early() && !w.over() && w.Lot.Bids == tender.Here
}

// words say where the opening stands.
func (w Waiting) words() string {
	switch {
	case len(w.News) > 0:
		return w.last().Words()
	case w.early():
		return "尚未截止，正在接收投标文件。截止前不显示投标人的名称和数量。"
	case w.Lot.Bids != tender.Here:
		return "投标已截止，等待交易中心的投标系统提交投标清单。"
	}
	return "投标已截止，系统正在自动截标，随即开标。"
}
