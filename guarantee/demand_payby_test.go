package guarantee

import (
	"slices"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// TestPayBy counts by hand what the wordings say. 2026-03-02 is a Monday; 2026-10-01 to 07 is a holiday.
func TestPayBy(t *testing.T) {
	day := func(s string) *time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Shanghai)
		if err != nil {
			t.Fatal(err)
		}
		return &at
	}
	date := func(s string) *time.Time {
		d, err := calendar.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return new(d.Time())
	}
	for name, c := range map[string]struct {
		wording string
		d       Demand
		want    string
	}{
		"seven days from the documents":         {"independent-bid", Demand{State: Examining, PresentedAt: *day("2026-03-02 10:00"), ExamineBy: date("2026-03-09")}, "2026-03-09"},
		"the same once it complies":             {"independent-bid", Demand{State: Complying, PresentedAt: *day("2026-03-02 10:00"), DecidedAt: day("2026-03-08 09:00"), ExamineBy: date("2026-03-09")}, "2026-03-09"},
		"the first hour is of its day in China": {"accessory-bid", Demand{State: Examining, PresentedAt: *day("2026-03-03 00:30"), ExamineBy: date("2026-03-10")}, "2026-03-13"},
		"completed later":                       {"accessory-bid", Demand{State: Examining, PresentedAt: *day("2026-03-02 10:00"), CompletedAt: day("2026-03-06 10:00"), ExamineBy: date("2026-03-13")}, "2026-03-16"},
		"never before the examination ends":     {"independent-bid", Demand{State: Examining, PresentedAt: *day("2026-09-30 10:00"), ExamineBy: date("2026-10-13")}, "2026-10-13"},
		"a Sunday moves to Monday":              {"accessory-bid", Demand{State: Examining, PresentedAt: *day("2026-03-05 10:00"), ExamineBy: date("2026-03-12")}, "2026-03-16"},
		"without a table it does not move":      {"accessory-bid", Demand{State: Examining, PresentedAt: *day("2035-03-01 10:00"), ExamineBy: date("2035-03-08")}, "2035-03-11"},
		"an insurer has no day before it says":  {"insurance-bid", Demand{State: Examining, PresentedAt: *day("2026-03-02 10:00"), ExamineBy: date("2026-03-09")}, ""},
		"an insurer from its decision":          {"insurance-bid", Demand{State: Complying, PresentedAt: *day("2026-03-02 10:00"), DecidedAt: day("2026-03-06 10:00"), ExamineBy: date("2026-03-09")}, "2026-03-16"},
		"documents are missing":                 {"independent-bid", Demand{State: Incomplete, PresentedAt: *day("2026-03-02 10:00")}, ""},
		"rejected":                              {"independent-bid", Demand{State: Rejected, PresentedAt: *day("2026-03-02 10:00"), ExamineBy: date("2026-03-09")}, ""},
	} {
		w, err := letter.WordingOf(letter.WordingRef{ID: c.wording, Version: 1})
		if err != nil {
			t.Fatal(err)
		}
		clocks, err := demandClocks(demandFacts{wording: w, demand: &c.d, days: calendar.Published()})
		var got calendar.Date
		if i := slices.IndexFunc(clocks, func(c DemandClock) bool { return c.Kind == ClockPayment }); i >= 0 {
			got = clocks[i].To
		}
		if err != nil || got.IsZero() != (c.want == "") || !got.IsZero() && got.String() != c.want {
			t.Errorf("%s: %s, %v; want %q", name, got, err, c.want)
		}
	}
}
