package letter

import "strconv"

// Sizes in bytes of what is sealed, padding included: a length tells nothing.
const (
	RecordSize = 8192
	LetterSize = 32768
	BidSize    = 65536
)

// RecordAAD ties a sealed reveal record to its row and the row's version.
func RecordAAD(id string, version int) []byte {
	return []byte("baohan/record/1/" + id + "/" + strconv.Itoa(version))
}

// LetterAAD ties a full letter to its row.
func LetterAAD(id string) []byte { return []byte("baohan/letter/1/" + id) }

// BidAAD ties a sealed bid to its row.
func BidAAD(id string) []byte { return []byte("baohan/bid/1/" + id) }

// Record is the plaintext of a row's seal: the reveal record and the fresh private key to which everything else of the
// row is encrypted, so that opening the record opens the letter.
type Record struct {
	Reveal []byte `json:"reveal"` // Reveal.Canonical
	Key    []byte `json:"key"`    // 32 bytes
}

// Check holds for a record whose parts have their size; the reveal record itself is for ParseReveal.
func (r Record) Check() error {
	return firstOf(
		need(len(r.Reveal) > 0 && len(r.Reveal) <= maxReveal, "reveal", "size", "揭示记录为空或过长"),
		need(len(r.Key) == 32, "key", "key", "记录私钥须为 32 字节"),
	)
}

// Canonical is what is sealed.
func (r Record) Canonical() ([]byte, error) { return canonical(r, Record.Check) }

// ParseRecord reads what Canonical wrote.
func ParseRecord(b []byte) (Record, error) { return parse(b, Record.Check) }

// FullLetter is what a guarantor that issues in full seals to the custodians and the owner.
type FullLetter struct {
	Salt        []byte `json:"salt"`        // 32 random bytes
	Undertaking []byte `json:"undertaking"` // p7s
}

// maxUndertaking is the largest signed undertaking, in bytes, that fits its seal in either mode.
const maxUndertaking = 24_000

// Check holds for a salt of 32 bytes and a letter that fits.
func (l FullLetter) Check() error {
	return firstOf(
		need(len(l.Salt) == 32, "salt", "salt", "盐值须为 32 字节"),
		need(len(l.Undertaking) > 0 && len(l.Undertaking) <= maxUndertaking, "undertaking", "size", "保函签名数据为空或过长；请精简证书链"),
	)
}

// Canonical is what is sealed.
func (l FullLetter) Canonical() ([]byte, error) { return canonical(l, FullLetter.Check) }

// ParseFullLetter reads what Canonical wrote.
func ParseFullLetter(b []byte) (FullLetter, error) { return parse(b, FullLetter.Check) }
