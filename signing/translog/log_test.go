package translog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

func TestEveryLeafIsProved(t *testing.T) {
	w := newWorld(t)
	var all []tlog.Leaf
	var heads []tlog.Checkpoint
	for i := range 12 { // 84 leaves: tiles of every filling
		all = append(all, w.enqueueMany(i%batch)...)
		w.beat()
		heads = append(heads, w.head())
	}
	stored := w.leaves()
	for i, leaf := range stored {
		if p := w.proved(leaf); p.Position != uint64(i) {
			t.Fatalf("leaf %d is proved at %d", i, p.Position)
		}
	}
	for _, leaf := range all {
		if !holds(stored, leaf.Commitment) {
			t.Fatal("a leaf is lost")
		}
	}
	for i, from := range heads {
		for _, to := range heads[i:] {
			w.grew(from, to)
		}
	}
	w.grew(tlog.Checkpoint{Origin: origin, Root: tlog.EmptyRoot()}, w.head())
	if last := w.head(); last.Size != 12*batch {
		t.Errorf("the log has %d leaves", last.Size)
	}
}

// What the log shows does not depend on what was handed in: every batch has one size and one rhythm, dummies have
// salts, and no order is kept.
func TestSizeTellsNothing(t *testing.T) {
	busy, idle := newWorld(t), newWorld(t)
	for _, w := range []*world{busy, idle} {
		for range 3 {
			if w == busy {
				w.enqueueMany(batch + 2)
			}
			w.beat()
		}
	}
	for _, sql := range []string{`SELECT count(*) FROM log_leaf`, `SELECT count(*) FROM log_salt`, `SELECT count(*) FROM log_head`,
		`SELECT count(*) FROM log_tile`, `SELECT max(size) FROM log_head`, `SELECT extract(epoch FROM max(tick))::bigint FROM log_head`} {
		if b, i := busy.count(sql), idle.count(sql); b != i {
			t.Errorf("%s: %d when busy, %d when idle", sql, b, i)
		}
	}
	for _, w := range []*world{busy, idle} {
		for part := range slices.Chunk(w.leaves(), batch) {
			if !slices.IsSortedFunc(part, func(a, b signing.Digest) int { return bytes.Compare(a[:], b[:]) }) {
				t.Error("a batch keeps an order of its own")
			}
		}
	}
	if n := busy.count(`SELECT count(*) FROM log_pending`); n != 6 {
		t.Errorf("%d wait, of 27 handed in and 21 taken", n)
	}
}

func TestRhythm(t *testing.T) {
	w := newWorld(t)
	w.beat()
	for _, d := range []time.Duration{0, every - time.Microsecond, -every} {
		w.clock.Set(noon.Add(every).Add(d))
		if must(w.log.Step(t.Context()))(t) {
			t.Errorf("a second batch %v after the beat", d)
		}
	}
	w.clock.Set(noon.Add(time.Hour))
	if !must(w.log.Step(t.Context()))(t) || must(w.log.Step(t.Context()))(t) {
		t.Error("after a standstill one batch is due, and no more")
	}
}

func TestHandedInWithItsFact(t *testing.T) {
	w := newWorld(t)
	kept, gone := tlog.NewLeaf("baohan/test/1"), tlog.NewLeaf("baohan/test/1")
	fault := errors.New("fault")
	if err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
		if err := translog.EnqueueTx(t.Context(), tx, gone); err != nil {
			return err
		}
		return fault
	}); !errors.Is(err, fault) {
		t.Fatal(err)
	}
	w.enqueueLeaf(kept)
	w.enqueueLeaf(kept) // again, by a retry
	if _, err := w.log.Inclusion(t.Context(), kept.Commitment); !errors.Is(err, translog.ErrNotYet) {
		t.Errorf("a leaf that waits: %v", err)
	}
	w.beat()
	w.enqueueLeaf(kept)
	w.beat()
	w.proved(kept.Commitment)
	if salt := must(w.log.Salt(t.Context(), kept.Commitment))(t); tlog.Commit(salt, "baohan/test/1") != kept.Commitment {
		t.Error("the salt does not open the leaf")
	}
	if _, err := w.log.Inclusion(t.Context(), gone.Commitment); !errors.Is(err, translog.ErrUnknown) {
		t.Errorf("a leaf that was rolled back: %v", err)
	}
	if _, err := w.log.Salt(t.Context(), gone.Commitment); !errors.Is(err, translog.ErrUnknown) {
		t.Errorf("its salt: %v", err)
	}
}

