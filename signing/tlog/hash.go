package tlog

import (
	"github.com/transparency-dev/merkle"
	"github.com/transparency-dev/merkle/compact"

	"baohan/signing"
)

// The prefixes that keep a leaf from being taken for a node (RFC 9162, 2.1.1).
var (
	leafPrefix = []byte{0}
	nodePrefix = []byte{1}
)

// MaxSize is the largest log, in leaves: every position is a whole number in every JSON reader.
const MaxSize = 1<<53 - 1

// LeafHash is SM3(0x00 ‖ leaf), the bottom of the tree.
func LeafHash(leaf signing.Digest) signing.Digest { return signing.Sum(leafPrefix, leaf[:]) }

// EmptyRoot is the root of a log without leaves: SM3 of nothing.
func EmptyRoot() signing.Digest { return signing.Sum() }

// NodeHash is SM3(0x01 ‖ left ‖ right), a node above the bottom. Both halves are 32 bytes.
func NodeHash(left, right []byte) []byte {
	d := signing.Sum(nodePrefix, left, right)
	return d[:]
}

// hasher is the tree's hash in the library's terms.
type hasher struct{}

var _ merkle.LogHasher = hasher{}

func (hasher) EmptyRoot() []byte                  { d := EmptyRoot(); return d[:] }
func (hasher) HashLeaf(leaf []byte) []byte        { d := signing.Sum(leafPrefix, leaf); return d[:] }
func (hasher) HashChildren(left, r []byte) []byte { return NodeHash(left, r) }
func (hasher) Size() int                          { return len(signing.Digest{}) }

// Node names a node: how many levels above the leaves, and which of that level, both from 0.
type Node = compact.NodeID

// Tree is the right edge of a growing log: its size and the roots of the perfect trees that make it up. From it the
// log grows and its root is known, whatever lies to the left.
type Tree struct{ edge *compact.Range }

var factory = &compact.RangeFactory{Hash: NodeHash}

// NewTree is the log without leaves.
func NewTree() *Tree { return &Tree{factory.NewEmptyRange(0)} }

// Edge names the nodes that TreeAt wants of a log with so many leaves, from left to right.
func Edge(size uint64) []Node { return compact.RangeNodes(0, size, nil) }

// TreeAt is the log with so many leaves; roots are the hashes of the nodes that Edge names.
func TreeAt(size uint64, roots []signing.Digest) (*Tree, error) {
	edge, err := factory.NewRange(0, size, bytesOf(roots))
	if err != nil {
		return nil, err
	}
	return &Tree{edge}, nil
}

// Size is the number of leaves.
func (t *Tree) Size() uint64 { return t.edge.End() }

// Append adds one leaf by its LeafHash. made, unless it is nil, is called for each node that will never change again:
// the leaf's own, and every node above it that is full now.
func (t *Tree) Append(leafHash signing.Digest, made func(Node, []byte)) {
	_ = t.edge.Append(leafHash[:], made) // it fails for ranges that do not meet, which one leaf always does
}

// Root is the root of the tree as it stands (RFC 9162, 2.1.1).
func (t *Tree) Root() signing.Digest {
	root, _ := t.edge.GetRootHash(nil) // it fails for ranges that do not begin at 0
	if root == nil {
		return EmptyRoot()
	}
	return signing.Digest(root)
}

func bytesOf(digests []signing.Digest) [][]byte {
	all := make([][]byte, len(digests))
	for i := range digests {
		all[i] = digests[i][:]
	}
	return all
}
