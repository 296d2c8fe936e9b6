package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Sale is a letter as a customer buys it at the institution's own counter.
type Sale struct {
	Application string            // the letter's id, 128 random bits in hexadecimal; empty: a new one is made
	Applicants  []letter.Party    // the customer; the lead of a consortium first
	Wording     letter.WordingRef // of the form that the institution's licence allows
	Fee         letter.Fen        // taken at the counter, fen; the letter says so, the platform is not told
	Number      string            // the institution's own, unique for ever
	Place       string            // where a demand is presented
	Owner       signing.PublicKey // of the customer's encryption certificate; zero: it gave none
}

// Sold is a letter that was sold at the counter: written, signed and sealed, and not yet in force. Keep it before
// Deposit is called: what is handed in again after a crash must be the same bytes.
type Sold struct {
	Letter                 // its statement is over letter.Deposit
	Asked  []byte          `json:"asked"`  // p7s of the letter.Application, as the institution took it down at its counter
	Reveal []byte          `json:"reveal"` // canonical letter.Reveal
	Record *signing.Sealed `json:"record"`
}

var (
	// ErrSale refuses a sale that can never become a letter for its lot, whenever it is tried again.
	ErrSale = errors.New("client: no letter can be sold for this lot")
	// ErrLate says that a letter came in at the deadline of its lot or after it. It is in force, and of no use there.
	ErrLate = errors.New("client: the letter came in after the deadline of its lot")
)

// Lot reads one published lot, to sell a letter for it.
func (i *Institution) Lot(ctx context.Context, id string) (wire.Lot, error) {
	var lot wire.Lot
	return lot, i.get(ctx, "/lots/"+url.PathEscape(id), &lot)
}

// Sell writes, signs and seals a letter for a lot, and sends nothing. The notice is believed as a bidder believes it;
// the seals are for the lot's three custodians and, if the customer gave its certificate, for the customer.
func (i *Institution) Sell(ctx context.Context, lot wire.Lot, s Sale) (Sold, error) {
	if err := i.checkSale(lot, s); err != nil {
		return Sold{}, fmt.Errorf("%w: %w", ErrSale, err)
	}
	fresh, err := signing.GenerateKey()
	if err != nil {
		return Sold{}, err
	}
	if s.Owner.IsZero() { // a key that nobody keeps: the row shall not tell who gave a certificate
		nobody, err := signing.GenerateKey()
		if err != nil {
			return Sold{}, err
		}
		s.Owner = nobody.Public()
	}
	sold, o, err := i.ask(ctx, lot, s)
	if err != nil {
		return Sold{}, fmt.Errorf("%w: %w", ErrSale, err)
	}
	if sold.Letter, err = i.write(ctx, o, s.Number, s.Place); err != nil {
		return Sold{}, fmt.Errorf("%w: %w", ErrSale, err)
	}
	return sold, i.sealSold(ctx, &sold, o, fresh)
}

// checkSale holds the notice, the deadline, and the form of the letter.
func (i *Institution) checkSale(lot wire.Lot, s Sale) error {
	if err := i.checkNotice(lot); err != nil {
		return err
	}
	w, err := letter.WordingOf(s.Wording)
	switch {
	case err != nil:
		return err
	case !slices.Contains(lot.Requirement.Forms, w.Form):
		return errors.New("client: the lot does not accept this form of letter")
	case !i.Clock.Now().Before(lot.Requirement.End.Deadline):
		return errors.New("client: the deadline has passed")
	}
	return nil
}

