package signing

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// ErrBadSignature says that a signature does not hold, or is not a signature at all.
var ErrBadSignature = errors.New("signing: signature does not hold")

// Signature is r‖s, 32 bytes each, big-endian: the only form that is kept and compared. DER is for
// formats that demand it.
type Signature [64]byte

// ParseSignature reads r‖s and refuses any length but 64 and r or s outside 1..n-1.
func ParseSignature(b []byte) (Signature, error) {
	var s Signature
	if len(b) != len(s) {
		return Signature{}, ErrBadSignature
	}
	copy(s[:], b)
	if !s.inRange() {
		return Signature{}, ErrBadSignature
	}
	return s, nil
}

// ParseSignatureDER reads SEQUENCE { r INTEGER, s INTEGER } (GM/T 0009-2012, 7.3) in its one DER encoding:
// nothing after, nothing extra inside, no padded integer.
func ParseSignatureDER(der []byte) (Signature, error) {
	var inner cryptobyte.String
	r, s := new(big.Int), new(big.Int)
	in := cryptobyte.String(der)
	if !in.ReadASN1(&inner, asn1.SEQUENCE) || !in.Empty() ||
		!inner.ReadASN1Integer(r) || !inner.ReadASN1Integer(s) || !inner.Empty() {
		return Signature{}, ErrBadSignature
	}
	sig, err := signatureOf(r, s)
	if err != nil || !bytes.Equal(sig.DER(), der) {
		return Signature{}, ErrBadSignature
	}
	return sig, nil
}

// DER is the encoding of GM/T 0009-2012, 7.3.
func (s Signature) DER() []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(s.r())
		b.AddASN1BigInt(s.s())
	})
	return b.BytesOrPanic()
}

// IsZero tells a signature that nobody made.
func (s Signature) IsZero() bool { return s == Signature{} }

// MarshalText is standard base64 of r‖s; the zero signature is the empty text.
func (s Signature) MarshalText() ([]byte, error) {
	if s.IsZero() {
		return nil, nil
	}
	return base64.StdEncoding.AppendEncode(nil, s[:]), nil
}

// UnmarshalText accepts exactly what MarshalText writes.
func (s *Signature) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = Signature{}
		return nil
	}
	raw, err := decodeBase64(text)
	if err != nil {
		return ErrBadSignature
	}
	got, err := ParseSignature(raw)
	if err != nil {
		return err
	}
	*s = got
	return nil
}

func (s Signature) r() *big.Int { return new(big.Int).SetBytes(s[:32]) }
func (s Signature) s() *big.Int { return new(big.Int).SetBytes(s[32:]) }

// inRange is 1 ≤ r, s ≤ n-1 and r+s ≠ n (GB/T 32918.2-2016, 7.1 B1, B2, B5).
func (s Signature) inRange() bool {
	n, rr, ss := order(), s.r(), s.s()
	if rr.Sign() <= 0 || ss.Sign() <= 0 || rr.Cmp(n) >= 0 || ss.Cmp(n) >= 0 {
		return false
	}
	return rr.Add(rr, ss).Cmp(n) != 0
}

func signatureOf(r, s *big.Int) (Signature, error) {
	var sig Signature
	if r.Sign() <= 0 || s.Sign() <= 0 || r.BitLen() > 256 || s.BitLen() > 256 {
		return Signature{}, ErrBadSignature
	}
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	if !sig.inRange() {
		return Signature{}, ErrBadSignature
	}
	return sig, nil
}
