package tlog_test

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"baohan/signing"
	"baohan/signing/tlog"
)

// rootOf is RFC 9162, 2.1.1 as it is written, and nothing of the library.
func rootOf(leaves []signing.Digest, hash func(...[]byte) signing.Digest) signing.Digest {
	switch n := len(leaves); n {
	case 0:
		return hash()
	case 1:
		return hash([]byte{0}, leaves[0][:])
	default:
		k := 1
		for 2*k < n {
			k *= 2
		}
		left, right := rootOf(leaves[:k], hash), rootOf(leaves[k:], hash)
		return hash([]byte{1}, left[:], right[:])
	}
}

func TestRootIsRFC9162(t *testing.T) {
	m := newMemory(300)
	for size := range uint64(301) {
		if want := rootOf(m.leaves[:size], signing.Sum); m.roots[size] != want {
			t.Fatalf("root of %d leaves is %v, not %v", size, m.roots[size], want)
		}
	}
}

// The same root by another program alone.
func TestRootByOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: the root was not recomputed by another program (apt-get install openssl)")
	}
	file := filepath.Join(t.TempDir(), "input")
	dgst := func(parts ...[]byte) signing.Digest {
		if err := os.WriteFile(file, slices.Concat(parts...), 0o600); err != nil {
			t.Fatal(err)
		}
		out := must(exec.CommandContext(t.Context(), "openssl", "dgst", "-sm3", "-r", file).Output())(t)
		return signing.Digest(unhex(t, strings.Fields(string(out))[0]))
	}
	for _, size := range []uint64{0, 1, 2, 11} {
		m := newMemory(size)
		if got := rootOf(m.leaves, dgst); got != m.roots[size] {
			t.Errorf("%d leaves: openssl says %v, we say %v", size, got, m.roots[size])
		}
	}
}

func TestTreeGrowsFromItsEdge(t *testing.T) {
	m := newMemory(100)
	for size := range uint64(100) {
		var roots []signing.Digest
		for _, n := range tlog.Edge(size) {
			roots = append(roots, signing.Digest(m.nodes[n]))
		}
		tree := must(tlog.TreeAt(size, roots))(t)
		if tree.Root() != m.roots[size] {
			t.Fatalf("the edge of %d leaves has another root", size)
		}
		tree.Append(tlog.LeafHash(m.leaves[size]), nil)
		if tree.Root() != m.roots[size+1] || tree.Size() != size+1 {
			t.Fatalf("%d leaves and one more have another root", size)
		}
	}
	if _, err := tlog.TreeAt(3, make([]signing.Digest, 1)); err == nil {
		t.Error("an edge that is too short was taken")
	}
}

