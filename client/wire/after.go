package wire

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// HandInEvaluation is POST /lots/{lot}/evaluation, between the opening and the award: what the centre's evaluation system
// signed (docs/evaluation.md).
type HandInEvaluation struct {
	Evaluation []byte `json:"evaluation"` // SignedData over letter.Evaluation
}

// EvaluationTaken answers HandInEvaluation, the same for ever for the same result.
type EvaluationTaken struct {
	Lot        string         `json:"lot"`
	Edition    int            `json:"edition"`
	Digest     signing.Digest `json:"digest"` // letter.EvaluationDigest of the edition that stands
	AcceptedAt time.Time      `json:"accepted_at"`
}

// Evaluation is GET /lots/{lot}/evaluation: one edition of the committee's result. What counts is Signed; Content is the
// same, to be read.
type Evaluation struct {
	Lot        string            `json:"lot"`
	Edition    int               `json:"edition"`
	Newest     int               `json:"newest"` // the newest edition that the caller may see
	Signed     []byte            `json:"signed"`
	Content    letter.Evaluation `json:"content"`
	AcceptedAt time.Time         `json:"accepted_at"`
}

// Announce is POST /lots/{lot}/candidates: the candidates' notice (公示) of the newest result. Days is for how many calendar
// days, three when it is left out.
type Announce struct {
	Days int `json:"days,omitzero"`
}

// CandidateNotices is GET /lots/{lot}/candidates: the newest first, more than one only after a correction.
type CandidateNotices struct {
	Items []CandidateNotice `json:"items"`
}

// CandidateNotice is 中标候选人公示.
type CandidateNotice struct {
	Edition     int                 `json:"edition"` // of the committee's result
	PublishedAt time.Time           `json:"published_at"`
	LastDay     calendar.Date       `json:"last_day"`      // objections are in time until its 24:00
	Late        bool                `json:"late,omitzero"` // published later than the third day after the result
	Candidates  []letter.Candidate  `json:"candidates"`    // by rank
	Rejected    []letter.BidVerdict `json:"rejected"`      // bids that the committee rejected, and why
	Objections  string              `json:"objections"`    // Chinese: how to object, and where to complain
}

// FileObjection is POST /lots/{lot}/objections. Interest says why the caller is concerned when it did not bid.
type FileObjection struct {
	Words    string `json:"words"`
	Interest string `json:"interest,omitzero"`
}

// AnswerObjection is POST /objections/{id}/answer. Changes says that the result changes; only an upheld objection does that.
type AnswerObjection struct {
	Upheld  bool   `json:"upheld"`
	Changes bool   `json:"changes"`
	Words   string `json:"words"`
}

// ObjectionState is the answer of a verb on an objection: where it stood after it.
type ObjectionState struct {
	ID    string    `json:"id"`
	State string    `json:"state"` // filed | answered | withdrawn
	At    time.Time `json:"at"`
}

// ObjectionList is GET /lots/{lot}/objections: oldest first.
type ObjectionList struct {
	Items []Objection `json:"items"`
}

// Objection is one 异议 or 质疑. Who raised it and both texts are left out for whom they are not: everybody may know that it
// stands and what came of it.
type Objection struct {
	ID         string        `json:"id"`
	Kind       string        `json:"kind"` // objection: 异议, 招投标 | query: 质疑, 政府采购
	State      string        `json:"state"`
	FiledAt    time.Time     `json:"filed_at"`
	FiledBy    letter.Party  `json:"filed_by,omitzero"`
	Interest   string        `json:"interest,omitzero"`
	Words      string        `json:"words,omitzero"`
	AnswerBy   calendar.Date `json:"answer_by,omitzero"` // the last day for the answer
	Overdue    bool          `json:"overdue,omitzero"`   // it is missing, or came late
	Upheld     bool          `json:"upheld,omitzero"`
	Changes    bool          `json:"changes,omitzero"`
	Answer     string        `json:"answer,omitzero"`
	AnsweredAt time.Time     `json:"answered_at,omitzero"`
	Complaint  string        `json:"complaint"` // Chinese: where one goes who is not content
}

// PassedOver is a candidate ranked before the winner who does not get the contract: gave_up, force_majeure,
// no_performance_security or disqualified (招标投标法实施条例55).
type PassedOver struct {
	Bidder   string         `json:"bidder"` // USCC
	Reason   string         `json:"reason"`
	Evidence signing.Digest `json:"evidence"`
}

// AwardList is GET /lots/{lot}/awards: the notices of award (中标公告), in their order; more than one only after a winner
// refused or an award was set aside.
type AwardList struct {
	Items []AwardNotice `json:"items"`
}

// AwardNotice is one of them.
type AwardNotice struct {
	Round      int           `json:"round"`
	Winner     string        `json:"winner"` // USCC
	Candidates []string      `json:"candidates"`
	NoticedOn  calendar.Date `json:"noticed_on"`
	Evaluation int           `json:"evaluation,omitzero"` // the edition of the committee's result that it follows
	PassedOver []PassedOver  `json:"passed_over,omitzero"`
	SignedOn   calendar.Date `json:"signed_on,omitzero"`   // the contract
	RefusedFor string        `json:"refused_for,omitzero"` // the winner did not conclude the contract
	SetAside   string        `json:"set_aside,omitzero"`   // the objection whose answer set it aside
	QueryUntil calendar.Date `json:"query_until,omitzero"` // 政府采购: 质疑 is in time until its 24:00
}

// Terminate is POST /lots/{lot}/terminate. Ground is called_off (终止招标), all_rejected (否决所有投标, 招投标) or
// void_procurement (废标, 政府采购); Words are the public notice.
type Terminate struct {
	Ground string `json:"ground"`
	Words  string `json:"words"`
}

// Termination is how a tender ended.
type Termination struct {
	Ground string    `json:"ground"`
	Words  string    `json:"words"`
	At     time.Time `json:"at"`
}

// Retender names the lot that a lot repeats, and says what that means for letters of the old one.
type Retender struct {
	Lot   string `json:"lot"`
	Words string `json:"words"` // Chinese
}
