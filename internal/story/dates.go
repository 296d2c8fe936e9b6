package story

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", text, calendar.Shanghai)
	if err != nil {
		panic(err) // the story's own text
	}
	return t
}

func date(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func yuan(text string) letter.Fen {
	f, err := letter.ParseYuan(text)
	if err != nil {
		panic(err)
	}
	return f
}

// Begin is when the story begins: the notice of lot one is prepared.
var Begin = at("2019-12-02 09:00:00")

// FirstDeadline is when lot one is closed and opened, as its notice prints it.
var FirstDeadline = at("2019-12-27 10:00:00")

// The other days of lot one, all supplemented.
var (
	oneBuy      = at("2019-12-05 10:00:00")
	oneBid      = at("2019-12-27 09:20:00")
	oneAward    = at("2019-12-30 15:00:00")
	oneContract = at("2020-01-10 10:00:00")
	oneRelease  = at("2020-01-13 09:30:00")
)

// The days of lot two, all supplemented.
var (
	twoPublish   = at("2020-02-14 09:00:00")
	twoBuy       = at("2020-02-20 09:00:00")
	twoOrder     = at("2020-02-27 15:00:00")
	twoFirst     = at("2020-03-03 09:30:00") // the deadline as it was first published
	twoBid       = at("2020-03-10 09:00:00")
	twoDeadline  = at("2020-03-10 09:30:00")
	twoMended    = at("2020-03-10 14:00:00")
	twoAward     = at("2020-03-13 14:00:00")
	twoRefuse    = at("2020-04-14 09:00:00")
	twoDemand    = at("2020-04-15 10:00:00")
	twoComplete  = at("2020-04-16 16:30:00")
	twoHonour    = at("2020-04-22 11:00:00")
	twoNext      = at("2020-04-24 09:00:00")
	twoHesitates = at("2020-04-26 09:00:00")
	twoContract  = at("2020-04-28 09:00:00")
	twoRelease   = at("2020-04-30 10:00:00")
	twoListed    = at("2020-04-30 14:00:00")
	twoExpired   = at("2020-07-07 00:05:02")
	lastExpired  = at("2020-10-01 00:05:02")
)

// The days of lot three, all supplemented.
var (
	threePublish  = at("2020-10-12 09:00:00")
	threeDeadline = at("2020-11-03 09:30:00")
	threeAward    = at("2020-11-09 14:00:00")
	threeContract = at("2020-11-20 09:00:00")
)

// days are what the custodians authorise: the days on which lots are opened.
func days(openings ...time.Time) (all []string) {
	for _, at := range openings {
		all = append(all, calendar.DateOf(at).String())
	}
	return all
}
