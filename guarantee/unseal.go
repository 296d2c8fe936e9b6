package guarantee

import (
	"bytes"
	"context"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// SealedLetter is one row as the opening needs it: everything still encrypted.
type SealedLetter struct {
	Guarantee
	Sealed      []byte // signing.Sealed of letter.Record
	Letter      []byte // blind: envelope to the record's key; full: signing.Sealed of letter.FullLetter
	Statement   []byte // full only
	FeeEvidence []byte
	LotTag      []byte
}

// Of tells whether a bid on this lot may open the row: it was handed in for this lot, or it was sold at a counter and
// carries no tag; then the bid that names it decides, and Fits what came out. It may be asked only after the deadline.
func (s SealedLetter) Of(tags Tags, project, lot string) bool {
	if s.Channel == AtCounter {
		return true
	}
	tag := tags.Lot(project, lot, s.ID)
	return bytes.Equal(tag[:], s.LotTag)
}

// Seals returns the 2-of-3 seals that the custodians must help to open: the record, and for a letter in full the
// letter too.
func (s SealedLetter) Seals() (record signing.Sealed, full *signing.Sealed, err error) {
	if record, err = signing.ParseSealed(s.Sealed); err != nil {
		return record, nil, err
	}
	if !record.Binds(letter.RecordAAD(s.ID, 1)) {
		return record, nil, errForeignSeal
	}
	if s.Mode != letter.ModeFull || s.Letter == nil {
		return record, nil, nil
	}
	letterSeal, err := signing.ParseSealed(s.Letter)
	if err != nil {
		return record, nil, err
	}
	if !letterSeal.Binds(letter.LetterAAD(s.ID)) {
		return record, nil, errForeignSeal
	}
	return record, &letterSeal, nil
}

var errForeignSeal = errors.New("guarantee: the seal says that it is another record's")

// Shares are what two custodians gave for one seal.
type Shares [2]signing.Share

// Unsealed is a letter in clear, in memory, before it is published.
type Unsealed struct {
	Reveal      letter.Reveal
	RevealBytes []byte
	Undertaking []byte // p7s
	Salt        []byte // full only
	Signed      signing.SignedData
	Content     letter.Undertaking
	Fee         *FeeEvidence
}

// ErrNotIssued says that a bid names a guarantee under which nothing was ever issued.
var ErrNotIssued = errors.New("guarantee: nothing was issued under this application")

// Unseal opens a row with the custodians' shares and checks that what comes out is what was committed to, prepared
// and received. Any error here makes the letter a visible "missing" line; it hides no other.
func (s SealedLetter) Unseal(ctx context.Context, record Shares, full *Shares) (Unsealed, error) {
	r, key, err := s.openRecord(record)
	if err != nil {
		return Unsealed{}, err
	}
	u := Unsealed{RevealBytes: r}
	if u.Reveal, err = letter.ParseReveal(r); err != nil {
		return u, err
	}
	if c := letter.Commitment(r); !bytes.Equal(c[:], s.Commitment) {
		return u, errors.New("guarantee: the record does not open the commitment")
	}
	if s.Letter == nil {
		return u, ErrNotIssued
	}
	if s.Mode == letter.ModeBlind {
		err = s.openBlind(ctx, key, &u)
	} else {
		err = s.openFull(full, &u)
	}
	if err != nil {
		return u, err
	}
	return u, s.read(ctx, key, &u)
}

func (s SealedLetter) openRecord(shares Shares) ([]byte, *signing.PrivateKey, error) {
	seal, _, err := s.Seals()
	if err != nil {
		return nil, nil, err
	}
	b, err := seal.Open(letter.RecordAAD(s.ID, 1), shares[0], shares[1])
	if err != nil {
		return nil, nil, err
	}
	rec, err := letter.ParseRecord(b)
	if err != nil {
		return nil, nil, err
	}
	key, err := signing.ParsePrivateKey(rec.Key)
	return rec.Reveal, key, err
}

func (s SealedLetter) openBlind(ctx context.Context, key *signing.PrivateKey, u *Unsealed) error {
	padded, err := signing.OpenEnvelope(ctx, key, s.Letter, letter.PartAAD(s.ID, "undertaking"))
	if err != nil {
		return err
	}
	if u.Undertaking, err = letter.Unpad(padded); err != nil {
		return err
	}
	if d := letter.UndertakingDigest(u.Undertaking); !bytes.Equal(d[:], s.LetterDigest) {
		return errors.New("guarantee: the undertaking is not the one that was prepared")
	}
	return nil
}

func (s SealedLetter) openFull(shares *Shares, u *Unsealed) error {
	_, seal, err := s.Seals()
	if err != nil {
		return err
	}
	if shares == nil || seal == nil {
		return errors.New("guarantee: no shares for the sealed letter")
	}
	b, err := seal.Open(letter.LetterAAD(s.ID), shares[0], shares[1])
	if err != nil {
		return err
	}
	full, err := letter.ParseFullLetter(b)
	if err != nil {
		return err
	}
	u.Undertaking, u.Salt = full.Undertaking, full.Salt
	if d := letter.SaltedDigest(full.Salt, full.Undertaking); !bytes.Equal(d[:], s.LetterDigest) {
		return errors.New("guarantee: the undertaking is not the one that was prepared")
	}
	return nil
}

// read parses what was opened. Whether it holds is the verification's to say, line by line.
func (s SealedLetter) read(ctx context.Context, key *signing.PrivateKey, u *Unsealed) (err error) {
	if u.Signed, err = signing.ParseSignedData(u.Undertaking); err != nil {
		return err
	}
	if u.Content, err = letter.ParseUndertaking(u.Signed.Content); err != nil {
		return err
	}
	if s.FeeEvidence == nil {
		return nil
	}
	padded, err := signing.OpenEnvelope(ctx, key, s.FeeEvidence, letter.PartAAD(s.ID, "fee"))
	if err != nil {
		return err
	}
	b, err := letter.Unpad(padded)
	if err != nil {
		return err
	}
	u.Fee = new(FeeEvidence)
	return json.Unmarshal(b, u.Fee)
}

// Fits tells whether what came out of a row is a letter for this lot and of this row. For a letter applied for here the
// platform saw to both when it was handed in; of one sold at a counter it knew nothing. A letter that does not fit is
// not published in this lot, and its row stays as it is: it may be another lot's.
func (s SealedLetter) Fits(lot letter.Lot, u Unsealed) bool {
	if s.Channel == AtPlatform {
		return true
	}
	r, a := u.Reveal, u.Content.Application
	return r.Lot.Project == lot.Project && r.Lot.Code == lot.Code && r.Application == s.ID && r.Guarantor.USCC == s.Guarantor &&
		r.Amount <= s.Ceiling && a.Mode == s.Mode && a.Commitment == letter.Commitment(u.RevealBytes)
}

// SealedLetters reads the rows that a lot's bids name, still sealed. Ids that do not exist are simply absent.
func (d *Desk) SealedLetters(ctx context.Context, ids []string) ([]SealedLetter, error) {
	rows, err := d.Pool.Query(ctx, `SELECT `+guaranteeColumns+`, sealed, letter, statement, fee_evidence, lot_tag
		FROM guarantee WHERE id = ANY(@ids) ORDER BY id`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[SealedLetter])
}
