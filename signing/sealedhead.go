package signing

import (
	"context"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// SealedHead is all of a seal but its ciphertext: what a holder needs to give its share. Parts lets anyone check a part
// that is given.
//
// Record stands inside every share too. A holder that compares it with the record it was asked about (Binds)
// cannot be made to open one record by a copy of its shares under another's name.
type SealedHead struct {
	Version int       `json:"version"`
	Record  Digest    `json:"record"` // digest of the associated data
	Parts   [3]Digest `json:"parts"`  // SM3 of each part of the key
	Shares  [3][]byte `json:"shares"` // the two other parts and Record, wrapped to holder i's key
	Owner   []byte    `json:"owner"`  // the key, wrapped to the owner; empty when there is none
}

// The binary form of a head, in bytes: what comes before the wrappings, and the whole at most.
const (
	headFixed = 1 + 32 + 3*32
	MaxHead   = headFixed + 4*(2+maxWrapping)
)

// Binds tells whether the seal says that it was made for this associated data. The holder asks before it gives.
func (s SealedHead) Binds(aad []byte) bool { return s.Record == recordOf(aad) }

func recordOf(aad []byte) Digest { return TaggedSum("baohan/two-of-three/record", aad) }

// GiveShare opens holder's share with the holder's key and checks it against the seal: a share of another record
// is ErrShare. It decides nothing: who may call it, when and for which record, is the holder's own rule.
func (s SealedHead) GiveShare(ctx context.Context, d Decrypter, holder int) (Share, error) {
	if holder < 0 || holder > 2 {
		return Share{}, fmt.Errorf("%w: holder %d", ErrShare, holder)
	}
	both, err := d.Unwrap(ctx, s.Shares[holder])
	if err != nil {
		return Share{}, err
	}
	if len(both) != shareSize || Digest(both[2*keySize:]) != s.Record {
		return Share{}, fmt.Errorf("%w: another record's", ErrShare)
	}
	share := Share{Holder: holder, Parts: [2][]byte{both[:keySize:keySize], both[keySize : 2*keySize : 2*keySize]}}
	if err := s.CheckShare(share); err != nil {
		return Share{}, err
	}
	return share, nil
}

// CheckShare tells whether both parts of a share are the seal's, so that a holder who gives a wrong one is known.
func (s SealedHead) CheckShare(share Share) error {
	if share.Holder < 0 || share.Holder > 2 {
		return fmt.Errorf("%w: holder %d", ErrShare, share.Holder)
	}
	for i, index := range others(share.Holder) {
		if len(share.Parts[i]) != keySize || Sum(share.Parts[i]) != s.Parts[index] {
			return fmt.Errorf("%w: part %d of holder %d", ErrShare, index, share.Holder)
		}
	}
	return nil
}

// check is Sealed.Check without the ciphertext.
func (s SealedHead) check() error {
	if s.Version != sealedVersion {
		return fmt.Errorf("%w: version %d", ErrSealed, s.Version)
	}
	if s.Parts[0] == s.Parts[1] || s.Parts[1] == s.Parts[2] || s.Parts[0] == s.Parts[2] {
		return fmt.Errorf("%w: parts are not three", ErrSealed)
	}
	for i, share := range s.Shares {
		if w, err := parseWrapping(share); err != nil || len(w.text) != shareSize {
			return fmt.Errorf("%w: share %d", ErrSealed, i)
		}
	}
	if w, err := parseWrapping(s.Owner); len(s.Owner) > 0 && (err != nil || len(w.text) != keySize) {
		return fmt.Errorf("%w: owner", ErrSealed)
	}
	return nil
}

// bytes is all of Sealed.MarshalBinary before the ciphertext, with room for so many bytes more.
func (s SealedHead) bytes(room int) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0, MaxHead+room))
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

// SplitSealed cuts the bytes of a seal, or of its beginning, where the ciphertext begins. Bytes that are none, because they
// end sooner, are all head.
func SplitSealed(data []byte) (head, ciphertext []byte) {
	at := headFixed
	for range 4 {
		if at+2 > len(data) {
			return data, nil
		}
		at += 2 + int(binary.BigEndian.Uint16(data[at:]))
	}
	if at > len(data) {
		return data, nil
	}
	return data[:at:at], data[at:]
}

// ParseSealedHead accepts exactly a head of the right shape. The caller gives the bytes away.
func ParseSealedHead(data []byte) (SealedHead, error) {
	var got SealedHead
	in := cryptobyte.String(data)
	if err := got.read(&in); err != nil {
		return got, err
	}
	if !in.Empty() {
		return got, fmt.Errorf("%w: bytes after the head", ErrSealed)
	}
	return got, got.check()
}

func (s *SealedHead) read(in *cryptobyte.String) error {
	var version uint8
	if !in.ReadUint8(&version) || version != sealedVersion {
		return fmt.Errorf("%w: version", ErrSealed)
	}
	s.Version = int(version)
	if !in.CopyBytes(s.Record[:]) {
		return fmt.Errorf("%w: cut short in the record", ErrSealed)
	}
	for i := range s.Parts {
		if !in.CopyBytes(s.Parts[i][:]) {
			return fmt.Errorf("%w: cut short in the parts", ErrSealed)
		}
	}
	for i, field := range []*[]byte{&s.Shares[0], &s.Shares[1], &s.Shares[2], &s.Owner} {
		var v cryptobyte.String
		if !in.ReadUint16LengthPrefixed(&v) {
			return fmt.Errorf("%w: cut short in field %d", ErrSealed, i)
		}
		if len(v) > 0 {
			*field = v
		}
	}
	return nil
}
