package client

import (
	"context"
	"errors"
	"hash"
	"io"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// ErrFile says that a file is not the one that its bid names. What was written of it must not be used.
var ErrFile = errors.New("client: the file is not the one of its digest")

// BidFiles lists the files of a bid that was read out, for who runs the lot, the centre and the supervisor.
func (s *Staff) BidFiles(ctx context.Context, bid string) ([]wire.BidFile, error) {
	var all wire.BidFiles
	return all.Items, s.get(ctx, "/bids/"+url.PathEscape(bid)+"/files", &all)
}

// BidFile writes one of them to w as it comes, and holds it against its digest. Only without an error is it the file.
func (s *Staff) BidFile(ctx context.Context, bid string, f wire.BidFile, w io.Writer) error {
	c := &checking{to: w, sum: signing.NewSM3()}
	if err := s.fetch(ctx, "/bids/"+url.PathEscape(bid)+"/file?file="+url.QueryEscape(f.ID), f.Size, c); err != nil {
		return err
	}
	return c.agrees(f.Size, f.Digest)
}

// checking sums up what it passes on.
type checking struct {
	to  io.Writer
	sum hash.Hash
	n   int64
}

func (c *checking) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.sum.Write(p[:n])
	c.n += int64(n)
	return n, err
}

func (c *checking) agrees(size int64, digest signing.Digest) error {
	if c.n != size || signing.Digest(c.sum.Sum(nil)) != digest {
		return ErrFile
	}
	return nil
}

// OwnFiles lists the files of a bid that this client made and kept.
func (b *Bidder) OwnFiles(ctx context.Context, bid string) ([]letter.BidFile, error) {
	_, form, err := b.ownForm(ctx, bid)
	return form.Files, err
}

// OwnFile writes a file of a bid that this client made and kept: the platform's ciphertext, opened here. It can be had at any
// time. Only without an error is it the file.
func (b *Bidder) OwnFile(ctx context.Context, bid, file string, w io.Writer) error {
	outer, form, err := b.ownForm(ctx, bid)
	if err != nil {
		return err
	}
	i, err := fileIn(form, file)
	if err != nil {
		return err
	}
	from, to := io.Pipe()
	go func() {
		to.CloseWithError(b.fetch(ctx, "/bid-files/"+url.PathEscape(file), outer.Files[i].Size, to))
	}()
	clear, err := letter.OpenBidFile(from, form.Files[i])
	if err == nil {
		_, err = io.Copy(w, clear)
	}
	return errors.Join(err, from.Close())
}

// ownForm opens the kept copy of a bid.
func (b *Bidder) ownForm(ctx context.Context, bid string) (outer letter.Bid, form letter.BidForm, err error) {
	paper, err := b.kept(ctx, bid+".bid")
	if err != nil {
		return outer, form, err
	}
	return b.formOf(ctx, bid, paper)
}

// formOf opens the inner half of a bid.
func (b *Bidder) formOf(ctx context.Context, bid string, paper []byte) (outer letter.Bid, form letter.BidForm, err error) {
	signed, err := signing.ParseSignedData(paper)
	if err != nil {
		return outer, form, err
	}
	if outer, err = letter.ParseBid(signed.Content); err != nil {
		return outer, form, err
	}
	p7s, err := signing.OpenEnvelope(ctx, b.me.Open, outer.Offer, letter.PartAAD(bid, "offer"))
	if err != nil {
		return outer, form, errors.Join(ErrWrongKey, err)
	}
	if signed, err = signing.ParseSignedData(p7s); err != nil {
		return outer, form, err
	}
	if form, err = letter.ParseBidForm(signed.Content); err != nil {
		return outer, form, err
	}
	return outer, form, form.Holds(outer)
}
