package wire

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// MessagesPath is where an institution listens, under its base address.
const MessagesPath = "/baohan/v1/messages"

// Kind says what a message to an institution is about.
type Kind string

const (
	Offered         Kind = "offered"          // an application to underwrite; body OfferedBody
	FeeAccepted     Kind = "fee_accepted"     // the applicant accepted the fee; body FeeAcceptedBody
	RefundDue       Kind = "refund_due"       // a fee is to be paid back; body RefundDueBody
	Disclosed       Kind = "disclosed"        // the lot was opened; body DisclosedBody
	Released        Kind = "released"         // the beneficiaries released; body ReleasedBody
	DemandPresented Kind = "demand_presented" // body DemandBody
	DemandCompleted Kind = "demand_completed" // body DemandBody
	DemandWithdrawn Kind = "demand_withdrawn" // body DemandWithdrawnBody
	Ended           Kind = "ended"            // expired, lapsed, paid out or never named; body EndedBody
	Cancelled       Kind = "cancelled"        // the applicant gave up before issue; body EndedBody
)

// Kinds lists every kind in the order of a guarantee's life.
func Kinds() []Kind {
	return []Kind{Offered, FeeAccepted, RefundDue, Disclosed, Released, DemandPresented, DemandCompleted,
		DemandWithdrawn, Ended, Cancelled}
}

// ToIssuer is one message from the platform, POSTed to MessagesPath and signed by the platform. Seq counts
// 1, 2, 3… for each guarantee; a message may come twice, never out of order. Guarantee is the id of the
// application, too.
type ToIssuer struct {
	Message   string         `json:"message"`
	Kind      Kind           `json:"kind"`
	Guarantee string         `json:"guarantee"`
	Seq       int64          `json:"seq"`
	At        time.Time      `json:"at"`
	Body      jsontext.Value `json:"body"`
}

// Ack answers ToIssuer, signed by the institution: the message is durable there. It is not consent.
type Ack struct {
	Message    string    `json:"message"`
	ReceivedAt time.Time `json:"received_at"`
}

// OfferedBody carries an application. Envelope opens with the institution's encryption key (letter.OpenOffer) to
// what it reads: the signed application and, for a full letter, the reveal record and whom to seal to.
type OfferedBody struct {
	Envelope []byte `json:"envelope"`
}

// FeeAcceptedBody says that the applicant accepted Fee and will pay it at the institution's cashier before Due.
type FeeAcceptedBody struct {
	Fee letter.Fen `json:"fee"`
	Due time.Time  `json:"due"`
}

// RefundDueBody says why the fee goes back: cancelled, or paid after it had lapsed.
type RefundDueBody struct {
	Reason string `json:"reason"`
}

// DisclosedBody gives the reveal record after opening. The institution recomputes the commitment from it
// and compares it with the one in the application that it holds.
type DisclosedBody struct {
	Reveal      []byte         `json:"reveal"`
	Undertaking signing.Digest `json:"undertaking"` // letter.UndertakingDigest of the p7s
	OpenedAt    time.Time      `json:"opened_at"`
	// Expiry is the last day of validity: the record's own, or later where the lot's deadline was put off and the letter
	// went with it by its wording. The orders behind it stand in GET /lots/{lot}, signed by centre and supervisor.
	Expiry calendar.Date `json:"expiry,omitzero"`
}

// ReleasedBody gives every beneficiary's signed release. It took effect at EffectiveAt.
type ReleasedBody struct {
	Releases    [][]byte  `json:"releases"`
	EffectiveAt time.Time `json:"effective_at"`
}

// DemandBody gives a demand and its documents: those that the signed paper names when it is presented, all of
// them once it was completed. ExamineBy is the last day of the examination, absent while documents are missing.
type DemandBody struct {
	Demand     string        `json:"demand"`
	Signed     []byte        `json:"signed"` // SignedData over letter.Demand
	Files      []File        `json:"files,omitzero"`
	ReceivedAt time.Time     `json:"received_at"`
	ExamineBy  calendar.Date `json:"examine_by,omitzero"`
}

// DemandWithdrawnBody says that the beneficiary took its demand back.
type DemandWithdrawnBody struct {
	Demand string    `json:"demand"`
	At     time.Time `json:"at"`
}

// EndedBody says that nothing more is due on the guarantee, and from which day.
type EndedBody struct {
	Reason string        `json:"reason"`
	On     calendar.Date `json:"on,omitzero"`
}