// The same leaf by two transactions, the second of which commits after the first was logged: it must not stop the log.
func TestSameLeafFromTwoTransactions(t *testing.T) {
	w := newWorld(t)
	leaf := w.enqueue("fact")
	w.beat()
	w.rewrite(fmt.Sprintf(`INSERT INTO log_pending (leaf, salt) VALUES ('\x%s', '\x%x')`, leaf.Commitment, leaf.Salt))
	w.beat()
	if n := w.count(`SELECT count(*) FROM log_leaf`); n != 2*batch {
		t.Errorf("%d leaves", n)
	}
}

func TestOneWriter(t *testing.T) {
	w := newWorld(t)
	var logs []*translog.Log
	for range 6 {
		logs = append(logs, w.another())
	}
	for i := range 5 {
		w.clock.Advance(every)
		var appended atomic.Int64
		var all sync.WaitGroup
		for _, l := range logs {
			all.Go(func() {
				did, err := l.Step(context.WithoutCancel(t.Context()))
				if err != nil {
					t.Error(err)
				}
				if did {
					appended.Add(1)
				}
			})
		}
		all.Wait()
		if appended.Load() != 1 {
			t.Fatalf("beat %d: appended by %d", i, appended.Load())
		}
	}
	if c := w.head(); c.Size != 5*batch {
		t.Errorf("%d leaves", c.Size)
	}
}

