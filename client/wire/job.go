package wire

import "time"

// Job is one piece of the platform's own work that was given up (GET /ops/jobs). About names by id what it is
// about, and LastError holds no value of any row.
type Job struct {
	ID        int64             `json:"id"`
	Kind      string            `json:"kind"` // deliver | due | intake | open | reverify
	About     map[string]string `json:"about"`
	Attempts  int               `json:"attempts"`
	LastError string            `json:"last_error"`
	FailedAt  time.Time         `json:"failed_at"`
}

// JobList is GET /ops/jobs: the latest first.
type JobList struct {
	Items []Job `json:"items"`
}
