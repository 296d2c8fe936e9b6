package tlog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"baohan/signing"
)

var (
	// ErrCosignature says that a line which carries a witness's name is not that witness's word on this checkpoint.
	ErrCosignature = errors.New("tlog: cosignature does not hold")
	// ErrQuorum says that too few of the trusted witnesses have countersigned.
	ErrQuorum = errors.New("tlog: too few witnesses have countersigned")
)

// Sighting is a witness's word: at that instant, whole seconds, this was the largest head of the log it had seen, and
// consistent with all before.
type Sighting struct {
	Name string
	At   time.Time
}

// Cosign makes a witness's line (C2SP tlog-cosignature, v1). It checks nothing: Witness does.
func Cosign(ctx context.Context, c Checkpoint, key Key, signer signing.Signer, at time.Time) (Line, error) {
	if key.kind != witnessKind || !signer.Public().Equal(key.public) || at.Unix() < 0 {
		return Line{}, ErrKey
	}
	sig, err := signer.Sign(ctx, cosigned(c.Text(), uint64(at.Unix())))
	if err != nil {
		return Line{}, fmt.Errorf("tlog: cosign: %w", err)
	}
	return Line{key.name, key.id, append(binary.BigEndian.AppendUint64(nil, uint64(at.Unix())), sig[:]...)}, nil
}

func cosigned(text string, at uint64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text)
}

// Sighting checks a witness's line over the text of a checkpoint.
func (k Key) Sighting(text string, l Line) (Sighting, error) {
	if k.kind != witnessKind || !k.made(l) || len(l.Signature) < 8 {
		return Sighting{}, ErrCosignature
	}
	at := binary.BigEndian.Uint64(l.Signature)
	sig, err := signing.ParseSignature(l.Signature[8:])
	if err != nil || at > math.MaxInt64 || signing.Verify(k.public, cosigned(text, at), sig) != nil {
		return Sighting{}, ErrCosignature
	}
	return Sighting{k.name, time.Unix(int64(at), 0).UTC()}, nil
}

// Policy is whom a reader trusts: the log's keys, and how many of which witnesses must have countersigned. The zero
// Quorum asks for none.
type Policy struct {
	Log       []Key
	Witnesses []Key
	Quorum    int
}

// Open believes a note of the log that enough witnesses have countersigned, and tells which. Two lines of one witness
// count once, with the later time.
func (p Policy) Open(note []byte) (Checkpoint, []Sighting, error) {
	c, n, err := Open(note, p.Log...)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	seen, err := p.sightings(n)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	if len(seen) < p.Quorum {
		return Checkpoint{}, nil, fmt.Errorf("%w: %d of %d", ErrQuorum, len(seen), p.Quorum)
	}
	return c, seen, nil
}

func (p Policy) sightings(n Note) (seen []Sighting, err error) {
	counted := map[string]int{} // by key, so that one key under two names is one witness
	for _, l := range n.Lines {
		for _, k := range p.Witnesses {
			if !k.made(l) {
				continue
			}
			s, err := k.Sighting(n.Text, l)
			if err != nil {
				return nil, err
			}
			at, again := counted[k.public.String()]
			if !again {
				counted[k.public.String()] = len(seen)
				seen = append(seen, s)
			} else if s.At.After(seen[at].At) {
				seen[at] = s
			}
		}
	}
	return seen, nil
}
