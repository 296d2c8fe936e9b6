package sandbox

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// event names a line of the journal.
type event string

const (
	received   event = "received"    // a message of the platform; data wire.ToIssuer
	examined   event = "examined"    // what we found of an offer; data examination
	decided    event = "decided"     // by rule or by a person, before it is said; data wire.Decision
	paid       event = "paid"        // at our cashier; data wire.FeePaid
	ordered    event = "ordered"     // at our counter; data Purchase
	written    event = "written"     // signed, before it is said; data client.Letter; of a sale at our counter client.Sold
	inForce    event = "in_force"    // the platform's receipt; data receipted
	revealed   event = "revealed"    // the lot of a letter; data letter.Reveal
	mistrusted event = "mistrusted"  // the platform said what does not hold; data problem
	claimed    event = "claimed"     // what we found of a demand; data findings
	claimRuled event = "claim_ruled" // data wire.DemandDecision
	claimPaid  event = "claim_paid"  // data wire.DemandPaid

	claimHeld     event = "claim_held"     // data wire.Hold
	claimExtended event = "claim_extended" // signed, before it is said; data extension
	refunded      event = "refunded"       // data wire.FeeRefunded
	told          event = "told"           // the platform has answered; data step
	stuck         event = "stuck"          // the platform refused; people look; data problem
	behaving      event = "behaving"       // data Behaviour
)

// entry is one line.
type entry struct {
	At        time.Time      `json:"at"`
	Event     event          `json:"event"`
	Guarantee string         `json:"guarantee,omitzero"`
	Demand    string         `json:"demand,omitzero"`
	Data      jsontext.Value `json:"data"`
}

// examination is what the bank found when it read an offer. Reason is why it will not underwrite, if so.
type examination struct {
	Application letter.Application `json:"application,omitzero"`
	Reason      string             `json:"reason,omitzero"`
}

// findings is what the bank found when it read a demand.
type findings struct {
	Amount        letter.Fen         `json:"amount"`
	Discrepancies []wire.Discrepancy `json:"discrepancies"`
	ExamineBy     string             `json:"examine_by,omitzero"`
	ExtendTo      calendar.Date      `json:"extend_to,omitzero"` // would be taken instead of payment
}

// receipted is the platform's receipt for a letter, and whether it came in too late for its lot.
type receipted struct {
	wire.Issued
	Late bool `json:"late,omitzero"`
}

// problem is why something stopped.
type problem struct {
	Step   step   `json:"step"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// decode reads what this package itself wrote; anything else is damage.
func decode[T any](e entry) T {
	var v T
	if err := json.Unmarshal(e.Data, &v); err != nil {
		panic("sandbox: journal: " + string(e.Event) + ": " + err.Error())
	}
	return v
}
