package letter

import (
	"time"

	"baohan/signing"
)

// Rewrapping is what the owner of a sealed row signs when its encryption certificate is renewed: the keys of the
// row's seals, wrapped to the new certificate. It is bound to the row and to the very bytes that are sealed; those
// stay as they are, and so does every digest of them in a statement or a closing. The platform checks the signature
// and keeps only the wrappings: the statement names the bidder.
type Rewrapping struct {
	Version     int            `json:"version"`
	Application string         `json:"application"`
	Record      signing.Digest `json:"record"`                // SealedDigest of the sealed record
	Owner       []byte         `json:"owner"`                 // the record's key, wrapped anew
	Letter      signing.Digest `json:"letter,omitzero"`       // full letters, once issued: SealedDigest of the letter
	LetterOwner []byte         `json:"letter_owner,omitzero"` // and its key
	At          time.Time      `json:"at"`
}

// maxOwnerWrapping is the largest wrapping of a key of 16 bytes, in bytes, with room for every DER length.
const maxOwnerWrapping = 160

// Check holds for a complete statement. Whether the wrappings open anything only the owner can tell.
func (r Rewrapping) Check() error {
	full := !r.Letter.IsZero()
	return firstOf(
		checkVersion(r.Version),
		checkID("application", r.Application),
		checkDigest("record", r.Record.IsZero()),
		need(len(r.Owner) > 0 && len(r.Owner) <= maxOwnerWrapping, "owner", "size", "缺少重新包裹的密钥，或长度不对；请用客户端重新生成"),
		need(full == (len(r.LetterOwner) > 0) && len(r.LetterOwner) <= maxOwnerWrapping, "letter_owner", "size", "保函的摘要和重新包裹的密钥须同时给出；请用客户端重新生成"),
		checkInstant("at", r.At),
	)
}

// Canonical is what the owner signs.
func (r Rewrapping) Canonical() ([]byte, error) { return canonical(r, Rewrapping.Check) }

// ParseRewrapping reads what Canonical wrote.
func ParseRewrapping(b []byte) (Rewrapping, error) { return parse(b, Rewrapping.Check) }
