// Package drawn checks properties against drawn examples. `make test` draws the same examples every time, so that it says
// the same of the same commit; `make test-long` draws others every time, and what it finds becomes a test of its own.
package drawn

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// Check runs a property. A seed given on the command line (-rapid.seed) wins.
func Check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	CheckFrom(t, 1, property)
}

// CheckFrom draws from a seed of its own: for a test that draws in several rounds.
func CheckFrom(t *testing.T, seed uint64, property func(*rapid.T)) {
	t.Helper()
	if f := flag.Lookup("rapid.seed"); f.Value.String() == f.DefValue && os.Getenv("BAOHAN_LONG") == "" {
		for name, value := range map[string]string{"rapid.seed": strconv.FormatUint(seed, 10), "rapid.nofailfile": "true"} {
			f := flag.Lookup(name)
			before := f.Value.String()
			if err := f.Value.Set(value); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Value.Set(before) }()
		}
	}
	rapid.Check(t, property)
}
