package texts

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A hole in a key is {1}, {2} … in the order in which they stand. In a translation
//
//	{1}           is the value in the other language: if it cannot be said there, nor can the text
//	{1:zh}        is the value as it stands, also in Chinese: a name, what binds, a law
//	{1|day|days}  is the first word if the value is 1, else the second
var hole = regexp.MustCompile(`\{(\d+)(:zh|\|[^|{}]*\|[^|{}]*)?\}`)

// pattern is an entry whose key has holes.
type pattern struct {
	parts  []string // of the key, around its holes
	weight int      // how many characters those are: what says more is tried first
	text   string
}

func newPattern(e Entry) (pattern, error) {
	p := pattern{parts: hole.Split(e.ID, -1), text: e.Text}
	for i, part := range p.parts {
		p.weight += utf8.RuneCountInString(part)
		if part == "" && i > 0 && i < len(p.parts)-1 {
			return p, fmt.Errorf("texts: two holes of %q touch", e.ID)
		}
	}
	for _, m := range hole.FindAllStringSubmatch(e.Text, -1) {
		if n, err := strconv.Atoi(m[1]); err != nil || n < 1 || n >= len(p.parts) {
			return p, fmt.Errorf("texts: %q has no value %s", e.ID, m[0])
		}
	}
	return p, nil
}

// fill finds values with which the key is s, each as short as can be, until accept takes them.
func (c *search) fill(parts []string, s string, values []string, accept func([]string) bool) bool {
	rest, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	if len(parts) == 1 {
		return rest == "" && accept(values)
	}
	if parts[1] == "" { // the last hole
		return accept(append(values, rest))
	}
	for from := 0; ; from++ {
		at := strings.Index(rest[from:], parts[1])
		if at < 0 || !c.spend(1) {
			return false
		}
		from += at
		if c.fill(parts[1:], rest[from:], append(values[:len(values):len(values)], rest[:from]), accept) {
			return true
		}
	}
}

// put writes the values into the translation. say answers for a value; false ends it.
func put(text string, values []string, say func(string) (string, bool)) (string, bool) {
	good := true
	out := hole.ReplaceAllStringFunc(text, func(h string) string {
		m := hole.FindStringSubmatch(h)
		n, _ := strconv.Atoi(m[1]) // newPattern has read it
		v := values[n-1]
		switch {
		case m[2] == ":zh":
			return v
		case m[2] != "":
			words := strings.Split(m[2], "|")
			if strings.TrimSpace(v) == "1" {
				return words[1]
			}
			return words[2]
		}
		said, ok := say(v)
		good = good && ok
		return said
	})
	return out, good
}
