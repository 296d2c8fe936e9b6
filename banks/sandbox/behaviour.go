package sandbox

import (
	"fmt"
	"slices"
)

// Behaviour says how the bank behaves, well or badly. It may be changed while it runs.
type Behaviour struct {
	// Decision: instant approves at once, slow after Delay seconds, manual waits for a person, decline refuses all.
	Decision string `json:"decision"`
	// Delay in seconds, for slow.
	Delay int `json:"delay,omitzero"`
	// Fault: none · down (answers 503 and says nothing) · twice (says everything twice) · changed_amount (writes a
	// letter over another ceiling) · wrong_key (signs letters with a key that is not the bank's) · day_short (its counter
	// takes the validity down one day short of the notice).
	Fault string `json:"fault"`
	// Extension: what follows when a demand would take an extension instead of payment and is found complying: pay, which is
	// the rule without a word, or extend, if the applicant agrees.
	Extension string `json:"extension,omitzero"`
}

func (b Behaviour) check() error {
	if !slices.Contains([]string{"instant", "slow", "manual", "decline"}, b.Decision) {
		return fmt.Errorf("sandbox: decision %q is not instant, slow, manual or decline", b.Decision)
	}
	if !slices.Contains([]string{"none", "down", "twice", "changed_amount", "wrong_key", "day_short"}, b.Fault) {
		return fmt.Errorf("sandbox: fault %q is not none, down, twice, changed_amount, wrong_key or day_short", b.Fault)
	}
	if !slices.Contains([]string{"", "pay", "extend"}, b.Extension) {
		return fmt.Errorf("sandbox: extension %q is not pay or extend", b.Extension)
	}
	if b.Delay < 0 || b.Delay > 7*24*3600 {
		return fmt.Errorf("sandbox: delay %d is not between 0 and seven days, in seconds", b.Delay)
	}
	return nil
}
