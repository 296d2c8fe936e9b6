package guarantee

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

func clockTime(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Shanghai)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// paused is a pause from one instant to another; an empty end is none.
func paused(t testing.TB, why PauseReason, from State, began, ended string) Pause {
	t.Helper()
	p := Pause{Why: why, FromState: from, BeganAt: clockTime(t, began)}
	if ended != "" {
		end := clockTime(t, ended)
		p.EndedAt = &end
	}
	if why == PauseCourt {
		day := calendar.DateOf(p.BeganAt).Time()
		p.RuledOn = &day
	}
	return p
}

// TestDemandClocks counts by hand. 2026-03-02 is a Monday; 2026-04-06 (清明), 05-01 to 05-05 (劳动节) and 10-01 to 10-07 are
// holidays; Saturday 2026-02-14 and Saturday 2026-05-09 are worked.
func TestDemandClocks(t *testing.T) {
	docs := func(began, ended string) Pause { return paused(t, PauseDocuments, Examining, began, ended) }
	court := func(from State, began, ended string) Pause { return paused(t, PauseCourt, from, began, ended) }
	at := func(s string) *time.Time { x := clockTime(t, s); return &x }
	monday := clockTime(t, "2026-03-02 10:00")
	for name, c := range map[string]struct {
		wording string
		d       Demand
		pauses  []Pause
		want    string
	}{
		"independent, examining": {"independent-bid", Demand{State: Examining, PresentedAt: monday}, nil, "examination 2026-03-09, payment 2026-03-09"},
		"the make-up Saturday is the last day": {"independent-bid", Demand{State: Examining, PresentedAt: clockTime(t, "2026-02-09 10:00")}, nil,
			"examination 2026-02-14, payment 2026-02-24"},
		"a day that was told stands": {"independent-bid", Demand{State: Examining, PresentedAt: monday, ExamineBy: new(calendar.DateOf(*at("2026-03-11 00:00")).Time())}, nil,
			"examination 2026-03-11, payment 2026-03-11"},
		"a year without a table": {"independent-bid", Demand{State: Examining, PresentedAt: clockTime(t, "2035-03-01 10:00")}, nil, "examination ?, payment 2035-03-08"},
		"a running examination that was supplemented": {"independent-bid", Demand{State: Examining, PresentedAt: monday, CompletedAt: at("2026-03-04 10:00")}, nil,
			"examination 2026-03-09, payment 2026-03-11"},
		"waits until the end of its validity": {"independent-bid", Demand{State: Incomplete, PresentedAt: monday}, []Pause{docs("2026-03-02 10:00", "")},
			"examination stands, completion 2026-06-30"},
		"completed as it said": {"independent-bid", Demand{State: Examining, PresentedAt: monday, CompletedAt: at("2026-03-10 23:59")},
			[]Pause{docs("2026-03-02 10:00", "2026-03-10 23:59")}, "examination 2026-03-17, payment 2026-03-17"},
		"stayed": {"independent-bid", Demand{State: Stayed, PresentedAt: monday}, []Pause{court(Examining, "2026-03-04 09:00", "")},
			"examination stands, payment stands, suit 2026-04-03"},
		"the suit's last day is a holiday": {"independent-bid", Demand{State: Stayed, PresentedAt: monday}, []Pause{court(Examining, "2026-03-05 09:00", "")},
			"examination stands, payment stands, suit 2026-04-07"},
		// 03-03 was one day; 03-04 to 03-12 count for nobody; four are left: 13, 16, 17, 18.
		"resumed with what was left": {"independent-bid", Demand{State: Examining, PresentedAt: monday}, []Pause{court(Examining, "2026-03-04 09:00", "2026-03-12 09:00")},
			"examination 2026-03-18, payment 2026-03-18"},
		"stayed on the last day, one is left": {"independent-bid", Demand{State: Examining, PresentedAt: monday}, []Pause{court(Examining, "2026-03-09 23:59", "2026-03-12 00:01")},
			"examination 2026-03-13, payment 2026-03-13"},
		"stayed twice": {"independent-bid", Demand{State: Examining, PresentedAt: monday},
			[]Pause{court(Examining, "2026-03-03 09:00", "2026-03-03 10:00"), court(Examining, "2026-03-05 09:00", "2026-03-06 10:00")},
			"examination 2026-03-12, payment 2026-03-12"},
		"payment stayed": {"independent-bid", Demand{State: Stayed, PresentedAt: monday, DecidedAt: at("2026-03-04 09:00")}, []Pause{court(Complying, "2026-03-05 09:00", "")},
			"payment stands, suit 2026-04-07"},
		"payment resumed": {"independent-bid", Demand{State: Complying, PresentedAt: monday}, []Pause{court(Complying, "2026-03-05 09:00", "2026-03-25 09:00")},
			"payment 2026-03-30"}, // 3 and 4 March were two days, 26 to 30 are five
		"accessory": {"accessory-bid", Demand{State: Examining, PresentedAt: monday}, nil, "examination 2026-03-09, payment 2026-03-12"},
		"accessory, asked on the second day": {"accessory-bid", Demand{State: Examining, PresentedAt: monday, CompletedAt: at("2026-03-11 10:00")},
			[]Pause{docs("2026-03-04 10:00", "2026-03-11 10:00")}, "examination 2026-03-17, payment 2026-03-23"},
		"insurer": {"insurance-bid", Demand{State: Examining, PresentedAt: monday}, nil,
			"examination 2026-03-09, assessment 2026-04-01, interim_payment 2026-05-06"},
		"insurer, documents missing": {"insurance-bid", Demand{State: Incomplete, PresentedAt: monday}, []Pause{docs("2026-03-02 10:00", "")},
			"examination stands, assessment stands, interim_payment stands"},
		"insurer, thirty and sixty days from the documents": {"insurance-bid", Demand{State: Examining, PresentedAt: monday, CompletedAt: at("2026-03-12 10:00")},
			[]Pause{docs("2026-03-02 10:00", "2026-03-12 10:00")}, "examination 2026-03-19, assessment 2026-04-13, interim_payment 2026-05-11"},
		// 司法解释（二） art. 15: the wait is deducted from the thirty days; the sixty run on with what is there.
		"insurer, asked later": {"insurance-bid", Demand{State: Incomplete, PresentedAt: monday}, []Pause{docs("2026-03-06 10:00", "")},
			"examination stands, assessment stands, interim_payment 2026-05-06"},
		"insurer, asked later and answered": {"insurance-bid", Demand{State: Examining, PresentedAt: monday, CompletedAt: at("2026-03-12 10:00")},
			[]Pause{docs("2026-03-06 10:00", "2026-03-12 10:00")}, "examination 2026-03-16, assessment 2026-04-08, interim_payment 2026-05-06"},
		"insurer, paid in advance": {"insurance-bid", Demand{State: Examining, PresentedAt: monday, InterimPaid: 1}, nil, "examination 2026-03-09, assessment 2026-04-01"},
		"insurer, agreed":          {"insurance-bid", Demand{State: Complying, PresentedAt: monday, DecidedAt: at("2026-03-06 10:00")}, nil, "payment 2026-03-16"},
		"honoured":                 {"independent-bid", Demand{State: Honoured, PresentedAt: monday}, nil, ""},
		"rejected":                 {"insurance-bid", Demand{State: Rejected, PresentedAt: monday, DecidedAt: at("2026-03-06 10:00")}, nil, ""},
		"withdrawn under a stay":   {"independent-bid", Demand{State: WithdrawnDemand, PresentedAt: monday}, []Pause{court(Examining, "2026-03-04 09:00", "")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := letter.WordingOf(letter.WordingRef{ID: c.wording, Version: 1})
			if err != nil {
				t.Fatal(err)
			}
			last := calendar.DateOf(clockTime(t, "2026-06-30 00:00"))
			got, err := demandClocks(demandFacts{w, &c.d, c.pauses, last, calendar.Published()})
			if err != nil {
				t.Fatal(err)
			}
			if said := sayClocks(got); said != c.want {
				t.Errorf("got  %s\nwant %s", said, c.want)
			}
		})
	}
}

