// Package heap says how much room the garbage of a process may take before it is collected.
package heap

import (
	"os"
	"runtime/debug"
)

const (
	roomy = 400     // per cent of what is in use; Go's own is 100
	soft  = 3 << 30 // bytes; near them garbage is collected as often as it takes
)

// Roomy lets garbage grow to four times what is in use. A process of ours keeps little and is asked for much at once: an
// opening reads and decrypts a lot's bids within a second, a tenth of which collecting took (docs/benchmarks.md). GOGC and
// GOMEMLIMIT, where an operator sets them, hold instead.
func Roomy() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(roomy)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(soft)
	}
}