func TestEveryProofOfASmallLog(t *testing.T) {
	m := newMemory(70)
	for size := uint64(1); size <= 70; size++ {
		for position := range size {
			if err := tlog.CheckInclusion(m.head(size), position, m.leaves[position], m.inclusion(t, position, size)); err != nil {
				t.Fatal(err)
			}
		}
		for from := range size + 1 {
			if err := tlog.CheckConsistency(m.head(from), m.head(size), m.consistency(t, from, size)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestInclusionRefuses(t *testing.T) {
	m, fork := newMemory(70), newMemory(40)
	for i := uint64(40); i < 70; i++ {
		fork.add(leafAt(1000 + i))
	}
	path := m.inclusion(t, 33, 70)
	for name, c := range map[string]struct {
		head     tlog.Checkpoint
		position uint64
		leaf     signing.Digest
		path     []signing.Digest
	}{
		"another leaf":          {m.head(70), 33, leafAt(34), path},
		"the leaf's hash":       {m.head(70), 33, tlog.LeafHash(leafAt(33)), path},
		"another position":      {m.head(70), 32, leafAt(33), path},
		"behind the end":        {m.head(70), 70, leafAt(33), path},
		"another size":          {m.head(69), 33, leafAt(33), path},
		"a fork of this log":    {fork.head(70), 33, leafAt(33), path},
		"a proof of the fork":   {m.head(70), 33, leafAt(33), fork.inclusion(t, 33, 70)},
		"one hash short":        {m.head(70), 33, leafAt(33), path[:len(path)-1]},
		"the first hash short":  {m.head(70), 33, leafAt(33), path[1:]},
		"one hash more":         {m.head(70), 33, leafAt(33), append(slices.Clone(path), path[0])},
		"no proof":              {m.head(70), 33, leafAt(33), nil},
		"two hashes exchanged":  {m.head(70), 33, leafAt(33), append([]signing.Digest{path[1], path[0]}, path[2:]...)},
		"an empty log":          {m.head(0), 0, leafAt(33), nil},
		"a node as if one leaf": {m.head(70), 0, signing.Digest(m.nodes[tlog.Node{Level: 1}]), m.inclusion(t, 0, 70)[1:]},
	} {
		if err := tlog.CheckInclusion(c.head, c.position, c.leaf, c.path); !errors.Is(err, tlog.ErrProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConsistencyRefuses(t *testing.T) {
	m, fork := newMemory(70), newMemory(40)
	for i := uint64(40); i < 70; i++ {
		fork.add(leafAt(1000 + i))
	}
	path, other := m.consistency(t, 41, 70), m.head(70)
	other.Origin = "log.example.cn/2027"
	for name, c := range map[string]struct {
		from, to tlog.Checkpoint
		path     []signing.Digest
	}{
		"the log of another":          {m.head(41), other, path},
		"a fork":                      {m.head(41), fork.head(70), path},
		"a fork, with its own proof":  {m.head(41), fork.head(70), fork.consistency(t, 41, 70)},
		"a fork of the same size":     {m.head(70), fork.head(70), nil},
		"a log that shrinks":          {m.head(70), m.head(41), path},
		"one hash short":              {m.head(41), m.head(70), path[:len(path)-1]},
		"one hash more":               {m.head(41), m.head(70), append(slices.Clone(path), path[0])},
		"no proof":                    {m.head(41), m.head(70), nil},
		"another size":                {m.head(42), m.head(70), path},
		"a proof that is not needed":  {m.head(70), m.head(70), path[:1]},
		"a proof from nothing at all": {m.head(0), m.head(70), path[:1]},
	} {
		if err := tlog.CheckConsistency(c.from, c.to, c.path); !errors.Is(err, tlog.ErrProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLeaf(t *testing.T) {
	a, b := tlog.NewLeaf("baohan/test/1", []byte("fact")), tlog.NewLeaf("baohan/test/1", []byte("fact"))
	if a.Commitment == b.Commitment || a.Salt == b.Salt {
		t.Error("the same fact twice is the same leaf")
	}
	if tlog.Commit(a.Salt, "baohan/test/1", []byte("fact")) != a.Commitment {
		t.Error("the fact does not open its own leaf")
	}
	for name, other := range map[string]signing.Digest{
		"tag":    tlog.Commit(a.Salt, "baohan/test/2", []byte("fact")),
		"fact":   tlog.Commit(a.Salt, "baohan/test/1", []byte("facts")),
		"bounds": tlog.Commit(a.Salt, "baohan/test/1", []byte("fa"), []byte("ct")),
		"salt":   tlog.Commit(b.Salt, "baohan/test/1", []byte("fact")),
	} {
		if other == a.Commitment {
			t.Errorf("another %s opens the leaf too", name)
		}
	}
	if d, e := tlog.Dummy(), tlog.Dummy(); d == e || d.Commitment == e.Commitment {
		t.Error("two dummies are one")
	}
}

// BenchmarkVerify is a proof of a log of ten million leaves against the bare chain of as many SM3 nodes.
func BenchmarkVerify(b *testing.B) {
	const size, position = 10_000_000, 6_543_210
	head, path := deep(position, size)
	b.Run("proof", func(b *testing.B) {
		for b.Loop() {
			if err := tlog.CheckInclusion(head, position, leafAt(0), path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("chain", func(b *testing.B) {
		for b.Loop() {
			hash := tlog.LeafHash(leafAt(0))
			for _, h := range path {
				hash = signing.Sum([]byte{1}, h[:], hash[:])
			}
		}
	})
}

// deep makes a proof of a leaf of a log that nobody has: random nodes beside the path, and the root that follows.
func deep(position, size uint64) (tlog.Checkpoint, []signing.Digest) {
	plan, err := tlog.PlanInclusion(position, size)
	if err != nil {
		panic(err)
	}
	hashes := make([][]byte, len(plan.Nodes()))
	for i := range hashes {
		hashes[i] = make([]byte, 32)
		_, _ = rand.Read(hashes[i])
	}
	path, err := plan.Path(hashes)
	if err != nil {
		panic(err)
	}
	hash, last := tlog.LeafHash(leafAt(0)), size-1
	for _, h := range path { // RFC 9162, 2.1.3.2
		if position&1 == 1 || position == last {
			hash = signing.Sum([]byte{1}, h[:], hash[:])
			for position&1 == 0 && position != 0 {
				position, last = position>>1, last>>1
			}
		} else {
			hash = signing.Sum([]byte{1}, hash[:], h[:])
		}
		position, last = position>>1, last>>1
	}
	return tlog.Checkpoint{Origin: origin, Size: size, Root: hash}, path
}