// Many hand in while the log is written: all of it is in the log once.
func TestHandedInMeanwhile(t *testing.T) {
	w := newWorld(t)
	stop := make(chan struct{})
	var writer, hands sync.WaitGroup
	writer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				w.clock.Advance(every)
				if _, err := w.log.Step(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	handed := make([][]tlog.Leaf, 4)
	for i := range handed {
		hands.Go(func() { handed[i] = w.enqueueMany(25) })
	}
	hands.Wait()
	close(stop)
	writer.Wait()
	for w.count(`SELECT count(*) FROM log_pending`) > 0 {
		w.beat()
	}
	stored := w.leaves()
	for _, leaf := range commitments(slices.Concat(handed...)) {
		if !holds(stored, leaf) {
			t.Fatal("a leaf is lost")
		}
	}
	if w.head().Size != uint64(len(stored)) {
		t.Errorf("%d leaves under a head of %d", len(stored), w.head().Size)
	}
}

func TestReceiptAtOnce(t *testing.T) {
	w := newWorld(t)
	leaf := w.enqueue("fact")
	r := must(tlog.OpenReceipt(must(w.log.Receipt(t.Context(), leaf.Commitment))(t).Bytes(), w.key))(t)
	if r.Leaf != leaf.Commitment || !r.By.After(time.Now()) {
		t.Errorf("%+v", r)
	}
	again := must(tlog.OpenReceipt(must(w.log.Receipt(t.Context(), leaf.Commitment))(t).Bytes(), w.key))(t)
	if again != r {
		t.Errorf("promised by %v and by %v", r.By, again.By)
	}
	if oldest := must(w.log.Oldest(t.Context()))(t); oldest.IsZero() || oldest.Second() != 0 {
		t.Errorf("the oldest that waits: %v", oldest)
	}
	w.beat()
	late := must(tlog.OpenReceipt(must(w.log.Receipt(t.Context(), leaf.Commitment))(t).Bytes(), w.key))(t)
	if want := noon.Add(every + 10*time.Minute); !late.By.Equal(want) {
		t.Errorf("promised by %v, not %v", late.By, want)
	}
	if oldest := must(w.log.Oldest(t.Context()))(t); !oldest.IsZero() {
		t.Errorf("nothing waits since %v", oldest)
	}
	if _, err := w.log.Receipt(t.Context(), signing.Sum([]byte("never"))); !errors.Is(err, translog.ErrUnknown) {
		t.Errorf("a promise for what was never handed in: %v", err)
	}
}

func TestConsistencyBetweenSignedHeadsOnly(t *testing.T) {
	w := newWorld(t)
	if _, _, err := w.log.Head(t.Context()); !errors.Is(err, translog.ErrNotYet) {
		t.Errorf("a head of no log: %v", err)
	}
	w.beat()
	w.beat()
	for _, sizes := range [][2]uint64{{1, batch}, {batch, batch + 1}, {2 * batch, batch}, {batch, 3 * batch}, {0, 1 << 62}} {
		if _, err := w.log.Consistency(t.Context(), sizes[0], sizes[1]); !errors.Is(err, translog.ErrUnknown) {
			t.Errorf("from %d to %d: %v", sizes[0], sizes[1], err)
		}
	}
}

func TestCountersigned(t *testing.T) {
	w := newWorld(t)
	bank, other := fixedKey(t, 1), fixedKey(t, 2)
	c := w.config()
	c.Witnesses = []tlog.Key{must(tlog.WitnessKey("bank.example.cn", bank.Public()))(t), must(tlog.WitnessKey("other.example.cn", other.Public()))(t)}
	c.Quorum = 1
	w.log = must(translog.New(c))(t)
	leaf := w.enqueue("fact")
	w.beat()
	first := w.head()
	word := func(c tlog.Checkpoint, key tlog.Key, signer signing.Signer, at time.Time) tlog.Line {
		return must(tlog.Cosign(t.Context(), c, key, signer, at))(t)
	}
	for _, at := range []time.Duration{-2 * time.Hour, -time.Hour, -3 * time.Hour} {
		if err := w.log.Countersigned(t.Context(), first.Size, word(first, c.Witnesses[0], bank, noon.Add(at))); err != nil {
			t.Fatal(err)
		}
	}
	forged := first
	forged.Root = signing.Sum([]byte("fork"))
	stranger := must(tlog.WitnessKey("stranger.example.cn", bank.Public()))(t)
	for name, line := range map[string]tlog.Line{
		"a fork":     word(forged, c.Witnesses[0], bank, noon),
		"a stranger": word(first, stranger, bank, noon),
		"nonsense":   {Name: "bank.example.cn", ID: 1, Signature: []byte("x")},
	} {
		if err := w.log.Countersigned(t.Context(), first.Size, line); !errors.Is(err, translog.ErrStranger) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.log.Countersigned(t.Context(), first.Size, word(first, c.Witnesses[0], bank, noon.Add(24*time.Hour))); !errors.Is(err, translog.ErrAhead) {
		t.Errorf("a word of tomorrow: %v", err)
	}
	if err := w.log.Countersigned(t.Context(), first.Size+1, word(first, c.Witnesses[0], bank, noon)); !errors.Is(err, translog.ErrUnknown) {
		t.Errorf("a size that no head has: %v", err)
	}
	w.beat() // a newer head, of which no witness has said anything
	p := must(w.log.Inclusion(t.Context(), leaf.Commitment))(t)
	got, seen, err := p.Verify(leaf.Commitment, tlog.Policy{Log: []tlog.Key{w.key}, Witnesses: c.Witnesses, Quorum: 1})
	if err != nil || got != first || len(seen) != 1 || !seen[0].At.Equal(noon.Add(-time.Hour)) {
		t.Errorf("the proof leads to %v, seen %v: %v", got, seen, err)
	}
	late := w.enqueue("late")
	w.beat()
	if p := w.proved(late.Commitment); p.Position < first.Size {
		t.Error("in a head that is older than the leaf")
	}
}

func TestConfig(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*translog.Config){
		"no pool":             func(c *translog.Config) { c.Pool = nil },
		"another key":         func(c *translog.Config) { c.Signer = fixedKey(t, 3) },
		"a witness's key":     func(c *translog.Config) { c.Key = must(tlog.WitnessKey(origin, w.signer.Public()))(t) },
		"no batch":            func(c *translog.Config) { c.Batch = 0 },
		"too great a batch":   func(c *translog.Config) { c.Batch = 5000 },
		"too fast":            func(c *translog.Config) { c.Every = time.Millisecond },
		"a promise too short": func(c *translog.Config) { c.Within = 2 * time.Minute },
		"a quorum of nobody":  func(c *translog.Config) { c.Quorum = 1 },
	} {
		c := w.config()
		change(&c)
		if _, err := translog.New(c); !errors.Is(err, translog.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
