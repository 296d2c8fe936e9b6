package signing

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

const (
	sealedVersion = 1
	padPrefix     = 4              // length of the plaintext, big-endian, before it
	shareSize     = 2*keySize + 32 // two parts and the record
	// MaxSealed is the largest padded size of a two-of-three seal, in bytes.
	MaxSealed = 8 << 20
)

var (
	// ErrSealed says that a two-of-three seal is malformed, or cannot be made of what was given.
	ErrSealed = errors.New("signing: seal")
	// ErrShare says that a share does not belong to the seal: another record's, spoilt, or forged.
	ErrShare = errors.New("signing: share does not belong to this seal")
)

// Sealed is a plaintext that no single holder can open and any two can. Its key is s0 ⊕ s1 ⊕ s2; holder i is
// given the two parts that are not its own number's. Nothing in it names a holder or the owner, and Ciphertext always
// has the size that was asked for.
type Sealed struct {
	SealedHead
	Ciphertext []byte `json:"ciphertext"` // SM4-GCM of the padded plaintext: size + 28 bytes
}

// Share is what one holder gives: the two parts other than its own, in ascending order of their index.
type Share struct {
	Holder int       `json:"holder"` // 0, 1 or 2
	Parts  [2][]byte `json:"parts"`  // 16 bytes each
}

// SealTwoOfThree pads plaintext to exactly size bytes (4 of them its length), encrypts it and deals the key to
// three holders. With an owner's key that is not zero the owner alone can open it too. The holders' keys must
// differ, or one holder would be two.
func SealTwoOfThree(plaintext, aad []byte, size int, holders [3]PublicKey, owner PublicKey) (Sealed, error) {
	if err := distinct(holders); err != nil {
		return Sealed{}, err
	}
	padded, err := pad(plaintext, size)
	if err != nil {
		return Sealed{}, err
	}
	parts := [3][]byte{Random(keySize), Random(keySize), Random(keySize)}
	key := xor(parts)
	s := Sealed{SealedHead: SealedHead{Version: sealedVersion, Record: recordOf(aad)}}
	for i, part := range parts {
		s.Parts[i] = Sum(part)
	}
	if err := s.deal(parts, key, holders, owner); err != nil {
		return Sealed{}, err
	}
	if s.Ciphertext, err = SealGCM(key, padded, s.bind(aad)); err != nil {
		return Sealed{}, err
	}
	return s, nil
}

// Open opens the seal with the shares of two different holders. ErrShare names the share that is wrong; ErrOpen
// means that the shares are right and the associated data or the ciphertext is not.
func (s Sealed) Open(aad []byte, a, b Share) ([]byte, error) { return s.OpenInto(nil, aad, a, b) }

// OpenInto is Open into room, whose bytes it overwrites: who opens many needs no new memory for each.
func (s Sealed) OpenInto(room, aad []byte, a, b Share) ([]byte, error) {
	if a.Holder == b.Holder {
		return nil, fmt.Errorf("%w: both are holder %d's", ErrShare, a.Holder)
	}
	var parts [3][]byte
	for _, share := range []Share{a, b} {
		if err := s.CheckShare(share); err != nil {
			return nil, err
		}
		for i, index := range others(share.Holder) {
			parts[index] = share.Parts[i]
		}
	}
	return s.openWith(room, xor(parts), aad)
}

// OpenOwn opens the seal with the owner's key alone.
func (s Sealed) OpenOwn(ctx context.Context, d Decrypter, aad []byte) ([]byte, error) {
	if len(s.Owner) == 0 {
		return nil, fmt.Errorf("%w: made without an owner", ErrSealed)
	}
	key, err := d.Unwrap(ctx, s.Owner)
	if err != nil {
		return nil, err
	}
	if len(key) != keySize {
		return nil, ErrOpen
	}
	return s.openWith(nil, key, aad)
}

