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
