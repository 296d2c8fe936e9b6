package signing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"

	checker "github.com/emmansun/gmsm/sm2"
	maker "github.com/tjfoc/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// minWrapped is the shortest plaintext of Wrap, in bytes. SM2 encrypts by a key stream that must not be all zero (GB/T
// 32918.4-2016, 6.1, A5); of one byte every 256th stream is, and not every maker tries again as it should: the reader
// refuses what it made. Of 16 bytes it does not happen.
const minWrapped = 16

// maxWrapped is the longest plaintext of Wrap, in bytes: keys and parts of keys, never content.
const maxWrapped = 96

// maxWrapping is the longest DER that Wrap makes: two 33-byte integers, a digest, the text, and headers.
const maxWrapping = 3 + 2*(2+33) + (2 + 32) + (2 + maxWrapped)

var (
	// ErrUnwrap is every failure to open a wrapping: not ours, tampered with, or malformed. That it tells no
	// more is a defence.
	ErrUnwrap = errors.New("signing: wrapping does not open")
	// ErrWrapLength says that the plaintext of Wrap is shorter than 16 or longer than 96 bytes.
	ErrWrapLength = errors.New("signing: wrap takes 16 to 96 bytes")
)

// Wrap encrypts 16 to 96 bytes to a key: SM2 encryption as DER SEQUENCE { x, y, C3, C2 } (GB/T 32918.4-2016,
// GM/T 0009-2012, 7.2). The result does not name its recipient.
func Wrap(to PublicKey, plaintext []byte) (wrapped []byte, err error) {
	defer guard(&err)
	if to.IsZero() {
		return nil, ErrPublicKey
	}
	if len(plaintext) < minWrapped || len(plaintext) > maxWrapped {
		return nil, fmt.Errorf("%w: %d", ErrWrapLength, len(plaintext))
	}
	key := to.forMaker()
	key.Curve = checker.P256() // the same time for every nonce, see forSigning
	raw, err := maker.Encrypt(key, plaintext, rand.Reader, maker.C1C3C2)
	if err != nil {
		return nil, fmt.Errorf("signing: wrap: %w", err)
	}
	made, err := wrappingOf(raw)
	if err != nil {
		return nil, fmt.Errorf("signing: own wrapping: %w", err)
	}
	return made.der(), nil
}

// Unwrap opens what Wrap closed for this key. The wrapping is parsed strictly and its point is checked to
// be on the curve before the key is used at all: points of other curves would give the key away, bit by bit.
func (k *PrivateKey) Unwrap(ctx context.Context, wrapped []byte) (plaintext []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w, err := parseWrapping(wrapped)
	if err != nil {
		return nil, ErrUnwrap
	}
	return k.open(w)
}

func (k *PrivateKey) open(w wrapping) (plaintext []byte, err error) {
	defer func() {
		if recover() != nil {
			plaintext, err = nil, ErrUnwrap
		}
	}()
	plaintext, err = checker.Decrypt(k.opens, w.der())
	if err != nil || len(plaintext) != len(w.text) {
		return nil, ErrUnwrap
	}
	return plaintext, nil
}

// wrapping is an SM2 ciphertext whose C1 is known to be a point of the curve.
type wrapping struct {
	point []byte // C1 as 04‖x‖y
	hash  []byte // C3
	text  []byte // C2
}

// wrappingOf checks 04‖x‖y‖C3‖C2.
func wrappingOf(raw []byte) (wrapping, error) {
	const head = publicKeySize + 32
	if len(raw) < head+1 || len(raw) > head+maxWrapped {
		return wrapping{}, ErrUnwrap
	}
	if _, err := ParsePublicKey(raw[:publicKeySize]); err != nil {
		return wrapping{}, ErrUnwrap
	}
	return wrapping{point: raw[:publicKeySize], hash: raw[publicKeySize:head], text: raw[head:]}, nil
}

// parseWrapping reads the one DER encoding of a ciphertext.
func parseWrapping(der []byte) (wrapping, error) {
	if len(der) > maxWrapping {
		return wrapping{}, ErrUnwrap
	}
	var inner, hash, text cryptobyte.String
	x, y := new(big.Int), new(big.Int)
	in := cryptobyte.String(der)
	if !in.ReadASN1(&inner, asn1.SEQUENCE) || !in.Empty() ||
		!inner.ReadASN1Integer(x) || !inner.ReadASN1Integer(y) ||
		!inner.ReadASN1(&hash, asn1.OCTET_STRING) || !inner.ReadASN1(&text, asn1.OCTET_STRING) || !inner.Empty() ||
		x.Sign() < 0 || y.Sign() < 0 || x.BitLen() > 256 || y.BitLen() > 256 || len(hash) != 32 {
		return wrapping{}, ErrUnwrap
	}
	raw := make([]byte, publicKeySize, publicKeySize+32+len(text))
	raw[0] = 4
	x.FillBytes(raw[1:33])
	y.FillBytes(raw[33:])
	return wrappingOf(append(append(raw, hash...), text...))
}

func (w wrapping) der() []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(w.point[1:33]))
		b.AddASN1BigInt(new(big.Int).SetBytes(w.point[33:]))
		b.AddASN1OctetString(w.hash)
		b.AddASN1OctetString(w.text)
	})
	return b.BytesOrPanic()
}
