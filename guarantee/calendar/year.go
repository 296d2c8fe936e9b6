package calendar

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// RowError says which row of a year's table is wrong, and in which column. Line counts from one: of a CSV as an editor
// counts it, of a list of rows as they stand in it; 0 is the table as a whole.
type RowError struct {
	Line    int
	Column  string // date, kind or occasion
	Message string // Chinese, for people
}

func (e *RowError) Error() string {
	return fmt.Sprintf("第%d行 %s：%s", e.Line, e.Column, e.Message)
}

// The columns of a year's table, in the order of its CSV.
const csvHeader = "date,kind,occasion"

const longestOccasion = 20 // characters

// ParseYear reads a year's table from CSV with the header date,kind,occasion. What it returns has passed CheckYear; what
// is wrong is a *RowError.
func ParseYear(year int, text string) ([]Day, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.FieldsPerRecord = -1
	var rows []Day
	var lines []int
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := r.FieldPos(0)
		if fault := (*csv.ParseError)(nil); errors.As(err, &fault) {
			return nil, &RowError{fault.Line, "date", "不是 CSV：引号或者换行有误"}
		}
		if err != nil {
			return nil, err
		}
		if first {
			if strings.Join(record, ",") != csvHeader {
				return nil, &RowError{line, "date", "第一行须是表头 " + csvHeader}
			}
			continue
		}
		day, fault := parseRow(line, record)
		if fault != nil {
			return nil, fault
		}
		rows, lines = append(rows, day), append(lines, line)
	}
	err := CheckYear(year, rows)
	if fault := (*RowError)(nil); errors.As(err, &fault) && fault.Line > 0 {
		fault.Line = lines[fault.Line-1]
	}
	return rows, err
}

func parseRow(line int, record []string) (Day, *RowError) {
	if len(record) != 3 {
		return Day{}, &RowError{line, "date", fmt.Sprintf("须有三列（%s），这一行有%d列", csvHeader, len(record))}
	}
	d, err := ParseDate(record[0])
	if err != nil {
		return Day{}, &RowError{line, "date", "日期须写作 2027-01-01"}
	}
	return Day{d, Kind(record[1]), record[2]}, nil
}

// CheckYear tells whether rows can be the whole table of one year: every row a day of that year that departs from Monday
// to Friday, none twice, and no day missing that 全国年节及纪念日放假办法 gives in every year. It is a *RowError.
func CheckYear(year int, rows []Day) error {
	seen := map[Date]Kind{}
	for i, r := range rows {
		if fault := checkRow(year, r); fault != nil {
			fault.Line = i + 1
			return fault
		}
		if seen[r.Date] != "" {
			return &RowError{i + 1, "date", "这一天出现了两次"}
		}
		seen[r.Date] = r.Kind
	}
	for _, d := range alwaysFree(year) {
		if !weekend(d) && seen[d] != Rest {
			return &RowError{0, "date", "缺少 " + d.String() + "：这一天每年都放假，请整年一次录入"}
		}
	}
	return nil
}

func checkRow(year int, r Day) *RowError {
	text := strings.TrimSpace(r.Occasion)
	switch {
	case r.Date.IsZero():
		return &RowError{Column: "date", Message: "缺少日期"}
	case r.Date.Year() != year:
		return &RowError{Column: "date", Message: fmt.Sprintf("不是%d年的日期", year)}
	case r.Kind != Rest && r.Kind != Work:
		return &RowError{Column: "kind", Message: "须为 rest（放假）或者 work（调休上班）"}
	case weekend(r.Date) && r.Kind == Rest:
		return &RowError{Column: "kind", Message: "这一天是周末，本来休息，不必录入"}
	case !weekend(r.Date) && r.Kind == Work:
		return &RowError{Column: "kind", Message: "这一天不是周末，本来上班，不必录入"}
	case text == "" || text != r.Occasion || utf8.RuneCountInString(text) > longestOccasion || strings.ContainsAny(text, ",\"\r\n"):
		return &RowError{Column: "occasion", Message: "须写明节日，1 至 20 个字，首尾无空格，不含逗号和引号"}
	}
	return nil
}

// alwaysFree are the days that are free in every year by their solar date.
func alwaysFree(year int) []Date {
	return []Date{{year, time.January, 1}, {year, time.May, 1}, {year, time.October, 1}, {year, time.October, 2}, {year, time.October, 3}}
}

func weekend(d Date) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

// FormatYear writes rows as ParseYear reads them, in the order of their days: the bytes over which a table has its digest.
func FormatYear(rows []Day) string {
	sorted := slices.SortedFunc(slices.Values(rows), func(a, b Day) int { return a.Date.Compare(b.Date) })
	var b strings.Builder
	b.WriteString(csvHeader + "\n")
	for _, r := range sorted {
		fmt.Fprintf(&b, "%s,%s,%s\n", r.Date, r.Kind, r.Occasion)
	}
	return b.String()
}

// Change is one day on which two tables of a year differ.
type Change struct {
	Date Date `json:"date"`
	Was  Kind `json:"was,omitzero"` // empty: an ordinary day
	Now  Kind `json:"now,omitzero"`
}

// Diff lists the days that become something else, in their order. An occasion that is only renamed is no change.
func Diff(was, now []Day) []Change {
	kinds := map[Date]*Change{}
	at := func(d Date) *Change {
		if kinds[d] == nil {
			kinds[d] = &Change{Date: d}
		}
		return kinds[d]
	}
	for _, r := range was {
		at(r.Date).Was = r.Kind
	}
	for _, r := range now {
		at(r.Date).Now = r.Kind
	}
	out := []Change{}
	for _, c := range kinds {
		if c.Was != c.Now {
			out = append(out, *c)
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return a.Date.Compare(b.Date) })
	return out
}
