package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
	"baohan/tender"
	"baohan/tender/custody"
)

// handIn brings n bidders to a lot, each with a blind letter that its bid names, by the service's own verbs.
func (h *hall) handIn(ctx context.Context, l *tender.Lot, n, first int) error {
	own := *h.house
	own.Requirement, own.Keys = l.Requirement, l.Custodians
	return together(4, n, func(i int) error {
		bidder := h.house.Member(fmt.Sprintf("示例投标建设有限公司%05d", first+i), 1000+first+i)
		c, err := h.prepareFor(ctx, &own, bidder, first+i)
		if err != nil {
			return err
		}
		if _, err := h.guarantees.Issue(ctx, command(h.house.Bank, party.Guarantor), c.id, guarantee.Issue{Undertaking: c.p7s}); err != nil {
			return err
		}
		return h.bid(ctx, &own, l, bidder, c.id)
	})
}

func (h *hall) bid(ctx context.Context, own *sample.House, l *tender.Lot, bidder sample.Member, named string) error {
	content, err := own.Bid(bidder, named).Canonical()
	if err != nil {
		return err
	}
	_, err = h.tenders.SubmitBid(ctx, command(bidder, party.Bidder), tender.Bidder{Party: bidder.Party, Encryption: bidder.Encrypt.Key.Public()},
		l.ID, own.Signed(bidder, content, own.At))
	return err
}

// crowd puts n bids of a hundred other lots beside them. Their tags are real; their sealed bytes are short, because the
// search never reads them: in a real row they lie outside it, and this row is no shorter.
func (h *hall) crowd(ctx context.Context, n int) error {
	tags := guarantee.NewTags(h.master, "bid")
	_, err := h.pool.CopyFrom(ctx, pgx.Identifier{"bid"}, []string{"id", "state", "uniq_tag", "lot_tag", "owner_tag", "sealed", "ciphertext_digest", "digest"},
		pgx.CopyFromSlice(n, func(i int) ([]any, error) {
			id, other := signing.Sum(signing.Random(16)).String()[:32], "OTHER-"+strconv.Itoa(i%100)
			lot, sealed := tags.Lot(other, other+"-01", id), signing.Random(64)
			r := custody.RecordOf(sealed)
			digest := r.Digest()
			return []any{id, "received", signing.Random(32), lot[:], signing.Random(32), sealed, r.Ciphertext[:], digest[:]}, nil
		}))
	if err == nil {
		_, err = h.pool.Exec(ctx, `ANALYZE`)
	}
	return err
}
