package calendar

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"
)

//go:embed published.csv
var publishedCSV string

// Published is the calendar of the notices that this release knows: 2019, 2020 and 2024 to 2026 (国务院办公厅关于部分
// 节假日安排的通知 of each year; 2019 with the change of Labour Day, 2020 with the prolonged Spring Festival).
var Published = sync.OnceValue(func() *Calendar {
	c, err := New(PublishedDays())
	if err != nil {
		panic(err)
	}
	return c
})

// PublishedDays are the rows of Published: the first content of the table that staff then keep.
func PublishedDays() []Day {
	rows, err := parseCSV(publishedCSV)
	if err != nil {
		panic(err) // the file is part of this program
	}
	return rows
}

func parseCSV(text string) ([]Day, error) {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTable, err)
	}
	var rows []Day
	for i, r := range records {
		if i == 0 {
			continue
		}
		d, err := ParseDate(r[0])
		if err != nil {
			return nil, fmt.Errorf("%w: row %d: %w", ErrTable, i, err)
		}
		rows = append(rows, Day{d, Kind(r[1]), r[2]})
	}
	return rows, nil
}
