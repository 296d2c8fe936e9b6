package font

import (
	"encoding/binary"
	"slices"
)

// Subset is some glyphs of a font under numbers of their own, in the order in which they were asked for. Number 0 is
// the empty glyph that every font begins with.
type Subset struct {
	Font    *Font
	from    []uint16 // number here → number in the font
	runes   []rune   // number here → its character; 0 for one that only others are composed of
	numbers map[rune]uint16
}

// NewSubset is an empty subset.
func (f *Font) NewSubset() *Subset {
	return &Subset{Font: f, from: []uint16{0}, runes: []rune{0}, numbers: map[rune]uint16{}}
}

// Glyph is the number of a character's glyph in the subset, which it joins when it is new; 0 for a character that the
// font lacks. Two characters never share a number, so that text is read back as it was written.
func (s *Subset) Glyph(r rune) uint16 {
	if n := s.numbers[r]; n != 0 {
		return n
	}
	from := s.Font.Glyph(r)
	if from == 0 {
		return 0
	}
	n := s.add(from, r)
	s.numbers[r] = n
	return n
}

func (s *Subset) add(from uint16, r rune) uint16 {
	n := uint16(len(s.from))
	s.from, s.runes = append(s.from, from), append(s.runes, r)
	return n
}

// Len is how many glyphs the subset has, number 0 included.
func (s *Subset) Len() int { return len(s.from) }

// Rune is the character of a number; 0 when there is none.
func (s *Subset) Rune(number int) rune { return s.runes[number] }

// Width is the advance of a number's glyph in thousandths of the size.
func (s *Subset) Width(number int) int { return s.Font.Width(s.from[number]) }

// TrueType is the subset as a font file with the tables that a PDF needs (ISO 32000-1, 9.9), and with a character map
// when it is to be read by Parse again.
func (s *Subset) TrueType(characters bool) []byte {
	outlines := s.outlines()
	n := len(s.from)
	var glyf, metrics []byte
	loca := make([]byte, 0, 4*n+4)
	for i, o := range outlines {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, o...)
		glyf = append(glyf, make([]byte, -len(o)&3)...)
		at := 4 * int(s.from[i])
		metrics = append(metrics, s.Font.metrics[at:at+4]...)
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	tables := []table{{"glyf", glyf}, {"head", s.headTable()}, {"hhea", s.hheaTable()}, {"hmtx", metrics}, {"loca", loca}, {"maxp", s.maxpTable()}}
	if characters {
		tables = slices.Insert(tables, 0, table{"cmap", s.characterMap()})
	}
	return fontFile(tables)
}

// outlines are the glyphs' descriptions, those that others are composed of added at the end, without instructions for
// the pixels of a screen.
func (s *Subset) outlines() [][]byte {
	var all [][]byte
	for i := 0; i < len(s.from); i++ { // grows
		o := slices.Clone(s.Font.outline(s.from[i]))
		if len(o) > 0 && i16(o, 0) < 0 {
			o = s.renumber(o)
		} else if len(o) > 0 {
			o = withoutInstructions(o)
		}
		all = append(all, o)
	}
	return all
}

// Flags of a component (glyf table, composite glyphs).
const (
	wordArguments    = 0x0001
	oneScale         = 0x0008
	moreComponents   = 0x0020
	twoScales        = 0x0040
	twoByTwo         = 0x0080
	haveInstructions = 0x0100
)

func (s *Subset) renumber(o []byte) []byte {
	at := 10
	for {
		flags := u16(o, at)
		binary.BigEndian.PutUint16(o[at:], flags&^haveInstructions)
		binary.BigEndian.PutUint16(o[at+2:], s.component(u16(o, at+2)))
		at += 6
		if flags&wordArguments != 0 {
			at += 2
		}
		switch {
		case flags&oneScale != 0:
			at += 2
		case flags&twoScales != 0:
			at += 4
		case flags&twoByTwo != 0:
			at += 8
		}
		if flags&moreComponents == 0 {
			return o[:at]
		}
	}
}

func (s *Subset) component(from uint16) uint16 {
	if n := slices.Index(s.from, from); n >= 0 {
		return uint16(n)
	}
	return s.add(from, 0)
}

func withoutInstructions(o []byte) []byte {
	at := 10 + 2*int(i16(o, 0))
	n := int(u16(o, at))
	binary.BigEndian.PutUint16(o[at:], 0)
	return append(o[:at+2], o[at+2+n:]...)
}

func (s *Subset) headTable() []byte {
	head := slices.Clone(s.Font.head[:54])
	clear(head[8:12])                        // checksum of the file: readers of documents do not look at it
	binary.BigEndian.PutUint16(head[50:], 1) // long offsets
	return head
}

func (s *Subset) hheaTable() []byte {
	hhea := make([]byte, 36)
	binary.BigEndian.PutUint32(hhea, 0x00010000)
	binary.BigEndian.PutUint16(hhea[4:], uint16(s.Font.ascent))
	binary.BigEndian.PutUint16(hhea[6:], uint16(s.Font.descent))
	binary.BigEndian.PutUint16(hhea[18:], 1) // caret upright
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(s.from)))
	return hhea
}

// maxpTable keeps the limits of the whole font, but for instructions.
func (s *Subset) maxpTable() []byte {
	maxp := slices.Clone(s.Font.maxp[:32])
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(s.from)))
	binary.BigEndian.PutUint16(maxp[14:], 1) // zones
	clear(maxp[16:28])
	return maxp
}

// characterMap is a cmap of format 12, one group a character.
func (s *Subset) characterMap() []byte {
	type pair struct {
		r rune
		n uint32
	}
	var pairs []pair
	for n, r := range s.runes {
		if r != 0 {
			pairs = append(pairs, pair{r, uint32(n)})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return int(a.r - b.r) })
	b := []byte{0, 0, 0, 1, 0, 3, 0, 10, 0, 0, 0, 12, 0, 12, 0, 0}
	b = binary.BigEndian.AppendUint32(b, uint32(16+12*len(pairs)))
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(pairs)))
	for _, p := range pairs {
		b = binary.BigEndian.AppendUint32(b, uint32(p.r))
		b = binary.BigEndian.AppendUint32(b, uint32(p.r))
		b = binary.BigEndian.AppendUint32(b, p.n)
	}
	return b
}

type table struct {
	tag  string
	data []byte
}

// fontFile puts tables, sorted by tag, behind a directory of them.
func fontFile(tables []table) []byte {
	n := len(tables)
	power := 1
	for power*2 <= n {
		power *= 2
	}
	log := 0
	for 1<<(log+1) <= n {
		log++
	}
	b := []byte{0, 1, 0, 0}
	for _, v := range []int{n, 16 * power, log, 16 * (n - power)} {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	at := 12 + 16*n
	for _, t := range tables {
		b = append(b, t.tag...)
		b = binary.BigEndian.AppendUint32(b, checksum(t.data))
		b = binary.BigEndian.AppendUint32(b, uint32(at))
		b = binary.BigEndian.AppendUint32(b, uint32(len(t.data)))
		at += (len(t.data) + 3) &^ 3
	}
	for _, t := range tables {
		b = append(b, t.data...)
		b = append(b, make([]byte, -len(t.data)&3)...)
	}
	return b
}

func checksum(b []byte) (sum uint32) {
	for len(b) >= 4 {
		sum += u32(b, 0)
		b = b[4:]
	}
	var last [4]byte
	copy(last[:], b)
	return sum + u32(last[:], 0)
}
