package calendar

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"baohan/internal/drawn"
)

func day(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return d
}

func TestParseDate(t *testing.T) {
	for _, s := range []string{"", "2026-2-01", "2026-02-1", "2026-02-30", "2025-02-29", "26-02-01", "2026-02-01 ", " 2026-02-01",
		"2026/02/01", "2026-02-01T00:00:00Z", "１２３４-０１-０１", "0001-01-01", "3000-01-01", "1948-12-31", "+2026-01-01", "-026-01-01"} {
		if d, err := ParseDate(s); !errors.Is(err, ErrDate) {
			t.Errorf("%q read as %v, %v", s, d, err)
		}
	}
	if d := day(t, "2024-02-29"); d.String() != "2024-02-29" || d.Chinese() != "2024年2月29日" || d.Year() != 2024 || d.Month() != 2 || d.Day() != 29 {
		t.Errorf("leap day is %v", d)
	}
}

func TestDateText(t *testing.T) {
	type row struct {
		On   Date `json:"on"`
		Then Date `json:"then,omitzero"`
	}
	var r row
	if err := json.Unmarshal([]byte(`{"on":"2026-12-31"}`), &r); err != nil || r.On != day(t, "2026-12-31") || !r.Then.IsZero() {
		t.Errorf("%+v, %v", r, err)
	}
	if b, err := json.Marshal(r); err != nil || string(b) != `{"on":"2026-12-31"}` {
		t.Errorf("%s, %v", b, err)
	}
	if _, err := json.Marshal(row{}); err == nil {
		t.Error("no day has a text")
	}
}

// The day ends at 24:00 in Shanghai wherever the program runs and however the instant is written.
func TestEndOfDay(t *testing.T) {
	d := day(t, "2026-12-31")
	end := time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)
	if !d.EndOfDay().Equal(end) {
		t.Errorf("ends at %v", d.EndOfDay())
	}
	if got := DateOf(end.Add(-time.Microsecond)); got != d {
		t.Errorf("a microsecond before the end is %v", got)
	}
	if got := DateOf(end); got != d.AddDays(1) {
		t.Errorf("the end itself lies in %v", got)
	}
	if got := DateOf(d.Time()); got != d {
		t.Errorf("as the database keeps it: %v", got)
	}
}

func TestAddWorkingDays(t *testing.T) {
	c := Published()
	for _, tt := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-23", 0, "2026-11-23"},
		{"2026-11-23", 5, "2026-11-30"}, // Monday to Monday: the first day is not counted
		{"2026-11-27", 1, "2026-11-30"}, // over a weekend
		{"2026-09-30", 1, "2026-10-08"}, // over the National Day holidays
		{"2026-09-30", 3, "2026-10-10"}, // a Saturday that is worked
		{"2026-02-13", 1, "2026-02-14"}, // a Saturday that is worked
		{"2026-02-14", 1, "2026-02-24"}, // over the Spring Festival
		{"2025-12-31", 5, "2026-01-08"}, // over the year's end, with a Sunday that is worked
		{"2019-12-27", 5, "2020-01-06"},
		{"2020-01-23", 1, "2020-02-03"}, // the prolonged Spring Festival of 2020
		{"2019-04-30", 1, "2019-05-05"}, // Labour Day as changed
	} {
		got, err := c.AddWorkingDays(day(t, tt.from), tt.n)
		if err != nil || got.String() != tt.want {
			t.Errorf("%s and %d working days: %v, %v; want %s", tt.from, tt.n, got, err, tt.want)
		}
	}
	if _, err := c.AddWorkingDays(day(t, "2026-11-23"), -1); err == nil {
		t.Error("a negative count passes")
	}
}

