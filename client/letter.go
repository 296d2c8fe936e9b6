package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// ErrLetter says that the letter on record is not the one that was applied for. Tell the institution and the
// platform before the deadline; another letter may still be had.
var ErrLetter = errors.New("client: the letter is not what was applied for")

// Letter fetches the bidder's own sealed copy, opens it with its own keys, checks it from the bytes up against the
// draft that it kept, and keeps the whole, with the log's proof, as a file that proves itself without the service. Nobody else has read a
// letter that is sealed in full: do this before the deadline.
func (b *Bidder) Letter(ctx context.Context, id string) (letter.File, error) {
	draft, err := b.Draft(ctx, id)
	if err != nil {
		return letter.File{}, err
	}
	c, err := b.Copy(ctx, id)
	if err != nil {
		return letter.File{}, err
	}
	file, err := b.open(ctx, draft, c)
	if err != nil {
		return letter.File{}, fmt.Errorf("%w: %w", ErrLetter, err)
	}
	file.Log = b.proven(ctx, file)
	plain, err := file.Canonical()
	if err != nil {
		return letter.File{}, fmt.Errorf("%w: %w", ErrLetter, err)
	}
	return file, b.keep(id+".letter", plain)
}

// proven is the log's proof of the issue. The letter is kept without it while the log has only promised, or gives none
// that holds: the letter is as good, and a later Letter or Check brings the proof.
func (b *Bidder) proven(ctx context.Context, f letter.File) *letter.LogProof {
	all, err := b.Log(ctx, f.Undertaking.Application.Application)
	if err != nil || len(all) == 0 {
		return nil
	}
	if p, ok := all[0].Proof(); ok && f.ProvenBy(p) {
		return &p
	}
	return nil
}

// Copy fetches what the platform keeps for the owner. Saved, it opens without the platform (Unlock).
func (b *Bidder) Copy(ctx context.Context, id string) (wire.Copy, error) {
	var c wire.Copy
	return c, b.get(ctx, "/applications/"+url.PathEscape(id)+"/copy", &c)
}

func (b *Bidder) open(ctx context.Context, d Draft, c wire.Copy) (letter.File, error) {
	if c.ID != d.ID || c.Receipt == nil {
		return letter.File{}, errors.New("the copy is another application's, or nothing is issued yet")
	}
	record, sealed, err := c.Own()
	if err != nil {
		return letter.File{}, err
	}
	r, err := openRecord(ctx, c, record, b.me.Open)
	if err != nil {
		return letter.File{}, err
	}
	if err := d.holds(r); err != nil {
		return letter.File{}, err
	}
	full, err := openLetter(ctx, c, r, sealed, b.me.Open)
	if err != nil {
		return letter.File{}, err
	}
	receipt, err := b.receipt(c.Receipt)
	if err != nil {
		return letter.File{}, err
	}
	if _, err := b.checkUndertaking(d, full, receipt); err != nil {
		return letter.File{}, err
	}
	return fileOf(d.Submission.Reveal, full, c.Receipt)
}

// holds compares what the platform sealed for the custodians with the draft: exactly what was handed in will be
// revealed.
func (d Draft) holds(r letter.Record) error {
	if !bytes.Equal(r.Reveal, d.Submission.Reveal) || !bytes.Equal(r.Key, d.Submission.Key) {
		return errors.New("the sealed record is not the one handed in")
	}
	return nil
}

// checkUndertaking holds the signed letter against the application, and the receipt against both.
func (b *Bidder) checkUndertaking(d Draft, full letter.FullLetter, r letter.Receipt) (letter.Undertaking, error) {
	signed, err := signing.ParseSignedData(full.Undertaking)
	if err != nil {
		return letter.Undertaking{}, err
	}
	if err := signed.Verify(b.Trust, r.AcceptedAt); err != nil {
		return letter.Undertaking{}, err
	}
	u, err := letter.ParseUndertaking(signed.Content)
	if err != nil {
		return u, err
	}
	asked, err := signing.ParseSignedData(d.Submission.Application)
	if err != nil {
		return u, err
	}
	app, err := letter.ParseApplication(asked.Content)
	if err != nil {
		return u, err
	}
	return u, errors.Join(
		checkIssuer(signed, app, u),
		checkContent(d, app, u),
		checkReceipt(r, app, u, letterDigest(full)),
	)
}

func checkIssuer(signed signing.SignedData, app letter.Application, u letter.Undertaking) error {
	if signed.Signer().Subject().OrganizationID != app.Guarantor.USCC || u.Guarantor != app.Guarantor {
		return errors.New("not signed by the institution that was asked")
	}
	return nil
}

// checkContent compares the whole application inside the letter with ours, and in a full letter the reveal record.
func checkContent(d Draft, app letter.Application, u letter.Undertaking) error {
	ours, err := app.Canonical()
	if err != nil {
		return err
	}
	theirs, err := u.Application.Canonical()
	if err != nil {
		return err
	}
	if !bytes.Equal(ours, theirs) || u.ApplicationDigest != letter.ApplicationDigest(d.Submission.Application) {
		return errors.New("the letter answers another application")
	}
	if u.LatestExpiry != app.LatestExpiry || u.MaxAmount > app.Ceiling {
		return errors.New("the letter has another amount or another end")
	}
	if app.Mode == letter.ModeBlind {
		return nil // Check has compared the maximum with the ceiling in the application
	}
	if u.Reveal == nil {
		return errors.New("the letter does not name the lot")
	}
	named, err := u.Reveal.Canonical()
	if err != nil || !bytes.Equal(named, d.Submission.Reveal) {
		return errors.New("the letter names another lot, beneficiary or amount")
	}
	return nil
}

func letterDigest(full letter.FullLetter) signing.Digest {
	if full.Salt == nil {
		return letter.UndertakingDigest(full.Undertaking)
	}
	return letter.SaltedDigest(full.Salt, full.Undertaking)
}

func checkReceipt(r letter.Receipt, app letter.Application, u letter.Undertaking, digest signing.Digest) error {
	if r.Application != app.Application || r.Guarantor != u.Guarantor.USCC || r.Number != u.Number || r.Mode != app.Mode ||
		r.Commitment != app.Commitment || r.Digest != digest {
		return errors.New("the platform's receipt is for another letter")
	}
	return nil
}

// Await asks for an application until done says so, every pause, or until ctx is over.
func (b *Bidder) Await(ctx context.Context, id string, pause time.Duration, done func(wire.Application) bool) (wire.Application, error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		a, err := b.Application(ctx, id)
		if err == nil && done(a) {
			return a, nil
		}
		select {
		case <-ctx.Done():
			return a, errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}
