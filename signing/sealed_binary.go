package signing

import (
	"encoding"
	"fmt"

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
	if err := s.Check(len(s.Ciphertext) - overhead); err != nil {
		return nil, err
	}
	size := 1 + 32 + 3*32 + 4*(2+maxWrapping) + len(s.Ciphertext)
	b := cryptobyte.NewBuilder(make([]byte, 0, size))
	b.AddUint8(sealedVersion)
	b.AddBytes(s.Record[:])
	for _, p := range s.Parts {
		b.AddBytes(p[:])
	}
	for _, field := range [][]byte{s.Shares[0], s.Shares[1], s.Shares[2], s.Owner} {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(field) })
	}
	b.AddBytes(s.Ciphertext)
	return b.Bytes()
}

// UnmarshalBinary accepts exactly what MarshalBinary writes; then call Check with the size that is expected.
func (s *Sealed) UnmarshalBinary(data []byte) error {
	var got Sealed
	var version uint8
	in := cryptobyte.String(data)
	if !in.ReadUint8(&version) || version != sealedVersion {
		return fmt.Errorf("%w: version", ErrSealed)
	}
	got.Version = int(version)
	if !in.CopyBytes(got.Record[:]) {
		return fmt.Errorf("%w: cut short in the record", ErrSealed)
	}
	for i := range got.Parts {
		if !in.CopyBytes(got.Parts[i][:]) {
			return fmt.Errorf("%w: cut short in the parts", ErrSealed)
		}
	}
	for i, field := range []*[]byte{&got.Shares[0], &got.Shares[1], &got.Shares[2], &got.Owner} {
		var v cryptobyte.String
		if !in.ReadUint16LengthPrefixed(&v) {
			return fmt.Errorf("%w: cut short in field %d", ErrSealed, i)
		}
		*field = append([]byte(nil), v...)
	}
	got.Ciphertext = append([]byte(nil), in...)
	if err := got.Check(len(got.Ciphertext) - overhead); err != nil {
		return err
	}
	*s = got
	return nil
}