func sayClocks(all []DemandClock) string {
	var out []string
	for _, c := range all {
		switch {
		case c.Law == "":
			out = append(out, string(c.Kind)+" by no law")
		case c.Stopped:
			out = append(out, string(c.Kind)+" stands")
		case c.To.IsZero():
			out = append(out, string(c.Kind)+" ?")
		default:
			out = append(out, fmt.Sprintf("%s %s", c.Kind, c.To))
		}
	}
	return strings.Join(out, ", ")
}

// A clock is over one microsecond after 24:00 of its last day, and not at it.
func TestClockIsOver(t *testing.T) {
	c := DemandClock{To: calendar.DateOf(clockTime(t, "2026-03-09 00:00"))}
	end := time.Date(2026, 3, 10, 0, 0, 0, 0, calendar.Shanghai)
	if c.Over(end.Add(-time.Microsecond)) || c.Over(end) || !c.Over(end.Add(time.Microsecond)) {
		t.Error("over at another instant than a microsecond after 24:00")
	}
	if (DemandClock{}).Over(end) || (DemandClock{Stopped: true}).Over(end) {
		t.Error("a clock without a last day is over")
	}
}

// Only the wording that says so precludes.
func TestWhoIsPrecluded(t *testing.T) {
	for _, w := range letter.Wordings() {
		if got := w.Precludes(); got != (w.Form == letter.FormIndependent) {
			t.Errorf("%s: precludes %v", w.ID, got)
		}
	}
}

