package paper

import (
	"fmt"
	"strings"
	"unicode"
)

// Sheet is a document before it is laid out: what stands on it, in the order in which it is read. One engine lays out
// all kinds of it.
type Sheet struct {
	Title  string  `json:"title"`  // in the red band
	Number string  `json:"number"` // what the document is about, on every page
	Mark   string  `json:"mark"`   // a digest that pins the document, at the foot of every page
	Blocks []Block `json:"blocks"`
}

// Block is one part of a sheet. Exactly one of its members is set.
type Block struct {
	Heading string   `json:"heading,omitzero"`
	Facts   []Fact   `json:"facts,omitzero"`
	Clauses []string `json:"clauses,omitzero"` // paragraphs
	Notes   []string `json:"notes,omitzero"`   // small paragraphs
	Table   *Table   `json:"table,omitzero"`
	Close   *Close   `json:"close,omitzero"`
	NewPage bool     `json:"new_page,omitzero"`
}

// Fact is one row of a table of facts.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
	Code  bool   `json:"code,omitzero"` // digits and letters, set small: a digest, a serial number
	Big   bool   `json:"big,omitzero"`  // what the eye looks for first: the amount
}

// Table has a head and rows of as many cells, whose lines may be parted by a line feed. Shares are the columns' parts of
// the width.
type Table struct {
	Columns []string   `json:"columns"`
	Shares  []int      `json:"shares"`
	Rows    [][]string `json:"rows"`
	Grid    bool       `json:"grid,omitzero"` // ruled both ways, with its head on every page
}

// Close ends a document: a code to scan at the left, who signed at the right, over the picture of a seal.
type Close struct {
	Code      string   `json:"code"`          // what the QR code says; a picture, not text of the page
	Scan      *Scan    `json:"scan,omitzero"` // the same for a code that opens a page which checks the document
	Under     []string `json:"under"`         // below the code
	Signatory []string `json:"signatory"`
	Seal      string   `json:"seal"`  // the name on the seal's arc; a picture
	Words     string   `json:"words"` // across the seal
}

// Text is what a reader of the document's body gets, whatever the layout: everything but the pictures and what is
// repeated on every page, without white space.
func (s Sheet) Text() string {
	var b strings.Builder
	b.WriteString(s.Title)
	for _, block := range s.Blocks {
		block.write(&b)
	}
	return Squeezed(b.String())
}

func (b Block) write(to *strings.Builder) {
	to.WriteString(b.Heading)
	for _, f := range b.Facts {
		to.WriteString(f.Label + f.Value)
	}
	for _, text := range b.Clauses {
		to.WriteString(text)
	}
	for _, text := range b.Notes {
		to.WriteString(text)
	}
	if b.Table != nil {
		for _, row := range append([][]string{b.Table.Columns}, b.Table.Rows...) {
			to.WriteString(strings.Join(row, ""))
		}
	}
	if b.Close != nil {
		to.WriteString(strings.Join(b.Close.Under, "") + strings.Join(b.Close.Signatory, ""))
	}
}

// Head is what stands at the top of a page, numbered from 1; nothing on the first, which has the band.
func (s Sheet) Head(page int) []string {
	if page == 1 {
		return nil
	}
	return []string{s.Title, s.Number}
}

// Foot is what stands at the bottom of a page: the number, the page's, the mark.
func (s Sheet) Foot(page, pages int) []string {
	return []string{s.Number, fmt.Sprintf("第 %d 页 共 %d 页", page, pages), s.Mark}
}

// Squeezed is text without white space: where lines end is the layout's affair.
func Squeezed(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}
