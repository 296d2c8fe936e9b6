package wire

import (
	"time"
)

// OrderText is what centre and supervisor both sign to postpone a lot's deadline (RFC 8785, docs/custodians.md).
type OrderText struct {
	Version int       `json:"version"` // 1
	Project string    `json:"project"` // 招标项目编号
	Lot     string    `json:"lot"`     // 标段编号
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Reason  string    `json:"reason"`
}

// ProposeOrder is POST /lots/{lot}/orders: the centre's half of an order of postponement (延期令), SignedData over OrderText.
type ProposeOrder struct {
	Centre []byte `json:"centre"`
}

// SignOrder is POST /orders/{id}/signature: the supervisor's half, SignedData over the very bytes of the centre's.
type SignOrder struct {
	Supervisor []byte `json:"supervisor"`
}

// RefuseOrder is POST /orders/{id}/refusal: why the supervisor does not sign.
type RefuseOrder struct {
	Words string `json:"words"`
}

// OrderState is the answer of a verb on an order: where it stood after it.
type OrderState struct {
	ID    string `json:"id"`
	State string `json:"state"` // waiting | signed | refused | withdrawn | obeyed | lapsed
}

// PendingOrder is GET /orders/{id}: an order of postponement on its way. It binds nobody: with both halves the centre moves the
// deadline (POST /lots/{lot}/postpone). Nothing comes of it once From is over.
type PendingOrder struct {
	ID          string    `json:"id"`
	Lot         string    `json:"lot"`
	Project     string    `json:"project"`
	ProjectName string    `json:"project_name"`
	LotCode     string    `json:"lot_code"`
	LotName     string    `json:"lot_name"`
	State       string    `json:"state"`
	From        time.Time `json:"from"` // the deadline that it moves
	To          time.Time `json:"to"`
	Reason      string    `json:"reason"`
	Centre      []byte    `json:"centre"`
	ProposedAt  time.Time `json:"proposed_at"`
	Supervisor  []byte    `json:"supervisor,omitzero"` // absent as long as the supervisor has not signed
	Refusal     string    `json:"refusal,omitzero"`
	DecidedAt   time.Time `json:"decided_at,omitzero"` // when the supervisor signed or refused
	WithdrawnAt time.Time `json:"withdrawn_at,omitzero"`
}

// OrderPage is GET /orders: the latest first.
type OrderPage struct {
	Items []PendingOrder `json:"items"`
	Next  string         `json:"next,omitzero"`
}
