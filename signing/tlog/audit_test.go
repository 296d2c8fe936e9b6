package tlog_test

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"baohan/signing"
	"baohan/signing/tlog"
)

const auditBatch = 16

// paper is a dump as it lies on a disk, to be tampered with.
type paper struct {
	leaves, hashes []tlog.Entry
	heads          [][]byte
}

func newPaper(t testing.TB, m *memory) *paper {
	t.Helper()
	p := &paper{}
	for i, leaf := range m.leaves {
		p.leaves = append(p.leaves, tlog.Entry{Position: uint64(i), Hash: leaf})
		p.hashes = append(p.hashes, tlog.Entry{Position: uint64(i), Hash: tlog.LeafHash(leaf)})
	}
	for size := uint64(auditBatch); size <= uint64(len(m.leaves)); size += auditBatch {
		p.heads = append(p.heads, signedHead(t, m.head(size)).Bytes())
	}
	return p
}

func (p *paper) copy() *paper {
	return &paper{slices.Clone(p.leaves), slices.Clone(p.hashes), slices.Clone(p.heads)}
}

func each[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (p *paper) dump() tlog.Dump {
	return tlog.Dump{Leaves: each(p.leaves), Hashes: each(p.hashes), Heads: each(p.heads)}
}

func (p *paper) audit(t testing.TB, outside tlog.Checkpoint) tlog.Report {
	t.Helper()
	return must(tlog.Audit(p.dump(), outside, logKey(t, fixedKey(t, 0))))(t)
}

func forged(r *rand.Rand) signing.Digest { return signing.Sum(fmt.Append(nil, r.Uint64())) }

func flip(d signing.Digest, r *rand.Rand) signing.Digest {
	bit := r.IntN(256)
	d[bit/8] ^= 1 << (bit % 8)
	return d
}

func renumber(all []tlog.Entry) []tlog.Entry {
	for i := range all {
		all[i].Position = uint64(i)
	}
	return all
}

// tamperings are what the owner of a database, who does not hold the log's key, can do to it at a line.
var tamperings = map[string]struct {
	do   func(p *paper, at int, r *rand.Rand)
	kind tlog.FaultKind
	wide bool // the place is known from head to head
}{
	"a bit of a line": {func(p *paper, at int, r *rand.Rand) { p.leaves[at].Hash = flip(p.leaves[at].Hash, r) }, tlog.Changed, false},
	"another line":    {func(p *paper, at int, r *rand.Rand) { p.leaves[at].Hash = forged(r) }, tlog.Changed, false},
	"a line deleted":  {func(p *paper, at int, _ *rand.Rand) { p.leaves = slices.Delete(p.leaves, at, at+1) }, tlog.Missing, false},
	"a line deleted, the others renumbered": {func(p *paper, at int, _ *rand.Rand) {
		p.leaves = renumber(slices.Delete(p.leaves, at, at+1))
	}, tlog.Missing, false},
	"a second line of the same number": {func(p *paper, at int, r *rand.Rand) {
		p.leaves = slices.Insert(p.leaves, at+1, tlog.Entry{Position: uint64(at), Hash: forged(r)})
	}, tlog.Inserted, false},
	"a line inserted, the others renumbered": {func(p *paper, at int, r *rand.Rand) {
		p.leaves = renumber(slices.Insert(p.leaves, at, tlog.Entry{Hash: forged(r)}))
	}, tlog.Inserted, false},
	"two lines exchanged": {func(p *paper, at int, _ *rand.Rand) {
		p.leaves[at].Hash, p.leaves[at+1].Hash = p.leaves[at+1].Hash, p.leaves[at].Hash
	}, tlog.Changed, false},
	"everything behind cut off": {func(p *paper, at int, _ *rand.Rand) {
		p.leaves, p.hashes = p.leaves[:at], p.hashes[:at]
		p.heads = p.heads[:at/auditBatch]
	}, tlog.Missing, true},
	"a bit of the tree":  {func(p *paper, at int, r *rand.Rand) { p.hashes[at].Hash = flip(p.hashes[at].Hash, r) }, tlog.BadHash, false},
	"a hole in the tree": {func(p *paper, at int, _ *rand.Rand) { p.hashes = slices.Delete(p.hashes, at, at+1) }, tlog.BadHash, false},
	"a line and its tree": {func(p *paper, at int, r *rand.Rand) {
		p.leaves[at].Hash = forged(r)
		p.hashes[at].Hash = tlog.LeafHash(p.leaves[at].Hash)
	}, tlog.Changed, true},
	"a line and its tree deleted, all renumbered": {func(p *paper, at int, _ *rand.Rand) {
		p.leaves = renumber(slices.Delete(p.leaves, at, at+1))
		p.hashes = renumber(slices.Delete(p.hashes, at, at+1))
	}, tlog.Changed, true},
	"a head": {func(p *paper, at int, _ *rand.Rand) {
		i := at / auditBatch
		p.heads[i] = []byte(strings.Replace(string(p.heads[i]), fmt.Sprintf("\n%d\n", (i+1)*auditBatch), fmt.Sprintf("\n%d\n", (i+1)*auditBatch-1), 1))
	}, tlog.BadHead, true},
}

// Each of 500 random tamperings of a dump is found, and its place is named.
func TestFiveHundredTamperings(t *testing.T) {
	const seed = 20260302
	r := rand.New(rand.NewPCG(seed, 1))
	m := newMemory(30 * auditBatch)
	whole, outside := newPaper(t, m), m.head(30*auditBatch)
	if got := whole.audit(t, outside); got.Fault != nil || got.Vouched != outside.Size || got.Beyond != 0 {
		t.Fatalf("an honest dump: %+v, %v", got, got.Fault)
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range tamperings {
			if !yield(name) {
				return
			}
		}
	})
	done := map[string]int{}
	for i := range 500 {
		name := names[r.IntN(len(names))]
		c, at, p := tamperings[name], r.IntN(30*auditBatch-1), whole.copy()
		c.do(p, at, r)
		done[name]++
		got := p.audit(t, outside)
		where := uint64(at)
		switch {
		case got.Fault == nil:
			t.Errorf("%d (seed %d): %s at %d was not found", i, seed, name, at)
		case got.Fault.Kind != c.kind && (!c.wide || got.Fault.Kind != tlog.Missing):
			t.Errorf("%d (seed %d): %s at %d: %v", i, seed, name, at, got.Fault)
		case !c.wide && (got.Fault.Position != where || got.Fault.Last != where):
			t.Errorf("%d (seed %d): %s at %d is named at %v", i, seed, name, at, got.Fault)
		case c.wide && (got.Fault.Position > where || got.Fault.Last-got.Fault.Position >= auditBatch):
			t.Errorf("%d (seed %d): %s at %d is named at %v", i, seed, name, at, got.Fault)
		case c.wide && c.kind != tlog.BadHead && got.Fault.Last < where:
			t.Errorf("%d (seed %d): %s at %d is named at %v", i, seed, name, at, got.Fault)
		}
	}
	for _, name := range names {
		if done[name] < 10 {
			t.Errorf("%s was tried %d times", name, done[name])
		}
	}
}

