package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// Bidder applies for guarantees and bids. It keeps every paper that it makes, encrypted to its own key, before it
// sends it.
type Bidder struct {
	*person
	copies Copies
}

// NewBidder returns the client of one bidder. It needs an encryption key: own copies are sealed to it.
func NewBidder(p Platform, me Identity, copies Copies) (*Bidder, error) {
	if me.Open == nil {
		return nil, errors.New("client: a bidder needs an encryption key of its own")
	}
	who, err := newPerson(p, me)
	if err != nil {
		return nil, err
	}
	return &Bidder{who, copies}, nil
}

// SignIn begins a session. A bidder whose certificate comes from an accepted authority is registered by it.
func (b *Bidder) SignIn(ctx context.Context) (wire.Actor, error) {
	actor, err := b.signIn(ctx, "bidder")
	if err != nil {
		return actor, err
	}
	return actor, b.registerEncryption(ctx)
}

// Lots lists one page of published lots; after is the cursor of the page before.
func (p *person) Lots(ctx context.Context, after string) (wire.LotPage, error) {
	var page wire.LotPage
	return page, p.get(ctx, "/lots"+cursor(after), &page)
}

// Lot reads one lot.
func (p *person) Lot(ctx context.Context, id string) (wire.Lot, error) {
	var lot wire.Lot
	return lot, p.get(ctx, "/lots/"+url.PathEscape(id), &lot)
}

// Quotes lists every institution's price for a lot.
func (b *Bidder) Quotes(ctx context.Context, lot string) ([]wire.Quote, error) {
	var list wire.QuoteList
	return list.Items, b.get(ctx, "/lots/"+url.PathEscape(lot)+"/quotes", &list)
}

// Applications lists one page of the bidder's own.
func (b *Bidder) Applications(ctx context.Context, after string) (wire.ApplicationPage, error) {
	var page wire.ApplicationPage
	return page, b.get(ctx, "/applications"+cursor(after), &page)
}

// Application reads one of the bidder's own.
func (b *Bidder) Application(ctx context.Context, id string) (wire.Application, error) {
	var a wire.Application
	return a, b.get(ctx, "/applications/"+url.PathEscape(id), &a)
}

// AcceptFee agrees to the fee that the institution really asks, by naming it.
func (b *Bidder) AcceptFee(ctx context.Context, id string, fee letter.Fen) error {
	return b.post(ctx, "/applications/"+url.PathEscape(id)+"/accept-fee", "fee-"+id+"-"+fee.String(), wire.AcceptFee{Fee: fee}, nil)
}

// Cancel (撤单) gives an application up before anything is issued.
func (b *Bidder) Cancel(ctx context.Context, id string) error {
	return b.post(ctx, "/applications/"+url.PathEscape(id)+"/cancel", "cancel-"+id, struct{}{}, nil)
}

// Opening reads what was published of a lot's opening.
func (p *person) Opening(ctx context.Context, lot string) (wire.Opening, error) {
	var o wire.Opening
	return o, p.get(ctx, "/lots/"+url.PathEscape(lot)+"/opening", &o)
}

// Sheet reads an edition of the signed verification sheet of a lot's opening; 0 is the newest. It is to be believed after
// letter.VerifySheet only.
func (p *person) Sheet(ctx context.Context, lot string, edition int) (wire.Sheet, error) {
	path := "/lots/" + url.PathEscape(lot) + "/sheet"
	if edition > 0 {
		path += fmt.Sprintf("?edition=%d", edition)
	}
	var s wire.Sheet
	return s, p.get(ctx, path, &s)
}

// File reads a published guarantee, for anyone to verify without the service.
func (p *person) File(ctx context.Context, id string) ([]byte, error) {
	var file []byte
	return file, p.get(ctx, "/guarantees/"+url.PathEscape(id)+"/file", &file)
}

func cursor(after string) string {
	if after == "" {
		return ""
	}
	return "?after=" + url.QueryEscape(after)
}
