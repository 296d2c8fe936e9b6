package client

import (
	"context"
	"errors"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Bid makes a bid, keeps it, and hands it in. Its terms are signed as a form of their own and sealed to the bidder's own
// key first: the opening reveals who bids with which letter, and the terms are read out when the bidder has decrypted
// them. LetterID is the guarantee's id, empty for cash. It succeeds on the platform's signed receipt for this very bid and
// on nothing else; the receipt is kept too. On ErrUnknown, ResumeBid with the id that is returned.
func (b *Bidder) Bid(ctx context.Context, lot wire.Lot, letterID string, terms letter.BidTerms, partners ...letter.Party) (wire.Bid, error) {
	if err := b.checkNotice(lot); err != nil {
		return wire.Bid{}, err
	}
	id, bidders := newID(), append([]letter.Party{b.me.Party}, partners...)
	form, err := b.form(ctx, lot, id, bidders, terms)
	if err != nil {
		return wire.Bid{}, err
	}
	sealed, err := signing.SealTo(form, letter.PartAAD(id, "offer"), b.me.own()...)
	if err != nil {
		return wire.Bid{}, err
	}
	content, err := letter.Bid{Version: 1, Random: signing.Random(32), ID: id, Lot: lot.Requirement.Lot, Bidders: bidders, Letter: letterID,
		Form: letter.FormDigest(form), Offer: sealed, Files: []letter.SealedFile{}, At: b.at()}.Canonical()
	paper, err := b.me.paper(ctx, content, err, b.at())
	if err != nil {
		return wire.Bid{}, err
	}
	if err := b.keep(id+".bid", paper); err != nil {
		return wire.Bid{}, err
	}
	return b.handIn(ctx, lot, id, paper)
}

// form signs the inner half of a bid. The price in capitals follows from the price.
func (b *Bidder) form(ctx context.Context, lot wire.Lot, id string, bidders []letter.Party, terms letter.BidTerms) ([]byte, error) {
	terms.PriceCapital = terms.Price.Capital()
	if terms.Fields == nil {
		terms.Fields = []letter.BidField{}
	}
	content, err := letter.BidForm{Version: 1, Random: signing.Random(32), Bid: id, Lot: lot.Requirement.Lot, Bidders: bidders, Terms: terms,
		Files: []letter.BidFile{}, At: b.at()}.Canonical()
	return b.me.paper(ctx, content, err, b.at())
}

// ResumeBid hands a kept bid in again, after a crash or an unknown outcome: the same bytes under the same key, so it
// stays one bid, and what was accepted the first time is answered with the receipt of then, after the deadline too.
func (b *Bidder) ResumeBid(ctx context.Context, lot wire.Lot, id string) (wire.Bid, error) {
	if err := b.checkNotice(lot); err != nil {
		return wire.Bid{}, err
	}
	paper, err := b.kept(ctx, id+".bid")
	if err != nil {
		return wire.Bid{}, err
	}
	signed, err := signing.ParseSignedData(paper)
	if err != nil {
		return wire.Bid{}, err
	}
	bid, err := letter.ParseBid(signed.Content)
	if err != nil {
		return wire.Bid{}, err
	}
	if bid.ID != id || bid.Lot != lot.Requirement.Lot {
		return wire.Bid{}, errors.New("client: the kept bid is for another lot")
	}
	return b.handIn(ctx, lot, id, paper)
}

// handIn believes that a bid was accepted when the receipt says so. Whatever else comes back as success leaves the
// outcome unknown: the bid may stand, and it may not.
func (b *Bidder) handIn(ctx context.Context, lot wire.Lot, id string, paper []byte) (wire.Bid, error) {
	var answer wire.Bid
	if err := b.post(ctx, "/lots/"+url.PathEscape(lot.ID)+"/bids", "bid-"+id, wire.HandInBid{Bid: paper}, &answer); err != nil {
		return wire.Bid{ID: id}, err
	}
	if err := b.accepted(answer, id, paper, lot.Requirement.End.Deadline); err != nil {
		return wire.Bid{ID: id}, unknown{err}
	}
	return answer, b.keep(id+".bid-receipt", answer.Receipt)
}

// WithdrawBid takes a bid back before the deadline (撤回, 招标投标法29). The answer says when it was accepted; an answer
// about anything else leaves the outcome unknown.
func (b *Bidder) WithdrawBid(ctx context.Context, id string) (wire.Bid, error) {
	content, err := wire.Write(wire.Withdrawal{Version: 1, Bid: id, At: b.at()})
	paper, err := b.me.paper(ctx, content, err, b.at())
	if err != nil {
		return wire.Bid{}, err
	}
	var answer wire.Bid
	if err := b.post(ctx, "/bids/"+url.PathEscape(id)+"/withdraw", "withdraw-"+id, wire.WithdrawBid{Statement: paper}, &answer); err != nil {
		return wire.Bid{}, err
	}
	if answer.ID != id || answer.State != "withdrawn" {
		return wire.Bid{}, unknown{errors.New("client: the answer is not about this withdrawal")}
	}
	return answer, nil
}
