package tlog

import "baohan/signing"

// Inclusion is the proof that a leaf stands in a log, as a file carries it: offline, with the keys of the log and of
// its witnesses, it needs nothing else.
type Inclusion struct {
	Version    int              `json:"version"`    // 1
	Position   uint64           `json:"position"`   // from 0
	Path       []signing.Digest `json:"path"`       // from the leaf's sibling up (RFC 9162, 2.1.3.1)
	Checkpoint string           `json:"checkpoint"` // the signed note, with what witnesses had countersigned by then
}

// Verify checks the whole proof and tells the head that holds the leaf, and who saw it when.
func (p Inclusion) Verify(leaf signing.Digest, trust Policy) (Checkpoint, []Sighting, error) {
	c, seen, err := trust.Open([]byte(p.Checkpoint))
	if err != nil {
		return Checkpoint{}, nil, err
	}
	return c, seen, CheckInclusion(c, p.Position, leaf, p.Path)
}

// Canonical is the encoding by RFC 8785.
func (p Inclusion) Canonical() ([]byte, error) { return encode(p, p.check) }

// ParseInclusion reads what Canonical writes and nothing else. It verifies nothing.
func ParseInclusion(b []byte) (Inclusion, error) { return decode(b, Inclusion.check) }

func (p Inclusion) check() error {
	if p.Version != 1 || p.Position >= MaxSize || len(p.Path) > maxPath || len(p.Checkpoint) > maxNote {
		return ErrEncoding
	}
	_, err := ParseNote([]byte(p.Checkpoint))
	return err
}

// Consistency is the proof that a log only grew.
type Consistency struct {
	Version int              `json:"version"` // 1
	From    uint64           `json:"from"`
	To      uint64           `json:"to"`
	Path    []signing.Digest `json:"path"` // RFC 9162, 2.1.4.1
}

// Verify checks that the second head grew out of the first.
func (p Consistency) Verify(from, to Checkpoint) error {
	if p.From != from.Size || p.To != to.Size {
		return ErrProof
	}
	return CheckConsistency(from, to, p.Path)
}

// Canonical is the encoding by RFC 8785.
func (p Consistency) Canonical() ([]byte, error) { return encode(p, p.check) }

// ParseConsistency reads what Canonical writes and nothing else. It verifies nothing.
func ParseConsistency(b []byte) (Consistency, error) { return decode(b, Consistency.check) }

func (p Consistency) check() error {
	if p.Version != 1 || p.From > p.To || p.To > MaxSize || len(p.Path) > maxPath {
		return ErrEncoding
	}
	return nil
}
