package letter

import (
	"time"

	"baohan/guarantee/calendar"
)

// postponementRoom is how many days at least a latest expiry leaves for postponements.
const postponementRoom = 60

// LadderExpiry is the first end of a quarter at least sixty days after expiry. It stands in clear before the opening;
// taken from a ladder it fits many lots and tells none, and a postponement within it needs no message.
func LadderExpiry(expiry calendar.Date) calendar.Date {
	at := expiry.AddDays(postponementRoom)
	next, _ := calendar.NewDate(at.Year(), at.Month()-(at.Month()-1)%3, 1) // first day of the quarter
	return calendar.DateOf(next.Time().AddDate(0, 3, -1))
}

// onLadder tells the last day of a quarter.
func onLadder(d calendar.Date) bool {
	next := d.AddDays(1)
	return next.Day() == 1 && (next.Month()-time.January)%3 == 0
}
