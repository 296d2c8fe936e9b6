package signing

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

const (
	envelopeVersion = 1
	maxRecipients   = 16
	// MaxEnvelope is the longest envelope, and so the longest plaintext of one, in bytes.
	MaxEnvelope = 8 << 20
)

// ErrEnvelope says that bytes are not an envelope, or that one cannot be made of what was given.
var ErrEnvelope = errors.New("signing: envelope")

// SealTo encrypts plaintext to each of 1 to 16 recipients: a random SM4 key, wrapped to each of them, and
// nothing that names them. Whoever opens it knows that every other recipient is given the same bytes: the
// wrappings and the key are bound to the ciphertext.
//
//	version 1 (1) ‖ n (1) ‖ n × [ length (2) ‖ wrapping ] ‖ key commitment (32) ‖ SM4-GCM to the end
func SealTo(plaintext, aad []byte, recipients ...PublicKey) ([]byte, error) {
	if len(recipients) < 1 || len(recipients) > maxRecipients {
		return nil, fmt.Errorf("%w: %d recipients, must be 1 to %d", ErrEnvelope, len(recipients), maxRecipients)
	}
	key := Random(keySize)
	e := envelope{commitment: commitToKey(key)}
	for i, to := range recipients {
		wrapped, err := Wrap(to, key)
		if err != nil {
			return nil, fmt.Errorf("%w: recipient %d: %w", ErrEnvelope, i, err)
		}
		e.wrappings = append(e.wrappings, wrapped)
	}
	header := e.header()
	if len(header)+len(plaintext)+overhead > MaxEnvelope {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrEnvelope, MaxEnvelope)
	}
	sealed, err := SealGCM(key, plaintext, e.bind(aad))
	if err != nil {
		return nil, err
	}
	return append(header, sealed...), nil
}

// OpenEnvelope opens an envelope with the key of any recipient. ErrEnvelope means malformed, ErrOpen that
// none of its wrappings is for d, or that the associated data or a byte differs.
func OpenEnvelope(ctx context.Context, d Decrypter, sealed, aad []byte) ([]byte, error) {
	e, err := parseEnvelope(sealed)
	if err != nil {
		return nil, err
	}
	for _, wrapped := range e.wrappings {
		key, err := d.Unwrap(ctx, wrapped)
		if errors.Is(err, ErrUnwrap) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if commitment := commitToKey(key); len(key) != keySize ||
			subtle.ConstantTimeCompare(commitment[:], e.commitment[:]) != 1 {
			return nil, ErrOpen
		}
		return OpenGCM(key, e.sealed, e.bind(aad))
	}
	return nil, ErrOpen
}

type envelope struct {
	wrappings  [][]byte
	commitment Digest
	sealed     []byte
}

// commitToKey makes sure that one envelope has one key: GCM alone lets a sealer make a ciphertext that two
// keys open to two texts.
func commitToKey(key []byte) Digest { return TaggedSum("baohan/envelope/key", key) }

func (e envelope) header() []byte {
	var b cryptobyte.Builder
	b.AddUint8(envelopeVersion)
	b.AddUint8(uint8(len(e.wrappings)))
	for _, w := range e.wrappings {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(w) })
	}
	b.AddBytes(e.commitment[:])
	return b.BytesOrPanic()
}

// bind ties the ciphertext to the header, so that no recipient can be taken out or put in.
func (e envelope) bind(aad []byte) []byte {
	d := TaggedSum("baohan/envelope", e.header(), aad)
	return d[:]
}

func parseEnvelope(sealed []byte) (envelope, error) {
	var e envelope
	if len(sealed) > MaxEnvelope {
		return e, fmt.Errorf("%w: longer than %d bytes", ErrEnvelope, MaxEnvelope)
	}
	in := cryptobyte.String(sealed)
	var version, n uint8
	if !in.ReadUint8(&version) || version != envelopeVersion {
		return e, fmt.Errorf("%w: version", ErrEnvelope)
	}
	if !in.ReadUint8(&n) || n < 1 || n > maxRecipients {
		return e, fmt.Errorf("%w: number of recipients", ErrEnvelope)
	}
	for i := range n {
		var w cryptobyte.String
		if !in.ReadUint16LengthPrefixed(&w) || len(w) == 0 || len(w) > maxWrapping {
			return e, fmt.Errorf("%w: wrapping %d", ErrEnvelope, i)
		}
		e.wrappings = append(e.wrappings, w)
	}
	if !in.CopyBytes(e.commitment[:]) || len(in) < overhead {
		return e, fmt.Errorf("%w: cut short", ErrEnvelope)
	}
	e.sealed = in
	return e, nil
}
