package wire

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Decision is POST /issuer/applications/{id}/decision. Fee, on approval, is the fee that the institution
// asks; it may not exceed the one in the application.
type Decision struct {
	Approve bool       `json:"approve"`
	Fee     letter.Fen `json:"fee,omitzero"`
	Reason  string     `json:"reason,omitzero"` // Chinese, for the applicant, when Approve is false
}

// FeePaid is POST /issuer/applications/{id}/fee: the institution has the fee. The payer's account is kept
// encrypted until opening (招标投标法实施条例40(6) asks whose account it was).
type FeePaid struct {
	Amount    letter.Fen     `json:"amount"`
	Reference string         `json:"reference"`
	Payer     letter.Account `json:"payer"`
	PaidAt    time.Time      `json:"paid_at"`
}

// Prepare is POST /issuer/applications/{id}/prepare: what is about to be issued, on record before it is.
// Digest is letter.UndertakingDigest (blind) or letter.SaltedDigest (full) of the signed undertaking.
type Prepare struct {
	Number string         `json:"number"`
	Digest signing.Digest `json:"digest"`
}

// Prepared answers Prepare.
type Prepared struct {
	PreparedAt time.Time `json:"prepared_at"`
}

// Issue is POST /issuer/applications/{id}/issue. A blind letter is Undertaking alone; a full one is Sealed
// (letter.FullLetter for the three custodians and the owner) with Statement, SignedData over
// letter.SealedIssue.
type Issue struct {
	Undertaking []byte          `json:"undertaking,omitzero"`
	Sealed      *signing.Sealed `json:"sealed,omitzero"`
	Statement   []byte          `json:"statement,omitzero"`
}

// Issued answers Issue and Deposit: the platform's receipt, SignedData over letter.Receipt. From this instant the
// undertaking is in force (电子签名法11).
type Issued struct {
	Receipt []byte `json:"receipt"`
}

// Deposit is POST /issuer/letters: a letter that the institution sold at its own counter, sealed. Record and Letter
// are sealed to the three custodians of its lot, which the platform is not told.
type Deposit struct {
	Statement []byte          `json:"statement"` // SignedData over letter.Deposit
	Record    *signing.Sealed `json:"record"`    // letter.Record
	Letter    *signing.Sealed `json:"letter"`    // letter.FullLetter
}

// Fail is POST /issuer/applications/{id}/fail: the institution cannot issue after all.
type Fail struct {
	Reason string `json:"reason"`
}

// Acknowledge is POST /issuer/guarantees/{id}/acknowledge: the institution has seen the message. It is
// delivery, not consent: a release is in force from its durable receipt here.
type Acknowledge struct {
	Message string `json:"message"`
}

// DemandDecision is POST /issuer/demands/{id}/decision. A refusal lists every discrepancy at once.
type DemandDecision struct {
	Complying     bool          `json:"complying"`
	Discrepancies []Discrepancy `json:"discrepancies,omitzero"`
}

// DemandPaid is POST /issuer/demands/{id}/paid, and /interim for what an insurer pays in advance (保险法25). Slip is the
// digest of the bank's slip (signing.Sum), which beneficiary and applicant are shown; it may be left out.
type DemandPaid struct {
	Amount    letter.Fen     `json:"amount"`
	Reference string         `json:"reference"`
	PaidAt    time.Time      `json:"paid_at"`
	Slip      signing.Digest `json:"slip,omitzero"`
}

// RequestDocuments is POST /issuer/demands/{id}/request: all that is still needed. Under a policy and an accessory
// guarantee once (保险法22), and the clocks stand until it arrives; under an independent letter no clock stops.
type RequestDocuments struct {
	Documents []letter.DocumentKind `json:"documents"`
	Words     string                `json:"words"`
}

// Stay is POST /issuer/demands/{id}/stay: a court has stopped the payment (法释〔2016〕24号13–17).
type Stay struct {
	Court   string         `json:"court"`
	Number  string         `json:"number"` // 案号
	RuledOn calendar.Date  `json:"ruled_on"`
	Digest  signing.Digest `json:"digest"` // signing.Sum of the file
	File    PaperFile      `json:"file"`
}

// Done answers what changes a guarantee and has nothing else to say: the version it has now.
type Done struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

// IssuerApplication is GET /issuer/applications/{id}: our side, read back by the business key before
// anything is tried again.
type IssuerApplication struct {
	ID           string         `json:"id"`
	Version      int64          `json:"version"`
	Digest       signing.Digest `json:"digest"` // of B
	Application  string         `json:"application"`
	Fee          string         `json:"fee"`
	FeeDue       letter.Fen     `json:"fee_due"`
	Instrument   string         `json:"instrument"`
	Ceiling      letter.Fen     `json:"ceiling"`
	Number       string         `json:"number,omitzero"`
	Undertaking  signing.Digest `json:"undertaking,omitzero"`
	PreparedAt   time.Time      `json:"prepared_at,omitzero"`
	Receipt      []byte         `json:"receipt,omitzero"`
	Release      string         `json:"release"`
	ReleaseClock *Clock         `json:"release_clock,omitzero"` // once the tender's course has started it
}

// BookEntry is one guarantee in a book, ours or the institution's: equal on both sides, or a difference
// that people see. State is issued, released, expired, surrendered, paid_out or void.
type BookEntry struct {
	Guarantee string         `json:"guarantee"`
	Number    string         `json:"number"`
	Ceiling   letter.Fen     `json:"ceiling"`
	Fee       letter.Fen     `json:"fee"`
	Digest    signing.Digest `json:"digest"`
	State     string         `json:"state"`
	Paid      letter.Fen     `json:"paid"`
}

// BookPage is one page of GET /issuer/guarantees?after=.
type BookPage struct {
	Items []BookEntry `json:"items"`
	Next  string      `json:"next,omitzero"`
}

// FeeRefunded is POST /issuer/applications/{id}/refunded: a fee that was to go back has gone back.
type FeeRefunded struct {
	Reference string `json:"reference"`
}

// IssuerOffer is GET /issuer/applications/{id}/offer: what the message Offered carries, for who asks.
type IssuerOffer struct {
	Guarantee string    `json:"guarantee"`
	At        time.Time `json:"at"` // of the application
	Envelope  []byte    `json:"envelope"`
}

// IssuerDemand is GET /issuer/demands/{id}: the demand as its beneficiary signed it, and what documents are there.
type IssuerDemand struct {
	ID        string       `json:"id"`
	Guarantee string       `json:"guarantee"`
	Signed    []byte       `json:"signed"` // SignedData over letter.Demand
	Files     []IssuerFile `json:"files"`
}

// IssuerFile is one document of a demand without its bytes.
type IssuerFile struct {
	Kind   letter.DocumentKind `json:"kind"`
	Name   string              `json:"name"`
	Digest signing.Digest      `json:"digest"` // signing.Sum of the file
	Size   int64               `json:"size"`   // bytes
}
