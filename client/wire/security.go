package wire

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// HandInCashList is POST /lots/{lot}/cash-list, after the closing of a lot that takes cash: what the centre signed of the
// deposits that arrived (docs/cash.md).
type HandInCashList struct {
	List []byte `json:"list"` // SignedData over letter.CashList
}

// CashListTaken answers HandInCashList, the same for ever for the same list.
type CashListTaken struct {
	Lot        string         `json:"lot"`
	Edition    int            `json:"edition"`
	Digest     signing.Digest `json:"digest"` // letter.CashListDigest; the next edition names it
	Entries    int            `json:"entries"`
	AcceptedAt time.Time      `json:"accepted_at"`
}

// NoteRefund is POST /lots/{lot}/refunds: the centre paid a deposit back.
type NoteRefund struct {
	Entry      string        `json:"entry"` // the bank's serial number of the payment that arrived
	Reference  string        `json:"reference"`
	Interest   letter.Fen    `json:"interest"` // 银行同期存款利息, as paid
	RefundedOn calendar.Date `json:"refunded_on"`
}

// Refund is a deposit that was paid back.
type Refund struct {
	Entry      string        `json:"entry"`
	Amount     letter.Fen    `json:"amount"`
	Interest   letter.Fen    `json:"interest"`
	Reference  string        `json:"reference"`
	RefundedOn calendar.Date `json:"refunded_on"`
	NotedAt    time.Time     `json:"noted_at"`
}

// Securities is GET /lots/{lot}/securities (保证金查询), after the opening: the register of a lot's bid securities.
// Unmatched is for the centre alone: what arrived and belongs to no opened bid, withdrawn ones among them.
type Securities struct {
	Lot       string     `json:"lot"`
	Required  letter.Fen `json:"required"`
	CashList  int        `json:"cash_list"` // edition of the list of deposits; 0: none has come
	Bids      []Security `json:"bids"`
	Unmatched []Payment  `json:"unmatched,omitzero"`
}

// Security is that of one bid. Form is guarantee, cash, none (the bid names no letter and the lot takes no cash) or
// unreadable.
type Security struct {
	Bid          string         `json:"bid"`
	Bidders      []letter.Party `json:"bidders"`
	Form         string         `json:"form"`
	Letter       string         `json:"letter,omitzero"`
	Number       string         `json:"number,omitzero"`
	Amount       letter.Fen     `json:"amount"`           // of the letter, or in cash before the deadline
	Result       string         `json:"result,omitzero"`  // passed | doubtful | unknown
	Release      string         `json:"release,omitzero"` // of the letter
	ReleaseDueBy calendar.Date  `json:"release_due_by,omitzero"`
	Kept         bool           `json:"kept,omitzero"` // the winner refused the contract: not given back (招标投标法实施条例74)
	Payments     []Payment      `json:"payments,omitzero"`
}

// Payment is one deposit that arrived. RefundDueBy is absent while no clock runs; Law is the article that set it.
type Payment struct {
	Entry       string        `json:"entry"`
	Payer       string        `json:"payer"`
	Account     string        `json:"account"` // its last four digits
	Amount      letter.Fen    `json:"amount"`
	ReceivedAt  time.Time     `json:"received_at"`
	RefundDueBy calendar.Date `json:"refund_due_by,omitzero"`
	Law         string        `json:"law,omitzero"`
	Overdue     bool          `json:"overdue"` // not paid back on the last day, or paid back after it
	Refund      *Refund       `json:"refund,omitzero"`
}
