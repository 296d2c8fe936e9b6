package client

import (
	"context"
	"errors"
	"fmt"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// ErrNotIssued says that the copy holds an application under which nothing is issued yet.
var ErrNotIssued = errors.New("client: nothing is issued under this application yet")

// Unlock opens the owner's record and letter from the platform's answer, saved or fresh, with the owner's encryption
// key alone: no platform, no custodian, no draft. It says what is inside; letter.VerifyFile says whether it holds.
func Unlock(ctx context.Context, c wire.Copy, key signing.Decrypter) (letter.File, error) {
	record, full, err := c.Own()
	if err != nil {
		return letter.File{}, err
	}
	r, err := openRecord(ctx, c, record, key)
	if err != nil {
		return letter.File{}, fmt.Errorf("record: %w", err)
	}
	opened, err := openLetter(ctx, c, r, full, key)
	if err != nil {
		return letter.File{}, fmt.Errorf("letter: %w", err)
	}
	return fileOf(r.Reveal, opened, c.Receipt)
}

// UnlockByDraft does the same with what the bidder's client kept, when the encryption key is lost: the draft holds the
// record, and the record opens a blind letter. A letter in full was sealed to the lost key; its own copy is what the
// bidder kept of it (Letter), and its opening is the custodians'.
func UnlockByDraft(ctx context.Context, c wire.Copy, d Draft) (letter.File, error) {
	if c.ID != d.ID {
		return letter.File{}, errors.New("client: the copy is another application's")
	}
	if c.Letter != nil {
		return letter.File{}, errors.New("client: a letter in full opens with the encryption key only, or from the copy that was kept of it")
	}
	opened, err := openLetter(ctx, c, letter.Record{Reveal: d.Submission.Reveal, Key: d.Submission.Key}, nil, nil)
	if err != nil {
		return letter.File{}, fmt.Errorf("letter: %w", err)
	}
	return fileOf(d.Submission.Reveal, opened, c.Receipt)
}

func openRecord(ctx context.Context, c wire.Copy, sealed signing.Sealed, key signing.Decrypter) (letter.Record, error) {
	plain, err := sealed.OpenOwn(ctx, key, letter.RecordAAD(c.ID, c.RecordVersion))
	if err != nil {
		return letter.Record{}, err
	}
	return letter.ParseRecord(plain)
}

// openLetter opens the letter: a blind one with the record's fresh key, a full one with the owner's own.
func openLetter(ctx context.Context, c wire.Copy, r letter.Record, full *signing.Sealed, key signing.Decrypter) (letter.FullLetter, error) {
	switch {
	case c.Receipt == nil || full == nil && c.Undertaking == nil:
		return letter.FullLetter{}, ErrNotIssued
	case full != nil:
		plain, err := full.OpenOwn(ctx, key, letter.LetterAAD(c.ID))
		if err != nil {
			return letter.FullLetter{}, err
		}
		return letter.ParseFullLetter(plain)
	}
	fresh, err := signing.ParsePrivateKey(r.Key)
	if err != nil {
		return letter.FullLetter{}, err
	}
	padded, err := signing.OpenEnvelope(ctx, fresh, c.Undertaking, letter.PartAAD(c.ID, "undertaking"))
	if err != nil {
		return letter.FullLetter{}, err
	}
	p7s, err := letter.Unpad(padded)
	return letter.FullLetter{Undertaking: p7s}, err
}

// fileOf puts together what was opened. Nothing of it is believed yet.
func fileOf(reveal []byte, opened letter.FullLetter, receipt []byte) (letter.File, error) {
	signed, err := signing.ParseSignedData(opened.Undertaking)
	if err != nil {
		return letter.File{}, err
	}
	u, err := letter.ParseUndertaking(signed.Content)
	if err != nil {
		return letter.File{}, err
	}
	r, err := letter.ParseReveal(reveal)
	return letter.File{Format: letter.FileFormat, Undertaking: u, Reveal: r, Salt: opened.Salt, Signed: opened.Undertaking, Receipt: receipt}, err
}
