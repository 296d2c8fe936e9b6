package client

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Draft is an application that is made and kept, and may be sent any number of times: it stays one application.
type Draft struct {
	ID         string          `json:"id"`
	Lot        string          `json:"lot"` // the service's id of the lot
	Submission wire.Submission `json:"submission"`
}

// Apply makes an application for a lot at a quoted price, keeps it, and hands it in. Partners are the other
// members of a consortium that this bidder leads. On ErrUnknown, Resume with the draft's id.
func (b *Bidder) Apply(ctx context.Context, lot wire.Lot, q wire.Quote, partners ...letter.Party) (Draft, wire.Application, error) {
	draft, err := b.Prepare(ctx, lot, q, partners...)
	if err != nil {
		return draft, wire.Application{}, err
	}
	a, err := b.submit(ctx, draft)
	return draft, a, err
}

// Prepare makes an application and keeps it, and sends nothing. From here on the bidder can prove what it applied
// for, whatever happens to the service.
func (b *Bidder) Prepare(ctx context.Context, lot wire.Lot, q wire.Quote, partners ...letter.Party) (Draft, error) {
	if err := b.checkLot(lot, q); err != nil {
		return Draft{}, err
	}
	draft, err := b.draft(ctx, lot, q, append([]letter.Party{b.me.Party}, partners...))
	if err != nil {
		return Draft{}, err
	}
	plain, err := wire.Write(draft)
	if err != nil {
		return Draft{}, err
	}
	return draft, b.keep(draft.ID+".draft", plain)
}

// Resume hands a kept draft in again, after a crash or an unknown outcome.
func (b *Bidder) Resume(ctx context.Context, id string) (wire.Application, error) {
	draft, err := b.Draft(ctx, id)
	if err != nil {
		return wire.Application{}, err
	}
	return b.submit(ctx, draft)
}

// Draft reads a kept draft back.
func (b *Bidder) Draft(ctx context.Context, id string) (draft Draft, err error) {
	plain, err := b.kept(ctx, id+".draft")
	if err != nil {
		return Draft{}, err
	}
	return draft, wire.Read(plain, &draft)
}

// submit hands in, and reads the application back: its answer is the same whether or not this was the first time.
// Without an answer too: what is there was accepted.
func (b *Bidder) submit(ctx context.Context, d Draft) (wire.Application, error) {
	err := b.post(ctx, "/lots/"+url.PathEscape(d.Lot)+"/applications", "apply-"+d.ID, d.Submission, nil)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return wire.Application{}, err
	}
	found, readErr := b.Application(ctx, d.ID)
	if readErr != nil {
		return wire.Application{}, errors.Join(err, readErr)
	}
	return found, nil
}

// checkLot holds the notice, the deadline and the quote.
func (b *Bidder) checkLot(lot wire.Lot, q wire.Quote) error {
	if err := b.checkNotice(lot); err != nil {
		return err
	}
	req := *lot.Requirement
	if !b.Clock.Now().Before(req.End.Deadline) {
		return errors.New("client: the deadline has passed")
	}
	return checkQuote(req, q)
}

// checkQuote holds a quote against the public ladders and the lot's forms, and its wording against its form.
func checkQuote(req letter.Requirement, q wire.Quote) error {
	w, err := letter.WordingOf(q.Wording)
	switch {
	case err != nil:
		return err
	case w.Form != q.Form || !slices.Contains(req.Forms, q.Form):
		return errors.New("client: the lot does not accept this form of letter")
	case q.Ceiling != letter.LadderCeiling(req.Amount) || q.LatestExpiry != letter.LadderExpiry(req.End.Expiry()):
		return errors.New("client: ceiling or latest expiry of the quote is not on the public ladder")
	case q.Fee < 1 || q.Fee > q.Ceiling:
		return errors.New("client: the quoted fee is not a fee")
	}
	return nil
}

func (b *Bidder) draft(ctx context.Context, lot wire.Lot, q wire.Quote, applicants []letter.Party) (Draft, error) {
	fresh, err := signing.GenerateKey()
	if err != nil {
		return Draft{}, err
	}
	req, id := *lot.Requirement, newID()
	reveal, err := letter.Reveal{
		Version: 1, Random: signing.Random(32), Application: id, Guarantor: q.Guarantor, Applicants: applicants,
		Lot: req.Lot, Beneficiaries: req.Beneficiaries, Requirement: req.Digest(), Amount: req.Amount, End: req.End,
		Custodians: req.Custodians,
	}.Canonical()
	if err != nil {
		return Draft{}, err
	}
	content, err := letter.Application{
		Version: 1, Application: id, Guarantor: q.Guarantor, Applicants: applicants, Wording: q.Wording, Mode: q.Mode,
		Ceiling: q.Ceiling, LatestExpiry: q.LatestExpiry, Fee: q.Fee, Commitment: letter.Commitment(reveal),
	}.Canonical()
	application, err := b.me.paper(ctx, content, err, b.at())
	if err != nil {
		return Draft{}, err
	}
	return Draft{ID: id, Lot: lot.ID, Submission: wire.Submission{Reveal: reveal, Application: application, Key: fresh.Bytes()}}, nil
}
