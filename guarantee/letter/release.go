package letter

import (
	"time"

	"baohan/signing"
)

// Release (解除通知) is the beneficiary's document that waives payment (法释〔2016〕24号 art. 11(4)). Each beneficiary
// signs its own; with the last the guarantor's duty ends.
type Release struct {
	Version     int            `json:"version"`
	Guarantee   string         `json:"guarantee"`
	Number      string         `json:"number"`
	Guarantor   Party          `json:"guarantor"`
	Beneficiary Party          `json:"beneficiary"`
	Undertaking signing.Digest `json:"undertaking"` // UndertakingDigest of the disclosed letter
	Reason      string         `json:"reason"`
	At          time.Time      `json:"at"`
}

// Check holds for a release of one letter by one beneficiary.
func (r Release) Check() error {
	return firstOf(
		checkVersion(r.Version),
		checkID("guarantee", r.Guarantee),
		checkNumber(r.Number),
		within("guarantor", r.Guarantor.Check()),
		within("beneficiary", r.Beneficiary.Check()),
		checkDigest("undertaking", r.Undertaking.IsZero()),
		checkText("reason", r.Reason, 2, 500),
		checkInstant("at", r.At),
	)
}

// Canonical is what the beneficiary signs.
func (r Release) Canonical() ([]byte, error) { return canonical(r, Release.Check) }

// ParseRelease reads what Canonical wrote.
func ParseRelease(b []byte) (Release, error) { return parse(b, Release.Check) }
