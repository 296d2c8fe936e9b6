package signing

import (
	"context"
	"fmt"
)

// RewrapOwner wraps the seal's key to another key of the same owner: a renewed certificate, say. It opens the seal
// first, so that what it returns opens this very seal and no other. The seal itself stays as it is, and so does every
// digest of it: the new wrapping stands beside it, and WithOwner puts it in place for opening.
func (s Sealed) RewrapOwner(ctx context.Context, d Decrypter, aad []byte, to PublicKey) ([]byte, error) {
	if _, err := s.OpenOwn(ctx, d, aad); err != nil {
		return nil, err
	}
	key, err := d.Unwrap(ctx, s.Owner)
	if err != nil {
		return nil, err
	}
	return Wrap(to, key)
}

// WithOwner is the seal with another wrapping for its owner. ErrSealed says that owner has not the shape of one;
// whether it opens the seal only its owner can tell.
func (s Sealed) WithOwner(owner []byte) (Sealed, error) {
	if w, err := parseWrapping(owner); err != nil || len(w.text) != keySize {
		return Sealed{}, fmt.Errorf("%w: owner", ErrSealed)
	}
	s.Owner = owner
	return s, nil
}
