package tlog

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"baohan/signing"
)

// Entry is one line of a dump: a leaf, or the stored hash of one.
type Entry struct {
	Position uint64
	Hash     signing.Digest // the leaf itself, or its LeafHash
}

// Dump is a log as it was copied out of its database. Both sequences come in the order of their positions; an error in
// them ends the audit.
type Dump struct {
	Leaves iter.Seq2[Entry, error]
	// Hashes is the bottom of the stored tree. It tells a changed line from a lost and an inserted one, and is believed
	// only as far as a head vouches for it. Nil when the dump has none.
	Hashes iter.Seq2[Entry, error]
	// Heads are the notes of all signed heads, smallest first. The owner of a database cannot forge them.
	Heads iter.Seq2[[]byte, error]
	// Batches are how many leaves a beat has ever appended, which is public. With them a head that was taken out is
	// missed: two heads differ by a batch, the outside head is among them, and a batch at most lies behind the last. Nil:
	// heads are taken as they come.
	Batches []uint64
}

// Fault is what an audit found: of all that was done to a dump, the first line.
type Fault struct {
	Kind FaultKind
	// Position is the first line that may be wrong, Last the last: the first line that is wrong is one of them. They
	// differ only when the tree was rewritten too, or is not in the dump; then heads alone say where.
	Position, Last uint64
}

// FaultKind says what was done to the line.
type FaultKind string

// What an audit tells apart.
const (
	Changed  FaultKind = "changed"
	Missing  FaultKind = "missing"
	Inserted FaultKind = "inserted"
	BadHash  FaultKind = "hash"    // the line is right, what the tree has stored of it, or over it, is not
	NoHead   FaultKind = "no_head" // behind Position lines, a head before that of Last lines was taken out
	BadHead  FaultKind = "head"    // the first head behind Position lines does not read, is not the log's, is out of order, or denies the outside one
)

var faultWords = map[FaultKind]string{Changed: "被改动", Missing: "缺失", Inserted: "是插入的", BadHash: "在日志中，但树中存放的杂凑值不符"}

// String says it to people.
func (f Fault) String() string {
	switch {
	case f.Kind == NoHead:
		return fmt.Sprintf("前 %d 条的日志头之后缺少日志头：到第 %d 条为止应当还有（相差不是一批；批量改过的，请在 --batch 中都写上）", f.Position, f.Last)
	case f.Kind == BadHash && f.Last > f.Position:
		return fmt.Sprintf("第 %d 至 %d 条在日志中，但树中在它们之上存放的节点不符", f.Position, f.Last)
	case f.Kind == BadHead:
		return fmt.Sprintf("前 %d 条之后的第一个日志头不成立：不是日志签的、次序不对，或者与外部日志头矛盾", f.Position)
	case f.Last > f.Position:
		return fmt.Sprintf("第 %d 至 %d 条之间有条目%s（叶和树都被改写，只能由日志头定位）", f.Position, f.Last, faultWords[f.Kind])
	}
	return fmt.Sprintf("第 %d 条%s", f.Position, faultWords[f.Kind])
}

// Report is the result of an audit.
type Report struct {
	Vouched uint64 // lines under the largest head that was held against them
	Beyond  uint64 // lines behind it: a batch at most, which the log was about to sign
	Fault   *Fault // nil: every line is the one that was logged
}

var errAuditHead = errors.New("tlog: the outside head is not of the log that these keys are of")

// Audit replays a dump against the last head that is known outside of the log's administration, and against every head
// in the dump, before it and behind it, and names the first line that was changed, lost or inserted. Lines count from
// 0. An error says that the dump could not be read; a fault is no error.
func Audit(d Dump, outside Checkpoint, keys ...Key) (Report, error) {
	if len(keys) == 0 || outside.Origin != keys[0].Name() {
		return Report{}, errAuditHead
	}
	a := &audit{keys: keys, outside: outside, line: read(d.Leaves), hash: read(d.Hashes), head: read(d.Heads),
		batches: d.Batches, blind: d.Hashes == nil, lines: NewTree(), linesWhole: true, storedWhole: true}
	defer a.stop()
	fault, err := a.run()
	r := Report{Vouched: a.verified, Fault: fault}
	for err == nil && fault == nil && a.line.ok {
		r.Beyond++
		err = a.line.advance()
	}
	if err == nil && fault == nil && len(d.Batches) > 0 && r.Beyond > slices.Max(d.Batches) {
		r.Fault = &Fault{NoHead, a.verified, a.verified + r.Beyond}
	}
	return r, err
}
