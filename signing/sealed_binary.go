package signing

import (
	"bytes"
	"encoding"
	"fmt"

	"github.com/emmansun/gmsm/sm3"
	"golang.org/x/crypto/cryptobyte"
)

var (
	_ encoding.BinaryMarshaler   = Sealed{}
	_ encoding.BinaryUnmarshaler = (*Sealed)(nil)
)

// MarshalBinary is
//
//	version (1) ‖ record (32) ‖ 3 × part digest (32) ‖ 3 × [ length (2) ‖ share ] ‖ length (2) ‖ owner ‖ ciphertext to the end
func (s Sealed) MarshalBinary() ([]byte, error) {
	head, err := s.head(len(s.Ciphertext))
	return append(head, s.Ciphertext...), err
}

// TaggedSum is TaggedSum(tag, MarshalBinary()), without the copy: ciphertexts are long, and holders hash many.
func (s Sealed) TaggedSum(tag string) (Digest, error) {
	head, err := s.head(0)
	if err != nil {
		return Digest{}, err
	}
	h := writeTagged(sm3.New(), tag, nil)
	writeLength(h, len(head)+len(s.Ciphertext))
	return finish(write(h, [][]byte{head, s.Ciphertext})), nil
}

// head is all before the ciphertext, with room for so many bytes more.
func (s Sealed) head(room int) ([]byte, error) {
	if err := s.Check(len(s.Ciphertext) - overhead); err != nil {
		return nil, err
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, 1+32+3*32+4*(2+maxWrapping)+room))
	b.AddUint8(sealedVersion)
	b.AddBytes(s.Record[:])
	for _, p := range s.Parts {
		b.AddBytes(p[:])
	}
	for _, field := range [][]byte{s.Shares[0], s.Shares[1], s.Shares[2], s.Owner} {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(field) })
	}
	return b.Bytes()
}

// UnmarshalBinary accepts exactly what MarshalBinary writes; then call Check with the size that is expected.
func (s *Sealed) UnmarshalBinary(data []byte) (err error) {
	got, err := ParseSealed(bytes.Clone(data))
	if err == nil {
		*s = got
	}
	return err
}

// ParseSealed is UnmarshalBinary of bytes that the caller gives away.
func ParseSealed(data []byte) (Sealed, error) {
	var got Sealed
	var version uint8
	in := cryptobyte.String(data)
	if !in.ReadUint8(&version) || version != sealedVersion {
		return got, fmt.Errorf("%w: version", ErrSealed)
	}
	got.Version = int(version)
	if !in.CopyBytes(got.Record[:]) {
		return got, fmt.Errorf("%w: cut short in the record", ErrSealed)
	}
	for i := range got.Parts {
		if !in.CopyBytes(got.Parts[i][:]) {
			return got, fmt.Errorf("%w: cut short in the parts", ErrSealed)
		}
	}
	for i, field := range []*[]byte{&got.Shares[0], &got.Shares[1], &got.Shares[2], &got.Owner} {
		var v cryptobyte.String
		if !in.ReadUint16LengthPrefixed(&v) {
			return got, fmt.Errorf("%w: cut short in field %d", ErrSealed, i)
		}
		if len(v) > 0 {
			*field = v
		}
	}
	got.Ciphertext = in
	return got, got.Check(len(got.Ciphertext) - overhead)
}
