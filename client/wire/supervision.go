package wire

import "baohan/guarantee/letter"

// OverduePage is one page of GET /supervision/overdue?after=: what is past its legal day, the longest overdue first, of
// opened lots only (招标投标法实施条例66). Next is the cursor of the page after it, empty at the end.
type OverduePage struct {
	Items   []Overdue       `json:"items"`
	Demands []OverdueDemand `json:"demands"` // on the first page alone, at most a page of them
	Next    string          `json:"next,omitzero"`
}

// OverdueDemand is one clock of an open demand that is past its day: its guarantor's move.
type OverdueDemand struct {
	Demand    string      `json:"demand"`
	Guarantee string      `json:"guarantee"`
	Number    string      `json:"number"`
	Guarantor string      `json:"guarantor"` // USCC
	State     string      `json:"state"`
	Clock     DemandClock `json:"clock"`
	Days      int         `json:"days"` // overdue, calendar days
}

// Overdue is one duty past its day. Kind is release.
type Overdue struct {
	Kind          string         `json:"kind"`
	LotID         string         `json:"lot_id"`
	Lot           letter.Lot     `json:"lot"`
	Guarantee     string         `json:"guarantee"`
	Number        string         `json:"number"`
	Beneficiaries []letter.Party `json:"beneficiaries"`
	Unsigned      []string       `json:"unsigned"` // USCC of the beneficiaries whose signature is missing
	Clock         Clock          `json:"clock"`
	Days          int            `json:"days"` // overdue, calendar days
}
