package client

import (
	"context"
	"errors"
	"io/fs"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// ErrShortLetter refuses to make a bid that names a letter which ends before the bid validity does: the lot's deadline moved
// beyond what the letter reaches. Apply for another one (the lot's new round of letters takes it), or hand the bid in
// knowingly (WithShortLetter).
var ErrShortLetter = errors.New("client: the letter ends before the bid validity that the lot demands now; apply for another one")

// WithShortLetter hands a bid in although its letter ends too early: the opening will find the validity doubtful.
func WithShortLetter() BidOption { return func(p *bidParts) { p.short = true } }

// Suffices tells whether the letter of an own application reaches as far as the lot demands now. The draft that is kept here
// tells: nobody is asked. fs.ErrNotExist: it is not kept here.
func (b *Bidder) Suffices(ctx context.Context, lot wire.Lot, application string) (bool, error) {
	if lot.Requirement == nil {
		return false, errors.New("client: the lot demands nothing that a letter could meet")
	}
	draft, err := b.Draft(ctx, application)
	if err != nil {
		return false, err
	}
	return draft.reaches(*lot.Requirement)
}

func (d Draft) reaches(req letter.Requirement) (bool, error) {
	r, err := letter.ParseReveal(d.Submission.Reveal)
	return err == nil && reaches(letter.LadderExpiry(r.End.Expiry()), req), err
}

// reaches: a letter follows the deadline by its own wording, and no further than its latest expiry.
func reaches(latest calendar.Date, req letter.Requirement) bool {
	return !latest.Before(req.End.Expiry())
}

// longEnough refuses what is known here to be too short. What is not known here the opening tells.
func (b *Bidder) longEnough(ctx context.Context, lot wire.Lot, application string) error {
	draft, err := b.Draft(ctx, application)
	if errors.Is(err, fs.ErrNotExist) || err == nil && draft.Lot != lot.ID {
		return nil
	}
	if err != nil {
		return err
	}
	ok, err := draft.reaches(*lot.Requirement)
	if err == nil && !ok {
		return ErrShortLetter
	}
	return err
}
