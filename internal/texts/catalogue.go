package texts

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Catalogue is the texts of one language. It is safe for concurrent use.
type Catalogue struct {
	whole    map[string]string // by key, those with holes too
	patterns []pattern         // what says most first
}

// New makes a catalogue of what is translated.
func New(all []Entry) (*Catalogue, error) {
	c := &Catalogue{whole: map[string]string{}}
	for _, e := range all {
		if e.Text == "" {
			continue
		}
		c.whole[e.ID] = e.Text
		if !hole.MatchString(e.ID) {
			continue
		}
		p, err := newPattern(e)
		if err != nil {
			return nil, err
		}
		c.patterns = append(c.patterns, p)
	}
	slices.SortStableFunc(c.patterns, func(a, b pattern) int {
		return cmp.Or(b.weight-a.weight, strings.Compare(strings.Join(a.parts, "{}"), strings.Join(b.parts, "{}")))
	})
	return c, nil
}

// Open reads a catalogue from PO.
func Open(po string) (*Catalogue, error) {
	all, err := Parse(po)
	if err != nil {
		return nil, err
	}
	return New(all)
}

// Say puts a text into the language of the catalogue, with the space around it as it was. It is false when the catalogue
// lacks the text, or a text that stands in one of its holes.
func (c *Catalogue) Say(s string) (string, bool) {
	if !Chinese(s) {
		return s, true
	}
	said, ok := (&search{c, patience}).say(Tidy(s), deepest)
	if !ok {
		return s, false
	}
	inner := strings.TrimSpace(s)
	before, after, _ := strings.Cut(s, inner)
	return before + said + after, true
}

// Of is the translation of a key, with its holes.
func (c *Catalogue) Of(id string) (string, bool) {
	text, ok := c.whole[id]
	return text, ok
}

// deepest is how far texts stand in holes of texts. patience is what one text may cost to be found, in steps: whoever may write on a
// page, or ask for an address that it shows, can make a text of which there are endlessly many readings.
const (
	deepest  = 8
	patience = 50_000
	dear     = 20      // steps of looking a text up
	longest  = 8 << 10 // bytes of a text that is not in the catalogue as it stands
)

// search is for one text. When no steps are left nothing is found any more.
type search struct {
	*Catalogue
	left int
}

func (c *search) spend(n int) bool {
	c.left -= n
	return c.left > 0
}

func (c *search) say(s string, depth int) (said string, ok bool) {
	s = strings.TrimSpace(s)
	if !Chinese(s) {
		return s, true
	}
	if said, ok := c.whole[s]; ok {
		return said, true
	}
	if day, ok := isoDay(s); ok {
		return day, true
	}
	if depth == 0 || len(s) > longest || !c.spend(dear+len(s)/64) {
		return "", false
	}
	inner := func(v string) (string, bool) { return c.say(v, depth-1) }
	for _, between := range [][2]string{{"；", "; "}, {"、", ", "}} {
		if said, ok := c.list(s, between, inner); ok {
			return said, true
		}
	}
	for _, p := range c.patterns {
		if c.fill(p.parts, s, nil, func(values []string) bool {
			said, ok = put(p.text, values, inner)
			return ok
		}) {
			return said, true
		}
	}
	return "", false
}

// list says what is listed one by one. What is listed may have the mark of a list in itself.
func (c *search) list(s string, between [2]string, say func(string) (string, bool)) (string, bool) {
	for from := 0; ; from += len(between[0]) {
		at := strings.Index(s[from:], between[0])
		if at < 0 || !c.spend(1) {
			return "", false
		}
		from += at
		first, ok := say(s[:from])
		if !ok {
			continue
		}
		rest := s[from+len(between[0]):]
		said, ok := c.list(rest, between, say)
		if !ok {
			said, ok = say(rest)
		}
		if ok {
			return first + between[1] + said, true
		}
	}
}

// day is a date as pages and papers write it, alone or with the time behind it.
var day = regexp.MustCompile(`^(\d{4})年(\d{1,2})月(\d{1,2})日(?: ?(\d{2})[:时](\d{2})分?(?::?(\d{2}(?:\.\d+)?)秒?)?)?$`)

// isoDay writes a date so that no country reads it otherwise (ISO 8601): 2026-12-05 09:30.
func isoDay(s string) (string, bool) {
	m := day.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	iso := m[1] + "-" + two(m[2]) + "-" + two(m[3])
	if m[4] != "" {
		iso += " " + m[4] + ":" + m[5]
	}
	if m[6] != "" {
		iso += ":" + m[6]
	}
	return iso, true
}

func two(n string) string {
	if len(n) == 1 {
		return "0" + n
	}
	return n
}
