package guarantee

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// newRow is the row of a new application, all of it encrypted or from a public ladder.
type newRow struct {
	ID, Guarantor                 string
	Mode                          letter.Mode
	Form                          letter.Form
	Wording                       string
	WordingVersion                int
	Ceiling, QuotedFee            letter.Fen
	LatestExpiry                  time.Time
	ApplicationDigest, Commitment []byte
	Offer, Sealed, RecordKey      []byte
	UniqTag, LotTag               []byte
	SubmittedAt                   time.Time
}

// ApplyTx takes a sealed application in, inside the transaction that holds the lot's shared lock: the lot is open
// for applications as long as that transaction lives. One bidder has one live letter per lot and round of its
// letters (constraint guarantee_uniq_live); the second of two racing applications is refused with ErrAlreadyApplied.
func (d *Desk) ApplyTx(ctx context.Context, tx pgx.Tx, cmd party.Command, p Prepared) (Answer, error) {
	if prior, done, err := d.begin(ctx, tx, cmd); err != nil || done {
		return prior, err
	}
	tag, err := d.freeOwnerTag(ctx, tx, p)
	if err != nil {
		return Answer{}, err
	}
	if err := insertGuarantee(ctx, tx, p.row, tag); err != nil {
		return Answer{}, err
	}
	t, err := lock(ctx, tx, p.id, cmd.Actor)
	if err != nil {
		return Answer{}, err
	}
	t.g.Version = 0
	t.happened(EventSubmitted, nil)
	return d.finish(ctx, cmd, t)
}

// freeOwnerTag finds the bidder's next number. Two applications of one bidder at once take turns on an advisory lock
// whose key is a keyed tag of its own: were it the tag of a row, pg_locks would tell whose hand-in wrote that row.
func (d *Desk) freeOwnerTag(ctx context.Context, tx pgx.Tx, p Prepared) (signing.Digest, error) {
	turn := d.Tags.Owner("bidder-lock/"+p.applicant, 0)
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@key)`, pgx.NamedArgs{"key": lockKey(turn)}); err != nil {
		return signing.Digest{}, err
	}
	ids, err := d.owned(ctx, tx, p.applicant)
	if err != nil {
		return signing.Digest{}, err
	}
	return p.owner(len(ids)), nil
}

// lockKey folds a tag into the key space of advisory locks.
func lockKey(tag signing.Digest) int64 {
	var k int64
	for _, b := range tag[:8] {
		k = k<<8 | int64(b)
	}
	return k
}

func insertGuarantee(ctx context.Context, tx pgx.Tx, r newRow, owner signing.Digest) error {
	_, err := tx.Exec(ctx, `INSERT INTO guarantee (id, version, guarantor, mode, form, wording, wording_version,
			application_state, fee_state, instrument_state, disclosure_state, verification_state, release_state,
			ceiling, latest_expiry, quoted_fee, application_digest, commitment, offer, sealed, record_key,
			uniq_tag, lot_tag, owner_tag, submitted_at)
		VALUES (@id, 1, @guarantor, @mode, @form, @wording, @wording_version,
			'submitted', 'none', 'none', 'sealed', 'not_done', 'none',
			@ceiling, @latest_expiry, @quoted_fee, @application_digest, @commitment, @offer, @sealed, @record_key,
			@uniq_tag, @lot_tag, @owner_tag, @submitted_at)`, pgx.NamedArgs{
		"id": r.ID, "guarantor": r.Guarantor, "mode": r.Mode, "form": r.Form, "wording": r.Wording, "wording_version": r.WordingVersion,
		"ceiling": r.Ceiling, "latest_expiry": r.LatestExpiry, "quoted_fee": r.QuotedFee,
		"application_digest": r.ApplicationDigest, "commitment": r.Commitment, "offer": r.Offer, "sealed": r.Sealed, "record_key": r.RecordKey,
		"uniq_tag": r.UniqTag, "lot_tag": r.LotTag, "owner_tag": owner[:], "submitted_at": r.SubmittedAt})
	return translate(err)
}

// ownerBatch is how many owner tags are looked up at a time.
const ownerBatch = 32

// owned lists the ids of a bidder's records, oldest first. Only the holder of the tag key can ask.
func (d *Desk) owned(ctx context.Context, q store.Querier, bidder string) ([]string, error) {
	var ids []string
	for start := 0; ; start += ownerBatch {
		tags := make([][]byte, ownerBatch)
		for i := range tags {
			t := d.Tags.Owner(bidder, start+i)
			tags[i] = t[:]
		}
		rows, err := q.Query(ctx, `SELECT id FROM guarantee WHERE owner_tag = ANY(@tags) ORDER BY array_position(@tags, owner_tag)`, pgx.NamedArgs{"tags": tags})
		if err != nil {
			return nil, err
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
		if len(found) < ownerBatch {
			return ids, nil
		}
	}
}
