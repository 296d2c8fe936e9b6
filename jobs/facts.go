package jobs

import (
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
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

// demanded looks among the facts of the same transaction for the last day of the examination: there is none while
// documents are missing.
func demanded(e guarantee.Event, batch []guarantee.Event) (wire.DemandBody, error) {
	b := wire.DemandBody{Demand: e.Demand}
	for _, other := range batch {
		if other.Demand != e.Demand || other.Kind != guarantee.EventDemandExamining && other.Kind != guarantee.EventDemandCompleted {
			continue
		}
		var facts struct {
			ExamineBy calendar.Date `json:"examine_by"`
		}
		if err := json.Unmarshal(other.Data, &facts); err != nil {
			return b, err
		}
		b.ExamineBy = facts.ExamineBy
	}
	return b, nil
}

func ended(e guarantee.Event, reason string) wire.EndedBody {
	return wire.EndedBody{Reason: reason, On: calendar.DateOf(e.At)}
}