// Check tells whether a seal from outside has the shape of one made for size: version, sizes, and wrappings that
// hold what they should. It cannot tell whether the shares inside are honest; GiveShare can.
func (s Sealed) Check(size int) error {
	if size <= padPrefix || size > MaxSealed || len(s.Ciphertext) != size+overhead {
		return fmt.Errorf("%w: ciphertext of %d bytes, must be %d", ErrSealed, len(s.Ciphertext), size+overhead)
	}
	return s.check()
}

func (s *Sealed) deal(parts [3][]byte, key []byte, holders [3]PublicKey, owner PublicKey) (err error) {
	for i := range holders {
		o := others(i)
		both := slices.Concat(parts[o[0]], parts[o[1]], s.Record[:])
		if s.Shares[i], err = Wrap(holders[i], both); err != nil {
			return fmt.Errorf("%w: holder %d: %w", ErrSealed, i, err)
		}
	}
	if owner.IsZero() {
		return nil
	}
	if s.Owner, err = Wrap(owner, key); err != nil {
		return fmt.Errorf("%w: owner: %w", ErrSealed, err)
	}
	return nil
}

// bind ties the ciphertext to its version and to the three parts. Shares are not bound: a holder's successor can
// be dealt the same parts without opening anything.
func (s Sealed) bind(aad []byte) []byte {
	d := TaggedSum("baohan/two-of-three", []byte{byte(s.Version)}, s.Parts[0][:], s.Parts[1][:], s.Parts[2][:], aad)
	return d[:]
}

func (s Sealed) openWith(room, key, aad []byte) ([]byte, error) {
	if s.Version != sealedVersion {
		return nil, fmt.Errorf("%w: version %d", ErrSealed, s.Version)
	}
	if !s.Binds(aad) {
		return nil, ErrOpen
	}
	padded, err := openGCM(room[:0], key, s.Ciphertext, s.bind(aad))
	if err != nil {
		return nil, err
	}
	return unpad(padded)
}

func distinct(holders [3]PublicKey) error {
	for i, h := range holders {
		if h.IsZero() {
			return fmt.Errorf("%w: holder %d: %w", ErrSealed, i, ErrPublicKey)
		}
		if h.Equal(holders[(i+1)%3]) {
			return fmt.Errorf("%w: holders %d and %d have the same key", ErrSealed, i, (i+1)%3)
		}
	}
	return nil
}

// others are the indices of the two parts that holder is given.
func others(holder int) [2]int {
	return [3][2]int{{1, 2}, {0, 2}, {0, 1}}[holder]
}

func xor(parts [3][]byte) []byte {
	key := make([]byte, keySize)
	for _, p := range parts {
		subtle.XORBytes(key, key, p)
	}
	return key
}

func pad(plaintext []byte, size int) ([]byte, error) {
	if size <= padPrefix || size > MaxSealed {
		return nil, fmt.Errorf("%w: size %d, must be %d to %d", ErrSealed, size, padPrefix+1, MaxSealed)
	}
	if len(plaintext) > size-padPrefix {
		return nil, fmt.Errorf("%w: plaintext of %d bytes, size %d takes %d", ErrSealed, len(plaintext), size, size-padPrefix)
	}
	padded := make([]byte, size)
	binary.BigEndian.PutUint32(padded, uint32(len(plaintext)))
	copy(padded[padPrefix:], plaintext)
	return padded, nil
}

var zeros [4096]byte

func unpad(padded []byte) ([]byte, error) {
	if len(padded) < padPrefix {
		return nil, fmt.Errorf("%w: padding", ErrSealed)
	}
	n, rest := binary.BigEndian.Uint32(padded), padded[padPrefix:]
	if uint64(n) > uint64(len(rest)) {
		return nil, fmt.Errorf("%w: padding", ErrSealed)
	}
	for block := range slices.Chunk(rest[n:], len(zeros)) {
		if !bytes.Equal(block, zeros[:len(block)]) {
			return nil, fmt.Errorf("%w: padding", ErrSealed)
		}
	}
	return rest[:n:n], nil
}
