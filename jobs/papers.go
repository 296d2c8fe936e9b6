package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// What is sent is read here in the transaction that makes it true: no other connection sees it yet, and a second
// connection taken inside a transaction could wait for one that waits for us.

// local writes an instant as it goes over the wire.
func local(t time.Time) time.Time { return t.In(calendar.Shanghai).Truncate(time.Microsecond) }

// offered is the encrypted application: who bids, and for a letter in full on what, is inside.
func offered(ctx context.Context, tx pgx.Tx, e guarantee.Event) (b wire.OfferedBody, err error) {
	err = tx.QueryRow(ctx, `SELECT offer FROM guarantee WHERE id = @id`, pgx.NamedArgs{"id": e.Guarantee}).Scan(&b.Envelope)
	return b, err
}

func feeAccepted(e guarantee.Event) (b wire.FeeAcceptedBody, err error) {
	err = json.Unmarshal(e.Data, &b)
	return b, err
}

func refundDue(e guarantee.Event) (wire.RefundDueBody, error) {
	var facts struct {
		Why string `json:"why"`
	}
	err := json.Unmarshal(e.Data, &facts)
	if facts.Why == "" {
		facts.Why = "cancelled"
	}
	return wire.RefundDueBody{Reason: facts.Why}, err
}

func ended(e guarantee.Event, reason string) wire.EndedBody {
	return wire.EndedBody{Reason: reason, On: calendar.DateOf(e.At.In(calendar.Shanghai))}
}

// disclosed gives the guarantor the record that its undertaking is bound to.
func disclosed(ctx context.Context, tx pgx.Tx, e guarantee.Event) (wire.DisclosedBody, error) {
	var b wire.DisclosedBody
	var undertaking []byte
	err := tx.QueryRow(ctx, `SELECT reveal, undertaking, disclosed_at FROM disclosure WHERE guarantee = @id`,
		pgx.NamedArgs{"id": e.Guarantee}).Scan(&b.Reveal, &undertaking, &b.OpenedAt)
	b.Undertaking, b.OpenedAt = letter.UndertakingDigest(undertaking), local(b.OpenedAt)
	return b, err
}

// released gives every beneficiary's paper. The release took effect when the last of them was received.
func released(ctx context.Context, tx pgx.Tx, e guarantee.Event) (wire.ReleasedBody, error) {
	var b wire.ReleasedBody
	rows, err := tx.Query(ctx, `SELECT signed, received_at FROM release_signature WHERE guarantee = @id
		ORDER BY received_at, beneficiary`, pgx.NamedArgs{"id": e.Guarantee})
	if err != nil {
		return b, err
	}
	var signed []byte
	_, err = pgx.ForEachRow(rows, []any{&signed, &b.EffectiveAt}, func() error {
		b.Releases = append(b.Releases, signed)
		signed = nil
		return nil
	})
	if err == nil && len(b.Releases) == 0 {
		err = fmt.Errorf("release of %s without a paper", e.Guarantee)
	}
	b.EffectiveAt = local(b.EffectiveAt)
	return b, err
}

// demanded is a demand with its documents and the last day of the guarantor's examination, when that has begun.
func demanded(ctx context.Context, tx pgx.Tx, e guarantee.Event) (wire.DemandBody, error) {
	b := wire.DemandBody{Demand: e.Demand}
	var examineBy *time.Time
	err := tx.QueryRow(ctx, `SELECT signed, coalesce(completed_at, presented_at), examine_by FROM demand WHERE id = @id`,
		pgx.NamedArgs{"id": e.Demand}).Scan(&b.Signed, &b.ReceivedAt, &examineBy)
	if err != nil {
		return b, err
	}
	b.ReceivedAt = local(b.ReceivedAt)
	if examineBy != nil {
		b.ExamineBy = calendar.DateOf(*examineBy)
	}
	b.Files, err = files(ctx, tx, e.Demand)
	return b, err
}

func files(ctx context.Context, tx pgx.Tx, demand string) ([]wire.File, error) {
	rows, err := tx.Query(ctx, `SELECT kind, name, bytes AS content FROM demand_document WHERE demand = @id ORDER BY kind, digest`,
		pgx.NamedArgs{"id": demand})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[wire.File])
}
