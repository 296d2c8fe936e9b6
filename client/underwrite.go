package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Offered is an application as its institution reads it, opened and checked.
type Offered struct {
	Application letter.Application
	Signed      []byte         // B: the application as the bidder signed it
	Digest      signing.Digest // of B
	Applicant   signing.Certificate
	AnswerBy    time.Time

	// For a full letter only: the institution knows the lot and seals what it writes.
	Reveal     *letter.Reveal
	Custodians *letter.KeySet
	Owner      *signing.PublicKey
}

// Full tells whether the letter is to be sealed in full.
func (o Offered) Full() bool { return o.Reveal != nil }

// OpenOffer decrypts an application and checks all that can be checked without asking anyone: the bidder's
// signature and its chain, that it is for this institution and on the public ladders (letter.ParseApplication), and
// for a full letter that the reveal record is the one committed to.
func (i *Institution) OpenOffer(ctx context.Context, m wire.ToIssuer) (Offered, error) {
	var body wire.OfferedBody
	if err := wire.Read(m.Body, &body); err != nil {
		return Offered{}, fmt.Errorf("client: offer: %w", err)
	}
	offer, err := letter.OpenOffer(ctx, m.Guarantee, body.Envelope, i.me.Open)
	if err != nil {
		return Offered{}, fmt.Errorf("client: offer: %w", err)
	}
	o, err := i.readOffer(m, offer)
	if err != nil {
		return Offered{}, fmt.Errorf("client: offer: %w", err)
	}
	return o, nil
}

func (i *Institution) readOffer(m wire.ToIssuer, offer letter.Offer) (Offered, error) {
	signed, err := signing.ParseSignedData(offer.Application)
	if err != nil {
		return Offered{}, err
	}
	if err := signed.Verify(i.Trust, m.At); err != nil {
		return Offered{}, err
	}
	app, err := letter.ParseApplication(signed.Content)
	if err != nil {
		return Offered{}, err
	}
	o := Offered{Application: app, Signed: offer.Application, Digest: letter.ApplicationDigest(offer.Application),
		Applicant: signed.Signer(), AnswerBy: offer.AnswerBy, Custodians: offer.Custodians, Owner: offer.Owner}
	if err := i.checkOffered(m, app, signed.Signer()); err != nil {
		return Offered{}, err
	}
	if app.Mode == letter.ModeBlind {
		if offer.Reveal != nil {
			return Offered{}, errors.New("a blind application came with its reveal record")
		}
		return o, nil
	}
	o.Reveal, err = i.checkReveal(app, offer)
	return o, err
}

func (i *Institution) checkOffered(m wire.ToIssuer, app letter.Application, by signing.Certificate) error {
	w, err := letter.WordingOf(app.Wording)
	switch {
	case err != nil:
		return err
	case app.Application != m.Guarantee:
		return errors.New("the application is another one than the message's")
	case app.Guarantor != i.me.Party:
		return errors.New("the application is for another institution")
	case by.Subject().OrganizationID != app.Applicants[0].USCC:
		return errors.New("the application is not signed by its applicant")
	case w.Form != letter.FormIndependent && app.Mode != letter.ModeFull:
		return errors.New("this wording names its beneficiary and cannot be blind")
	}
	return nil
}

// checkReveal holds the record against the commitment and the application, and the custodians against the record.
func (i *Institution) checkReveal(app letter.Application, offer letter.Offer) (*letter.Reveal, error) {
	if offer.Reveal == nil || offer.Custodians == nil || offer.Owner == nil {
		return nil, errors.New("an application in full came without its reveal record or keys")
	}
	if letter.Commitment(offer.Reveal) != app.Commitment {
		return nil, errors.New("the reveal record is not the one committed to")
	}
	r, err := letter.ParseReveal(offer.Reveal)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Application != app.Application || r.Guarantor != app.Guarantor || !slices.Equal(r.Applicants, app.Applicants):
		return nil, errors.New("the reveal record is for another application")
	case r.Amount > app.Ceiling || letter.LadderExpiry(r.End.Expiry()) != app.LatestExpiry:
		return nil, errors.New("amount or end is beyond the application's")
	case offer.Custodians.Digest() != r.Custodians:
		return nil, ErrCustodians
	}
	return &r, i.appointed(*offer.Custodians)
}

