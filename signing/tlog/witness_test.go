package tlog_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"baohan/internal/clock"
	"baohan/signing/tlog"
)

// served is a log as a witness sees it, with the key of an operator who may lie.
type served struct {
	t    *testing.T
	m    *memory
	size uint64
}

func (s *served) Head(context.Context) ([]byte, error) {
	return signedHead(s.t, s.m.head(s.size)).Bytes(), nil
}

func (s *served) Consistency(_ context.Context, from, to uint64) (tlog.Consistency, error) {
	return tlog.Consistency{Version: 1, From: from, To: to, Path: s.m.consistency(s.t, from, to)}, nil
}

func newWitness(t *testing.T) *tlog.Witness {
	t.Helper()
	signer := fixedKey(t, 1)
	return &tlog.Witness{Key: witnessKey(t, witnessName, signer), Signer: signer, Log: []tlog.Key{logKey(t, fixedKey(t, 0))},
		Clock: clock.NewManual(noon), File: filepath.Join(t.TempDir(), "last.note")}
}

// restarted is the same witness after its process has died: it has its disk and nothing else.
func restarted(w *tlog.Witness) *tlog.Witness {
	return &tlog.Witness{Key: w.Key, Signer: w.Signer, Log: w.Log, Clock: w.Clock, File: w.File}
}

func TestWitnessFollows(t *testing.T) {
	w, m := newWitness(t), newMemory(40)
	for _, size := range []uint64{7, 7, 8, 32, 40} {
		w = restarted(w)
		c, line, err := w.Follow(ctx, &served{t, m, size})
		if err != nil || c != m.head(size) {
			t.Fatalf("%d: %v", size, err)
		}
		if s := must(w.Key.Sighting(c.Text(), line))(t); !s.At.Equal(noon) {
			t.Errorf("seen at %v", s.At)
		}
		if last := must(w.Last())(t); last != c {
			t.Errorf("remembers %v", last)
		}
	}
}

// An operator who rewrote its log, rolled it back, or shows each reader another log gets no countersignature, and
// what it signed is kept against it.
func TestWitnessRefuses(t *testing.T) {
	honest, fork := newMemory(40), newMemory(20)
	for i := uint64(20); i < 60; i++ {
		fork.add(leafAt(1000 + i))
	}
	for name, c := range map[string]struct {
		next *served
		why  error
	}{
		"rolled back":              {&served{t, honest, 29}, tlog.ErrShrinks},
		"emptied":                  {&served{t, honest, 0}, tlog.ErrShrinks},
		"rewritten, the same size": {&served{t, fork, 30}, tlog.ErrForks},
		"rewritten and grown":      {&served{t, fork, 45}, tlog.ErrForks},
		"rewritten and shrunk":     {&served{t, fork, 21}, tlog.ErrShrinks},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWitness(t)
			if _, _, err := w.Follow(ctx, &served{t, honest, 30}); err != nil {
				t.Fatal(err)
			}
			w = restarted(w)
			c.next.t = t
			_, line, err := w.Follow(ctx, c.next)
			var refusal *tlog.Refusal
			if !errors.Is(err, c.why) || !errors.As(err, &refusal) || line.Name != "" {
				t.Fatalf("%v, %v", line, err)
			}
			kept := must(os.ReadFile(refusal.Kept))(t)
			if got, _, err := tlog.Open(kept, w.Log...); err != nil || got != refusal.Offered {
				t.Errorf("the evidence: %v", err)
			}
			if last := must(w.Last())(t); last != honest.head(30) {
				t.Error("the witness has forgotten what it saw")
			}
			if _, _, err := w.Follow(ctx, &served{t, honest, 40}); err != nil {
				t.Errorf("the honest log is not followed any more: %v", err)
			}
		})
	}
}

func TestWitnessTakesOnlyTheLogsWord(t *testing.T) {
	w, m := newWitness(t), newMemory(40)
	note := signedHead(t, m.head(30)).Bytes()
	must(w.Countersign(ctx, note, 0, nil))(t)
	stranger := fixedKey(t, 9)
	forged := must(m.head(40).Sign(ctx, logKey(t, stranger), stranger))(t)
	if _, err := w.Countersign(ctx, forged.Bytes(), 30, m.consistency(t, 30, 40)); !errors.Is(err, tlog.ErrUnsigned) {
		t.Errorf("a stranger's head: %v", err)
	}
	if _, err := w.Countersign(ctx, signedHead(t, m.head(40)).Bytes(), 20, m.consistency(t, 20, 40)); !errors.Is(err, tlog.ErrStale) {
		t.Errorf("a proof from another head: %v", err)
	}
	if _, err := w.Countersign(ctx, signedHead(t, m.head(40)).Bytes(), 30, m.consistency(t, 29, 40)); !errors.Is(err, tlog.ErrProof) || errors.Is(err, tlog.ErrForks) {
		t.Errorf("a bad proof: %v", err)
	}
	if err := os.WriteFile(w.File, []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Countersign(ctx, signedHead(t, m.head(40)).Bytes(), 0, nil); !errors.Is(err, tlog.ErrNote) {
		t.Errorf("a witness that lost its memory begins anew: %v", err)
	}
}

// Two heads at once: the witness countersigns both only in an order in which the log grew.
func TestWitnessAtOnce(t *testing.T) {
	m := newMemory(40)
	for range 20 {
		w := newWitness(t)
		must(w.Countersign(ctx, signedHead(t, m.head(10)).Bytes(), 0, nil))(t)
		var all sync.WaitGroup
		signed := make([]bool, 2)
		for i, size := range []uint64{20, 30} {
			note, path := signedHead(t, m.head(size)).Bytes(), m.consistency(t, 10, size)
			all.Go(func() {
				_, err := w.Countersign(ctx, note, 10, path)
				signed[i] = err == nil
			})
		}
		all.Wait()
		if signed[0] == signed[1] {
			t.Fatalf("countersigned from the same head: %v", signed)
		}
	}
}

func TestContradicts(t *testing.T) {
	policy := goldenPolicy(t)
	honest, fork := newMemory(30), newMemory(29)
	fork.add(leafAt(1000))
	seen := func(m *memory, size uint64, witness bool) []byte {
		n := signedHead(t, m.head(size))
		if witness {
			n.Lines = append(n.Lines, must(tlog.Cosign(ctx, m.head(size), policy.Witnesses[0], fixedKey(t, 1), noon.Add(time.Hour)))(t))
		}
		return n.Bytes()
	}
	for name, c := range map[string]struct {
		first, second []byte
		by            []string
	}{
		"a log that shows two":          {seen(honest, 30, true), seen(fork, 30, false), []string{origin}},
		"a witness that says yes twice": {seen(honest, 30, true), seen(fork, 30, true), []string{origin, witnessName}},
		"the same head twice":           {seen(honest, 30, true), seen(honest, 30, true), nil},
		"two sizes":                     {seen(honest, 30, true), seen(fork, 28, true), nil},
		"nonsense":                      {seen(honest, 30, true), []byte("spoilt"), nil},
	} {
		var by []string
		for _, x := range policy.Contradicts(c.first, c.second) {
			by = append(by, x.By)
		}
		if len(by) != len(c.by) || (len(by) > 0 && by[0] != c.by[0]) || (len(by) > 1 && by[1] != c.by[1]) {
			t.Errorf("%s: accuses %v, not %v", name, by, c.by)
		}
	}
}
