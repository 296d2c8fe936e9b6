package calendar

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrYearNotPublished says that a count runs into a year for which no notice on public holidays is in the table. Staff
// enter the State Council's notice (usually published in November of the year before); until then nobody guesses.
var ErrYearNotPublished = errors.New("calendar: no published table of public holidays for this year")

// ErrTable says that the rows are no table: a day twice, an unknown kind, or a day without a date.
var ErrTable = errors.New("calendar: table of public holidays")

// Kind is how a day departs from Monday to Friday.
type Kind string

const (
	Rest Kind = "rest" // a weekday on which the country rests
	Work Kind = "work" // a Saturday or Sunday that is worked instead (调休)
)

// Day is one row of the table.
type Day struct {
	Date     Date   `json:"date"`
	Kind     Kind   `json:"kind"`
	Occasion string `json:"occasion"` // 春节, 国庆节 …
}

// Calendar knows which days are worked. It is safe for use by many goroutines, also while its table is replaced: a count
// that has begun ends by the table with which it began.
type Calendar struct{ now atomic.Pointer[table] }

type table struct {
	days  map[Date]Kind
	years map[int]bool
}

// New makes a calendar of rows. A year counts as published as soon as one row lies in it, so the rows of a notice are
// entered together or not at all.
func New(rows []Day) (*Calendar, error) {
	c := &Calendar{}
	return c, c.Replace(rows)
}

// Replace puts another table in the place of this one, whole. Rows that are no table are ErrTable and change nothing.
func (c *Calendar) Replace(rows []Day) error {
	t := &table{days: map[Date]Kind{}, years: map[int]bool{}}
	for _, r := range rows {
		if err := t.add(r); err != nil {
			return err
		}
	}
	c.now.Store(t)
	return nil
}

func (c *table) add(r Day) error {
	switch {
	case r.Date.IsZero():
		return fmt.Errorf("%w: a row without a date", ErrTable)
	case r.Kind != Rest && r.Kind != Work:
		return fmt.Errorf("%w: %s: kind is neither rest nor work", ErrTable, r.Date)
	case weekend(r.Date) != (r.Kind == Work):
		return fmt.Errorf("%w: %s: departs from nothing, it is a %s", ErrTable, r.Date, r.Date.Weekday())
	case c.days[r.Date] != "":
		return fmt.Errorf("%w: %s stands twice", ErrTable, r.Date)
	}
	c.days[r.Date], c.years[r.Date.year] = r.Kind, true
	return nil
}

// Publishes tells whether the table of a year is there.
func (c *Calendar) Publishes(year int) bool { return c.now.Load().years[year] }

// IsWorkingDay tells whether a day is worked, or ErrYearNotPublished.
func (c *Calendar) IsWorkingDay(d Date) (bool, error) { return c.now.Load().worked(d) }

func (c *table) worked(d Date) (bool, error) {
	if !c.years[d.year] {
		return false, fmt.Errorf("%w: %d", ErrYearNotPublished, d.year)
	}
	switch c.days[d] {
	case Rest:
		return false, nil
	case Work:
		return true, nil
	}
	return !weekend(d), nil
}

// AddWorkingDays is the n-th working day after from. The first day is not counted (民法典 art. 201); n of zero is from
// itself. A count that meets a day of a year without a table is ErrYearNotPublished.
func (c *Calendar) AddWorkingDays(from Date, n int) (Date, error) {
	if n < 0 {
		return Date{}, fmt.Errorf("calendar: %d working days", n)
	}
	d, t := from, c.now.Load()
	for n > 0 {
		d = d.AddDays(1)
		worked, err := t.worked(d)
		if err != nil {
			return Date{}, err
		}
		if worked {
			n--
		}
	}
	return d, nil
}

// LastDay is the last day of a period of calendar days that begins on from. The first day is not counted (民法典 art.
// 201), and a last day on which the country rests gives way to the next working day (art. 203).
func (c *Calendar) LastDay(from Date, days int) (Date, error) {
	d, t := from.AddDays(days), c.now.Load()
	for {
		worked, err := t.worked(d)
		if err != nil || worked {
			return d, err
		}
		d = d.AddDays(1)
	}
}
