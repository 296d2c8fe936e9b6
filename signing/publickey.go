package signing

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/base64"
	"errors"
	"math/big"

	checker "github.com/emmansun/gmsm/sm2"
	maker "github.com/tjfoc/gmsm/sm2"
)

// ErrPublicKey says that bytes are not an SM2 public key: 65 bytes 04‖X‖Y, both coordinates below p, the
// point on the curve (GB/T 32918.1-2016, 6.2).
var ErrPublicKey = errors.New("signing: not an SM2 public key")

// publicKeySize is the length of 04‖X‖Y.
const publicKeySize = 65

// PublicKey is a point of the SM2 curve. Only the constructors of this package make one, and they check
// it, so whoever holds one that is not zero need not. Compare with Equal, not with ==.
type PublicKey struct {
	raw   [publicKeySize]byte
	point *ecdsa.PublicKey // one pointer for the key's life: the checker caches by it
}

// ParsePublicKey reads 04‖X‖Y. It refuses compressed points, the point at infinity, coordinates that are
// not below p and points that are not on the curve.
func ParsePublicKey(b []byte) (k PublicKey, err error) {
	defer guard(&err)
	if len(b) != publicKeySize || b[0] != 4 {
		return PublicKey{}, ErrPublicKey
	}
	if !onCurve(b[1:33], b[33:]) {
		return PublicKey{}, ErrPublicKey
	}
	point, err := checker.NewPublicKey(b)
	if err != nil {
		return PublicKey{}, ErrPublicKey
	}
	k.point = point
	copy(k.raw[:], b)
	return k, nil
}

// onCurve is y² = x³ + ax + b with 0 ≤ x, y < p, in our own arithmetic: it stands before both libraries,
// of which one takes points of other curves and the order of those gives private keys away.
func onCurve(xb, yb []byte) bool {
	c := maker.P256Sm2().Params()
	x, y := new(big.Int).SetBytes(xb), new(big.Int).SetBytes(yb)
	if x.Cmp(c.P) >= 0 || y.Cmp(c.P) >= 0 {
		return false
	}
	right := new(big.Int).Mul(x, x) // a = p-3, so x³+ax+b = (x²-3)x + b
	right.Sub(right, big.NewInt(3)).Mul(right, x).Add(right, c.B).Mod(right, c.P)
	left := y.Mul(y, y)
	return left.Mod(left, c.P).Cmp(right) == 0
}

// IsZero tells a key that no constructor made.
func (k PublicKey) IsZero() bool { return k.point == nil }

// Equal tells whether both are the same point. Two zero keys are equal.
func (k PublicKey) Equal(other PublicKey) bool { return k.raw == other.raw }

// Bytes is 04‖X‖Y, 65 bytes; nil for the zero key.
func (k PublicKey) Bytes() []byte {
	if k.IsZero() {
		return nil
	}
	return bytes.Clone(k.raw[:])
}

// Fingerprint is SM3 of Bytes: a name for the key that gives away nothing else.
func (k PublicKey) Fingerprint() Digest { return Sum(k.Bytes()) }

// String is the text form, for logs and messages. A public key is not a secret.
func (k PublicKey) String() string { return base64.StdEncoding.EncodeToString(k.Bytes()) }

// MarshalText is standard base64 of the 65 bytes; the zero key is the empty text.
func (k PublicKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText accepts exactly what MarshalText writes, the empty text included.
func (k *PublicKey) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*k = PublicKey{}
		return nil
	}
	raw, err := decodeBase64(text)
	if err != nil {
		return ErrPublicKey
	}
	got, err := ParsePublicKey(raw)
	if err != nil {
		return err
	}
	*k = got
	return nil
}

// decodeBase64 reads standard base64 in its only canonical spelling: padded, no white space, no stray bits.
func decodeBase64(text []byte) ([]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(string(text))
	if err != nil || base64.StdEncoding.EncodeToString(raw) != string(text) {
		return nil, errors.New("not standard base64")
	}
	return raw, nil
}

// forMaker is the key in the other library's type, on its own curve arithmetic, so that VerifyBoth asks two
// implementations that share nothing.
func (k PublicKey) forMaker() *maker.PublicKey {
	return &maker.PublicKey{
		Curve: maker.P256Sm2(),
		X:     new(big.Int).SetBytes(k.raw[1:33]),
		Y:     new(big.Int).SetBytes(k.raw[33:]),
	}
}
