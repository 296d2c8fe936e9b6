package guarantee

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"

	"baohan/signing/tlog"
)

// EventKind names a fact about one guarantee.
type EventKind string

// The facts, in the order of a life.
const (
	EventSubmitted           EventKind = "submitted"
	EventTakenUp             EventKind = "taken_up"
	EventFeeOffered          EventKind = "fee_offered" // the real fee differs from the quoted one: the applicant decides
	EventApproved            EventKind = "approved"
	EventFeeAccepted         EventKind = "fee_accepted"
	EventDeclined            EventKind = "declined"
	EventCancelled           EventKind = "cancelled"
	EventFeePaid             EventKind = "fee_paid"
	EventFeeLapsed           EventKind = "fee_lapsed"
	EventFeeRefunding        EventKind = "fee_refunding"
	EventFeeRefunded         EventKind = "fee_refunded"
	EventPrepared            EventKind = "prepared"
	EventIssued              EventKind = "issued"
	EventIssueFailed         EventKind = "issue_failed"
	EventDeposited           EventKind = "deposited" // sold at a counter, taken in sealed, in force
	EventRewrapped           EventKind = "rewrapped" // the owner's own copy, for its renewed certificate
	EventDisclosed           EventKind = "disclosed"
	EventMissing             EventKind = "missing"
	EventAccepted            EventKind = "accepted" // by a supervisor, on the bidder's own copy (应急)
	EventVerified            EventKind = "verified"
	EventConfirmed           EventKind = "confirmed" // the committee's finding on a letter that did not pass
	EventReleaseDue          EventKind = "release_due"
	EventReleaseClockMoved   EventKind = "release_clock_moved"   // its day was counted again, by a table that has changed
	EventReleaseClockStopped EventKind = "release_clock_stopped" // its bidder waits for the contract after all
	EventReleaseSigned       EventKind = "release_signed"        // one of several joint beneficiaries
	EventReleased            EventKind = "released"
	EventReleaseAcknowledged EventKind = "release_acknowledged"
	EventDemandPresented     EventKind = "demand_presented"
	EventDemandIncomplete    EventKind = "demand_incomplete"
	EventDemandCompleted     EventKind = "demand_completed"
	EventDemandExamining     EventKind = "demand_examining"
	EventDemandComplying     EventKind = "demand_complying"
	EventDemandRejected      EventKind = "demand_rejected"
	EventDemandHonoured      EventKind = "demand_honoured"
	EventDemandWithdrawn     EventKind = "demand_withdrawn"
	EventDemandRequested     EventKind = "demand_requested"    // the guarantor asks for documents
	EventDemandInterimPaid   EventKind = "demand_interim_paid" // 先予支付
	EventDemandStayed        EventKind = "demand_stayed"       // by a court's order, as the guarantor reports it
	EventDemandResumed       EventKind = "demand_resumed"
	EventDemandObjected      EventKind = "demand_objected"  // the applicant's fraud objection
	EventDemandDayFixed      EventKind = "demand_day_fixed" // the last day of an examination became known
	EventDemandHeld          EventKind = "demand_held"      // the guarantor weighs an extension, and asks the applicant
	EventDemandAnswered      EventKind = "demand_answered"  // by the applicant: extend or pay
	EventDemandExtended      EventKind = "demand_extended"  // the demand is withdrawn by the extension
	EventAmended             EventKind = "amended"          // the letter ends on a later day
	EventPaidOut             EventKind = "paid_out"
	EventExpired             EventKind = "expired"
)

// everyKind lists them all.
var everyKind = []EventKind{EventSubmitted, EventTakenUp, EventFeeOffered, EventApproved, EventFeeAccepted, EventDeclined, EventCancelled,
	EventFeePaid, EventFeeLapsed, EventFeeRefunding, EventFeeRefunded, EventPrepared, EventIssued, EventIssueFailed, EventDeposited,
	EventRewrapped, EventDisclosed, EventMissing, EventAccepted, EventVerified, EventConfirmed, EventReleaseDue, EventReleaseClockMoved,
	EventReleaseClockStopped, EventReleaseSigned, EventReleased,
	EventReleaseAcknowledged, EventDemandPresented, EventDemandIncomplete, EventDemandCompleted, EventDemandExamining, EventDemandComplying,
	EventDemandRejected, EventDemandHonoured, EventDemandWithdrawn, EventDemandRequested, EventDemandInterimPaid, EventDemandStayed, EventDemandResumed, EventDemandObjected,
	EventDemandDayFixed, EventDemandHeld, EventDemandAnswered, EventDemandExtended, EventAmended, EventPaidOut, EventExpired}

// Event is one fact. It carries nothing that is sealed: before the opening the actor is a role, never a bidder.
type Event struct {
	Guarantee string         `json:"guarantee"`
	Seq       int64          `json:"seq"` // 1, 2, 3 … without a gap
	Kind      EventKind      `json:"kind"`
	At        time.Time      `json:"at"`
	Actor     string         `json:"actor"`
	Demand    string         `json:"demand,omitzero"` // the demand's id, for demand_ kinds
	Data      jsontext.Value `json:"data,omitzero"`
	Guarantor string         `json:"guarantor"` // whose guarantee it is: for those who deliver

	leaf *tlog.Leaf // of the transparency log; nil for what is not logged
}

// Outbox is the one thing this room needs of what follows: facts are handed over in the transaction that makes
// them true. An error rolls everything back.
type Outbox interface {
	PublishTx(ctx context.Context, tx pgx.Tx, events []Event) error
}

// facts marshals the clear facts of an event.
func facts(v any) jsontext.Value {
	if v == nil {
		return jsontext.Value("{}")
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic("guarantee: facts that do not marshal: " + err.Error())
	}
	return b
}