// Nobody guesses a year whose table is not there, neither in a count that ends in it nor in one that only crosses it.
func TestYearNotPublished(t *testing.T) {
	c := Published()
	for _, from := range []string{"2026-12-28", "2026-12-31", "2020-12-31", "2021-05-05"} {
		if d, err := c.AddWorkingDays(day(t, from), 5); !errors.Is(err, ErrYearNotPublished) {
			t.Errorf("from %s: %v, %v", from, d, err)
		}
	}
	if d, err := c.AddWorkingDays(day(t, "2026-12-30"), 1); err != nil || d != day(t, "2026-12-31") {
		t.Errorf("within the last published year: %v, %v", d, err)
	}
	if d, err := c.LastDay(day(t, "2026-12-30"), 2); !errors.Is(err, ErrYearNotPublished) {
		t.Errorf("LastDay: %v, %v", d, err)
	}
}

func TestLastDay(t *testing.T) {
	for _, tt := range []struct {
		from string
		days int
		want string
	}{
		{"2026-11-23", 5, "2026-11-30"}, // the fifth day is a Saturday
		{"2026-11-23", 4, "2026-11-27"},
		{"2026-09-28", 5, "2026-10-08"}, // within the holidays
		{"2026-10-05", 5, "2026-10-10"}, // a Saturday that is worked
	} {
		got, err := Published().LastDay(day(t, tt.from), tt.days)
		if err != nil || got.String() != tt.want {
			t.Errorf("%s and %d days: %v, %v; want %s", tt.from, tt.days, got, err, tt.want)
		}
	}
}

func TestTableRefuses(t *testing.T) {
	saturday, monday := day(t, "2026-11-21"), day(t, "2026-11-23")
	for name, rows := range map[string][]Day{
		"no date":              {{Kind: Rest}},
		"unknown kind":         {{monday, "holiday", ""}},
		"a day twice":          {{monday, Rest, ""}, {monday, Rest, ""}},
		"a weekend that rests": {{saturday, Rest, ""}},
		"a weekday that works": {{monday, Work, ""}},
	} {
		if _, err := New(rows); !errors.Is(err, ErrTable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The embedded table agrees with itself: each year's notice moves as many weekend days to work as it must.
func TestPublishedTable(t *testing.T) {
	worked, rows := map[int]int{}, PublishedDays()
	for _, r := range rows {
		if r.Occasion == "" || strings.TrimSpace(r.Occasion) != r.Occasion {
			t.Errorf("%s has no occasion", r.Date)
		}
		if r.Kind == Rest {
			worked[r.Date.Year()]++
		} else {
			worked[r.Date.Year()]--
		}
	}
	// Rest days less make-up days: weekdays among the statutory holidays, 11 a year until 2024 and 13 since 2025; in 2020
	// the Spring Festival was prolonged by two days for the epidemic.
	for year, want := range map[int][2]int{2019: {9, 11}, 2020: {13, 13}, 2024: {9, 11}, 2025: {11, 13}, 2026: {11, 13}} {
		if n := worked[year]; n < want[0] || n > want[1] {
			t.Errorf("%d: %d weekdays of rest after make-up days", year, n)
		}
	}
}

// Counting working days agrees with counting them one by one, and never ends on a day of rest.
func TestWorkingDaysProperty(t *testing.T) {
	c := Published()
	drawn.Check(t, func(t *rapid.T) {
		from := Date{2024, 1, 1}.AddDays(rapid.IntRange(0, 900).Draw(t, "from"))
		n := rapid.IntRange(1, 60).Draw(t, "n")
		got, err := c.AddWorkingDays(from, n)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for d := from.AddDays(1); !d.After(got); d = d.AddDays(1) {
			if worked, err := c.IsWorkingDay(d); err != nil {
				t.Fatal(err)
			} else if worked {
				count++
			}
		}
		if worked, _ := c.IsWorkingDay(got); count != n || !worked || from.DaysUntil(got) < n {
			t.Fatalf("%v and %d: %v has %d", from, n, got, count)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	f.Add("2026-11-23")
	f.Add("2026-02-29")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err == nil && (d.String() != s || d.IsZero()) {
			t.Errorf("%q is read as %v", s, d)
		}
	})
}
