package signing

import (
	"bytes"
	"encoding"

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
	head, err := s.bytes(len(s.Ciphertext))
	return append(head, s.Ciphertext...), err
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
	in := cryptobyte.String(data)
	if err := got.read(&in); err != nil {
		return got, err
	}
	got.Ciphertext = in
	return got, got.Check(len(got.Ciphertext) - overhead)
}
