package calendar

import (
	"errors"
	"strings"
	"testing"
)

// The embedded tables pass as whole years, and are read as they are written.
func TestPublishedYearsAreWhole(t *testing.T) {
	byYear := map[int][]Day{}
	for _, r := range PublishedDays() {
		byYear[r.Date.Year()] = append(byYear[r.Date.Year()], r)
	}
	if len(byYear) != 5 {
		t.Fatalf("%d years", len(byYear))
	}
	for year, rows := range byYear {
		got, err := ParseYear(year, FormatYear(rows))
		if err != nil || len(got) != len(rows) || len(Diff(rows, got)) != 0 {
			t.Errorf("%d: %d rows of %d, %v", year, len(got), len(rows), err)
		}
	}
}

// Every way in which a row is wrong names its line and its column.
func TestParseYearNamesLineAndColumn(t *testing.T) {
	const good = "date,kind,occasion\n2027-01-01,rest,元旦\n2027-10-01,rest,国庆节\n"
	if rows, err := ParseYear(2027, "\ufeff"+good); err != nil || len(rows) != 2 {
		t.Fatalf("%v, %v", rows, err) // 1 May, 2 and 3 October 2027 are weekend days
	}
	for name, tt := range map[string]struct {
		text   string
		line   int
		column string
	}{
		"no header":         {"2027-01-01,rest,元旦\n", 1, "date"},
		"nothing":           {"", 0, "date"},
		"a day that is not": {good + "2027-02-29,rest,x\n", 4, "date"},
		"another spelling":  {good + "2027/2/8,rest,x\n", 4, "date"},
		"another year":      {good + "2028-02-08,rest,x\n", 4, "date"},
		"an unknown kind":   {good + "2027-02-08,holiday,x\n", 4, "kind"},
		"a free Saturday":   {good + "\n2027-02-06,rest,x\n", 5, "kind"}, // an empty line is a line
		"a worked Monday":   {good + "2027-02-08,work,x\n", 4, "kind"},
		"no occasion":       {good + "2027-02-08,rest,\n", 4, "occasion"},
		"a long occasion":   {good + "2027-02-08,rest," + strings.Repeat("长", 21) + "\n", 4, "occasion"},
		"two columns":       {good + "2027-02-08,rest\n", 4, "date"},
		"twice":             {good + "2027-01-01,rest,元旦\n", 4, "date"},
		"a quote":           {good + "2027-02-08,re\"st,x\n", 4, "date"},
		"half a year":       {"date,kind,occasion\n2027-01-01,rest,元旦\n", 0, "date"},
	} {
		_, err := ParseYear(2027, tt.text)
		var fault *RowError
		if !errors.As(err, &fault) || fault.Line != tt.line || fault.Column != tt.column || fault.Message == "" {
			t.Errorf("%s: %v; want line %d, %s", name, err, tt.line, tt.column)
		}
	}
}

func TestDiff(t *testing.T) {
	d := func(s string) Date { return day(t, s) }
	was := []Day{{d("2027-01-01"), Rest, "元旦"}, {d("2027-01-04"), Rest, "元旦"}, {d("2027-02-06"), Work, "春节"}}
	now := []Day{{d("2027-02-08"), Rest, "春节"}, {d("2027-01-01"), Rest, "新年"}, {d("2027-02-06"), Work, "春节"}}
	got := Diff(was, now)
	want := []Change{{d("2027-01-04"), Rest, ""}, {d("2027-02-08"), "", Rest}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v", got)
	}
}

// A table that is replaced while others count: every count is by one table or the other.
func TestReplaceWhileCounting(t *testing.T) {
	c, err := New(PublishedDays())
	if err != nil {
		t.Fatal(err)
	}
	from, done := day(t, "2026-12-30"), make(chan struct{})
	next := append(PublishedDays(), Day{day(t, "2027-01-01"), Rest, "元旦"})
	go func() {
		defer close(done)
		for i := range 200 {
			rows := next
			if i%2 == 0 {
				rows = PublishedDays()
			}
			if err := c.Replace(rows); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 2000 {
		if got, err := c.AddWorkingDays(from, 3); err == nil && got != day(t, "2027-01-05") || err != nil && !errors.Is(err, ErrYearNotPublished) {
			t.Fatalf("%v, %v", got, err)
		}
	}
	<-done
	if err := c.Replace([]Day{{day(t, "2027-01-02"), Rest, "x"}}); !errors.Is(err, ErrTable) || !c.Publishes(2027) {
		t.Errorf("a bad table changed something: %v", err)
	}
}
