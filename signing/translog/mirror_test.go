package translog_test

import (
	"errors"
	"slices"
	"testing"

	"baohan/signing"
	"baohan/signing/translog"
)

// A mirror is shown what a signed head vouches for, whole and in order, and nothing behind it.
func TestLeavesUnderTheHead(t *testing.T) {
	w := newWorld(t)
	if got := must(w.log.Leaves(t.Context(), 0, 100))(t); len(got) != 0 {
		t.Errorf("a log without a head shows %d leaves", len(got))
	}
	w.beat()
	w.beat()
	w.rewrite(`UPDATE log_head SET note = NULL WHERE size = 14`) // as if the process had died before it signed
	all := w.leaves()
	for _, c := range []struct {
		from uint64
		n    int
		want []signing.Digest
	}{{0, 100, all[:batch]}, {2, 3, all[2:5]}, {batch - 1, 100, all[batch-1 : batch]}, {batch, 100, nil}, {1 << 62, 100, nil}} {
		if got := must(w.log.Leaves(t.Context(), c.from, c.n))(t); !slices.Equal(got, c.want) {
			t.Errorf("%d from %d: %d leaves, want %d", c.n, c.from, len(got), len(c.want))
		}
	}
}

// A log that does not advance is overdue after some beats; what waits has no part in the answer.
func TestOverdue(t *testing.T) {
	w := newWorld(t)
	if err := w.log.Overdue(t.Context()); !errors.Is(err, translog.ErrOverdue) {
		t.Errorf("without a head: %v", err)
	}
	w.beat()
	w.enqueueMany(3 * batch)
	w.clock.Advance(5 * every)
	if err := w.log.Overdue(t.Context()); err != nil {
		t.Errorf("after five beats: %v", err)
	}
	w.clock.Advance(every)
	if err := w.another().Overdue(t.Context()); !errors.Is(err, translog.ErrOverdue) {
		t.Errorf("after six, in another process: %v", err)
	}
	w.beat()
	if err := w.log.Overdue(t.Context()); err != nil {
		t.Errorf("it advances again: %v", err)
	}
}
