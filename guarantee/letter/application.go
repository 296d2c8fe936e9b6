package letter

import (
	"baohan/guarantee/calendar"
	"baohan/signing"
)

// WordingRef names one version of a wording.
type WordingRef struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// Application is B: what the guarantor is asked, and all that it is told of a blind letter. The bidder signs it. What
// could tell the lot, amount and end, is rounded up to public ladders.
type Application struct {
	Version      int            `json:"version"`
	Application  string         `json:"application"` // id of the application and of the guarantee
	Guarantor    Party          `json:"guarantor"`
	Applicants   []Party        `json:"applicants"`
	Wording      WordingRef     `json:"wording"`
	Mode         Mode           `json:"mode"`
	Ceiling      Fen            `json:"ceiling"`
	LatestExpiry calendar.Date  `json:"latest_expiry"`
	Fee          Fen            `json:"fee"` // on the ceiling, as published
	Commitment   signing.Digest `json:"commitment"`
}

// Check holds for an application that a guarantor can be asked.
func (a Application) Check() error {
	return firstOf(
		checkVersion(a.Version),
		checkID("application", a.Application),
		within("guarantor", a.Guarantor.Check()),
		checkParties("applicants", a.Applicants, maxApplicants),
		a.checkWording(),
		checkCeiling(a.Ceiling),
		checkLatestExpiry(a.LatestExpiry),
		need(a.Fee >= 0 && a.Fee <= a.Ceiling, "fee", "amount", "保费须不小于零且不超过最高金额"),
		checkDigest("commitment", a.Commitment.IsZero()),
	)
}

func (a Application) checkWording() error {
	w, err := WordingOf(a.Wording)
	if err != nil {
		return err
	}
	_, err = w.Rendering(a.Mode)
	return err
}

// Canonical is what the bidder signs.
func (a Application) Canonical() ([]byte, error) { return canonical(a, Application.Check) }

// ParseApplication reads what Canonical wrote.
func ParseApplication(b []byte) (Application, error) { return parse(b, Application.Check) }
