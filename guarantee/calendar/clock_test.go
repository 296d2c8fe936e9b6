package calendar

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// 民法典201 and 203 at every turn of the calendar.
func TestClock(t *testing.T) {
	for name, tt := range map[string]struct {
		from string
		days int
		unit Unit
		want string // empty: unknown
	}{
		"over 29 February":                     {"2024-02-27", 5, CalendarDays, "2024-03-04"}, // 3 March is a Sunday
		"working days over 29 February":        {"2024-02-27", 3, WorkingDays, "2024-03-01"},
		"the last day is 29 February":          {"2024-02-24", 5, CalendarDays, "2024-02-29"},
		"no 29 February in 2026":               {"2026-02-27", 1, WorkingDays, "2026-02-28"}, // a Saturday that is worked
		"the last day is a worked Saturday":    {"2026-10-05", 5, CalendarDays, "2026-10-10"},
		"the day before the worked Saturday":   {"2026-10-05", 4, CalendarDays, "2026-10-09"},
		"the day after it is a Sunday":         {"2026-10-05", 6, CalendarDays, "2026-10-12"},
		"a worked Sunday counts":               {"2026-01-02", 1, WorkingDays, "2026-01-04"},
		"the whole Spring Festival":            {"2026-02-14", 5, CalendarDays, "2026-02-24"},
		"ends on the year's last day":          {"2026-12-26", 5, CalendarDays, "2026-12-31"},
		"ends in a year that is not there":     {"2026-12-27", 5, CalendarDays, ""},
		"working days into that year":          {"2026-12-30", 2, WorkingDays, ""},
		"the last working day before it":       {"2026-12-30", 1, WorkingDays, "2026-12-31"},
		"over a year's end that is there":      {"2025-12-31", 1, WorkingDays, "2026-01-04"},
		"at once, on a day of rest":            {"2026-10-03", 0, CalendarDays, "2026-10-03"},
		"at once, in a year that is not there": {"2027-01-02", 0, CalendarDays, "2027-01-02"},
	} {
		k, err := Published().Count(Clock{Kind: "release", Law: "某法第一条", From: day(t, tt.from), Days: tt.days, Unit: tt.unit})
		if err != nil || k.To.String() != tt.want || k.Unknown != (tt.want == "") {
			t.Errorf("%s: %+v, %v; want %q", name, k, err, tt.want)
		}
		if words := k.Words(); !strings.Contains(words, k.From.Chinese()) || !strings.Contains(words, "某法第一条") || k.Unknown != strings.Contains(words, "登记后确定") {
			t.Errorf("%s: %s", name, words)
		}
	}
	for _, k := range []Clock{{Unit: CalendarDays, Days: 1}, {From: day(t, "2026-01-05"), Days: -1, Unit: WorkingDays}, {From: day(t, "2026-01-05"), Days: 1}} {
		if got, err := Published().Count(k); err == nil || errors.Is(err, ErrYearNotPublished) {
			t.Errorf("%+v counts to %v", k, got)
		}
	}
}

// The last day is whole: 24:00 of it is in time, and the day after it is one day late.
func TestOverdue(t *testing.T) {
	k := Clock{To: day(t, "2026-12-28")}
	for today, want := range map[string]int{"2026-12-27": 0, "2026-12-28": 0, "2026-12-29": 1, "2027-01-04": 7} {
		if got := k.Overdue(day(t, today)); got != want {
			t.Errorf("%s: %d, want %d", today, got, want)
		}
	}
	late := day(t, "2026-12-31")
	if stopped := (Clock{To: k.To, StoppedBy: "released", StoppedAt: time.Date(2026, 12, 29, 1, 0, 0, 0, Shanghai)}); stopped.Overdue(late) != 0 ||
		!strings.Contains(stopped.Words(), "2026年12月29日终止：已解除") {
		t.Errorf("%s", stopped.Words())
	}
	if (Clock{Unknown: true}).Overdue(late) != 0 {
		t.Error("a day that nobody knows is past")
	}
}
