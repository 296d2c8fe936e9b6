package calendar

import (
	"errors"
	"fmt"
	"time"
)

// Shanghai is the only zone of legal time: UTC+8 without daylight saving. It is fixed here so that no machine's zone
// database decides when a guarantee ends.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// ErrDate says that a text is not a date of the form 2006-01-02 between the years 1949 and 2999.
var ErrDate = errors.New("calendar: not a date of the form 2006-01-02")

const (
	firstYear = 1949
	lastYear  = 2999
	oneDay    = 24 * time.Hour
)

// Date is a day of the civil calendar. Dates compare with == and may be map keys; the zero Date is no day.
type Date struct {
	year  int
	month time.Month
	day   int
}

// DateOf is the day in Shanghai in which an instant lies. A date that a database gives as midnight UTC is that date.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Shanghai).Date()
	return Date{y, m, d}
}

// NewDate is the day y-m-d; a day that does not exist, 31 April, is ErrDate.
func NewDate(y int, m time.Month, d int) (Date, error) {
	got := Date{y, m, d}
	if DateOf(got.Time()) != got || y < firstYear || y > lastYear {
		return Date{}, ErrDate
	}
	return got, nil
}

// ParseDate reads 2006-01-02 and nothing else.
func ParseDate(text string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, text, time.UTC)
	if err != nil {
		return Date{}, ErrDate
	}
	d, err := NewDate(t.Date())
	if err != nil || d.String() != text {
		return Date{}, ErrDate
	}
	return d, nil
}

// IsZero tells the Date that is no day.
func (d Date) IsZero() bool { return d == Date{} }

// Time is midnight UTC of the day: how a database keeps a date. It is no instant of Chinese time; see EndOfDay.
func (d Date) Time() time.Time { return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC) }

// EndOfDay is the instant 24:00 of the day in Shanghai. What arrives at that instant is in time; what arrives later is
// not (民法典 art. 203: 期间的最后一日的截止时间为二十四时).
func (d Date) EndOfDay() time.Time {
	return time.Date(d.year, d.month, d.day, 24, 0, 0, 0, Shanghai)
}

// AddDays is the day n days later; n may be negative.
func (d Date) AddDays(n int) Date { return DateOf(d.Time().AddDate(0, 0, n)) }

// DaysUntil counts the days from d to other, negative when other is earlier.
func (d Date) DaysUntil(other Date) int { return int(other.Time().Sub(d.Time()) / oneDay) }

// Compare is negative when d is before other, positive when after.
func (d Date) Compare(other Date) int { return d.Time().Compare(other.Time()) }

// Before tells whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After tells whether d is a later day than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// Year is the year of the day.
func (d Date) Year() int { return d.year }

// Month is the month of the day.
func (d Date) Month() time.Month { return d.month }

// Day is the day of the month.
func (d Date) Day() int { return d.day }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// String is 2006-01-02; the zero Date is the empty text.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// Chinese is 2026年12月31日, as it stands in a letter.
func (d Date) Chinese() string { return fmt.Sprintf("%d年%d月%d日", d.year, d.month, d.day) }

// MarshalText is 2006-01-02. The zero Date has no text: leave it out (omitzero).
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, ErrDate
	}
	return []byte(d.String()), nil
}

// UnmarshalText accepts exactly what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	got, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = got
	return nil
}
