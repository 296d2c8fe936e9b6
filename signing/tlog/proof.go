package tlog

import (
	"errors"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"

	"baohan/signing"
)

// ErrProof says that a proof does not prove what it is held against: another log's, a fork's, cut short, or spoilt.
var ErrProof = errors.New("tlog: proof does not hold")

// Plan is which nodes a proof is made of. All of them are full: a log may answer for any size that it once had.
type Plan struct{ nodes proof.Nodes }

// Nodes are the nodes whose hashes Path wants, in its order.
func (p Plan) Nodes() []Node { return p.nodes.IDs }

// Path makes the proof of the hashes of Nodes.
func (p Plan) Path(hashes [][]byte) ([]signing.Digest, error) {
	path, err := p.nodes.Rehash(hashes, NodeHash)
	if err != nil {
		return nil, err
	}
	digests := make([]signing.Digest, len(path))
	for i, h := range path {
		if len(h) != len(digests[i]) {
			return nil, fmt.Errorf("tlog: node of %d bytes", len(h))
		}
		digests[i] = signing.Digest(h)
	}
	return digests, nil
}

// PlanInclusion plans the proof that a position is in a log of so many leaves.
func PlanInclusion(position, size uint64) (Plan, error) {
	nodes, err := proof.Inclusion(position, size)
	return Plan{nodes}, err
}

// PlanConsistency plans the proof that a log of so many leaves grew out of itself when it had fewer.
func PlanConsistency(from, to uint64) (Plan, error) {
	nodes, err := proof.Consistency(from, to)
	if nodes.IDs == nil {
		nodes.IDs = []compact.NodeID{}
	}
	return Plan{nodes}, err
}

// CheckInclusion checks that the leaf stands at the position of the log that the checkpoint is the head of
// (RFC 9162, 2.1.3.2).
func CheckInclusion(c Checkpoint, position uint64, leaf signing.Digest, path []signing.Digest) error {
	hash := LeafHash(leaf)
	if err := proof.VerifyInclusion(hasher{}, position, c.Size, hash[:], bytesOf(path), c.Root[:]); err != nil {
		return fmt.Errorf("%w: leaf %d of %d", ErrProof, position, c.Size)
	}
	return nil
}

// CheckConsistency checks that the log of the first checkpoint grew into that of the second (RFC 9162, 2.1.4.2).
func CheckConsistency(from, to Checkpoint, path []signing.Digest) error {
	if from.Origin != to.Origin {
		return fmt.Errorf("%w: two logs", ErrProof)
	}
	if err := proof.VerifyConsistency(hasher{}, from.Size, to.Size, bytesOf(path), from.Root[:], to.Root[:]); err != nil {
		return fmt.Errorf("%w: from %d to %d", ErrProof, from.Size, to.Size)
	}
	return nil
}
