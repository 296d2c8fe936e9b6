package client

import (
	"context"
	"errors"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Bid makes a bid, keeps it, and hands it in. Offer (price and the rest) is sealed to the bidder's own key first:
// the opening reveals who bids with which letter, the offer is read from the bidder's own file. LetterID is the
// guarantee's id, empty for cash.
func (b *Bidder) Bid(ctx context.Context, lot wire.Lot, letterID string, offer []byte, partners ...letter.Party) (wire.Bid, error) {
	if lot.Requirement == nil {
		return wire.Bid{}, errors.New("client: the lot is not published")
	}
	id := newID()
	sealed, err := signing.SealTo(offer, letter.PartAAD(id, "offer"), b.me.own()...)
	if err != nil {
		return wire.Bid{}, err
	}
	content, err := letter.Bid{Version: 1, Random: signing.Random(32), ID: id, Lot: lot.Requirement.Lot,
		Bidders: append([]letter.Party{b.me.Party}, partners...), Letter: letterID, Offer: sealed, At: b.at()}.Canonical()
	paper, err := b.me.paper(ctx, content, err, b.at())
	if err != nil {
		return wire.Bid{}, err
	}
	if err := b.keep(id+".bid", paper); err != nil {
		return wire.Bid{}, err
	}
	var answer wire.Bid
	return answer, b.post(ctx, "/lots/"+url.PathEscape(lot.ID)+"/bids", "bid-"+id, wire.HandInBid{Bid: paper}, &answer)
}

// WithdrawBid takes a bid back before the deadline (撤回, 招标投标法29). The answer says when it was accepted.
func (b *Bidder) WithdrawBid(ctx context.Context, id string) (wire.Bid, error) {
	content, err := wire.Write(wire.Withdrawal{Version: 1, Bid: id, At: b.at()})
	paper, err := b.me.paper(ctx, content, err, b.at())
	if err != nil {
		return wire.Bid{}, err
	}
	var answer wire.Bid
	return answer, b.post(ctx, "/bids/"+url.PathEscape(id)+"/withdraw", "withdraw-"+id, wire.WithdrawBid{Statement: paper}, &answer)
}
