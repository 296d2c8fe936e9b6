package tlog

import (
	"iter"
	"slices"

	"baohan/signing"
)

// audit grows a tree of the lines. As long as the stored hashes agree with it, they are one tree; from the first place
// where they do not there are two, and the next head that the log signed says which of them is right.
type audit struct {
	keys    []Key
	outside Checkpoint
	line    *reader[Entry]
	hash    *reader[Entry]
	head    *reader[[]byte]
	batches []uint64
	blind   bool // there are no stored hashes

	passed   bool       // the outside head was held against the lines, or is about to be
	next     Checkpoint // the head to hold against the lines
	own      uint64     // the size of the last of the dump's own heads
	gone     bool       // next is the outside head, and the dump has it no more
	verified uint64     // so many lines are under heads that held

	lines       *Tree
	linesWhole  bool   // no line was lost or inserted since
	stored      *Tree  // of the stored hashes, once they differ
	storedWhole bool   //
	suspect     *Fault // the first place where lines and stored hashes differ
}

func (a *audit) stop() {
	a.line.stop()
	a.hash.stop()
	a.head.stop()
}

func (a *audit) run() (*Fault, error) {
	for _, advance := range []func() error{a.line.advance, a.hash.advance, a.head.advance} {
		if err := advance(); err != nil {
			return nil, err
		}
	}
	for {
		more, fault, err := a.nextHead()
		if fault != nil || err != nil || !more {
			return fault, err
		}
		for position := a.verified; position < a.next.Size; position++ {
			if err := a.take(position); err != nil {
				return nil, err
			}
		}
		if fault := a.judge(); fault != nil {
			return fault, nil
		}
		a.verified = a.next.Size
		if a.gone {
			return &Fault{NoHead, a.own, a.next.Size}, nil
		}
	}
}

// nextHead is the next of the dump's heads and the outside one, by size.
func (a *audit) nextHead() (more bool, _ *Fault, _ error) {
	bad := &Fault{Kind: BadHead, Position: a.verified, Last: a.verified}
	if !a.head.ok {
		more, a.passed, a.next = !a.passed, true, a.outside
		a.gone = more && len(a.batches) > 0
		return more, nil, nil
	}
	own, _, err := Open(a.head.now, a.keys...)
	if err != nil || own.Origin != a.outside.Origin || own.Size <= a.next.Size && own.Size <= a.verified {
		return false, bad, nil //nolint:nilerr // a head that does not open is what the audit reports
	}
	if len(a.batches) > 0 && !slices.Contains(a.batches, own.Size-a.own) {
		return false, &Fault{NoHead, a.own, own.Size}, nil
	}
	if !a.passed && own.Size >= a.outside.Size {
		a.passed, a.next = true, a.outside
		if own.Size > a.outside.Size {
			a.gone = len(a.batches) > 0
			return true, nil, nil
		}
		if own.Root != a.outside.Root {
			return false, bad, nil
		}
	} else {
		a.next = own
	}
	a.own = own.Size
	return true, nil, a.head.advance()
}

// take takes the line of a position, and what the tree has stored of it.
func (a *audit) take(position uint64) error {
	line, hash := a.line.now, a.hash.now
	hasLine, hasHash := a.line.ok && line.Position == position, a.hash.ok && hash.Position == position
	got := LeafHash(line.Hash)
	first := a.suspect == nil && (!hasLine || (!a.blind && (!hasHash || got != hash.Hash)))
	if first {
		a.suspect = &Fault{Kind: a.lack(hasLine, hasHash, position), Position: position, Last: position}
		a.stored = a.lines.clone()
	}
	if a.linesWhole = a.linesWhole && hasLine; a.linesWhole {
		a.lines.Append(got, nil)
	}
	if a.storedWhole = a.storedWhole && (hasHash || a.suspect == nil); a.storedWhole && a.suspect != nil {
		a.stored.Append(hash.Hash, nil)
	}
	if err := a.pass(position); err != nil {
		return err
	}
	if first && hasLine && hasHash {
		a.suspect.Kind = a.shifted(got, hash.Hash)
	}
	return nil
}

// lack is what is wrong when a position has no line, or no hash.
func (a *audit) lack(hasLine, hasHash bool, position uint64) FaultKind {
	switch {
	case hasLine && !hasHash:
		return BadHash
	case !hasLine && a.line.ok && a.line.now.Position < position:
		return Inserted // a second line of an earlier position
	}
	return Missing
}

// pass goes on behind a position.
func (a *audit) pass(position uint64) error {
	for a.line.ok && a.line.now.Position <= position {
		if err := a.line.advance(); err != nil {
			return err
		}
		if a.line.ok && a.line.now.Position <= position {
			a.linesWhole = false
			if a.suspect == nil {
				a.suspect, a.stored = &Fault{Kind: Inserted, Position: position, Last: position}, a.lines.clone()
			}
		}
	}
	for a.hash.ok && a.hash.now.Position <= position {
		if err := a.hash.advance(); err != nil {
			return err
		}
	}
	return nil
}

// shifted tells, when a line is not the stored one, whether the lines were renumbered behind a line that was lost or
// inserted: then the next of one is this one of the other.
func (a *audit) shifted(line, hash signing.Digest) FaultKind {
	inserted := a.line.ok && LeafHash(a.line.now.Hash) == hash
	missing := a.hash.ok && a.hash.now.Hash == line
	switch {
	case inserted && !missing:
		return Inserted
	case missing && !inserted:
		return Missing
	}
	return Changed
}

// judge holds the head against both trees.
func (a *audit) judge() *Fault {
	lines := a.linesWhole && a.lines.Root() == a.next.Root
	switch {
	case a.suspect == nil && lines:
		return nil
	case a.suspect == nil: // lines and tree say the same, and it is not what was signed
	case a.storedWhole && a.stored.Root() == a.next.Root:
		return a.suspect
	case lines:
		return &Fault{BadHash, a.suspect.Position, a.suspect.Position}
	case !a.linesWhole: // a line is lost or inserted there, and one before it may be too
		return &Fault{a.suspect.Kind, a.verified, a.suspect.Position}
	}
	return &Fault{Changed, a.verified, a.next.Size - 1}
}

func (t *Tree) clone() *Tree {
	edge, _ := factory.NewRange(0, t.Size(), slices.Clone(t.edge.Hashes())) // the edge of a tree is an edge
	return &Tree{edge}
}

// reader looks one element ahead in a sequence.
type reader[T any] struct {
	next func() (T, error, bool)
	stop func()
	now  T
	ok   bool // there is a now
}

// read begins a sequence; nil is an empty one.
func read[T any](seq iter.Seq2[T, error]) *reader[T] {
	if seq == nil {
		seq = func(func(T, error) bool) {}
	}
	next, stop := iter.Pull2(seq)
	return &reader[T]{next: next, stop: stop}
}

func (r *reader[T]) advance() (err error) {
	r.now, err, r.ok = r.next()
	return err
}
