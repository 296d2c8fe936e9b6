package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"baohan/banks"
	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
)

// PublishTx decides what follows from the facts of one guarantee, or of all that an opening publishes, in the transaction
// that makes them true: what an institution is owed goes into its queue, in the order of the facts, and one job a
// guarantee to send it. An error rolls back the facts too.
func (r *Runner) PublishTx(ctx context.Context, tx pgx.Tx, events []guarantee.Event) error {
	if r.desks.Banks == nil {
		return errors.New("jobs: a fact before Bind")
	}
	var owed []banks.Message
	for _, e := range events {
		kind, body, err := follows(e, events)
		if err != nil {
			return fmt.Errorf("jobs: what follows from %s: %w", e.Kind, err)
		}
		if kind != nothing {
			owed = append(owed, banks.Message{Guarantor: e.Guarantor, Guarantee: e.Guarantee, Kind: kind, At: e.At, Body: body})
		}
	}
	if len(owed) == 0 {
		return nil
	}
	if _, err := r.desks.Banks.EnqueueTx(ctx, tx, owed...); err != nil {
		return err
	}
	return r.deliverTx(ctx, tx, owed)
}

// deliverTx makes the jobs that send. After an error the transaction can only be rolled back.
func (r *Runner) deliverTx(ctx context.Context, tx pgx.Tx, owed []banks.Message) error {
	told := make(map[string]bool, len(owed))
	params := make([]river.InsertManyParams, 0, len(owed))
	for _, m := range owed {
		if !told[m.Guarantee] {
			told[m.Guarantee] = true
			params = append(params, river.InsertManyParams{Args: deliverArgs{m.Guarantee}})
		}
	}
	_, err := r.client.InsertManyTx(ctx, tx, params)
	return err
}

// nothing is owed to the institution: it did the thing itself, or it is no business of its.
const nothing wire.Kind = ""

// follows is the one place that says which fact an institution is told, and how; batch are the facts of the same
// transaction. Every kind stands here; one that does not is an error that stops the fact, and a test that fails.
func follows(e guarantee.Event, batch []guarantee.Event) (wire.Kind, any, error) {
	switch e.Kind {
	case guarantee.EventSubmitted:
		return wire.Offered, wire.OfferedBody{}, nil
	case guarantee.EventFeeAccepted:
		body, err := feeAccepted(e)
		return wire.FeeAccepted, body, err
	case guarantee.EventFeeRefunding:
		body, err := refundDue(e)
		return wire.RefundDue, body, err
	case guarantee.EventCancelled:
		return wire.Cancelled, ended(e, "cancelled"), nil
	case guarantee.EventFeeLapsed:
		return wire.Ended, ended(e, "fee_lapsed"), nil
	case guarantee.EventDisclosed, guarantee.EventAccepted: // from here on both are one to the institution
		return wire.Disclosed, wire.DisclosedBody{}, nil
	case guarantee.EventReleased:
		body, err := released(e)
		return wire.Released, body, err
	case guarantee.EventDemandPresented:
		body, err := demanded(e, batch)
		return wire.DemandPresented, body, err
	case guarantee.EventDemandCompleted:
		body, err := demanded(e, batch)
		return wire.DemandCompleted, body, err
	case guarantee.EventDemandWithdrawn:
		return wire.DemandWithdrawn, wire.DemandWithdrawnBody{Demand: e.Demand, At: e.At.In(calendar.Shanghai)}, nil
	case guarantee.EventDemandResumed, guarantee.EventDemandDayFixed:
		body, err := clockMoved(e)
		return wire.DemandClockMoved, body, err
	case guarantee.EventDemandObjected:
		body, err := objected(e)
		return wire.DemandObjected, body, err
	case guarantee.EventDemandAnswered:
		body, err := answered(e)
		return wire.DemandAnswered, body, err
	case guarantee.EventPaidOut:
		return wire.Ended, ended(e, "paid_out"), nil
	case guarantee.EventExpired:
		return wire.Ended, ended(e, "expired"), nil

	case guarantee.EventTakenUp, guarantee.EventFeeOffered, guarantee.EventApproved, guarantee.EventDeclined,
		guarantee.EventFeePaid, guarantee.EventFeeRefunded, guarantee.EventPrepared, guarantee.EventIssued,
		guarantee.EventIssueFailed, guarantee.EventDeposited, guarantee.EventReleaseAcknowledged, guarantee.EventDemandComplying,
		guarantee.EventDemandRejected, guarantee.EventDemandHonoured, guarantee.EventDemandRequested,
		guarantee.EventDemandInterimPaid, guarantee.EventDemandStayed,
		guarantee.EventDemandHeld, guarantee.EventDemandExtended, guarantee.EventAmended:
		return nothing, nil, nil // the institution's own acts

	case guarantee.EventMissing, guarantee.EventVerified:
		return nothing, nil, nil // published at the opening, for the committee

	case guarantee.EventConfirmed:
		return nothing, nil, nil // the committee's, and nobody's to know before its notice (招标投标法44)

	case guarantee.EventReleaseDue, guarantee.EventReleaseClockMoved, guarantee.EventReleaseClockStopped, guarantee.EventReleaseSigned:
		return nothing, nil, nil // the beneficiaries' move; the reminder comes with its day (guarantee.Due)

	case guarantee.EventRewrapped:
		return nothing, nil, nil // between the owner and its own copy

	case guarantee.EventDemandIncomplete, guarantee.EventDemandExamining:
		return nothing, nil, nil // said by demand_presented or demand_completed, in the same transaction
	}
	return nothing, nil, fmt.Errorf("no consequence is written down for %q", e.Kind)
}
