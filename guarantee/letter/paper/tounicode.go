package paper

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
)

const (
	toUnicodeHead = "/CIDInit/ProcSet findresource begin 12 dict begin begincmap/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def/CMapName/Adobe-Identity-UCS def/CMapType 2 def\n1 begincodespacerange<0000><FFFF>endcodespacerange\n"
	toUnicodeTail = "endcmap CMapName currentdict/CMap defineresource pop end end"
	perSection    = 100 // ISO 32000-1, 9.10.3: at most 100 in one section
)

// toUnicode is the table by which text is copied and searched. Characters beyond the first plane, 𠮷, are a pair of
// surrogates.
func (f *Font) toUnicode() []byte {
	var lines []string
	for glyph, r := range f.Runes {
		if r != 0 {
			lines = append(lines, fmt.Sprintf("<%04X><%s>\n", glyph, utf16Hex(string(r))))
		}
	}
	var b bytes.Buffer
	b.WriteString(toUnicodeHead)
	for from := 0; from < len(lines); from += perSection {
		section := lines[from:min(from+perSection, len(lines))]
		fmt.Fprintf(&b, "%d beginbfchar\n%sendbfchar\n", len(section), strings.Join(section, ""))
	}
	b.WriteString(toUnicodeTail)
	return b.Bytes()
}

// readToUnicode reads the lines of the table; that the table is exactly what toUnicode writes is for the caller to
// compare.
func readToUnicode(table []byte, glyphs int) []rune {
	runes := make([]rune, glyphs)
	for line := range strings.Lines(string(table)) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) < 12 || line[0] != '<' || line[5:7] != "><" || line[len(line)-1] != '>' {
			continue
		}
		code, err1 := hex.DecodeString(line[1:5])
		units, err2 := hex.DecodeString(line[7 : len(line)-1])
		if err1 != nil || err2 != nil {
			continue
		}
		glyph := int(code[0])<<8 | int(code[1])
		if r := decodeOne(units); r != 0 && glyph < glyphs {
			runes[glyph] = r
		}
	}
	return runes
}

func decodeOne(b []byte) rune {
	switch len(b) {
	case 2:
		return rune(b[0])<<8 | rune(b[1])
	case 4:
		return utf16.DecodeRune(rune(b[0])<<8|rune(b[1]), rune(b[2])<<8|rune(b[3]))
	}
	return 0
}