// A dump is also held against what came after the outside head, and behind the last head nothing is claimed.
func TestAuditBehindTheOutsideHead(t *testing.T) {
	m := newMemory(4*auditBatch + 5)
	p, outside := newPaper(t, m), m.head(2*auditBatch)
	if got := p.audit(t, outside); got.Fault != nil || got.Vouched != 4*auditBatch || got.Beyond != 5 {
		t.Errorf("%+v", got)
	}
	later := p.copy()
	later.leaves[3*auditBatch].Hash = leafAt(999)
	if got := later.audit(t, outside); got.Fault == nil || got.Fault.Position != 3*auditBatch {
		t.Errorf("%+v", got)
	}
	none := p.copy()
	none.heads = nil
	if got := none.audit(t, outside); got.Fault != nil || got.Vouched != 2*auditBatch || got.Beyond != 2*auditBatch+5 {
		t.Errorf("without the dump's heads: %+v", got)
	}
}

// A dump without its tree is audited too: the line is known from head to head.
func TestAuditWithoutATree(t *testing.T) {
	m := newMemory(4 * auditBatch)
	p, outside := newPaper(t, m), m.head(4*auditBatch)
	audit := func(p *paper) *tlog.Fault {
		d := p.dump()
		d.Hashes = nil
		return must(tlog.Audit(d, outside, logKey(t, fixedKey(t, 0))))(t).Fault
	}
	if f := audit(p); f != nil {
		t.Errorf("%v", f)
	}
	changed, lost := p.copy(), p.copy()
	changed.leaves[20].Hash = leafAt(999)
	if f := audit(changed); f == nil || f.Kind != tlog.Changed || f.Position != auditBatch || f.Last != 2*auditBatch-1 {
		t.Errorf("%v", f)
	}
	lost.leaves = slices.Delete(lost.leaves, 20, 21)
	if f := audit(lost); f == nil || f.Kind != tlog.Missing || f.Position != auditBatch || f.Last != 20 {
		t.Errorf("%v", f)
	}
}

// The whole database is exchanged for one that agrees with itself, heads and all, by one who holds the log's key: the
// outside head convicts it.
func TestAuditOfAFork(t *testing.T) {
	honest, fork := newMemory(4*auditBatch), newMemory(20)
	for i := uint64(20); i < 4*auditBatch; i++ {
		fork.add(leafAt(1000 + i))
	}
	got := newPaper(t, fork).audit(t, honest.head(4*auditBatch))
	if got.Fault == nil || got.Fault.Kind != tlog.BadHead || got.Fault.Position != 3*auditBatch {
		t.Errorf("%v", got.Fault)
	}
	got = newPaper(t, honest).audit(t, honest.head(4*auditBatch))
	if got.Fault != nil {
		t.Errorf("%v", got.Fault)
	}
}

func TestAuditErrors(t *testing.T) {
	m, broken := newMemory(auditBatch), errors.New("broken off")
	p := newPaper(t, m)
	d := p.dump()
	d.Leaves = func(yield func(tlog.Entry, error) bool) {
		_ = yield(p.leaves[0], nil) && yield(tlog.Entry{}, broken)
	}
	if _, err := tlog.Audit(d, m.head(auditBatch), logKey(t, fixedKey(t, 0))); !errors.Is(err, broken) {
		t.Errorf("a dump that breaks off: %v", err)
	}
	other := m.head(auditBatch)
	other.Origin = "other.example.cn"
	if _, err := tlog.Audit(p.dump(), other, logKey(t, fixedKey(t, 0))); err == nil {
		t.Error("another log's head was taken")
	}
	for kind, want := range map[tlog.FaultKind]string{tlog.Changed: "第 7 条被改动", tlog.Missing: "第 7 条缺失", tlog.Inserted: "第 7 条是插入的"} {
		if got := (tlog.Fault{Kind: kind, Position: 7, Last: 7}).String(); got != want {
			t.Errorf("%q", got)
		}
	}
}

// BenchmarkAudit reports lines a second.
func BenchmarkAudit(b *testing.B) {
	m := newMemory(200 * auditBatch)
	p, outside := newPaper(b, m), m.head(200*auditBatch)
	p.heads = p.heads[199:]
	for b.Loop() {
		if got := p.audit(b, outside); got.Fault != nil {
			b.Fatal(got.Fault)
		}
	}
	b.ReportMetric(float64(len(p.leaves))*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