// ask takes the sale down as an application in full, signed by the institution, with its reveal record.
func (i *Institution) ask(ctx context.Context, lot wire.Lot, s Sale) (Sold, Offered, error) {
	req, id := *lot.Requirement, cmp.Or(s.Application, newID())
	r := letter.Reveal{Version: 1, Random: signing.Random(32), Application: id, Guarantor: i.me.Party, Applicants: s.Applicants, Lot: req.Lot,
		Beneficiaries: req.Beneficiaries, Requirement: req.Digest(), Amount: req.Amount, End: req.End, Custodians: req.Custodians}
	reveal, err := r.Canonical()
	if err != nil {
		return Sold{}, Offered{}, err
	}
	app := letter.Application{Version: 1, Application: id, Guarantor: i.me.Party, Applicants: s.Applicants, Wording: s.Wording, Mode: letter.ModeFull,
		Ceiling: letter.LadderCeiling(req.Amount), LatestExpiry: letter.LadderExpiry(req.End.Expiry()), Fee: s.Fee, Commitment: letter.Commitment(reveal)}
	content, err := app.Canonical()
	asked, err := i.me.paper(ctx, content, err, i.at())
	return Sold{Asked: asked, Reveal: reveal},
		Offered{Application: app, Digest: letter.ApplicationDigest(asked), Reveal: &r, Custodians: lot.Custodians, Owner: &s.Owner}, err
}

// sealSold seals the reveal record as the letter was sealed, and states both.
func (i *Institution) sealSold(ctx context.Context, sold *Sold, o Offered, fresh *signing.PrivateKey) error {
	app := o.Application
	plain, err := letter.Record{Reveal: sold.Reveal, Key: fresh.Bytes()}.Canonical()
	if err != nil {
		return err
	}
	record, err := signing.SealTwoOfThree(plain, letter.RecordAAD(app.Application, 1), letter.RecordSize, o.Custodians.Public(), *o.Owner)
	if err != nil {
		return err
	}
	sold.Record = &record
	content, err := sold.deposit(app, fresh.Public())
	sold.Statement, err = i.me.paper(ctx, content, err, i.at())
	return err
}

func (s Sold) deposit(app letter.Application, key signing.PublicKey) ([]byte, error) {
	record, err := sealedDigest(s.Record)
	if err != nil {
		return nil, err
	}
	sealed, err := sealedDigest(s.Sealed)
	if err != nil {
		return nil, err
	}
	w, err := letter.WordingOf(app.Wording)
	if err != nil {
		return nil, err
	}
	return letter.Deposit{Version: 1, Application: s.Application, Number: s.Number, Form: w.Form, Wording: app.Wording, Ceiling: app.Ceiling,
		LatestExpiry: app.LatestExpiry, Commitment: app.Commitment, ApplicationDigest: letter.ApplicationDigest(s.Asked), Digest: s.Digest,
		Record: record, Sealed: sealed, RecordKey: key}.Canonical()
}

// Deposit hands a letter in that was sold at the counter, sealed: the platform learns neither lot nor customer. From the
// receipt on it is in force. It may be called again with the same Sold after any failure, and ends in the same receipt.
// The file is for the customer, who checks it as anyone can and names its application's id in the bid; whoever else gets
// it before the opening knows who bids. ErrLate comes with the file.
func (i *Institution) Deposit(ctx context.Context, s Sold) (letter.File, error) {
	var out wire.Issued
	in := wire.Deposit{Statement: s.Statement, Record: s.Record, Letter: s.Sealed}
	if err := i.post(ctx, "/issuer/letters", "deposit-"+s.Application, in, &out); err != nil {
		return letter.File{}, err
	}
	f, err := s.File(out.Receipt)
	if err != nil {
		return letter.File{}, unknown{err}
	}
	r, err := i.receipt(out.Receipt)
	if err == nil {
		err = checkReceipt(r, f.Undertaking.Application, f.Undertaking, s.Digest)
	}
	if err != nil {
		return letter.File{}, unknown{err}
	}
	return f, inTime(r.AcceptedAt, f.Reveal.End.Deadline)
}

// Taken is the application that the institution took down at its counter. It has none without one.
func (s Sold) Taken() letter.Application {
	signed, err := signing.ParseSignedData(s.Asked)
	if err != nil {
		return letter.Application{}
	}
	app, err := letter.ParseApplication(signed.Content)
	if err != nil {
		return letter.Application{}
	}
	return app
}

// File is the guarantee file of a letter with its receipt.
func (s Sold) File(receipt []byte) (letter.File, error) {
	return fileOf(s.Reveal, letter.FullLetter{Salt: s.Salt, Undertaking: s.Signed}, receipt)
}

func inTime(accepted, deadline time.Time) error {
	if accepted.Before(deadline) {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrLate, instant(accepted))
}
