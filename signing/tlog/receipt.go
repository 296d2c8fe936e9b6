package tlog

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"baohan/signing"
)

// ErrReceipt says that a note is not a receipt of the log.
var ErrReceipt = errors.New("tlog: not a receipt of the log")

// receiptHeader is the first line of a receipt. It holds spaces, and no origin does, so that a receipt can never be
// taken for a checkpoint.
const receiptHeader = "baohan log receipt v1"

// Receipt is the log's promise, given at once: by that instant, whole seconds, the leaf stands in a signed head. A head
// that is countersigned later than that and has no proof for the leaf convicts the log.
type Receipt struct {
	Origin string
	Leaf   signing.Digest
	By     time.Time
}

// Text is the four lines that are signed.
func (r Receipt) Text() string {
	return fmt.Sprintf("%s\n%s\nleaf %s\nby %d\n", receiptHeader, r.Origin, base64.StdEncoding.EncodeToString(r.Leaf[:]), r.By.Unix())
}

// Sign makes the note of a receipt. The key's name is its origin; the signer holds the key.
func (r Receipt) Sign(ctx context.Context, key Key, signer signing.Signer) (Note, error) {
	text := r.Text()
	if _, err := parseReceipt(text); err != nil || r.Origin != key.name {
		return Note{}, ErrReceipt
	}
	line, err := key.sign(ctx, signer, text)
	if err != nil {
		return Note{}, err
	}
	return Note{text, []Line{line}}, nil
}

// OpenReceipt reads a receipt of the log whose keys these are.
func OpenReceipt(note []byte, keys ...Key) (Receipt, error) {
	n, err := ParseNote(note)
	if err != nil {
		return Receipt{}, err
	}
	by, err := n.signedBy(keys)
	if err != nil {
		return Receipt{}, err
	}
	r, err := parseReceipt(n.Text)
	if err != nil || r.Origin != by {
		return Receipt{}, ErrReceipt
	}
	return r, nil
}

func parseReceipt(text string) (Receipt, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || !validName(lines[1]) {
		return Receipt{}, ErrReceipt
	}
	leaf, err := parseHash(strings.TrimPrefix(lines[2], "leaf "))
	if err != nil {
		return Receipt{}, ErrReceipt
	}
	by, err := strconv.ParseInt(strings.TrimPrefix(lines[3], "by "), 10, 64)
	if err != nil || by < 0 {
		return Receipt{}, ErrReceipt
	}
	r := Receipt{lines[1], leaf, time.Unix(by, 0).UTC()}
	if r.Text() != text { // header, words and spelling at once
		return Receipt{}, ErrReceipt
	}
	return r, nil
}
