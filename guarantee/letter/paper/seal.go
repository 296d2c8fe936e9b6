package paper

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"baohan/signing"
)

// Sign writes the document and signs it: one detached signature over every byte but its own digits (ByteRange, ISO
// 32000-1, 12.8.1). But for the signature the same document has the same bytes.
func (d Document) Sign(ctx context.Context, s signing.Signer, chain []signing.Certificate) ([]byte, error) {
	b, err := d.Unsigned(chain)
	if err != nil {
		return nil, err
	}
	from, to := HoleAt, HoleAt+d.room(chain)+2
	der, err := signing.SignDetached(ctx, s, chain, signing.Sum(b[:from], b[to:]), d.At)
	if err != nil {
		return nil, err
	}
	copy(b[from+1:], hexadecimal(der))
	if _, err := read(b); err != nil { // the signature has read its own result already
		return nil, fmt.Errorf("paper: own result: %w", err)
	}
	return b, nil
}

// Unsigned is the document with zeros in the place of its signature.
func (d Document) Unsigned(chain []signing.Certificate) ([]byte, error) {
	room := d.room(chain)
	if room == 0 {
		return nil, fmt.Errorf("paper: no certificate to sign with")
	}
	d.Fonts, d.Pages, d.Attachments = slices.Clone(d.Fonts), slices.Clone(d.Pages), slices.Clone(d.Attachments)
	d.signature = bytes.Repeat([]byte{'0'}, room)
	d.spans = [4]int{0, HoleAt, HoleAt + room + 2, 0}
	w := &walker{}
	d.walk(w)
	if w.err != nil {
		return nil, fmt.Errorf("paper: cannot be written: %w", w.err)
	}
	at := HoleAt - len("0000000000]/Contents")
	copy(w.b[at:], fmt.Sprintf("%010d", len(w.b)-d.spans[2]))
	return w.b, nil
}

// hexadecimal is in capital digits, which basenc reads as they are.
func hexadecimal(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// room is how many digits the signature is given: as many as one of this chain can need.
func (d Document) room(chain []signing.Certificate) int {
	size, err := signing.DetachedSize(chain, d.At)
	if err != nil {
		return 0
	}
	return 2 * size
}

// Parse reads a document that Sign wrote, and its signature, which holds over the bytes of this file under the key that
// is in it. Whose key that is, and what the document says, is for Verify.
func Parse(b []byte) (Document, signing.SignedData, error) {
	d, err := read(b)
	if err == nil {
		err = d.checkFonts()
	}
	if err != nil {
		return Document{}, signing.SignedData{}, err
	}
	signed, err := d.signed(b)
	return d, signed, err
}

func read(b []byte) (Document, error) {
	var d Document
	w := &walker{reading: true, b: b}
	d.readSpans(b)
	d.walk(w)
	if w.err != nil {
		return Document{}, w.err
	}
	return d, nil
}

// checkFonts holds the fonts against their stated size: nothing hides behind the end of a compressed stream.
func (d *Document) checkFonts() error {
	for _, f := range d.Fonts {
		if file, err := inflate(f.File, maxInflated); err != nil || len(file) != f.Size {
			return fmt.Errorf("%w: font", errForm)
		}
	}
	return nil
}

// readSpans sets what the ByteRange must be: everything before the string of the signature, and everything behind it.
func (d *Document) readSpans(b []byte) {
	if len(b) < HoleAt {
		return
	}
	end := bytes.IndexByte(b[HoleAt:], '>')
	if end < 0 {
		return
	}
	after := HoleAt + end + 1
	d.spans = [4]int{0, HoleAt, after, len(b) - after}
}

// signed reads the signature. Behind it are zeros only, and not one digit more than its chain calls for.
func (d *Document) signed(b []byte) (signing.SignedData, error) {
	var none signing.SignedData
	raw, err := hex.DecodeString(string(d.signature))
	if err != nil || hexadecimal(raw) != string(d.signature) || len(raw) < 4 || raw[0] != 0x30 || raw[1] != 0x82 {
		return none, fmt.Errorf("%w: signature", errSignature)
	}
	n := 4 + int(raw[2])<<8 + int(raw[3])
	if n > len(raw) || len(bytes.Trim(raw[n:], "\x00")) > 0 {
		return none, fmt.Errorf("%w: signature", errSignature)
	}
	digest := signing.Sum(b[:d.spans[1]], b[d.spans[2]:])
	signed, err := signing.ParseDetached(raw[:n], digest)
	if err != nil {
		return none, fmt.Errorf("%w: %w", errSignature, err)
	}
	if !signed.SigningTime.Equal(d.At) || d.room(signed.Chain) != len(d.signature) {
		return none, fmt.Errorf("%w: time or room", errSignature)
	}
	return signed, nil
}
