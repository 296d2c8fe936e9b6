package wire

import "time"

// BeforeDeadline is the stage of a lot that still takes bids. It is a state, not an event: it has no id and is told anew on
// every connection, with the platform's clock.
const BeforeDeadline = "before_deadline"

// Progress is one event of GET /lots/{lot}/progress (text/event-stream): how far the opening is. It names no bidder and
// tells no number before the publication (招标投标法22). The event's name is Stage and its id is Seq.
type Progress struct {
	Seq     int64  `json:"seq,omitzero"`
	Stage   string `json:"stage"` // before_deadline | closed | failed | again | asking | bids | letters | verifying | waiting | published | terminated
	Words   string `json:"words"` // Chinese, for people
	PerCent int    `json:"per_cent"`
	// At is when it happened; of before_deadline, what the platform's clock shows now.
	At       time.Time `json:"at"`
	Deadline time.Time `json:"deadline,omitzero"` // of before_deadline alone
	Awaited  []Awaited `json:"awaited,omitzero"`  // of waiting: the custodians that gave nothing
	Final    bool      `json:"final,omitzero"`    // failed, published or terminated: nothing follows, close the stream
}
