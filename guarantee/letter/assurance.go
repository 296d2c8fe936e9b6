package letter

import (
	"slices"
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// Assurance is the platform's word, signed by it, on what it holds of one application at an instant: only what it
// knows without opening anything. It says nothing of the lot; whether the letter meets the lot's requirement is for
// the owner, who alone can read both (Bidder.Check in client).
type Assurance struct {
	Version      int            `json:"version"`
	Application  string         `json:"application"`
	Guarantor    string         `json:"guarantor"` // USCC
	Mode         Mode           `json:"mode"`
	Commitment   signing.Digest `json:"commitment"`
	Ceiling      Fen            `json:"ceiling"`
	LatestExpiry calendar.Date  `json:"latest_expiry"`
	Record       signing.Digest `json:"record"`               // SealedDigest of the record that the custodians can open
	Number       string         `json:"number,omitzero"`      // from prepare on
	Digest       signing.Digest `json:"digest,omitzero"`      // of the letter, from prepare on
	AcceptedAt   time.Time      `json:"accepted_at,omitzero"` // from the receipt on
	States       PartStates     `json:"states"`
	At           time.Time      `json:"at"` // when this was so
}

// PartStates are the states of the parts of a guarantee, by the names of docs/states.md.
type PartStates struct {
	Application  string `json:"application"`
	Fee          string `json:"fee"`
	Instrument   string `json:"instrument"`
	Disclosure   string `json:"disclosure"`
	Verification string `json:"verification"`
	Release      string `json:"release"`
}

// InForce tells whether the letter binds its guarantor at the statement's instant.
func (a Assurance) InForce() bool {
	return (a.States.Instrument == "issued" || a.States.Instrument == "amending") && !a.At.After(a.LatestExpiry.EndOfDay())
}

// Check holds for a complete statement.
func (a Assurance) Check() error {
	return firstOf(
		checkVersion(a.Version),
		checkID("application", a.Application),
		within("guarantor", CheckUSCC(a.Guarantor)),
		need(a.Mode == ModeBlind || a.Mode == ModeFull, "mode", "mode", "密封方式有误"),
		checkDigest("commitment", a.Commitment.IsZero()),
		a.Ceiling.checkPositive("ceiling"),
		need(!a.LatestExpiry.IsZero(), "latest_expiry", "missing", "缺少最迟到期日"),
		checkDigest("record", a.Record.IsZero()),
		need(a.States.Application != "" && a.States.Instrument != "", "states", "missing", "缺少状态"),
		need((a.Number == "") == (a.States.Instrument == "none"), "number", "missing", "保函编号与保函状态不符：登记之后才有编号"),
		need((a.Number == "") == a.Digest.IsZero(), "digest", "missing", "保函编号和摘要须同时给出"),
		need(a.AcceptedAt.IsZero() == a.beforeIssue(), "accepted_at", "missing", "收到时间与保函状态不符：开立之后才有收到时间"),
		checkInstant("at", a.At),
	)
}

// beforeIssue tells the states in which no letter has arrived.
func (a Assurance) beforeIssue() bool {
	return slices.Contains([]string{"none", "issuing", "failed"}, a.States.Instrument)
}

// Canonical is what the platform signs.
func (a Assurance) Canonical() ([]byte, error) { return canonical(a, Assurance.Check) }

// ParseAssurance reads what Canonical wrote.
func ParseAssurance(b []byte) (Assurance, error) { return parse(b, Assurance.Check) }
