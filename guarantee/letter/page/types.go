package page

import (
	"fmt"

	"baohan/guarantee/letter/page/font"
	"baohan/guarantee/letter/paper"
)

// MissingGlyphError names a character that no font of ours has. It may be in a name, so it is for the person who asked
// for the document.
type MissingGlyphError struct{ Rune rune }

func (e *MissingGlyphError) Error() string {
	return fmt.Sprintf("字体中没有字符“%c”（U+%04X），不能生成文件；请核对该字，确属需要的请联系平台补充字体", e.Rune, e.Rune)
}

// A face is a style: the fonts in the order in which a character is looked for in them.
type face []*font.Font

// types are the fonts of one document, as far as it uses them.
type types struct {
	cuts []*font.Subset
	body face
	bold face
}

func newTypes() *types {
	serif, rare := font.Serif(), font.Rare()
	return &types{body: face{serif, rare}, bold: face{font.Bold(), serif, rare}}
}

// glyph is one character as it is set.
type glyph struct {
	r       rune
	cut     int // which font of the document
	number  uint16
	width   int // thousandths of the size
	squeeze int // how much nearer the next one stands, thousandths
}

// set finds the glyphs of a text.
func (t *types) set(text string, f face) ([]glyph, error) {
	all := make([]glyph, 0, len(text)/2)
	for _, r := range text {
		g, err := t.glyph(r, f)
		if err != nil {
			return nil, err
		}
		if n := len(all); n > 0 {
			all[n-1].squeeze = squeeze(all[n-1], g)
		}
		all = append(all, g)
	}
	return all, nil
}

func (t *types) glyph(r rune, f face) (glyph, error) {
	for _, one := range f {
		if !one.Has(r) {
			continue
		}
		i := t.cut(one)
		n := t.cuts[i].Glyph(r)
		return glyph{r: r, cut: i, number: n, width: t.cuts[i].Width(int(n))}, nil
	}
	return glyph{}, &MissingGlyphError{r}
}

func (t *types) cut(f *font.Font) int {
	for i, c := range t.cuts {
		if c.Font == f {
			return i
		}
	}
	t.cuts = append(t.cuts, f.NewSubset())
	return len(t.cuts) - 1
}

// fonts are the subsets as the document carries them.
func (t *types) fonts() []paper.Font {
	all := make([]paper.Font, len(t.cuts))
	for i, c := range t.cuts {
		file := c.TrueType(false) // first: it adds the glyphs that others are composed of
		f := paper.Font{Name: c.Font.Name, Ascent: c.Font.Ascent(), Descent: c.Font.Descent(), Box: c.Font.Box(), Size: len(file), File: deflate(file, outlinesPool)}
		for n := range c.Len() {
			f.Runes, f.Widths = append(f.Runes, c.Rune(n)), append(f.Widths, c.Width(n))
		}
		all[i] = f
	}
	return all
}
