package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"baohan/signing"
)

// kind is what a needle would give away.
type kind string

const (
	who   kind = "bidder" // the name or the code of somebody who bids
	where kind = "lot"    // a lot: beside a sealed row it tells for what the row was handed in
)

// needle is one text that a surface may not hold.
type needle struct {
	kind  kind
	whose string
	text  string
}

// form is one spelling of a needle, as bytes.
type form struct {
	needle
	spelling string
	bytes    []byte
}

// forms spells a text in every way in which software keeps it. Base64 of a text depends on where in its group of three
// it begins: of each of the three the characters are taken that its neighbours cannot change.
func (n needle) forms() []form {
	var all []form
	add := func(spelling string, b []byte) { all = append(all, form{n, spelling, b}) }
	raw, digest := []byte(n.text), signing.Sum([]byte(n.text))
	add("plain", raw)
	add("hex", []byte(hex.EncodeToString(raw)))
	add("HEX", []byte(strings.ToUpper(hex.EncodeToString(raw))))
	add("SM3", digest[:])
	add("SM3 in hex", []byte(digest.String()))
	if lower := strings.ToLower(n.text); lower != n.text {
		add("lower case", []byte(lower))
	}
	for offset := range 3 {
		padded := append(make([]byte, offset), raw...)
		first, last := (offset*8+5)/6, len(padded)*8/6
		std, url := base64.RawStdEncoding.EncodeToString(padded)[first:last], base64.RawURLEncoding.EncodeToString(padded)[first:last]
		add(fmt.Sprint("base64 after ", offset), []byte(std))
		if url != std {
			add(fmt.Sprint("base64url after ", offset), []byte(url))
		}
	}
	little, big := []byte{}, []byte{}
	for _, unit := range utf16.Encode([]rune(n.text)) {
		little, big = binary.LittleEndian.AppendUint16(little, unit), binary.BigEndian.AppendUint16(big, unit)
	}
	add("UTF-16LE", little)
	add("UTF-16BE", big)
	if gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes(raw); err == nil && !bytes.Equal(gbk, raw) {
		add("GBK", gbk)
		add("GBK in hex", []byte(hex.EncodeToString(gbk)))
	}
	for name, spelling := range spelledOut(n.text) {
		add(name, []byte(spelling))
	}
	return all
}

// head is how many bytes of a form lead to it in an index.
const head = 6

// index finds any of many forms in one pass over a text.
type index struct {
	seen  [1 << 13]uint64 // a bit for each hash of a head
	by    map[[head]byte][]form
	count int // needles
}

func newIndex(needles []needle) *index {
	x := &index{by: map[[head]byte][]form{}, count: len(needles)}
	for _, n := range needles {
		for _, f := range n.forms() {
			h := [head]byte(f.bytes)
			x.by[h] = append(x.by[h], f)
			s := slot(f.bytes)
			x.seen[s>>6] |= 1 << (s & 63)
		}
	}
	return x
}

// slot hashes the first head bytes.
func slot(b []byte) uint32 {
	v := uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32
	return uint32(v * 0x9E3779B97F4A7C15 >> 45)
}

// find returns each form that occurs, once.
func (x *index) find(text []byte) (found []form) {
	for i := 0; i+head <= len(text); i++ {
		if s := slot(text[i:]); x.seen[s>>6]&(1<<(s&63)) == 0 {
			continue
		}
		for _, f := range x.by[[head]byte(text[i:])] {
			if bytes.HasPrefix(text[i:], f.bytes) && !slices.ContainsFunc(found, f.same) {
				found = append(found, f)
			}
		}
	}
	return found
}

func (f form) same(g form) bool { return f.needle == g.needle && f.spelling == g.spelling }
