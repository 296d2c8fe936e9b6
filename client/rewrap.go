package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Rewrap makes the platform's copy of an application open with this bidder's present encryption key, after its
// certificate was renewed. It opens the copy with the old key, wraps the same keys anew, hands them in under its
// signature, and reads them back with the new key before it says that it is done. The application's own papers on this
// side are encrypted anew too. What is sealed does not change. Doing it again is safe.
func (b *Bidder) Rewrap(ctx context.Context, id string, old signing.Decrypter) error {
	if err := b.Rekeep(ctx, id, old); err != nil {
		return err
	}
	c, err := b.Copy(ctx, id)
	if err != nil {
		return err
	}
	was, err := openOwn(ctx, c, old)
	if err != nil {
		return fmt.Errorf("client: the copy does not open with the old key: %w", err)
	}
	statement, err := b.rewrapping(ctx, c, old)
	if err != nil {
		return err
	}
	if err := b.post(ctx, "/applications/"+url.PathEscape(id)+"/rewrap", "rewrap-"+newID(), wire.Rewrap{Statement: statement}, nil); err != nil {
		return err
	}
	if c, err = b.Copy(ctx, id); err != nil {
		return err
	}
	is, err := openOwn(ctx, c, b.me.Open)
	if err != nil || !bytes.Equal(was, is) {
		return fmt.Errorf("client: the platform's copy does not open with the new key: %w", errors.Join(err, ErrLetter))
	}
	return nil
}

// openOwn opens everything of a copy that is wrapped to its owner, one after the other.
func openOwn(ctx context.Context, c wire.Copy, key signing.Decrypter) ([]byte, error) {
	record, full, err := c.Own()
	if err != nil {
		return nil, err
	}
	plain, err := record.OpenOwn(ctx, key, letter.RecordAAD(c.ID, c.RecordVersion))
	if err != nil || full == nil {
		return plain, err
	}
	second, err := full.OpenOwn(ctx, key, letter.LetterAAD(c.ID))
	return append(plain, second...), err
}

// rewrapping is the signed statement, bound to the bytes that the platform holds.
func (b *Bidder) rewrapping(ctx context.Context, c wire.Copy, old signing.Decrypter) ([]byte, error) {
	record, full, err := c.Own()
	if err != nil {
		return nil, err
	}
	r := letter.Rewrapping{Version: 1, Application: c.ID, At: b.at()}
	if r.Record, r.Owner, err = b.anew(ctx, c.Record, record, old, letter.RecordAAD(c.ID, c.RecordVersion)); err != nil {
		return nil, err
	}
	if full != nil {
		if r.Letter, r.LetterOwner, err = b.anew(ctx, *c.Letter, *full, old, letter.LetterAAD(c.ID)); err != nil {
			return nil, err
		}
	}
	content, err := r.Canonical()
	return b.me.paper(ctx, content, err, b.at())
}

// anew is the digest of a seal as it stands at the platform, and its key wrapped to our present key.
func (b *Bidder) anew(ctx context.Context, stands, opens signing.Sealed, old signing.Decrypter, aad []byte) (signing.Digest, []byte, error) {
	blob, err := stands.MarshalBinary()
	if err != nil {
		return signing.Digest{}, nil, err
	}
	owner, err := opens.RewrapOwner(ctx, old, aad, b.me.Open.Public())
	return letter.SealedDigest(blob), owner, err
}

// Rekeep encrypts the papers kept of one application (all papers, if id is empty) to this bidder's present key and
// its recovery key. Old is the key that they open with now: the one before the renewal, or the recovery key when that
// one is lost. Papers that open with the present key already are written again all the same, so that a recovery key
// chosen later opens them too.
func (b *Bidder) Rekeep(ctx context.Context, id string, old signing.Decrypter) error {
	names, err := b.copies.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, id) {
			continue
		}
		if err := b.rekeep(ctx, name, old); err != nil {
			return fmt.Errorf("client: copy %s: %w", name, err)
		}
	}
	return nil
}

func (b *Bidder) rekeep(ctx context.Context, name string, old signing.Decrypter) error {
	sealed, err := b.copies.Get(name)
	if err != nil {
		return err
	}
	for _, key := range []signing.Decrypter{b.me.Open, old} {
		plain, err := OpenCopy(ctx, name, sealed, key)
		if errors.Is(err, signing.ErrOpen) {
			continue
		}
		if err != nil {
			return err
		}
		return b.keep(name, plain)
	}
	return signing.ErrOpen
}
