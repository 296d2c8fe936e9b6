package tender

import (
	"bytes"
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
	"baohan/tender/custody"
)

// bidRow is a new bid as SQL sees it.
type bidRow struct {
	ID                        string
	UniqTag, LotTag, OwnerTag signing.Digest
	Sealed                    []byte
	Record                    custody.Record      // of Sealed
	files                     []letter.SealedFile // that it names; they are sealed in it too
	replaces                  string              // the bid whose files it may name again; empty: none
}

func insertBid(ctx context.Context, tx pgx.Tx, r bidRow) error {
	digest := r.Record.Digest()
	_, err := tx.Exec(ctx, `INSERT INTO bid (id, state, uniq_tag, lot_tag, owner_tag, sealed, ciphertext_digest, digest)
		VALUES (@id, 'received', @uniq, @lot, @owner, @sealed, @ciphertext, @digest)`, pgx.NamedArgs{
		"id": r.ID, "uniq": r.UniqTag[:], "lot": r.LotTag[:], "owner": r.OwnerTag[:], "sealed": r.Sealed,
		"ciphertext": r.Record.Ciphertext[:], "digest": digest[:]})
	return translate(err)
}

// withdrawBid frees the pair of lot and bidder. Whoever is second finds nothing to withdraw.
func withdrawBid(ctx context.Context, tx pgx.Tx, id string, uniq signing.Digest, sealed []byte) error {
	tag, err := tx.Exec(ctx, `UPDATE bid SET state = 'withdrawn', uniq_tag = NULL, withdrawal = @sealed
		WHERE id = @id AND uniq_tag = @uniq AND state = 'received'`, pgx.NamedArgs{"id": id, "uniq": uniq[:], "sealed": sealed})
	if err == nil && tag.RowsAffected() != 1 {
		return errWithdrawn
	}
	return translate(err)
}

func insertLate(ctx context.Context, q store.Querier, id signing.Digest) error {
	_, err := q.Exec(ctx, `INSERT INTO late_bid (id, at) VALUES (@id, platform_now()) ON CONFLICT (id) DO NOTHING`,
		pgx.NamedArgs{"id": id[:]})
	return translate(err)
}

// OwnBid is one bid as its owner sees it.
type OwnBid struct {
	ID     string
	State  BidState
	Sealed []byte // signing.Sealed, wrapped to the owner too
	uniq   signing.Digest
}

type ownBidRow struct {
	ID       string
	State    BidState
	Sealed   []byte
	UniqTag  []byte
	OwnerTag []byte
}

// OwnBids lists a bidder's bids, oldest first. Only the holder of the tag key can ask for them.
func (d *Desk) OwnBids(ctx context.Context, by party.Actor) ([]OwnBid, error) {
	if by.Role != party.Bidder {
		return nil, nil
	}
	rows, err := d.owned(ctx, d.Pool, by.USCC)
	if err != nil {
		return nil, err
	}
	out := make([]OwnBid, len(rows))
	for i, r := range rows {
		out[i] = OwnBid{ID: r.ID, State: r.State, Sealed: r.Sealed}
		copy(out[i].uniq[:], r.UniqTag)
	}
	return out, nil
}

// OwnBid is one of them; to anyone but its owner it does not exist.
func (d *Desk) OwnBid(ctx context.Context, by party.Actor, id string) (OwnBid, error) {
	all, err := d.OwnBids(ctx, by)
	if err != nil {
		return OwnBid{}, err
	}
	for _, b := range all {
		if b.ID == id {
			return b, nil
		}
	}
	return OwnBid{}, errNoBid
}

// ownerBatch is how many owner tags are looked up at a time.
const ownerBatch = 32

// owned reads a bidder's rows in the order of their number; the first number that is free ends the list.
func (d *Desk) owned(ctx context.Context, q store.Querier, bidder string) ([]ownBidRow, error) {
	var out []ownBidRow
	for start := 0; ; start += ownerBatch {
		tags := make([][]byte, ownerBatch)
		for i := range tags {
			t := d.Tags.Owner(bidder, start+i)
			tags[i] = t[:]
		}
		rows, err := q.Query(ctx, `SELECT id, state, sealed, uniq_tag, owner_tag FROM bid
			WHERE owner_tag = ANY(@tags) ORDER BY array_position(@tags, owner_tag)`, pgx.NamedArgs{"tags": tags})
		if err != nil {
			return nil, err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[ownBidRow])
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
		if len(found) < ownerBatch {
			return out, nil
		}
	}
}

// lockBidder has two bids of one bidder at once take turns, on an advisory lock whose key is a keyed tag of its own: were
// it the tag of a row, pg_locks would tell whose hand-in wrote that row.
func (d *Desk) lockBidder(ctx context.Context, tx pgx.Tx, bidder string) error {
	key := lockKey(d.Tags.Owner("bidder-lock/"+bidder, 0))
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@key)`, pgx.NamedArgs{"key": key})
	return err
}

// freeOwnerTag is the bidder's next number.
func (d *Desk) freeOwnerTag(ctx context.Context, tx pgx.Tx, bidder string) (signing.Digest, error) {
	if err := d.lockBidder(ctx, tx, bidder); err != nil {
		return signing.Digest{}, err
	}
	n := 0
	for {
		tag := d.Tags.Owner(bidder, n)
		var taken bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM bid WHERE owner_tag = @tag)`, pgx.NamedArgs{"tag": tag[:]}).Scan(&taken)
		if err != nil || !taken {
			return tag, err
		}
		n++
	}
}

// standing finds the bids of a lot: every standing bid's tag is computed and compared. It may be asked only from
// the deadline on.
func (d *Desk) standing(ctx context.Context, tx pgx.Tx, l *Lot) ([]bidRef, error) {
	rows, err := tx.Query(ctx, `SELECT id, lot_tag, digest FROM bid WHERE state = 'received' ORDER BY id`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[bidRef])
	if err != nil {
		return nil, err
	}
	ours := make([]bool, len(all))
	atOnce(len(all), func(i int) {
		tag := d.Tags.Lot(l.Lot.Project, l.Lot.Code, all[i].ID)
		ours[i] = bytes.Equal(tag[:], all[i].LotTag)
	})
	var out []bidRef
	for i, b := range all {
		if ours[i] {
			out = append(out, b)
		}
	}
	return out, nil
}

// bidRef is what a closing says of a bid.
type bidRef struct {
	ID     string
	LotTag []byte
	Digest []byte
}
