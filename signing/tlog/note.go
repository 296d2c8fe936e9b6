package tlog

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrNote says that bytes are not a signed note (C2SP signed-note).
var ErrNote = errors.New("tlog: not a signed note")

// Limits of a note that is read. A checkpoint with sixteen witnesses is some 2 KiB.
const (
	maxNote  = 64 << 10
	maxLines = 64
)

const linePrefix = "— "

// Note is a text and the lines of those who signed it. The text ends in a newline.
type Note struct {
	Text  string
	Lines []Line
}

// Line is one signature line. Name and ID say which key made it and of which kind; what Signature is depends on
// the kind.
type Line struct {
	Name      string
	ID        uint32
	Signature []byte
}

// ParseNote reads a note in its one spelling. It verifies nothing: a text may be believed only after Open.
func ParseNote(b []byte) (Note, error) {
	if len(b) > maxNote || !utf8.Valid(b) || bytes.ContainsFunc(b, forbidden) {
		return Note{}, ErrNote
	}
	cut := bytes.LastIndex(b, []byte("\n\n"))
	if cut < 1 { // a text of nothing but a newline says nothing
		return Note{}, ErrNote
	}
	n := Note{Text: string(b[:cut+1])}
	rest, ended := strings.CutSuffix(string(b[cut+2:]), "\n")
	if !ended {
		return Note{}, ErrNote
	}
	for text := range strings.SplitSeq(rest, "\n") {
		line, err := parseLine(text)
		if err != nil || len(n.Lines) == maxLines {
			return Note{}, ErrNote
		}
		n.Lines = append(n.Lines, line)
	}
	return n, nil
}

// ParseLine reads one signature line with its newline, as a witness answers it.
func ParseLine(text string) (Line, error) {
	line, ended := strings.CutSuffix(text, "\n")
	if !ended || len(text) > maxNote || !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) {
		return Line{}, ErrNote
	}
	return parseLine(line)
}

func forbidden(r rune) bool { return r < ' ' && r != '\n' }

func parseLine(text string) (Line, error) {
	rest, marked := strings.CutPrefix(text, linePrefix)
	name, sig, found := strings.Cut(rest, " ")
	if !marked || !found || !lineName(name) {
		return Line{}, ErrNote
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(sig)
	if err != nil || len(raw) < 5 || base64.StdEncoding.EncodeToString(raw) != sig {
		return Line{}, ErrNote
	}
	return Line{name, binary.BigEndian.Uint32(raw), raw[4:]}, nil
}

// String is the line with its newline.
func (l Line) String() string {
	raw := append(binary.BigEndian.AppendUint32(nil, l.ID), l.Signature...)
	return fmt.Sprintf("%s%s %s\n", linePrefix, l.Name, base64.StdEncoding.EncodeToString(raw))
}

// Bytes is the note as ParseNote reads it.
func (n Note) Bytes() []byte {
	var b strings.Builder
	b.WriteString(n.Text)
	b.WriteByte('\n')
	for _, l := range n.Lines {
		b.WriteString(l.String())
	}
	return []byte(b.String())
}

// lineName is what C2SP asks of the name in any line.
func lineName(name string) bool {
	return name != "" && !strings.ContainsRune(name, '+') && !strings.ContainsFunc(name, unicode.IsSpace)
}

// validName is the name of a key that is trusted: printable ASCII, so that no two names look alike.
func validName(name string) bool {
	return lineName(name) && len(name) <= 255 && !strings.ContainsFunc(name, func(r rune) bool { return r < '!' || r > '~' })
}
