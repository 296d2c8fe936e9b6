package letter

import "time"

// Completion brings the documents that a demand lacked, once and whole (保险法 art. 22; URDG 758 art. 20). The
// presenting beneficiary signs it.
type Completion struct {
	Version   int        `json:"version"`
	Demand    string     `json:"demand"`
	Guarantee string     `json:"guarantee"`
	Documents []Document `json:"documents"`
	At        time.Time  `json:"at"`
}

// Check holds the completion against its own rules.
func (c Completion) Check() error {
	return firstOf(
		checkVersion(c.Version),
		checkID("demand", c.Demand),
		checkID("guarantee", c.Guarantee),
		need(len(c.Documents) > 0 && len(c.Documents) <= 20, "documents", "documents", "请至少补交一份文件，最多 20 份"),
		checkInstant("at", c.At),
	)
}

// Canonical is what is signed.
func (c Completion) Canonical() ([]byte, error) { return canonical(c, Completion.Check) }

// ParseCompletion reads canonical bytes.
func ParseCompletion(b []byte) (Completion, error) { return parse(b, Completion.Check) }

// Withdrawal takes a demand back. The presenting beneficiary signs it.
type Withdrawal struct {
	Version   int       `json:"version"`
	Demand    string    `json:"demand"`
	Guarantee string    `json:"guarantee"`
	Reason    string    `json:"reason"`
	At        time.Time `json:"at"`
}

// Check holds the withdrawal against its own rules.
func (w Withdrawal) Check() error {
	return firstOf(
		checkVersion(w.Version),
		checkID("demand", w.Demand),
		checkID("guarantee", w.Guarantee),
		checkText("reason", w.Reason, 2, 500),
		checkInstant("at", w.At),
	)
}

// Canonical is what is signed.
func (w Withdrawal) Canonical() ([]byte, error) { return canonical(w, Withdrawal.Check) }

// ParseWithdrawal reads canonical bytes.
func ParseWithdrawal(b []byte) (Withdrawal, error) { return parse(b, Withdrawal.Check) }
