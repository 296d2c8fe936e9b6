package wire

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// Workdays is GET /calendar/{year}: how the year departs from Monday to Friday, by the State Council's notice
// (国务院办公厅关于部分节假日安排的通知). A year that is not published is calendar.year_not_published.
type Workdays struct {
	Year      int            `json:"year"`
	Version   int64          `json:"version"` // number of imports so far
	Number    string         `json:"number"`  // of the notice
	Title     string         `json:"title"`
	Digest    signing.Digest `json:"digest"` // SM3 of the rows as CSV, in the order of their days, with the header
	EnteredBy string         `json:"entered_by"`
	EnteredAt time.Time      `json:"entered_at"`
	Days      []calendar.Day `json:"days"`
}

// ImportWorkdays is POST /ops/calendar/{year}: the whole year, as CSV with the header date,kind,occasion or as rows, one
// of the two. Reason is needed when a year is edited that has begun.
type ImportWorkdays struct {
	Number string         `json:"number"`
	Title  string         `json:"title"`
	Reason string         `json:"reason,omitzero"`
	CSV    string         `json:"csv,omitzero"`
	Days   []calendar.Day `json:"days,omitzero"`
}

// WorkdaysImported answers ImportWorkdays, the same for ever for the same command.
type WorkdaysImported struct {
	Year    int               `json:"year"`
	Version int64             `json:"version"`
	Digest  signing.Digest    `json:"digest"`
	Changes []calendar.Change `json:"changes"` // days that have become something else
	// Moved are the release clocks that count to another day from now on; each is moved by an event that says why.
	Moved []MovedClock `json:"moved"`
}

// Clock is a legal period as everybody who may see its object is shown it.
type Clock struct {
	calendar.Clock
	Words string `json:"words"` // Chinese: all of it in one sentence
}

// MovedClock is one release clock whose last day is another now.
type MovedClock struct {
	Guarantee string        `json:"guarantee"`
	Number    string        `json:"number"`
	Was       calendar.Date `json:"was,omitzero"` // absent: the year was not published
	Day       calendar.Date `json:"day"`
}
