package wire

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Release is POST /guarantees/{id}/releases: SignedData over letter.Release by one beneficiary (独立保函规定
// 11). Joint beneficiaries each send their own.
type Release struct {
	Release []byte `json:"release"`
}

// Present is POST /guarantees/{id}/demands: SignedData over letter.Demand and the files that it lists.
type Present struct {
	Demand []byte `json:"demand"`
	Files  []File `json:"files,omitzero"`
}

// File is one document's bytes. The signed paper that comes with it names its kind, its name and its digest
// (signing.Sum of Content), in the same order.
type File struct {
	Kind    letter.DocumentKind `json:"kind"`
	Name    string              `json:"name"`
	Content []byte              `json:"content"`
	// Unrecognised is said by the platform to the guarantor: the bytes are not of a type that the name says. Open it with care.
	Unrecognised bool `json:"unrecognised,omitzero"`
}

// PaperFile is a file that is none of a letter's documents. The signed paper that it comes with lists its
// name and its digest (signing.Sum of Content).
type PaperFile struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

// Intake answers Release and Present: the durable receipt. A demand or a release counts from ReceivedAt,
// whatever follows.
type Intake struct {
	ID         string    `json:"id"`
	Guarantee  string    `json:"guarantee"`
	Demand     string    `json:"demand,omitzero"`
	ReceivedAt time.Time `json:"received_at"`
	State      string    `json:"state"` // received | accepted | refused
	Reason     string    `json:"reason,omitzero"`
}

// Complete is POST /demands/{id}/complete: SignedData over letter.Completion and the documents that were missing,
// all of them, once (保险法22).
type Complete struct {
	Completion []byte `json:"completion"`
	Files      []File `json:"files"`
}

// WithdrawDemand is POST /demands/{id}/withdraw: SignedData over letter.Withdrawal.
type WithdrawDemand struct {
	Withdrawal []byte `json:"withdrawal"`
}

// Demand is GET /demands/{id}, for its three parties alike.
type Demand struct {
	ID            string                `json:"id"`
	Guarantee     string                `json:"guarantee"`
	State         string                `json:"state"`
	Amount        letter.Fen            `json:"amount"`
	Reason        string                `json:"reason"`
	ReceivedAt    time.Time             `json:"received_at"`
	ExamineBy     time.Time             `json:"examine_by,omitzero"`
	PayBy         time.Time             `json:"pay_by,omitzero"`
	Missing       []letter.DocumentKind `json:"missing,omitzero"`
	Discrepancies []Discrepancy         `json:"discrepancies,omitzero"`
	Clocks        []DemandClock         `json:"clocks,omitzero"`
	Requested     *DocumentsRequested   `json:"requested,omitzero"` // what the guarantor asked for last
	Pauses        []DemandPause         `json:"pauses,omitzero"`
	Objections    []ObjectionMade       `json:"objections,omitzero"`
	Extension     *Extension            `json:"extension,omitzero"` // where it would take one instead of payment
	Interim       letter.Fen            `json:"interim,omitzero"`   // paid in advance (保险法25), part of Paid
	Paid          letter.Fen            `json:"paid,omitzero"`      // altogether
	PaidAt        time.Time             `json:"paid_at,omitzero"`
	Reference     string                `json:"reference,omitzero"` // of the payment
	Slip          signing.Digest        `json:"slip,omitzero"`      // of the bank's slip, if the guarantor gave one
}

// DemandClock is one clock of a demand as it stands now. To is the last instant, 24:00 of its day; absent while the clock
// stands (Stopped), and while the days of rest of its year are not published.
type DemandClock struct {
	Kind    string    `json:"kind"` // examination | assessment | payment | refusal | interim_payment | completion | extension | suit
	Words   string    `json:"words"`
	Law     string    `json:"law"`
	From    time.Time `json:"from,omitzero"`
	Days    int       `json:"days,omitzero"`
	Unit    string    `json:"unit"` // day | working_day
	To      time.Time `json:"to,omitzero"`
	Stopped bool      `json:"stopped,omitzero"`
}

// DocumentsRequested is what a guarantor asked of the beneficiary. Only under a policy and an accessory guarantee do the
// clocks stand until it arrives, and there it is asked once (保险法22).
type DocumentsRequested struct {
	Documents []letter.DocumentKind `json:"documents"`
	Words     string                `json:"words"`
	At        time.Time             `json:"at"`
}

// DemandPause is a time in which the clocks stood: documents were awaited, or a court had stopped the payment.
type DemandPause struct {
	Why     string        `json:"why"` // documents | court
	Began   time.Time     `json:"began"`
	Ended   time.Time     `json:"ended,omitzero"`
	Court   string        `json:"court,omitzero"`
	Number  string        `json:"number,omitzero"` // 案号
	RuledOn calendar.Date `json:"ruled_on,omitzero"`
	Lifting string        `json:"lifting,omitzero"` // the paper that ended it
}

// ObjectionMade says that the applicant objects for fraud, on which ground (letter.FraudGrounds) and when. Statement and
// proofs go to the guarantor alone.
type ObjectionMade struct {
	ID     string    `json:"id"`
	Ground string    `json:"ground"`
	Words  string    `json:"words"`
	At     time.Time `json:"at"`
}

// DemandSheet is GET /guarantees/{id}/demand-sheet: what a beneficiary needs to know before it demands.
type DemandSheet struct {
	Guarantee   string          `json:"guarantee"`
	Number      string          `json:"number"`
	Form        letter.Form     `json:"form"`
	Reasons     []SheetReason   `json:"reasons"`
	Documents   []SheetDocument `json:"documents"` // every kind that a reason names
	Presenter   letter.Party    `json:"presenter"` // who must sign and present: with several beneficiaries the lead
	Signing     string          `json:"signing"`
	Amount      letter.Fen      `json:"amount"`
	Paid        letter.Fen      `json:"paid"`
	Claimed     letter.Fen      `json:"claimed"`   // what open demands still ask for
	Claimable   letter.Fen      `json:"claimable"` // the rest
	Place       string          `json:"place"`
	LastInstant time.Time       `json:"last_instant"`       // what arrives at it is in time
	Clocks      []DemandClock   `json:"clocks"`             // that would follow
	HoldDays    int             `json:"hold_days,omitzero"` // for which an extension may be weighed; absent: the letter knows no extension instead of payment
	// Bid is what became of the bid that names the letter, where the lot was opened remotely and it was not decrypted: pending |
	// revoked | withdrawn | unreadable. Warning says in words what that means; it never keeps anybody from presenting.
	Bid     string `json:"bid,omitzero"`
	Warning string `json:"warning,omitzero"`
}

// SheetReason is one case in which a demand may be made, and the documents that it needs.
type SheetReason struct {
	Code      string                `json:"code"`
	Words     string                `json:"words"`
	Source    string                `json:"source"`
	Documents []letter.DocumentKind `json:"documents"`
}

// SheetDocument is a document in words. ByItself tells those that need no file: the signed demand, the reveal record.
type SheetDocument struct {
	Kind     letter.DocumentKind `json:"kind"`
	Words    string              `json:"words"`
	ByItself bool                `json:"by_itself,omitzero"`
}

// DemandStories is GET /guarantees/{id}/demands: to an applicant, every demand against its letter with every step.
type DemandStories struct {
	Guarantee string        `json:"guarantee"`
	Claimable letter.Fen    `json:"claimable"`
	Items     []DemandStory `json:"items"`
}

// DemandStory is one demand against the applicant's letter: what was said, by which documents, and what came of it. The
// beneficiary's account and the files are not in it.
type DemandStory struct {
	Demand    Demand          `json:"demand"`
	Digest    signing.Digest  `json:"digest"` // letter.DemandDigest, which an objection names
	Statement string          `json:"statement"`
	Documents []SheetDocument `json:"documents"`
	Events    []DemandEvent   `json:"events"`
}

// DemandEvent is one step. By is a role: beneficiary, guarantor, bidder or system.
type DemandEvent struct {
	Kind  string    `json:"kind"`
	Words string    `json:"words"`
	At    time.Time `json:"at"`
	By    string    `json:"by"`
}

// Object is POST /demands/{id}/objections: SignedData over letter.Objection and the files that it lists.
type Object struct {
	Objection []byte      `json:"objection"`
	Files     []PaperFile `json:"files,omitzero"`
}

// Objected answers Object.
type Objected struct {
	Demand string `json:"demand"`
	State  string `json:"state"`
}

// LiftStay is POST /demands/{id}/resume and POST /issuer/demands/{id}/resume: the paper that ends a stop-payment.
type LiftStay struct {
	Number string         `json:"number"`
	Digest signing.Digest `json:"digest"` // signing.Sum of the file
	File   PaperFile      `json:"file"`
}

// Discrepancy is one reason for refusing a demand. All are given at once (URDG 758, 24(d)); none may be
// added later.
type Discrepancy struct {
	ID        string `json:"id"`
	Narrative string `json:"narrative"`
}

// Delivery is one outbound message as staff see it (GET /ops/deliveries). Its body is not shown.
type Delivery struct {
	ID        string    `json:"id"`
	Guarantor string    `json:"guarantor"`
	Guarantee string    `json:"guarantee"`
	Seq       int64     `json:"seq"`
	Kind      Kind      `json:"kind"`
	State     string    `json:"state"` // waiting | delivered | dead
	Attempts  int       `json:"attempts"`
	LastError string    `json:"last_error,omitzero"`
	CreatedAt time.Time `json:"created_at"`
	TriedAt   time.Time `json:"tried_at,omitzero"`
	Behind    int       `json:"behind"` // messages of the same guarantee that wait for this one
}

// DeliveryList is GET /ops/deliveries: the dead letters, oldest first.
type DeliveryList struct {
	Items []Delivery `json:"items"`
}

// ReleaseLot is POST /lots/{lot}/releases: SignedData over letter.LotRelease by one beneficiary, for several letters of one
// opened lot. Joint beneficiaries each send their own, in this form or letter by letter.
type ReleaseLot struct {
	Release []byte `json:"release"`
}

// LotReleased answers ReleaseLot: the one durable receipt, from whose instant every letter counts, and what became of each.
type LotReleased struct {
	ID         string           `json:"id"`
	Lot        string           `json:"lot"`
	ReceivedAt time.Time        `json:"received_at"`
	Letters    []LetterReleased `json:"letters"` // in the order of their ids
}

// LetterReleased is one letter of LotReleased. State is released; signed, while the other joint beneficiaries in Unsigned
// have yet to sign; refused, by the rule in Code and Reason; or received: something else comes first, the platform goes on
// by itself and the instant stays.
type LetterReleased struct {
	Guarantee string   `json:"guarantee"`
	Number    string   `json:"number"`
	State     string   `json:"state"`
	Unsigned  []string `json:"unsigned,omitzero"` // USCC
	Code      string   `json:"code,omitzero"`
	Reason    string   `json:"reason,omitzero"` // Chinese, and what to do next
}
