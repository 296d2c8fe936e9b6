package font

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrFont says that bytes are not a TrueType font as this package reads them.
var ErrFont = errors.New("font: not a TrueType font with glyf outlines")

// Font is one font, read and ready. It is never changed, so many documents may be made of it at once.
type Font struct {
	Name string // PostScript name, as documents call it

	unitsPerEm      int
	ascent, descent int // in font units
	box             [4]int
	head, maxp      []byte
	glyphs          map[rune]uint16
	metrics         []byte // four bytes a glyph: width, left side bearing
	loca            []uint32
	glyf            []byte
}

// Parse reads a font. The bytes are kept and must not change.
func Parse(name string, b []byte) (f *Font, err error) {
	defer func() {
		if recover() != nil { // an offset that leads out of the file
			f, err = nil, fmt.Errorf("%w: %s is cut short", ErrFont, name)
		}
	}()
	t := tablesOf(b)
	for _, need := range []string{"head", "hhea", "maxp", "hmtx", "loca", "glyf", "cmap"} {
		if t[need] == nil {
			return nil, fmt.Errorf("%w: %s has no table %s", ErrFont, name, need)
		}
	}
	f = &Font{Name: name, head: t["head"], maxp: t["maxp"], glyf: t["glyf"]}
	f.unitsPerEm = int(u16(f.head, 18))
	for i := range f.box {
		f.box[i] = int(i16(f.head, 36+2*i))
	}
	f.ascent, f.descent = int(i16(t["hhea"], 4)), int(i16(t["hhea"], 6))
	n := int(u16(f.maxp, 4))
	f.metrics = metricsOf(t["hmtx"], n, int(u16(t["hhea"], 34)))
	f.loca = offsetsOf(t["loca"], n, u16(f.head, 50) == 1)
	f.glyphs = charactersOf(t["cmap"])
	if f.unitsPerEm == 0 || len(f.glyphs) == 0 {
		return nil, fmt.Errorf("%w: %s has no characters", ErrFont, name)
	}
	return f, nil
}

// Has tells whether the font has a glyph for a character.
func (f *Font) Has(r rune) bool { return f.glyphs[r] != 0 }

// Glyph is the number of a character's glyph in the font; 0 for a character that it lacks.
func (f *Font) Glyph(r rune) uint16 { return f.glyphs[r] }

// Characters are all that the font has, in no order.
func (f *Font) Characters() []rune {
	all := make([]rune, 0, len(f.glyphs))
	for r := range f.glyphs {
		all = append(all, r)
	}
	return all
}

// Width is a glyph's advance in thousandths of the font's size.
func (f *Font) Width(glyph uint16) int { return f.perMille(int(u16(f.metrics, 4*int(glyph)))) }

// Ascent is how far the font reaches above the line, in thousandths of its size.
func (f *Font) Ascent() int { return f.perMille(f.ascent) }

// Descent is how far the font reaches below the line, negative, in thousandths of its size.
func (f *Font) Descent() int { return f.perMille(f.descent) }

// Box holds all glyphs: left, bottom, right, top in thousandths of the size.
func (f *Font) Box() (box [4]int) {
	for i, v := range f.box {
		box[i] = f.perMille(v)
	}
	return box
}

func (f *Font) perMille(units int) int {
	if f.unitsPerEm == 1000 {
		return units
	}
	return units * 1000 / f.unitsPerEm
}

// outline is a glyph's description; empty for one that draws nothing.
func (f *Font) outline(glyph uint16) []byte { return f.glyf[f.loca[glyph]:f.loca[glyph+1]] }

func tablesOf(b []byte) map[string][]byte {
	t := map[string][]byte{}
	for i := range int(u16(b, 4)) {
		entry := b[12+16*i : 28+16*i]
		at, n := u32(entry, 8), u32(entry, 12)
		t[string(entry[:4])] = b[at : at+n : at+n]
	}
	return t
}

// metricsOf gives every glyph a width: those behind the last stated one share it.
func metricsOf(hmtx []byte, glyphs, stated int) []byte {
	all := make([]byte, 0, 4*glyphs)
	all = append(all, hmtx[:4*stated]...)
	for i := stated; i < glyphs; i++ {
		bearing := 4*stated + 2*(i-stated)
		all = append(all, hmtx[4*stated-4:4*stated-2]...)
		all = append(all, hmtx[bearing:bearing+2]...)
	}
	return all
}

func offsetsOf(loca []byte, glyphs int, long bool) []uint32 {
	all := make([]uint32, glyphs+1)
	for i := range all {
		if long {
			all[i] = u32(loca, 4*i)
		} else {
			all[i] = 2 * uint32(u16(loca, 2*i))
		}
	}
	return all
}

// charactersOf reads the widest subtable: format 12 (all of Unicode), else format 4 (its first plane).
func charactersOf(cmap []byte) map[rune]uint16 {
	glyphs := map[rune]uint16{}
	for _, format := range []uint16{4, 12} {
		for i := range int(u16(cmap, 2)) {
			sub := cmap[u32(cmap, 8+8*i):]
			if u16(sub, 0) != format {
				continue
			}
			if format == 12 {
				readGroups(sub, glyphs)
			} else {
				readSegments(sub, glyphs)
			}
		}
	}
	return glyphs
}

func readGroups(sub []byte, glyphs map[rune]uint16) {
	for i := range int(u32(sub, 12)) {
		group := sub[16+12*i:]
		first, last, glyph := u32(group, 0), u32(group, 4), u32(group, 8)
		for r := first; r <= last && r <= 0x10FFFF; r++ {
			glyphs[rune(r)] = uint16(glyph + r - first)
		}
	}
}

func readSegments(sub []byte, glyphs map[rune]uint16) {
	n := int(u16(sub, 6)) // twice the number of segments
	ends, starts, deltas, ranges := sub[14:], sub[16+n:], sub[16+2*n:], sub[16+3*n:]
	for i := 0; i < n; i += 2 {
		for r := int(u16(starts, i)); r <= int(u16(ends, i)) && r < 0xFFFF; r++ {
			glyph := uint16(r)
			if from := int(u16(ranges, i)); from != 0 {
				glyph = u16(ranges, i+from+2*(r-int(u16(starts, i))))
			}
			if glyph += u16(deltas, i); glyph != 0 {
				glyphs[rune(r)] = glyph
			}
		}
	}
}

func u16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
func i16(b []byte, at int) int16  { return int16(u16(b, at)) }
func u32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
