package letter

import (
	"time"

	"baohan/signing"
)

// Receipt is the platform's word, signed by it: this letter was accepted here at this instant. From that instant it is
// in force (电子签名法 art. 11: entering the designated system is arrival).
type Receipt struct {
	Version     int            `json:"version"`
	Application string         `json:"application"`
	Guarantor   string         `json:"guarantor"` // USCC
	Number      string         `json:"number"`
	Mode        Mode           `json:"mode"`
	Commitment  signing.Digest `json:"commitment"`
	Digest      signing.Digest `json:"digest"` // blind: UndertakingDigest; full: SaltedDigest
	AcceptedAt  time.Time      `json:"accepted_at"`
}

// Check holds for a complete receipt.
func (r Receipt) Check() error {
	return firstOf(
		checkVersion(r.Version),
		checkID("application", r.Application),
		within("guarantor", CheckUSCC(r.Guarantor)),
		checkNumber(r.Number),
		need(r.Mode == ModeBlind || r.Mode == ModeFull, "mode", "mode", "密封方式有误"),
		checkDigest("commitment", r.Commitment.IsZero()),
		checkDigest("digest", r.Digest.IsZero()),
		checkInstant("accepted_at", r.AcceptedAt),
	)
}

// Canonical is what the platform signs.
func (r Receipt) Canonical() ([]byte, error) { return canonical(r, Receipt.Check) }

// ParseReceipt reads what Canonical wrote.
func ParseReceipt(b []byte) (Receipt, error) { return parse(b, Receipt.Check) }

// SealedIssue is what the guarantor signs when it issues in full: the platform holds its number and digests against
// what was prepared, without reading the letter.
type SealedIssue struct {
	Version     int            `json:"version"`
	Application string         `json:"application"`
	Number      string         `json:"number"`
	Digest      signing.Digest `json:"digest"` // SaltedDigest of the letter
	Sealed      signing.Digest `json:"sealed"` // SealedDigest of the sealed bytes
}

// Check holds for a complete statement.
func (s SealedIssue) Check() error {
	return firstOf(
		checkVersion(s.Version),
		checkID("application", s.Application),
		checkNumber(s.Number),
		checkDigest("digest", s.Digest.IsZero()),
		checkDigest("sealed", s.Sealed.IsZero()),
	)
}

// Canonical is what the guarantor signs.
func (s SealedIssue) Canonical() ([]byte, error) { return canonical(s, SealedIssue.Check) }

// ParseSealedIssue reads what Canonical wrote.
func ParseSealedIssue(b []byte) (SealedIssue, error) { return parse(b, SealedIssue.Check) }
