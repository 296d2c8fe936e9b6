package story

import (
	"context"
	"time"
)

// Plot is one of the stories: what is told, and what must be there for it.
type Plot struct {
	Begin    time.Time // of the clock
	Openings []string  // the days on which lots are opened, in the order of the story: the days that custodians authorise
	guests   []string  // bidders beside the four
	acts     func(*tale) []func(context.Context) error
}

// Guarantees is the life of letters, in three lots that are opened on the spot.
var Guarantees = Plot{Begin: Begin, Openings: days(FirstDeadline, twoDeadline, threeDeadline), acts: func(t *tale) []func(context.Context) error {
	return []func(context.Context) error{t.firstLot, t.secondLot, t.thirdLot, t.end}
}}

// Tender is one project of two lots, opened remotely.
var Tender = Plot{Begin: tenderBegin, Openings: days(tenderDeadline), guests: []string{"捞刀河示例公路养护有限公司", "沩水示例交通设施有限公司"},
	acts: func(t *tale) []func(context.Context) error {
		x := &tender{tale: t}
		return []func(context.Context) error{x.before, x.session, x.after, t.end}
	}}

// PlotOf finds a story by its name.
func PlotOf(name string) Plot {
	if name == "tender" {
		return Tender
	}
	return Guarantees
}
