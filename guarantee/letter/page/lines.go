package page

import "strings"

// Marks that stand in half of their square. A line does not begin with a closing one nor end with an opening one.
const (
	closing = "，。、；：？！）》〉」』】〕］｝”’％‰℃·…—"
	opening = "（《〈「『【〔［｛“‘￥¥＄§№"
	// half are those whose other half is empty, so that two of them may stand closer.
	halfRight = "，。、；：）》〉」』】〕］｝”’" // empty at the right
	halfLeft  = "（《〈「『【〔［｛“‘"      // empty at the left
)

func in(r rune, marks string) bool { return strings.ContainsRune(marks, r) }

// squeeze is how much nearer b stands to a: half a square where both would leave their empty halves between them.
func squeeze(a, b glyph) int {
	if a.width < 900 || b.width < 900 {
		return 0
	}
	if in(a.r, halfRight) && (in(b.r, halfRight) || in(b.r, halfLeft)) || in(a.r, halfLeft) && in(b.r, halfLeft) {
		return 500
	}
	return 0
}

// latin are characters that are read as a word with their neighbours: a number, a code.
func latin(r rune) bool { return r > ' ' && r < 0x2E80 && !in(r, closing) && !in(r, opening) }

// longest is how many characters a word may have before it is cut like any other text: a digest, a signature.
const longest = 30

// wordy marks the characters that belong to words of no more than longest.
func wordy(text []glyph) []bool {
	marks := make([]bool, len(text))
	for from := 0; from < len(text); {
		to := from
		for to < len(text) && latin(text[to].r) {
			to++
		}
		for i := from; i < to && to-from <= longest; i++ {
			marks[i] = true
		}
		from = max(to, from+1)
	}
	return marks
}

// mayBreak tells whether a line may end between two characters.
func mayBreak(a, b rune, word bool) bool {
	switch {
	case b == ' ', in(b, closing), in(a, opening), b == ')' || b == ']' || b == ',' || b == ';', a == '(' || a == '[':
		return false
	case (a == '—' || a == '…') && a == b:
		return false
	}
	return a == ' ' || !word || !latin(a) || !latin(b)
}

// A line is what stands on one line, and whether it is to fill the width.
type line struct {
	glyphs []glyph
	full   bool
}

// width is in thousandths of the size, without the space that the last mark leaves empty anyway.
func (l line) width() int {
	n, w := len(l.glyphs), 0
	for i, g := range l.glyphs {
		w += g.width
		if i < n-1 {
			w -= g.squeeze
		}
	}
	if n > 0 && l.glyphs[n-1].width >= 900 && in(l.glyphs[n-1].r, halfRight) {
		w -= 500
	}
	return w
}

// broken cuts a text into lines of at most room thousandths, the first shorter by indent. What cannot be cut by the
// rules and is longer than a line, a digest, is cut anywhere.
func broken(text []glyph, room, indent int) []line {
	var lines []line
	words := wordy(text)
	for first := true; len(text) > 0; first = false {
		limit := room
		if first {
			limit -= indent
		}
		n := fitting(text, words, limit)
		lines = append(lines, line{trimmed(text[:n]), n < len(text)})
		text, words = text[n:], words[n:]
		for len(text) > 0 && text[0].r == ' ' {
			text, words = text[1:], words[1:]
		}
	}
	return lines
}

// fitting is how many glyphs of a text go on a line.
func fitting(text []glyph, words []bool, limit int) int {
	w, last, most := 0, 0, len(text)
	seen := ' ' // the last character that is not a space: a space behind an opening mark does not part it from what it opens
	for i, g := range text {
		if g.r != ' ' {
			seen = g.r
		}
		hang := 0
		if g.width >= 900 && in(g.r, halfRight) {
			hang = 500
		}
		if w+g.width-hang > limit {
			most = i
			break
		}
		w += g.width - g.squeeze
		if i+1 == len(text) || !in(seen, opening) && mayBreak(g.r, text[i+1].r, words[i]) {
			last = i + 1
		}
	}
	if last > 0 {
		return last
	}
	return max(1, most)
}

// trimmed takes spaces off the end of a line.
func trimmed(l []glyph) []glyph {
	for len(l) > 0 && l[len(l)-1].r == ' ' {
		l = l[:len(l)-1]
	}
	return l
}
