package client

import (
	"context"
	"errors"
	"fmt"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// OwnBid is a bid as its bidder opened it on its own side.
type OwnBid struct {
	Bid     letter.Bid
	Form    letter.BidForm // terms and files
	Receipt wire.BidReceipt
}

// OwnBids lists what the platform says of the bidder's own bids: id and state, oldest first. What they are it cannot say.
func (b *Bidder) OwnBids(ctx context.Context) ([]wire.Bid, error) {
	var list struct {
		Items []struct {
			ID    string `json:"id"`
			State string `json:"state"`
		} `json:"items"`
	}
	if err := b.get(ctx, "/bids", &list); err != nil {
		return nil, err
	}
	all := make([]wire.Bid, len(list.Items))
	for i, x := range list.Items {
		all[i] = wire.Bid{ID: x.ID, State: x.State}
	}
	return all, nil
}

// OpenOwnBid opens a bid with the bidder's own key: the copy kept here, or, on another machine, the platform's seal, which is
// wrapped to the owner too. The receipt is believed under the platform's signature only, and over these very bytes.
func (b *Bidder) OpenOwnBid(ctx context.Context, id string, sealed []byte) (OwnBid, error) {
	paper, receipt, err := b.keptBid(ctx, id)
	if err != nil && sealed != nil {
		paper, receipt, err = b.unseal(ctx, id, sealed)
	}
	if err != nil {
		return OwnBid{}, err
	}
	outer, form, err := b.formOf(ctx, id, paper)
	if err != nil {
		return OwnBid{}, err
	}
	r, err := b.bidReceipt(receipt)
	if err != nil {
		return OwnBid{}, fmt.Errorf("client: the bid's receipt: %w", err)
	}
	if r.Bid != id || r.Digest != wire.BidDigest(paper) {
		return OwnBid{}, errors.New("client: the receipt is for another bid")
	}
	return OwnBid{outer, form, r}, nil
}

func (b *Bidder) keptBid(ctx context.Context, id string) (paper, receipt []byte, err error) {
	if paper, err = b.kept(ctx, id+".bid"); err != nil {
		return nil, nil, err
	}
	receipt, err = b.kept(ctx, id+".bid-receipt")
	return paper, receipt, err
}

func (b *Bidder) unseal(ctx context.Context, id string, sealed []byte) (paper, receipt []byte, err error) {
	var s signing.Sealed
	if err := s.UnmarshalBinary(sealed); err != nil {
		return nil, nil, err
	}
	plain, err := s.OpenOwn(ctx, b.me.Open, letter.BidAAD(id))
	if err != nil {
		return nil, nil, errors.Join(ErrWrongKey, err)
	}
	var r struct {
		Bid     []byte `json:"bid"`
		Receipt []byte `json:"receipt"`
	}
	err = wire.Read(plain, &r)
	return r.Bid, r.Receipt, err
}

// Standing finds the bidder's own bid that stands for a lot, among those that can be opened here; "" if there is none.
func (b *Bidder) Standing(ctx context.Context, lot letter.Lot) (string, error) {
	all, err := b.OwnBids(ctx)
	if err != nil {
		return "", err
	}
	for _, x := range all {
		if x.State != "received" {
			continue
		}
		if own, err := b.OpenOwnBid(ctx, x.ID, nil); err == nil && own.Bid.Lot == lot {
			return x.ID, nil
		}
	}
	return "", nil
}

// Applied is what an application of the bidder's own is for: the draft kept here or, on another machine, the platform's
// sealed copy, opened with the bidder's own key. Lot is the service's id of the lot, empty where only the copy was there.
func (b *Bidder) Applied(ctx context.Context, id string) (lot string, r letter.Reveal, err error) {
	if draft, err := b.Draft(ctx, id); err == nil {
		r, err = letter.ParseReveal(draft.Submission.Reveal)
		return draft.Lot, r, err
	}
	c, err := b.Copy(ctx, id)
	if err != nil {
		return "", r, err
	}
	record, _, err := c.Own()
	if err != nil {
		return "", r, err
	}
	opened, err := openRecord(ctx, c, record, b.me.Open)
	if err != nil {
		return "", r, err
	}
	r, err = letter.ParseReveal(opened.Reveal)
	return "", r, err
}

// OwnLetter is the bidder's letter as a file that proves itself: checked against the draft kept here and kept (Letter), or, on another machine, opened from the
// platform's copy with the own key and verified from the bytes up.
func (b *Bidder) OwnLetter(ctx context.Context, id string) (letter.File, error) {
	if _, err := b.Draft(ctx, id); err == nil {
		return b.Letter(ctx, id)
	}
	c, err := b.Copy(ctx, id)
	if err != nil {
		return letter.File{}, err
	}
	file, err := Unlock(ctx, c, b.me.Open)
	if err != nil {
		return letter.File{}, err
	}
	plain, err := file.Canonical()
	if err != nil {
		return letter.File{}, fmt.Errorf("%w: %w", ErrLetter, err)
	}
	if held := letter.VerifyFile(plain, b.Trust, letter.Platform(b.USCC)); !held.OK {
		return letter.File{}, fmt.Errorf("%w: %s", ErrLetter, held.Words)
	}
	return file, nil
}
