package texts

import (
	"strings"
	"unicode"
)

// Own marks what somebody has named himself, a person, a project, a reason: it is never taken for a text of ours, and stays
// as it is in every language. The marks are Unicode's for a text within a text (FSI and PDI); they show nothing.
func Own(s string) string { return own + Plain(s) + end }

const own, end = "\u2068", "\u2069"

// Plain is a text without the marks of Own.
func Plain(s string) string {
	if !strings.Contains(s, own) && !strings.Contains(s, end) {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, own, ""), end, "")
}

// Chinese tells whether a text has, beside what Own marks, a character that only Chinese writing uses: of its script, or of
// its punctuation.
func Chinese(s string) bool {
	for s != "" {
		from := strings.Index(s, own)
		to := strings.Index(s, end)
		if from < 0 && to < 0 {
			break
		}
		if from < 0 || to < from { // half a mark: a key was held against what is somebody's own
			return true
		}
		if strings.ContainsFunc(s[:from], chinese) {
			return true
		}
		s = s[to+len(end):]
	}
	return strings.ContainsFunc(s, chinese)
}

func chinese(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
}

// Run is a part of a translation.
type Run struct {
	Text    string
	Chinese bool // somebody's own, or what a hole left Chinese
}

// Runs cuts a translation into what is in its language and what stayed Chinese. The marks of Own are gone.
func Runs(s string) (runs []Run) {
	marked := false
	for _, r := range s {
		switch string(r) {
		case own:
			marked = true
			continue
		case end:
			marked = false
			continue
		}
		in := marked || chinese(r)
		if n := len(runs); n == 0 || runs[n-1].Chinese != in {
			runs = append(runs, Run{Chinese: in})
		}
		runs[len(runs)-1].Text += string(r)
	}
	return runs
}

// Tidy is a text as a key has it: without space around it, and one space for any within.
func Tidy(s string) string { return strings.Join(strings.Fields(s), " ") }