// Letter is a letter that is written and signed, and not yet in force. Keep it before Issue is called: what is
// issued again after a crash must be the same bytes.
type Letter struct {
	Application string          `json:"application"`
	Number      string          `json:"number"`
	Digest      signing.Digest  `json:"digest"`
	Signed      []byte          `json:"signed"` // p7s of the undertaking
	Salt        []byte          `json:"salt,omitzero"`
	Sealed      *signing.Sealed `json:"sealed,omitzero"`
	Statement   []byte          `json:"statement,omitzero"`
}

// Write renders, signs and, in full, seals the letter for an application. Place is where a demand is presented.
func (i *Institution) Write(ctx context.Context, o Offered, number, place string) (Letter, error) {
	l, err := i.write(ctx, o, number, place)
	if err != nil || !o.Full() {
		return l, err
	}
	sealed, err := sealedDigest(l.Sealed)
	if err != nil {
		return l, err
	}
	content, err := letter.SealedIssue{Version: 1, Application: l.Application, Number: l.Number, Digest: l.Digest, Sealed: sealed}.Canonical()
	l.Statement, err = i.me.paper(ctx, content, err, i.at())
	return l, err
}

// write leaves the statement over what was sealed to its caller.
func (i *Institution) write(ctx context.Context, o Offered, number, place string) (Letter, error) {
	u, err := letter.NewUndertaking(o.Application, o.Digest, number, place, o.Reveal)
	if err != nil {
		return Letter{}, err
	}
	content, err := u.Canonical()
	paper, err := i.me.paper(ctx, content, err, i.at())
	if err != nil {
		return Letter{}, err
	}
	l := Letter{Application: o.Application.Application, Number: number, Signed: paper, Digest: letter.UndertakingDigest(paper)}
	if o.Full() {
		return l, l.seal(o)
	}
	return l, nil
}

// seal encrypts a full letter two-of-three to the lot's custodians and to its owner.
func (l *Letter) seal(o Offered) error {
	l.Salt = signing.Random(32)
	l.Digest = letter.SaltedDigest(l.Salt, l.Signed)
	plain, err := letter.FullLetter{Salt: l.Salt, Undertaking: l.Signed}.Canonical()
	if err != nil {
		return err
	}
	sealed, err := signing.SealTwoOfThree(plain, letter.LetterAAD(l.Application), letter.LetterSize, o.Custodians.Public(), *o.Owner)
	l.Sealed = &sealed
	return err
}

// sealedDigest is what a statement names of a seal.
func sealedDigest(s *signing.Sealed) (signing.Digest, error) {
	b, err := s.MarshalBinary()
	return letter.SealedDigest(b), err
}

// OpenDisclosure checks what the opening revealed of a blind application: the commitment is recomputed, and the
// record must fit the application that was underwritten. What comes back is what the letter secures.
func OpenDisclosure(app letter.Application, m wire.ToIssuer) (letter.Reveal, error) {
	var body wire.DisclosedBody
	if err := wire.Read(m.Body, &body); err != nil {
		return letter.Reveal{}, fmt.Errorf("client: disclosure: %w", err)
	}
	if got := letter.Commitment(body.Reveal); !bytes.Equal(got[:], app.Commitment[:]) {
		return letter.Reveal{}, errors.New("client: disclosure: the reveal record is not the one committed to")
	}
	r, err := letter.ParseReveal(body.Reveal)
	if err != nil {
		return r, err
	}
	if r.Application != app.Application || r.Guarantor != app.Guarantor || !slices.Equal(r.Applicants, app.Applicants) ||
		r.Amount > app.Ceiling || r.End.Expiry().After(app.LatestExpiry) {
		return r, errors.New("client: disclosure: the reveal record goes beyond the application")
	}
	if !body.Expiry.IsZero() && (body.Expiry.Before(r.End.Expiry()) || body.Expiry.After(app.LatestExpiry)) {
		return r, errors.New("client: disclosure: the letter cannot end on the day that the platform says")
	}
	return r, nil
}

// DisclosedUntil is the last day of a letter whose disclosure OpenDisclosure has accepted: its record's, or the later one
// to which the deadline moved.
func DisclosedUntil(m wire.ToIssuer, r letter.Reveal) calendar.Date {
	var body wire.DisclosedBody
	if err := wire.Read(m.Body, &body); err != nil || body.Expiry.IsZero() {
		return r.End.Expiry()
	}
	return body.Expiry
}
