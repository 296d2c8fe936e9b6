package jobs

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// The bodies here say what the fact itself says; the papers that go with it are read when the message is sent.

func feeAccepted(e guarantee.Event) (b wire.FeeAcceptedBody, err error) {
	err = json.Unmarshal(e.Data, &b)
	return b, err
}

// refundDue tells a fee that came after it had lapsed from one that is no longer owed.
func refundDue(e guarantee.Event) (wire.RefundDueBody, error) {
	var facts struct {
		Why string `json:"why"`
	}
	err := json.Unmarshal(e.Data, &facts)
	if facts.Why == "" {
		facts.Why = "not_issued"
	}
	return wire.RefundDueBody{Reason: facts.Why}, err
}

// released took effect when the last of the beneficiaries' papers was received.
func released(e guarantee.Event) (wire.ReleasedBody, error) {
	var facts struct {
		ReceivedAt time.Time `json:"received_at"`
	}
	err := json.Unmarshal(e.Data, &facts)
	return wire.ReleasedBody{EffectiveAt: facts.ReceivedAt.In(calendar.Shanghai)}, err
}

// demanded looks among the facts of the same transaction for the last day of the examination, and for what is missing:
// there is no day while the examination waits for it.
func demanded(e guarantee.Event, batch []guarantee.Event) (wire.DemandBody, error) {
	b := wire.DemandBody{Demand: e.Demand}
	for _, other := range batch {
		if other.Demand != e.Demand || !slices.Contains(saying, other.Kind) {
			continue
		}
		var facts struct {
			ExamineBy calendar.Date         `json:"examine_by"`
			Missing   []letter.DocumentKind `json:"missing"`
		}
		if err := json.Unmarshal(other.Data, &facts); err != nil {
			return b, err
		}
		b.ExamineBy, b.Missing = facts.ExamineBy, facts.Missing
	}
	return b, nil
}

// saying are the facts that say who moves next of a demand.
var saying = []guarantee.EventKind{guarantee.EventDemandExamining, guarantee.EventDemandCompleted, guarantee.EventDemandIncomplete}

// clockMoved says why a demand's last day is another, or known only now.
func clockMoved(e guarantee.Event) (b wire.DemandClockMovedBody, err error) {
	var facts struct {
		ExamineBy calendar.Date `json:"examine_by"`
	}
	err = json.Unmarshal(e.Data, &facts)
	b = wire.DemandClockMovedBody{Demand: e.Demand, Why: "calendar", ExamineBy: facts.ExamineBy, At: e.At.In(calendar.Shanghai)}
	if e.Kind == guarantee.EventDemandResumed {
		b.Why = "resumed"
	}
	return b, err
}

func objected(e guarantee.Event) (wire.DemandObjectedBody, error) {
	var facts struct {
		Objection string `json:"objection"`
	}
	err := json.Unmarshal(e.Data, &facts)
	return wire.DemandObjectedBody{Demand: e.Demand, Objection: facts.Objection}, err
}

// answered is what the applicant has said; its signed paper goes with it when the message is sent.
func answered(e guarantee.Event) (wire.DemandAnsweredBody, error) {
	var facts struct {
		Answer letter.ExtensionChoice `json:"answer"`
	}
	err := json.Unmarshal(e.Data, &facts)
	return wire.DemandAnsweredBody{Demand: e.Demand, Answer: facts.Answer, At: e.At.In(calendar.Shanghai)}, err
}

func ended(e guarantee.Event, reason string) wire.EndedBody {
	return wire.EndedBody{Reason: reason, On: calendar.DateOf(e.At)}
}
