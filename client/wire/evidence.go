package wire

import "baohan/guarantee/letter"

// LogEntries is what the transparency log holds of one guarantee or lot, in the order of the facts.
type LogEntries struct {
	Items []letter.LogEntry `json:"items"`
}
