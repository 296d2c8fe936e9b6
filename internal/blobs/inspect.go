package blobs

import (
	"bytes"
	"unicode/utf8"

	"baohan/party"
)

const (
	headLength = 64 // bytes in which every type is told from every other
	// ofdRoot is the document that every OFD package has at its root (GB/T 33190-2016, 7.4).
	ofdRoot = "OFD.xml"
)

// Inspection looks at the bytes of one file as they pass.
type Inspection struct {
	rule Rule
	sort Type
	size int64
	head []byte // the first bytes, up to headLength
	tail []byte // the last bytes seen, where what is looked for may be cut in two
	root bool   // ofdRoot was seen
	err  error
}

// Write looks at the next bytes. It refuses as soon as no continuation could be right.
func (x *Inspection) Write(p []byte) (int, error) {
	if x.err != nil {
		return 0, x.err
	}
	whole := len(x.head) == headLength
	x.size += int64(len(p))
	x.head = append(x.head, p[:min(len(p), headLength-len(x.head))]...)
	switch {
	case x.size > x.rule.Max:
		x.err = party.Invalid("file.size", x.rule.Field, "文件超过 "+sizeWords(x.rule.Max)+"；请压缩或拆分后重新提交")
	case !whole && len(x.head) == headLength && !x.begins(), !x.goesOn(p):
		x.err = x.unlike()
	}
	if x.err != nil {
		return 0, x.err
	}
	return len(p), nil
}

// Finish says whether all of it was a file of its type.
func (x *Inspection) Finish() error {
	switch {
	case x.err != nil:
	case x.size == 0:
		x.err = party.Invalid("file.empty", x.rule.Field, "文件是空的；请重新选择文件")
	case !x.begins() || !x.ends():
		x.err = x.unlike()
	}
	return x.err
}

func (x *Inspection) unlike() error {
	return party.Invalid("file.content", x.rule.Field, "文件内容与扩展名不符，或已损坏；请确认文件能正常打开，扩展名与其格式一致（文本须为 UTF-8），再重新提交")
}

// begins looks at the first bytes.
func (x *Inspection) begins() bool {
	has := func(magic string) bool { return bytes.HasPrefix(x.head, []byte(magic)) }
	switch x.sort {
	case PDF:
		return has("%PDF-")
	case JPEG:
		return has("\xff\xd8\xff")
	case PNG:
		return has("\x89PNG\r\n\x1a\n")
	case ZIP:
		return has("PK\x03\x04") || has("PK\x05\x06") // the second is of an empty one
	case OFD:
		return has("PK\x03\x04")
	case XML:
		return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(x.head, []byte("\ufeff")), " \t\r\n"), []byte("<"))
	case P7S:
		_, ok := signedDataLength(x.head)
		return ok
	case Text:
		return true
	}
	return false
}

// goesOn looks at what follows: text must be text to its end, and a document has its root somewhere.
func (x *Inspection) goesOn(p []byte) bool {
	seen := append(x.tail, p...)
	switch x.sort {
	case Text, XML:
		rest, ok := readable(seen)
		x.tail = append([]byte{}, rest...)
		return ok
	case OFD:
		x.root = x.root || bytes.Contains(seen, []byte(ofdRoot))
		x.tail = append([]byte{}, seen[max(0, len(seen)-len(ofdRoot)+1):]...)
	case PDF, JPEG, PNG, ZIP, P7S:
	}
	return true
}

// ends looks at the whole.
func (x *Inspection) ends() bool {
	switch x.sort {
	case Text, XML:
		return len(x.tail) == 0 // no character is cut off
	case OFD:
		return x.root
	case P7S:
		n, _ := signedDataLength(x.head)
		return n < 0 || n == x.size
	case PDF, JPEG, PNG, ZIP:
	}
	return true
}

// readable says whether b is UTF-8 without control characters other than those that lay a text out. A character that b
// cuts off is the rest.
func readable(b []byte) (rest []byte, ok bool) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n <= 1 {
			return b, !utf8.FullRune(b)
		}
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' || r == 0x7f {
			return b, false
		}
		b = b[n:]
	}
	return nil, true
}

// signedDataLength reads SEQUENCE { OBJECT IDENTIFIER signedData, … and says how long the whole is; -1 when only its end
// tells (BER).
func signedDataLength(b []byte) (total int64, ok bool) {
	if len(b) < 2 || b[0] != 0x30 {
		return 0, false
	}
	total, at := int64(b[1])+2, 2
	if b[1] == 0x80 {
		total = -1
	} else if n := int(b[1]) - 0x80; n > 0 {
		if n > 4 || len(b) < 2+n {
			return 0, false
		}
		total = int64(2 + n)
		var length int64
		for _, x := range b[2 : 2+n] {
			length = length<<8 | int64(x)
		}
		total, at = total+length, 2+n
	}
	rest := b[at:]
	return total, bytes.HasPrefix(rest, []byte("\x06\x0a\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02")) || // 1.2.156.10197.6.1.4.2.2
		bytes.HasPrefix(rest, []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")) // 1.2.840.113549.1.7.2
}
