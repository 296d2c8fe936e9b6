package guarantee

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// Channel says where a letter came from.
type Channel string

// The channels. A letter applied for here carries keyed tags of lot and bidder; one sold at a counter carries none, and
// a bid that names it decides.
const (
	AtPlatform Channel = "platform"
	AtCounter  Channel = "counter" // 柜台保函
)

// May tells whether the institution's licence covers a wording now: nil, or the refusal that says why not.
type May func(ctx context.Context, w letter.WordingRef) error

// Deposit takes in a letter that its guarantor sold at its own counter, sealed: the same for every admitted institution.
// What can be checked of what the platform cannot read is checked as at Issue, the rest at the opening. From the receipt
// on the guarantor is bound (法释〔2016〕24号 art. 4; 电子签名法 art. 11). The receipt is signed outside the transaction and
// becomes true with its commit. The same statement again gets the same receipt, whatever has become of licence and
// certificate since; another one under the same id or number is refused. A letter that arrives at the deadline or later
// is a letter all the same: the lot is not known here, and its verification shows that it was late.
func (d *Desk) Deposit(ctx context.Context, cmd party.Command, in Deposit, may May) (Answer, error) {
	k, err := readDeposit(cmd.Actor, in)
	if err != nil {
		return Answer{}, err
	}
	again, err := d.holds(ctx, k)
	if err != nil {
		return Answer{}, err
	}
	if !again {
		if err := d.checkDeposit(ctx, &k, may); err != nil {
			return Answer{}, err
		}
		a, err := d.takeIn(ctx, cmd, k)
		if err == nil {
			return a, nil
		}
		// Of the same letter handed in twice at once, the slower is answered like the faster.
		if again, lost := d.holds(ctx, k); lost != nil || !again {
			return Answer{}, err
		}
	}
	return d.change(ctx, cmd, k.row.ID, func(context.Context, *turn) error { return nil })
}

// ErrDepositedOtherwise refuses an id, a commitment or an application that stands for other bytes, whosever they are.
var ErrDepositedOtherwise = party.Conflict("deposit.other_bytes", "这个编号、承诺值或申请书摘要已用于另一份保函；同一份保函请原样重发，另一份保函请换新的随机编号重新制作")

// holds tells whether this very statement of this guarantor was taken in before.
func (d *Desk) holds(ctx context.Context, k deposited) (bool, error) {
	var statement []byte
	err := d.Pool.QueryRow(ctx, `SELECT statement FROM guarantee WHERE id = @id AND guarantor = @guarantor AND channel = 'counter'`,
		pgx.NamedArgs{"id": k.row.ID, "guarantor": k.row.Guarantor}).Scan(&statement)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil && bytes.Equal(statement, k.statement), err
}

// takeIn writes the row, its first fact and the answer together.
func (d *Desk) takeIn(ctx context.Context, cmd party.Command, k deposited) (Answer, error) {
	var answer Answer
	err := d.within(ctx, func(tx pgx.Tx) error {
		if prior, done, err := d.begin(ctx, tx, cmd); err != nil || done {
			answer = prior
			return err
		}
		if err := d.byTwo(ctx, tx, cmd.Actor, &k); err != nil {
			return err
		}
		if err := insertDeposited(ctx, tx, k); err != nil {
			return err
		}
		t, err := lock(ctx, tx, k.row.ID, cmd.Actor)
		if err != nil {
			return err
		}
		if t.now.Sub(k.at) > receiptFresh {
			return store.ErrUnknownOutcome
		}
		t.g.Version = 0
		t.happened(EventDeposited, letter.InForce{Number: k.number, Letter: signing.Digest(k.digest)})
		answer, err = d.finish(ctx, cmd, t)
		return err
	})
	return answer, err
}

func insertDeposited(ctx context.Context, tx pgx.Tx, k deposited) error {
	r := k.row
	_, err := tx.Exec(ctx, `INSERT INTO guarantee (id, version, channel, guarantor, mode, form, wording, wording_version,
			application_state, fee_state, instrument_state, disclosure_state, verification_state, release_state,
			ceiling, latest_expiry, application_digest, commitment, sealed, record_key,
			number, letter_digest, letter, statement, receipt, submitted_at, issued_at, two_people, decided_by, prepared_by, issued_by)
		VALUES (@id, 1, 'counter', @guarantor, @mode, @form, @wording, @wording_version,
			'approved', 'none', 'issued', 'sealed', 'not_done', 'none',
			@ceiling, @latest_expiry, @application_digest, @commitment, @sealed, @record_key,
			@number, @letter_digest, @letter, @statement, @receipt, @at, @at, @two, @decided, @handed, @handed)`, pgx.NamedArgs{
		"id": r.ID, "guarantor": r.Guarantor, "mode": r.Mode, "form": r.Form, "wording": r.Wording, "wording_version": r.WordingVersion,
		"ceiling": r.Ceiling, "latest_expiry": r.LatestExpiry, "application_digest": r.ApplicationDigest, "commitment": r.Commitment,
		"sealed": r.Sealed, "record_key": r.RecordKey, "number": k.number, "letter_digest": k.digest, "letter": k.letter,
		"statement": k.statement, "receipt": k.receipt, "at": k.at,
		"two": k.two, "decided": k.decidedBy, "handed": k.handedBy})
	if err = translate(err); errors.Is(err, ErrAlreadyHandedIn) {
		return ErrDepositedOtherwise
	}
	return err
}
