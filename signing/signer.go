package signing

import "context"

// Signer is a key that signs: in software (PrivateKey), in a device, or behind a queue to one. Sign signs
// msg itself with SM2 and SM3, never a digest that somebody else made: a signer of bare digests signs
// anything.
type Signer interface {
	Public() PublicKey
	Sign(ctx context.Context, msg []byte) (Signature, error)
}

// Decrypter is a key that opens what Wrap closed for it. Every failure is ErrUnwrap and says no more.
type Decrypter interface {
	Public() PublicKey
	Unwrap(ctx context.Context, wrapped []byte) ([]byte, error)
}
