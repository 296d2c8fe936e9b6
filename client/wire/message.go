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
	Offered          Kind = "offered"            // an application to underwrite; body OfferedBody
	FeeAccepted      Kind = "fee_accepted"       // the applicant accepted the fee; body FeeAcceptedBody
	RefundDue        Kind = "refund_due"         // a fee is to be paid back; body RefundDueBody
	Disclosed        Kind = "disclosed"          // the lot was opened; body DisclosedBody
	Released         Kind = "released"           // the beneficiaries released; body ReleasedBody
	DemandPresented  Kind = "demand_presented"   // body DemandBody
	DemandCompleted  Kind = "demand_completed"   // body DemandBody
	DemandWithdrawn  Kind = "demand_withdrawn"   // body DemandWithdrawnBody
	DemandClockMoved Kind = "demand_clock_moved" // its last day is another, or known only now; body DemandClockMovedBody
	DemandObjected   Kind = "demand_objected"    // the applicant's fraud objection; body DemandObjectedBody
	DemandAnswered   Kind = "demand_answered"    // the applicant's answer: extend or pay; body DemandAnsweredBody
	Ended            Kind = "ended"              // expired, lapsed, paid out or never named; body EndedBody
	Cancelled        Kind = "cancelled"          // the applicant gave up before issue; body EndedBody
)

// Kinds lists every kind in the order of a guarantee's life.
func Kinds() []Kind {
	return []Kind{Offered, FeeAccepted, RefundDue, Disclosed, Released, DemandPresented, DemandCompleted,
		DemandWithdrawn, DemandClockMoved, DemandObjected, DemandAnswered, Ended, Cancelled}
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
// them once it was completed. ExamineBy is the last day of the examination, absent while it waits for documents and while
// the year's days of rest are not published. Missing is what the platform did not find of the letter's list: the
// beneficiary is told the same. Under an independent letter the examination runs all the same.
type DemandBody struct {
	Demand     string                `json:"demand"`
	Signed     []byte                `json:"signed"` // SignedData over letter.Demand
	Files      []File                `json:"files,omitzero"`
	ReceivedAt time.Time             `json:"received_at"`
	ExamineBy  calendar.Date         `json:"examine_by,omitzero"`
	Missing    []letter.DocumentKind `json:"missing,omitzero"`
}

// DemandClockMovedBody says that the last day of an examination is ExamineBy now: a stop-payment was lifted (Why
// "resumed"; absent where the demand was decided before), or the year's days of rest were published ("calendar").
type DemandClockMovedBody struct {
	Demand    string        `json:"demand"`
	Why       string        `json:"why"`
	ExamineBy calendar.Date `json:"examine_by,omitzero"`
	At        time.Time     `json:"at"`
}

// DemandObjectedBody gives the applicant's fraud objection (法释〔2016〕24号 art. 12) with its files. It stops no clock.
type DemandObjectedBody struct {
	Demand    string      `json:"demand"`
	Objection string      `json:"objection"`
	Signed    []byte      `json:"signed"` // SignedData over letter.Objection
	Files     []PaperFile `json:"files,omitzero"`
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
