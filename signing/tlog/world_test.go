package tlog_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"baohan/signing"
	"baohan/signing/tlog"
)

var ctx = context.Background()

const (
	origin      = "log.example.cn/2026"
	witnessName = "witness.example.cn/bank"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// fixedKey is the n-th key of the tests: a fixed number, and for the tests alone.
func fixedKey(t testing.TB, n byte) *signing.PrivateKey {
	t.Helper()
	raw := signing.Sum([]byte("tlog test key"), []byte{n})
	k, err := signing.ParsePrivateKey(raw[:])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func logKey(t testing.TB, signer *signing.PrivateKey) tlog.Key {
	t.Helper()
	return must(tlog.LogKey(origin, signer.Public()))(t)
}

func witnessKey(t testing.TB, name string, signer *signing.PrivateKey) tlog.Key {
	t.Helper()
	return must(tlog.WitnessKey(name, signer.Public()))(t)
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// leafAt is the n-th leaf of the tests' logs.
func leafAt(n uint64) signing.Digest {
	return signing.TaggedSum("baohan/test-leaf/1", fmt.Append(nil, n))
}

// memory is a log that keeps every node, and answers for every size.
type memory struct {
	leaves []signing.Digest
	nodes  map[tlog.Node][]byte
	roots  []signing.Digest // by size
	tree   *tlog.Tree
}

func newMemory(n uint64) *memory {
	m := &memory{nodes: map[tlog.Node][]byte{}, tree: tlog.NewTree(), roots: []signing.Digest{tlog.EmptyRoot()}}
	for i := range n {
		m.add(leafAt(i))
	}
	return m
}

func (m *memory) add(leaf signing.Digest) {
	m.leaves = append(m.leaves, leaf)
	m.tree.Append(tlog.LeafHash(leaf), func(n tlog.Node, hash []byte) { m.nodes[n] = hash })
	m.roots = append(m.roots, m.tree.Root())
}

func (m *memory) path(t testing.TB, p tlog.Plan) []signing.Digest {
	t.Helper()
	var hashes [][]byte
	for _, n := range p.Nodes() {
		if m.nodes[n] == nil {
			t.Fatalf("node %v is not full", n)
		}
		hashes = append(hashes, m.nodes[n])
	}
	return must(p.Path(hashes))(t)
}

func (m *memory) head(size uint64) tlog.Checkpoint {
	return tlog.Checkpoint{Origin: origin, Size: size, Root: m.roots[size]}
}

func (m *memory) inclusion(t testing.TB, position, size uint64) []signing.Digest {
	t.Helper()
	return m.path(t, must(tlog.PlanInclusion(position, size))(t))
}

func (m *memory) consistency(t testing.TB, from, to uint64) []signing.Digest {
	t.Helper()
	return m.path(t, must(tlog.PlanConsistency(from, to))(t))
}

func golden(t testing.TB, name string) []byte {
	t.Helper()
	return must(os.ReadFile(filepath.Join("testdata", name)))(t)
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	return must(hex.DecodeString(text))(t)
}
