package signing

import (
	"crypto/hmac"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"github.com/emmansun/gmsm/sm3"
)

// Digest is an SM3 digest (GB/T 32905-2016). Its text form is 64 lower-case hexadecimal digits.
type Digest [32]byte

// ErrDigest says that a text is not 64 lower-case hexadecimal digits.
var ErrDigest = errors.New("signing: digest is not 64 lower-case hexadecimal digits")

// Sum is SM3 over the concatenation of parts. The boundaries between the parts are not in the digest;
// where they matter, use TaggedSum.
func Sum(parts ...[]byte) Digest {
	return finish(write(sm3.New(), parts))
}

// TaggedSum is SM3(len(tag) ‖ tag ‖ for each part: 8-byte big-endian length ‖ part), len(tag) one byte.
// Two different tags, or two different lists of parts, never hash the same input. The tag is a constant
// of the caller's code; one longer than 255 bytes panics.
func TaggedSum(tag string, parts ...[]byte) Digest {
	return finish(writeTagged(sm3.New(), tag, parts))
}

// MAC is HMAC-SM3 (GB/T 15852.2) under key over the input of TaggedSum. An empty key panics: it is always a
// setting that nobody made.
func MAC(key []byte, tag string, parts ...[]byte) Digest {
	if len(key) == 0 {
		panic("signing: MAC with an empty key")
	}
	return finish(writeTagged(hmac.New(sm3.New, key), tag, parts))
}

// NewSM3 is SM3 as a hash.Hash. The self-test compares it with the other implementation.
func NewSM3() hash.Hash { return sm3.New() }

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero tells an unset digest; no input is known that hashes to it.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText gives 64 lower-case hexadecimal digits.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText accepts exactly what MarshalText writes, so that a digest has one spelling.
func (d *Digest) UnmarshalText(text []byte) error {
	var got Digest
	if len(text) != hex.EncodedLen(len(got)) {
		return fmt.Errorf("%w: %d characters", ErrDigest, len(text))
	}
	if _, err := hex.Decode(got[:], text); err != nil || got.String() != string(text) {
		return ErrDigest
	}
	*d = got
	return nil
}

func finish(h hash.Hash) (d Digest) {
	copy(d[:], h.Sum(nil))
	return d
}

func write(h hash.Hash, parts [][]byte) hash.Hash {
	for _, p := range parts {
		h.Write(p)
	}
	return h
}

func writeTagged(h hash.Hash, tag string, parts [][]byte) hash.Hash {
	if len(tag) > 255 {
		panic("signing: tag longer than 255 bytes")
	}
	h.Write([]byte{byte(len(tag))})
	h.Write([]byte(tag))
	for _, p := range parts {
		writeLength(h, len(p))
		h.Write(p)
	}
	return h
}

func writeLength(h hash.Hash, n int) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
}
