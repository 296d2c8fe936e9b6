package paper

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// errForm says that a file is not in the one form; the words for people are chosen from what else is seen in it.
var errForm = errors.New("paper: not in the one form")

// errSwapped says that the attached files are not those that the file names in its ID.
var errSwapped = fmt.Errorf("%w: attachments", errForm)

// walker goes through a file by its description, either writing it or reading it. What the description fixes is
// compared when reading; what it leaves open has one spelling. So there is no file that reads and that the description
// would not write.
type walker struct {
	reading bool
	b       []byte
	at      int // when reading
	objects []int
	err     error
}

func (w *walker) fail() {
	if w.err == nil {
		w.err = fmt.Errorf("%w: at byte %d", errForm, w.at)
	}
}

// lit is text that is fixed.
func (w *walker) lit(text string) {
	if !w.reading {
		w.b = append(w.b, text...)
		return
	}
	if w.err != nil || !strings.HasPrefix(string(w.b[w.at:min(len(w.b), w.at+len(text))]), text) {
		w.fail()
		return
	}
	w.at += len(text)
}

// until reads up to a byte, which stays; at most max bytes.
func (w *walker) until(stop byte, max int) string {
	if w.err != nil {
		return ""
	}
	for i := w.at; i < len(w.b) && i-w.at <= max; i++ {
		if w.b[i] == stop {
			text := string(w.b[w.at:i])
			w.at = i
			return text
		}
	}
	w.fail()
	return ""
}

// num is a decimal number before a byte that is fixed. It has one spelling.
func (w *walker) num(n *int, stop byte) {
	if w.reading {
		text := w.until(stop, 11)
		v, err := strconv.Atoi(text)
		if err != nil || strconv.Itoa(v) != text {
			w.fail()
			return
		}
		*n = v
	} else {
		w.b = strconv.AppendInt(w.b, int64(*n), 10)
	}
	w.lit(string(stop))
}

// few is a number of parts, 1 to most.
func (w *walker) few(n *int, most int, stop byte) {
	w.num(n, stop)
	if *n < 1 || *n > most {
		w.fail()
		*n = 1
	}
}

// name is letters, digits and -, before a byte that is fixed.
func (w *walker) name(s *string, stop byte) {
	if w.reading {
		*s = w.until(stop, 60)
	} else {
		w.b = append(w.b, *s...)
	}
	if strings.Trim(*s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.") != "" || *s == "" {
		w.fail()
	}
	w.lit(string(stop))
}

// text is a text string (ISO 32000-1, 7.9.2.2): UTF-16 behind its mark, in capital hexadecimal digits.
func (w *walker) text(s *string) {
	w.lit("<FEFF")
	if w.reading {
		*s = w.utf16(w.until('>', 4000))
	} else {
		w.b = append(w.b, utf16Hex(*s)...)
	}
	w.lit(">")
}

func (w *walker) utf16(digits string) string {
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw)%2 != 0 {
		w.fail()
		return ""
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	text := string(utf16.Decode(units))
	if utf16Hex(text) != digits {
		w.fail()
	}
	return text
}

func utf16Hex(text string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}

// data is n bytes of anything.
func (w *walker) data(p *[]byte, n int) {
	if !w.reading {
		w.b = append(w.b, *p...)
		return
	}
	if w.err != nil || n < 0 || n > len(w.b)-w.at {
		w.fail()
		return
	}
	*p = w.b[w.at : w.at+n : w.at+n]
	w.at += n
}

// object begins an indirect object; they are numbered from 1 in the order of the file.
func (w *walker) object() {
	if w.reading {
		w.objects = append(w.objects, w.at)
	} else {
		w.objects = append(w.objects, len(w.b))
	}
	w.lit(strconv.Itoa(len(w.objects)) + " 0 obj\n")
}

// stream is an object that is a stream: entries of its dictionary, then bytes with their length.
func (w *walker) stream(entries string, p *[]byte) {
	w.object()
	w.lit("<<" + entries + "/Length ")
	n := len(*p)
	w.num(&n, '>')
	w.lit(">stream\n")
	w.data(p, n)
	w.lit("\nendstream\nendobj\n")
}

// end is the cross-reference table and the trailer, both fixed by what went before, and nothing behind them.
func (w *walker) end(root, info int, id string) {
	at := len(w.b)
	if w.reading {
		at = w.at
	}
	w.lit(fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n", len(w.objects)+1))
	for _, o := range w.objects {
		w.lit(fmt.Sprintf("%010d 00000 n \n", o))
	}
	w.lit(fmt.Sprintf("trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[", len(w.objects)+1, root, info))
	if w.err == nil {
		w.lit("<" + id + "><" + id + ">")
		if w.err != nil {
			w.err = errSwapped
		}
	}
	w.lit(fmt.Sprintf("]>>\nstartxref\n%d\n%%%%EOF\n", at))
	if w.reading && w.at != len(w.b) {
		w.fail()
	}
}
