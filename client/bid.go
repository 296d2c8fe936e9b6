package client

import (
	"context"
	"errors"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// BidOption says what else a bid is.
type BidOption func(*bidParts)

type bidParts struct {
	partners   []letter.Party
	consortium *letter.Consortium
	cash       *letter.CashSlip
	replaces   string
	short      bool
	files      []FileOf
	again      []string
	told       func(FileProgress)
	noted      func(id string) error
}

// InConsortium bids as the lead of a consortium. Consents are the partners' own signed words (Bidder.Consent of each), in
// the order of the partners; agreement is the SM3 of the file of their agreement (联合体协议).
func InConsortium(agreement signing.Digest, partners []letter.Party, consents [][]byte) BidOption {
	return func(p *bidParts) {
		p.partners, p.consortium = partners, &letter.Consortium{Agreement: agreement, Consents: consents}
	}
}

// Noting is told the id of a bid that is made and kept, before anything of it is sent: whoever notes it knows after a crash
// what to resume. Its error keeps the bid from being sent.
func Noting(told func(id string) error) BidOption { return func(p *bidParts) { p.noted = told } }

// WithCash names the deposit in cash that is the bid's security. Until the opening nobody but the bidder reads it.
func WithCash(slip letter.CashSlip) BidOption { return func(p *bidParts) { p.cash = &slip } }

// Bid makes a bid, keeps it, and hands it in. Its terms are signed as a form of their own and sealed to the bidder's own
// key first: the opening reveals who bids with which letter, and the terms are read out when the bidder has decrypted
// them. LetterID is the guarantee's id, empty for cash. It succeeds on the platform's signed receipt for this very bid and
// on nothing else; the receipt is kept too. ErrShortLetter says, before anything is sent, that the letter no longer
// suffices. On ErrUnknown, ResumeBid with the id that is returned.
func (b *Bidder) Bid(ctx context.Context, lot wire.Lot, letterID string, terms letter.BidTerms, also ...BidOption) (wire.Bid, error) {
	if err := b.checkNotice(lot); err != nil {
		return wire.Bid{}, err
	}
	id, paper, err := b.makeBid(ctx, lot, letterID, terms, also)
	if err == nil {
		err = noted(also, id)
	}
	if err != nil {
		return wire.Bid{}, err
	}
	return b.handIn(ctx, lot, id, paper)
}

// makeBid signs a bid and keeps it.
func (b *Bidder) makeBid(ctx context.Context, lot wire.Lot, letterID string, terms letter.BidTerms, also []BidOption) (id string, paper []byte, err error) {
	var parts bidParts
	for _, option := range also {
		option(&parts)
	}
	id = newID()
	if letterID != "" && !parts.short {
		if err := b.longEnough(ctx, lot, letterID); err != nil {
			return id, nil, err
		}
	}
	bidders := append([]letter.Party{b.me.Party}, parts.partners...)
	files, err := b.filesOf(ctx, parts)
	if err != nil {
		return id, nil, err
	}
	form, err := b.form(ctx, lot, id, bidders, terms, files.inner)
	if err != nil {
		return id, nil, err
	}
	sealed, err := signing.SealTo(form, letter.PartAAD(id, "offer"), b.me.own()...)
	if err != nil {
		return id, nil, err
	}
	content, err := letter.Bid{Version: 1, Random: signing.Random(32), ID: id, Lot: lot.Requirement.Lot, Bidders: bidders, Letter: letterID,
		Form: letter.FormDigest(form), Offer: sealed, Files: files.outer, At: b.at(),
		Replaces: parts.replaces, Cash: parts.cash, Consortium: parts.consortium}.Canonical()
	paper, err = b.me.paper(ctx, content, err, b.at())
	if err != nil {
		return id, nil, err
	}
	return id, paper, b.keep(id+".bid", paper)
}

// noted tells what is about to be sent, when all of it is kept.
func noted(also []BidOption, id string) error {
	var parts bidParts
	for _, option := range also {
		option(&parts)
	}
	if parts.noted == nil {
		return nil
	}
	return parts.noted(id)
}

// Consent signs that this bidder bids for a lot with these members, the lead first, under an agreement of theirs (its file's
// SM3). The lead puts it into the bid; it stays good when the bid is replaced.
func (b *Bidder) Consent(ctx context.Context, lot wire.Lot, members []letter.Party, agreement signing.Digest) ([]byte, error) {
	if err := b.checkNotice(lot); err != nil {
		return nil, err
	}
	content, err := letter.Consent{Version: 1, Lot: lot.Requirement.Lot, Members: members, Agreement: agreement, At: b.at()}.Canonical()
	return b.me.paper(ctx, content, err, b.at())
}

// form signs the inner half of a bid. The price in capitals follows from the price.
func (b *Bidder) form(ctx context.Context, lot wire.Lot, id string, bidders []letter.Party, terms letter.BidTerms, files []letter.BidFile) ([]byte, error) {
	terms.PriceCapital = terms.Price.Capital()
	if terms.Fields == nil {
		terms.Fields = []letter.BidField{}
	}
	content, err := letter.BidForm{Version: 1, Random: signing.Random(32), Bid: id, Lot: lot.Requirement.Lot, Bidders: bidders, Terms: terms,
		Files: files, At: b.at()}.Canonical()
	return b.me.paper(ctx, content, err, b.at())
}

// ResumeBid hands a kept bid in again, after a crash or an unknown outcome: the same bytes under the same key, so it
// stays one bid, and what was accepted the first time is answered with the receipt of then, after the deadline too. One
// that replaces another is replaced again in the same way.
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
	if bid.Replaces == "" {
		return b.handIn(ctx, lot, id, paper)
	}
	statement, err := b.kept(ctx, id+".bid-replaces")
	if err != nil {
		return wire.Bid{}, err
	}
	return b.replace(ctx, lot, bid.Replaces, id, paper, statement)
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

// ReplaceBid puts a new bid in the place of one's own standing one (修改, 招标投标法29), in one act: until the platform's
// receipts say otherwise the old one stands, and a replacement that comes too late leaves it standing. Both receipts are
// kept. On ErrUnknown, ResumeBid with the id that is returned.
func (b *Bidder) ReplaceBid(ctx context.Context, lot wire.Lot, old, letterID string, terms letter.BidTerms, also ...BidOption) (wire.Bid, error) {
	if err := b.checkNotice(lot); err != nil {
		return wire.Bid{}, err
	}
	statement, err := b.withdrawal(ctx, old)
	if err != nil {
		return wire.Bid{}, err
	}
	id, paper, err := b.makeBid(ctx, lot, letterID, terms, append(also, func(p *bidParts) { p.replaces = old }))
	if err == nil {
		err = b.keep(id+".bid-replaces", statement)
	}
	if err == nil {
		err = noted(also, id)
	}
	if err != nil {
		return wire.Bid{}, err
	}
	return b.replace(ctx, lot, old, id, paper, statement)
}

func (b *Bidder) replace(ctx context.Context, lot wire.Lot, old, id string, paper, statement []byte) (wire.Bid, error) {
	var answer wire.ReplacedBid
	if err := b.post(ctx, "/bids/"+url.PathEscape(old)+"/replace", "replace-"+id, wire.ReplaceBid{Bid: paper, Statement: statement}, &answer); err != nil {
		return wire.Bid{ID: id}, err
	}
	if err := errors.Join(b.accepted(answer.Received, id, paper, lot.Requirement.End.Deadline), b.withdrawn(answer.Withdrawn, old, statement)); err != nil {
		return wire.Bid{ID: id}, unknown{err}
	}
	return answer.Received, errors.Join(b.keep(id+".bid-receipt", answer.Received.Receipt), b.keep(old+".withdrawal-receipt", answer.Withdrawn.Receipt))
}

// WithdrawBid takes a bid back before the deadline (撤回, 招标投标法29). It succeeds on the platform's signed receipt for
// this very statement, which is kept: it shows that the bid was taken back, and when. Without one the outcome is unknown;
// then do the same again: the statement is kept before it is sent, so that the same bytes go under the same key.
func (b *Bidder) WithdrawBid(ctx context.Context, id string) (wire.Bid, error) {
	paper, err := b.kept(ctx, id+".withdrawal")
	if err != nil {
		if paper, err = b.withdrawal(ctx, id); err == nil {
			err = b.keep(id+".withdrawal", paper)
		}
	}
	if err != nil {
		return wire.Bid{}, err
	}
	var answer wire.Bid
	if err := b.post(ctx, "/bids/"+url.PathEscape(id)+"/withdraw", "withdraw-"+id, wire.WithdrawBid{Statement: paper}, &answer); err != nil {
		return wire.Bid{}, err
	}
	if err := b.withdrawn(answer, id, paper); err != nil {
		return wire.Bid{}, unknown{err}
	}
	return answer, b.keep(id+".withdrawal-receipt", answer.Receipt)
}

func (b *Bidder) withdrawal(ctx context.Context, id string) ([]byte, error) {
	content, err := wire.Write(wire.Withdrawal{Version: 1, Bid: id, At: b.at()})
	return b.me.paper(ctx, content, err, b.at())
}