// Every state of a demand × every form: who waits for what is decided by this table, written out by hand.
func TestWhoWaits(t *testing.T) {
	for _, c := range []struct {
		form           letter.Form
		later, missing bool
		want           bool
	}{
		{letter.FormIndependent, false, false, false}, {letter.FormIndependent, false, true, false},
		{letter.FormIndependent, true, false, true}, {letter.FormIndependent, true, true, true},
		{letter.FormAccessory, false, false, false}, {letter.FormAccessory, false, true, true},
		{letter.FormAccessory, true, false, true}, {letter.FormAccessory, true, true, true},
		{letter.FormInsurance, false, false, false}, {letter.FormInsurance, false, true, true},
		{letter.FormInsurance, true, false, true}, {letter.FormInsurance, true, true, true},
	} {
		if got := waits(c.form, c.later, c.missing); got != c.want {
			t.Errorf("%s, completed later %v, missing %v: waits %v", c.form, c.later, c.missing, got)
		}
	}
}

// Every reminder goes out on its days and on no other.
func TestReminders(t *testing.T) {
	today := calendar.DateOf(clockTime(t, "2026-03-10 00:00"))
	clock := func(kind ClockKind, left int) []DemandClock {
		return []DemandClock{{Kind: kind, To: today.AddDays(left)}}
	}
	for _, c := range []struct {
		state  State
		clocks []DemandClock
		want   DueKind
	}{
		{Complying, clock(ClockPayment, 2), ""}, {Complying, clock(ClockPayment, 1), DuePayment}, {Complying, clock(ClockPayment, -9), DuePayment},
		{Examining, clock(ClockPayment, 0), ""},
		{Examining, clock(ClockAssessment, 4), ""}, {Examining, clock(ClockAssessment, 3), DueAssessment},
		{Examining, clock(ClockInterim, 6), ""}, {Examining, clock(ClockInterim, 5), DueInterim},
		{Stayed, clock(ClockSuit, 11), ""}, {Stayed, clock(ClockSuit, 10), DueSuit}, {Stayed, clock(ClockSuit, 0), DueSuit}, {Stayed, clock(ClockSuit, -1), DueLifting},
		{Examining, []DemandClock{{Kind: ClockAssessment, Stopped: true}}, ""},
	} {
		got := remindersOf(Demand{State: c.state}, c.clocks, nil, today)
		if c.want == "" && len(got) > 0 || c.want != "" && !slices.Equal(got, []DueKind{c.want}) {
			t.Errorf("%s, %+v: %v, want %q", c.state, c.clocks, got, c.want)
		}
	}
	began := func(s string) []Pause { return []Pause{paused(t, PauseDocuments, Presented, s, "")} }
	if got := remindersOf(Demand{State: Incomplete}, nil, began("2026-03-09 23:59"), today); !slices.Equal(got, []DueKind{DueCompletion}) {
		t.Errorf("on the next day: %v", got)
	}
	if got := remindersOf(Demand{State: Incomplete}, nil, began("2026-03-10 00:00"), today); len(got) > 0 {
		t.Errorf("on the day itself: %v", got)
	}
}
