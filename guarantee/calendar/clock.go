package calendar

import (
	"errors"
	"fmt"
	"time"
)

// Unit is what a legal clock counts in.
type Unit string

// The units. A count of calendar days moves off a last day of rest (民法典203); of working days none is a day of rest.
const (
	CalendarDays Unit = "calendar"
	WorkingDays  Unit = "working"
)

// Clock is one legal period as everybody is shown it: what runs, by which law, from which day to which, and what ended it.
// The day From is not counted (民法典201); the last instant is 24:00 of To (203).
type Clock struct {
	Kind      string    `json:"kind"`                // what falls due: release …
	Law       string    `json:"law"`                 // Chinese: the article
	From      Date      `json:"from,omitzero"`       // the day of the event; absent for a clock that was started before it was kept
	To        Date      `json:"to,omitzero"`         // the last day; absent while it is unknown
	Days      int       `json:"days"`                // 0: at once
	Unit      Unit      `json:"unit,omitzero"`       // of Days
	Unknown   bool      `json:"unknown"`             // To lies in a year whose table of public holidays is not there
	StoppedBy string    `json:"stopped_by,omitzero"` // the event that ended it; empty while it runs
	StoppedAt time.Time `json:"stopped_at,omitzero"`
}

// Count is the clock with its last day. Where the table of the year is not there the day is unknown: nobody guesses. "At
// once" (及时) is the day itself, whichever day it is.
func (c *Calendar) Count(k Clock) (Clock, error) {
	to, err := c.last(k)
	k.To, k.Unknown = to, errors.Is(err, ErrYearNotPublished)
	if err != nil {
		k.To = Date{}
	}
	if k.Unknown {
		err = nil
	}
	return k, err
}

func (c *Calendar) last(k Clock) (Date, error) {
	switch {
	case k.From.IsZero() || k.Days < 0:
		return Date{}, fmt.Errorf("calendar: a clock of %d days from %q", k.Days, k.From)
	case k.Unit == WorkingDays:
		return c.AddWorkingDays(k.From, k.Days)
	case k.Unit != CalendarDays:
		return Date{}, fmt.Errorf("calendar: a clock counts in %q", k.Unit)
	case k.Days == 0:
		return k.From, nil
	}
	return c.LastDay(k.From, k.Days)
}

// Overdue is how many days the clock is past its last day on a day; 0 while it is in time, stopped, or unknown.
func (k Clock) Overdue(today Date) int {
	if k.StoppedBy != "" || k.To.IsZero() || !today.After(k.To) {
		return 0
	}
	return k.To.DaysUntil(today)
}

// Words says the clock in Chinese: 自2026年12月24日起5个工作日，至2026年12月31日24时止（政府采购法实施条例第三十三条）.
func (k Clock) Words() string {
	law := ""
	if k.Law != "" {
		law = "（" + k.Law + "）"
	}
	return k.span() + law + k.end()
}

func (k Clock) span() string {
	to := "，截止日待该年度节假日安排登记后确定"
	if !k.To.IsZero() {
		to = "，至" + k.To.Chinese() + "24时止"
	}
	switch {
	case k.From.IsZero():
		return "至" + k.To.Chinese() + "24时止"
	case k.Days == 0:
		return "自" + k.From.Chinese() + "起应当及时办理"
	case k.Unit == WorkingDays:
		return fmt.Sprintf("自%s起%d个工作日%s", k.From.Chinese(), k.Days, to)
	}
	return fmt.Sprintf("自%s起%d日%s", k.From.Chinese(), k.Days, to)
}

var stopWords = map[string]string{
	"released": "已解除", "release_clock_stopped": "不再计算", "paid_out": "保函已付清", "expired": "保函已到期",
}

func (k Clock) end() string {
	if k.StoppedBy == "" {
		return ""
	}
	words := stopWords[k.StoppedBy]
	if words == "" {
		words = k.StoppedBy
	}
	return "，已于" + DateOf(k.StoppedAt).Chinese() + "终止：" + words
}
