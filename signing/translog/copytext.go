package translog

import (
	"bytes"
	"encoding/hex"

	"baohan/signing/tlog"
)

// bytea is a column's bytes; nil when it is spoilt, which then equals nothing that was logged.
func (r row) bytea(column int) []byte {
	text, marked := bytes.CutPrefix(r.fields[column], hexMark)
	raw := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(raw, text); err != nil || !marked {
		return nil
	}
	return raw
}

// escapes are the letters that COPY writes behind a backslash for what would end a column or a row.
var escapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f', 'v': '\v'}

// unescape is a text column's bytes.
func unescape(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' && i+1 < len(text) {
			i++
			c = text[i]
			if plain, ok := escapes[c]; ok {
				c = plain
			}
		}
		out = append(out, c)
	}
	return out
}

// asRow is the note of a head, as long as the rest of its row says the same. What a row says otherwise than what was
// signed is no note: an audit names it.
func asRow(size uint64, root, note []byte) []byte {
	n, err := tlog.ParseNote(note)
	if err != nil {
		return nil
	}
	c, err := tlog.ParseCheckpoint(n.Text)
	if err != nil || c.Size != size || !bytes.Equal(c.Root[:], root) {
		return nil
	}
	return note
}
