package letter

import (
	"slices"
	"strings"

	"golang.org/x/text/width"
)

// pageWidth is how many columns a printed line has: a terminal's 80, and A4 at ten points, with room for a mark of
// punctuation that may not begin a line.
const pageWidth = 78

// labelWidth is how wide the names of fields are.
const labelWidth = 14

// noStart are the marks that may not begin a line (GB/T 15834—2011, 5.1).
const noStart = "，。；：、）》？！”"

// page is text in columns of equal width, in which a Chinese character takes two.
type page struct{ b strings.Builder }

// line writes text from a column on, in as many lines as it takes.
func (p *page) line(indent int, text string) { p.hang(indent, "", text) }

// field writes a named value.
func (p *page) field(indent int, name, value string) { p.hang(indent, padded(name, labelWidth), value) }

// hang writes text behind a label; the lines that follow begin where the text does.
func (p *page) hang(indent int, label, text string) {
	first := strings.Repeat(" ", indent) + label
	for i, part := range wrapped(text, pageWidth-columns(first)) {
		if i > 0 {
			first = strings.Repeat(" ", columns(first))
		}
		p.b.WriteString(strings.TrimRight(first+part, " ") + "\n")
	}
}

// middle writes a title.
func (p *page) middle(text string) {
	p.line(max(0, (pageWidth-columns(text))/2), text)
}

// wrapped cuts text into pieces of at most most columns, and a mark that may not begin the next. A number or a code stays
// whole if it fits into a line.
func wrapped(text string, most int) (parts []string) {
	part, used := "", 0
	for _, word := range words(text, most) {
		w := columns(word)
		if used+w > most && (used > most || !strings.Contains(noStart, word)) {
			parts, part, used = append(parts, part), "", 0
			if word == " " {
				continue
			}
		}
		part, used = part+word, used+w
	}
	return append(parts, part)
}

// words are what is not broken: runs of letters and digits of one column, up to most, and every other character.
func words(text string, most int) (out []string) {
	run := ""
	for _, r := range text {
		if r <= ' ' || columnsOf(r) > 1 || columns(run) == most {
			out, run = append(out, run), ""
		}
		if run += string(r); r <= ' ' || columnsOf(r) > 1 {
			out, run = append(out, run), ""
		}
	}
	return slices.DeleteFunc(append(out, run), func(s string) bool { return s == "" })
}

func padded(text string, to int) string {
	return text + strings.Repeat(" ", max(0, to-columns(text)))
}

func columns(text string) (n int) {
	for _, r := range text {
		n += columnsOf(r)
	}
	return n
}

// columnsOf takes a character of ambiguous width for a wide one, as terminals and printers in China do.
func columnsOf(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
		return 2
	case width.Neutral, width.EastAsianNarrow, width.EastAsianHalfwidth:
	}
	return 1
}
