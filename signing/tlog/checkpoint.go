package tlog

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"baohan/signing"
)

var (
	// ErrCheckpoint says that the text of a note is not a checkpoint (C2SP tlog-checkpoint).
	ErrCheckpoint = errors.New("tlog: not a checkpoint")
	// ErrUnsigned says that nobody who is trusted has signed a note, or that a trusted key's signature does not hold.
	ErrUnsigned = errors.New("tlog: not signed by the log")
)

// Checkpoint is the head of a log: so many leaves have this root.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   signing.Digest
}

// Text is the three lines that are signed.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// ParseCheckpoint reads the text of a note. Extension lines, which no monitor can audit, are refused.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.SplitAfter(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, ErrCheckpoint
	}
	size, err := strconv.ParseUint(strings.TrimSuffix(lines[1], "\n"), 10, 64)
	if err != nil || size > MaxSize {
		return Checkpoint{}, ErrCheckpoint
	}
	root, err := parseHash(strings.TrimSuffix(lines[2], "\n"))
	if err != nil {
		return Checkpoint{}, ErrCheckpoint
	}
	c := Checkpoint{strings.TrimSuffix(lines[0], "\n"), size, root}
	if !validName(c.Origin) || c.Text() != text || (size == 0 && root != EmptyRoot()) {
		return Checkpoint{}, ErrCheckpoint
	}
	return c, nil
}

func parseHash(text string) (signing.Digest, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != len(signing.Digest{}) {
		return signing.Digest{}, ErrCheckpoint
	}
	return signing.Digest(raw), nil
}

// Sign makes the note of a checkpoint. The key's name is its origin; the signer holds the key.
func (c Checkpoint) Sign(ctx context.Context, key Key, signer signing.Signer) (Note, error) {
	text := c.Text()
	if got, err := ParseCheckpoint(text); err != nil || got != c || c.Origin != key.name {
		return Note{}, ErrCheckpoint
	}
	line, err := key.sign(ctx, signer, text)
	if err != nil {
		return Note{}, err
	}
	return Note{text, []Line{line}}, nil
}

// Open reads a note of the log whose keys these are, the old beside the new while they change, and believes it when one
// of them signed it. A line that carries a known key's name and does not hold spoils the note; other lines say nothing.
func Open(note []byte, keys ...Key) (Checkpoint, Note, error) {
	n, err := ParseNote(note)
	if err != nil {
		return Checkpoint{}, Note{}, err
	}
	by, err := n.signedBy(keys)
	if err != nil {
		return Checkpoint{}, Note{}, err
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil || c.Origin != by {
		return Checkpoint{}, Note{}, ErrCheckpoint
	}
	return c, n, nil
}

// signedBy is the name of the log key that signed the note.
func (n Note) signedBy(keys []Key) (name string, err error) {
	for _, l := range n.Lines {
		for _, k := range keys {
			if k.kind != logKind || !k.made(l) {
				continue
			}
			if k.verify(n.Text, l) != nil {
				return "", ErrUnsigned
			}
			name = k.name
		}
	}
	if name == "" {
		return "", ErrUnsigned
	}
	return name, nil
}
