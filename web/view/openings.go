package view

import (
	"time"

	"baohan/tender"
)

// openingOf is where a lot is opened.
func openingOf(l *tender.Lot) string {
	if l.Hall != nil {
		return "/halls/" + l.ID
	}
	return "/openings/" + l.ID
}

func todayWords(l tender.TodayLot, now time.Time) string {
	switch {
	case l.Stage != "":
		return l.Stage.Words()
	case l.State == tender.Published && l.End.Deadline.After(now):
		return "等待截止"
	case l.State == tender.Published || l.State == tender.Closed:
		return "正在开标"
	}
	return tender.Words(l.State)
}

func todayTone(l tender.TodayLot) Tone {
	switch {
	case l.State == tender.Failed || l.State == tender.Terminated || l.Stage == tender.HallTerminated:
		return Bad
	case l.Stage == tender.HallEnded || l.Stage == "" && l.OpenedAt != nil:
		return Good
	case l.Stage != "":
		return Open
	}
	return Plain
}

func resultOf(o tender.Opening, b tender.BidView) string {
	if b.Cash != nil {
		return b.Cash.Result
	}
	for _, l := range o.Letters {
		if l.ID == b.Letter && b.Letter != "" {
			return l.Result
		}
	}
	return ""
}
