package wire

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// ReportIncident is POST /lots/{lot}/incidents: the centre reports an emergency at a lot that is closed or opened.
type ReportIncident struct {
	Cause letter.Cause `json:"cause"` // clear_letter | software | hardware | attack | other
	Words string       `json:"words"` // what happened, and what is known of why
}

// AddEvidence is POST /incidents/{id}/evidence: one file. The same bytes twice are one file.
type AddEvidence struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

// PresentCopy is POST /lots/{lot}/copies: the bidder shows its own copy of its letter, as baohan bidder letter or baohan
// unlock wrote it.
type PresentCopy struct {
	File []byte `json:"file"` // letter.File.Canonical
}

// DecideIncident is POST /incidents/{id}/decision: SignedData over letter.IncidentDecision, by the supervisor.
type DecideIncident struct {
	Decision []byte `json:"decision"`
}

// CloseIncident is POST /incidents/{id}/close: SignedData over letter.IncidentClosing, by the supervisor, where the
// platform can no longer verify the letters by itself.
type CloseIncident struct {
	Closing []byte `json:"closing"`
}

// IncidentState is the answer of a verb on an incident: where it stood after it.
type IncidentState struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	State   string `json:"state"` // reported | accepted | dismissed | closed | withdrawn
}

// Incident is GET /incidents/{id}: an emergency (应急事件) as the caller may see it. A bidder sees the letters that it
// showed itself; who runs the tender sees, before the opening, those that were accepted.
type Incident struct {
	ID         string            `json:"id"`
	Lot        string            `json:"lot"`
	Project    string            `json:"project"`  // 招标项目编号
	LotCode    string            `json:"lot_code"` // 标段编号
	State      string            `json:"state"`
	Cause      letter.Cause      `json:"cause"`
	Words      string            `json:"words"`
	Alarm      bool              `json:"alarm"` // a letter is contradicted: people must see to it
	ReportedBy string            `json:"reported_by"`
	ReportedAt time.Time         `json:"reported_at"`
	Evidence   []Evidence        `json:"evidence"` // in ascending order of their digests, as a decision names them
	Letters    []PresentedLetter `json:"letters"`  // in ascending order of their ids, as a decision names them
	Decision   []byte            `json:"decision,omitzero"`
	DecidedBy  string            `json:"decided_by,omitzero"`
	DecidedAt  time.Time         `json:"decided_at,omitzero"`
	CheckedAt  time.Time         `json:"checked_at,omitzero"` // of the last automatic verification
	Closing    []byte            `json:"closing,omitzero"`    // absent when the platform closed it by itself
	ClosedAt   time.Time         `json:"closed_at,omitzero"`
	Events     []IncidentEvent   `json:"events,omitzero"` // for the centre and the supervisor
}

// Evidence is one file of an incident; its bytes are GET /incidents/{id}/evidence?digest=.
type Evidence struct {
	Digest  signing.Digest `json:"digest"` // signing.Sum of the bytes
	Name    string         `json:"name"`
	Size    int            `json:"size"` // in bytes
	AddedAt time.Time      `json:"added_at"`
}

// EvidenceFile is GET /incidents/{id}/evidence?digest=.
type EvidenceFile struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

// PresentedLetter is one copy that a bidder showed, with the sixteen lines as far as they can be judged. Its bytes are
// GET /incidents/{id}/copy?letter=. State is absent while it is not accepted.
type PresentedLetter struct {
	ID          string         `json:"id"`
	File        signing.Digest `json:"file"` // signing.Sum of the copy's bytes
	Presenter   string         `json:"presenter"`
	PresentedAt time.Time      `json:"presented_at"`
	Here        bool           `json:"here"` // the platform has a row of it, and it says the same
	Number      string         `json:"number"`
	Guarantor   letter.Party   `json:"guarantor"`
	Applicants  []letter.Party `json:"applicants"`
	Amount      letter.Fen     `json:"amount"`
	Expiry      calendar.Date  `json:"expiry"`
	Result      string         `json:"result"` // passed | doubtful | unknown
	Lines       []Line         `json:"lines"`
	State       string         `json:"state,omitzero"` // accepted | verified | contradicted
	Moved       bool           `json:"moved"`          // the platform's row was disclosed from the copy
	Why         string         `json:"why,omitzero"`   // Chinese: what the last comparison came to
	CheckedAt   time.Time      `json:"checked_at,omitzero"`
}

// IncidentEvent is one fact of an incident's history.
type IncidentEvent struct {
	Seq   int64     `json:"seq"`
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	Data  string    `json:"data"` // JSON
}

// IncidentList is GET /lots/{lot}/incidents: the latest first.
type IncidentList struct {
	Items []Incident `json:"items"`
}

// CopyFile is GET /incidents/{id}/copy?letter=: the copy as it was shown, for baohan verify.
type CopyFile struct {
	File []byte `json:"file"`
}

// Emergency is what a supervisor decided about one letter, as it stands in public beside the opening. What the opening
// itself published of the letter stays as it is.
type Emergency struct {
	Letter    string           `json:"letter"`
	Incident  string           `json:"incident"`
	Cause     letter.Cause     `json:"cause"`
	Accepted  bool             `json:"accepted"`
	DecidedBy string           `json:"decided_by"`
	DecidedAt time.Time        `json:"decided_at"`
	Decision  []byte           `json:"decision"`           // SignedData over letter.IncidentDecision: anyone can check it
	Presented *PresentedLetter `json:"presented,omitzero"` // when it was accepted
}
