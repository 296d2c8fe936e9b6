package main

import (
	"fmt"
	"slices"
	"strings"
)

// surface is something that somebody can read: an answer, a log, a table, a file.
type surface struct {
	name string
	text []byte
	free map[kind]string // what may stand there, and why
}

// registry is where a bidder's name stands by design: who has a certificate is registered; nothing there says that it
// bids.
var registry = []string{"organisation", "certificate"}

// hit is a needle that stands where it may not.
type hit struct {
	surface string
	form
}

func (h hit) String() string {
	return fmt.Sprintf("%s holds %s (%s) %s", h.surface, h.whose, h.kind, h.spelling)
}

// search looks for every needle on every surface.
func (x *index) search(surfaces []surface) (hits []hit) {
	for _, s := range surfaces {
		for _, f := range x.find(s.text) {
			if _, free := s.free[f.kind]; !free {
				hits = append(hits, hit{s.name, f})
			}
		}
	}
	return hits
}

// summary is one line for each surface with a hit.
func summary(hits []hit) (lines []string) {
	count := map[string]int{}
	for _, h := range hits {
		count[h.surface]++
	}
	for _, h := range hits {
		if n := count[h.surface]; n > 0 {
			lines = append(lines, fmt.Sprintf("%s, and %d more there", h, n-1))
			count[h.surface] = 0
		}
	}
	slices.Sort(lines)
	return lines
}

// newIn keeps the lines that were not there before.
func newIn(text []byte, before map[string]bool) []byte {
	var added strings.Builder
	for line := range strings.Lines(string(text)) {
		if !before[strings.TrimSuffix(line, "\n")] {
			added.WriteString(line)
		}
	}
	return []byte(added.String())
}

func linesOf(text []byte) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		all[strings.TrimSuffix(line, "\n")] = true
	}
	return all
}
