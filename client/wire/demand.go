package wire

import (
	"time"

	"baohan/guarantee/letter"
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

// Demand is GET /demands/{id}.
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
	Paid          letter.Fen            `json:"paid,omitzero"`
	PaidAt        time.Time             `json:"paid_at,omitzero"`
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
