package guarantee

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/translog"
)

// logged says which facts stand in the transparency log: what was accepted, what ended, what was demanded and what came
// of it. What an opening publishes follows from the closings, which are facts of the lot.
func logged(kind EventKind) bool {
	switch kind {
	case EventIssued, EventDeposited, EventAccepted,
		EventReleaseSigned, EventReleased, EventPaidOut, EventExpired,
		EventDemandPresented, EventDemandCompleted, EventDemandComplying, EventDemandRejected, EventDemandHonoured, EventDemandWithdrawn,
		EventDemandRequested, EventDemandInterimPaid, EventDemandStayed, EventDemandResumed, EventDemandObjected,
		EventDemandHeld, EventDemandAnswered, EventDemandExtended, EventAmended:
		return true

	case EventSubmitted, EventTakenUp, EventFeeOffered, EventApproved, EventFeeAccepted, EventDeclined, EventCancelled,
		EventFeePaid, EventFeeLapsed, EventFeeRefunding, EventFeeRefunded, EventPrepared, EventIssueFailed, EventRewrapped:
		return false // before there is a letter, or between the owner and its copy
	case EventDisclosed, EventMissing, EventVerified, EventConfirmed:
		return false // said by the lot
	case EventReleaseDue, EventReleaseClockMoved, EventReleaseClockStopped, EventReleaseAcknowledged, EventDemandIncomplete, EventDemandExamining,
		EventDemandDayFixed:
		return false // reminders, deliveries, whose move it is, and what follows from the calendar
	}
	return false
}

// fact is the event as the log commits to it.
func (e Event) fact() letter.Fact {
	return letter.Fact{Version: 1, Of: letter.OfGuarantee, Subject: e.Guarantee, Seq: e.Seq, Kind: string(e.Kind), At: e.At,
		Actor: e.Actor, Demand: e.Demand, Data: e.Data}
}

// commit makes the leaves of what happened. They are handed to the log by the statement that writes the events.
func (t *turn) commit() error {
	for i, e := range t.events {
		if !logged(e.Kind) || e.leaf != nil {
			continue
		}
		leaf, err := e.fact().Leaf()
		if err != nil {
			return err
		}
		t.events[i].leaf = &leaf
	}
	return nil
}

// OwnLog is what the transparency log holds of a bidder's own guarantee; to anyone but its owner it does not exist.
func (d *Desk) OwnLog(ctx context.Context, by party.Actor, id string) ([]letter.LogEntry, error) {
	if _, err := d.OwnOne(ctx, by, id); err != nil {
		return nil, err
	}
	return d.entries(ctx, d.Pool, id)
}

// GuarantorLog is what the log holds of an institution's guarantee.
func (d *Desk) GuarantorLog(ctx context.Context, by party.Actor, id string) ([]letter.LogEntry, error) {
	if _, err := d.ForGuarantor(ctx, by, id); err != nil {
		return nil, err
	}
	return d.entries(ctx, d.Pool, id)
}

// BeneficiaryLog is what the log holds of a published letter, for its beneficiaries.
func (d *Desk) BeneficiaryLog(ctx context.Context, by party.Actor, id string) ([]letter.LogEntry, error) {
	if _, err := d.ForBeneficiary(ctx, by, id); err != nil {
		return nil, err
	}
	return d.entries(ctx, d.Pool, id)
}

func (d *Desk) entries(ctx context.Context, q store.Querier, id string) ([]letter.LogEntry, error) {
	rows, err := q.Query(ctx, `SELECT seq, kind, at, actor, coalesce(demand, '') AS demand, data, leaf FROM guarantee_event
		WHERE guarantee = @id AND leaf IS NOT NULL ORDER BY seq`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	return LogEntries(ctx, d.Log, letter.OfGuarantee, id, rows)
}

// factRow is a logged event as it stands in its table.
type factRow struct {
	Seq    int64
	Kind   string
	At     time.Time
	Actor  string
	Demand string
	Data   []byte
	Leaf   []byte
}

// LogEntries reads the rows of logged events and tells of each what the log holds of it: the proof, or the promise. They
// are for those who may know the facts.
func LogEntries(ctx context.Context, log *translog.Log, of, subject string, rows pgx.Rows) ([]letter.LogEntry, error) {
	facts, err := pgx.CollectRows(rows, pgx.RowToStructByName[factRow])
	if err != nil {
		return nil, err
	}
	all := make([]letter.LogEntry, len(facts))
	for i, f := range facts {
		all[i].Fact = f.fact(of, subject)
		if err := lookUp(ctx, log, &all[i], signing.Digest(f.Leaf)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func lookUp(ctx context.Context, log *translog.Log, e *letter.LogEntry, leaf signing.Digest) (err error) {
	if e.Salt, err = log.Salt(ctx, leaf); err != nil {
		return err
	}
	proof, err := log.Inclusion(ctx, leaf)
	if err == nil {
		e.Inclusion = &proof
		return nil
	}
	if !errors.Is(err, translog.ErrNotYet) {
		return err
	}
	promise, err := log.Receipt(ctx, leaf)
	e.Receipt = string(promise.Bytes())
	return err
}

// proof is the log's proof of a letter's entry into force; nil until a head holds it. A letter that the log has lost is
// handed out all the same, without the proof that would say so.
func (d *Desk) proof(ctx context.Context, id string) (*letter.LogProof, error) {
	rows, err := d.Pool.Query(ctx, `SELECT seq, kind, at, actor, '' AS demand, data, leaf FROM guarantee_event
		WHERE guarantee = @id AND kind IN ('issued', 'deposited') AND leaf IS NOT NULL`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	all, err := LogEntries(ctx, d.Log, letter.OfGuarantee, id, rows)
	if errors.Is(err, translog.ErrUnknown) || err == nil && len(all) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if p, ok := all[0].Proof(); ok {
		return &p, nil
	}
	return nil, nil
}
