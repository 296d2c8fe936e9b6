package tlog

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"baohan/signing"
)

// ErrKey says that a text is no key of a log or of a witness.
var ErrKey = errors.New("tlog: not a key")

// A kind is what a key's signatures say. C2SP has no byte for SM2; 0xff is for such, with a longer identifier.
type kind string

const (
	logKind     kind = "\xffbaohan/sm2/1"             // over the text of a note
	witnessKind kind = "\xffbaohan/sm2-cosignature/1" // over a time and the text of a checkpoint
)

// Key names who may sign what, and is no secret. The zero Key is nobody's.
type Key struct {
	name   string
	kind   kind
	public signing.PublicKey
	id     uint32
}

// LogKey is the key of the log with this origin: it signs checkpoints and receipts.
func LogKey(origin string, public signing.PublicKey) (Key, error) {
	return newKey(origin, logKind, public)
}

// WitnessKey is the key of a witness: it signs that it saw a checkpoint at a time.
func WitnessKey(name string, public signing.PublicKey) (Key, error) {
	return newKey(name, witnessKind, public)
}

func newKey(name string, k kind, public signing.PublicKey) (Key, error) {
	if !validName(name) || public.IsZero() {
		return Key{}, ErrKey
	}
	sum := signing.Sum([]byte(name), []byte("\n"), []byte(k), public.Bytes())
	return Key{name, k, public, binary.BigEndian.Uint32(sum[:])}, nil
}

// ParseKey reads what String writes, of either kind.
func ParseKey(text string) (Key, error) {
	name, rest, _ := strings.Cut(text, "+")
	_, encoded, _ := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return Key{}, ErrKey
	}
	for _, k := range []kind{logKind, witnessKind} {
		point, ours := bytes.CutPrefix(raw, []byte(k))
		if !ours {
			continue
		}
		public, err := signing.ParsePublicKey(point)
		if err != nil {
			return Key{}, ErrKey
		}
		key, err := newKey(name, k, public)
		if err != nil || key.String() != text {
			return Key{}, ErrKey
		}
		return key, nil
	}
	return Key{}, ErrKey
}

// Name is the origin of a log, or the name of a witness.
func (k Key) Name() string { return k.name }

// Public is the SM2 key.
func (k Key) Public() signing.PublicKey { return k.public }

// IsWitness tells a witness's key from a log's.
func (k Key) IsWitness() bool { return k.kind == witnessKind }

// String is name+id+key: the form in settings (C2SP signed-note, verifier keys).
func (k Key) String() string {
	raw := append([]byte(k.kind), k.public.Bytes()...)
	return fmt.Sprintf("%s+%08x+%s", k.name, k.id, base64.StdEncoding.EncodeToString(raw))
}

// made tells whether the key made a line, by name and id.
func (k Key) made(l Line) bool { return k.name != "" && k.name == l.Name && k.id == l.ID }

// sign makes a log's line. The signer must hold the key.
func (k Key) sign(ctx context.Context, signer signing.Signer, text string) (Line, error) {
	if k.kind != logKind || !signer.Public().Equal(k.public) {
		return Line{}, ErrKey
	}
	sig, err := signer.Sign(ctx, []byte(text))
	if err != nil {
		return Line{}, fmt.Errorf("tlog: sign: %w", err)
	}
	return Line{k.name, k.id, sig[:]}, nil
}

// verify checks a log's line over a text.
func (k Key) verify(text string, l Line) error {
	sig, err := signing.ParseSignature(l.Signature)
	if err != nil {
		return err
	}
	return signing.Verify(k.public, []byte(text), sig)
}
