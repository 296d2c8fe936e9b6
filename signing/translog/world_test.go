package translog_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/internal/clock"
	"baohan/internal/testdb"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

const (
	origin = "log.example.cn/2026"
	batch  = 7 // no power of two: batches end in the middle of everything
	every  = time.Minute
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// world is a log on a database of its own.
type world struct {
	t      *testing.T
	pool   *pgxpool.Pool
	clock  *clock.Manual
	signer *counting
	key    tlog.Key
	log    *translog.Log
}

// counting is a key that counts how often it is asked.
type counting struct {
	signing.Signer
	asked atomic.Int64
}

func (c *counting) Sign(ctx context.Context, msg []byte) (signing.Signature, error) {
	c.asked.Add(1)
	return c.Signer.Sign(ctx, msg)
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

func fixedKey(t testing.TB, n byte) *signing.PrivateKey {
	t.Helper()
	raw := signing.Sum([]byte("translog test key"), []byte{n})
	return must(signing.ParsePrivateKey(raw[:]))(t)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	signer := &counting{Signer: fixedKey(t, 0)}
	w := &world{t: t, pool: testdb.New(t), clock: clock.NewManual(noon), signer: signer,
		key: must(tlog.LogKey(origin, signer.Public()))(t)}
	w.log = w.another()
	return w
}

// another is a second process's view of the same log.
func (w *world) another() *translog.Log {
	w.t.Helper()
	return must(translog.New(w.config()))(w.t)
}

func (w *world) config() translog.Config {
	return translog.Config{Pool: w.pool, Clock: w.clock, Key: w.key, Signer: w.signer, Batch: batch, Every: every,
		Within: 10 * time.Minute, Log: slog.New(slog.DiscardHandler)}
}

// enqueue hands in one leaf by a transaction of its own.
func (w *world) enqueue(fact string) tlog.Leaf {
	w.t.Helper()
	leaf := tlog.NewLeaf("baohan/test/1", []byte(fact))
	w.enqueueLeaf(leaf)
	return leaf
}

func (w *world) enqueueLeaf(leaf tlog.Leaf) {
	w.t.Helper()
	if err := pgx.BeginFunc(w.t.Context(), w.pool, func(tx pgx.Tx) error { return translog.EnqueueTx(w.t.Context(), tx, leaf) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) enqueueMany(n int) (leaves []tlog.Leaf) {
	w.t.Helper()
	for i := range n {
		leaves = append(leaves, w.enqueue(fmt.Sprint("fact ", i)))
	}
	return leaves
}

// beat moves the clock to the next beat and steps; the batch must be appended.
func (w *world) beat() {
	w.t.Helper()
	w.clock.Advance(every)
	if !must(w.log.Step(w.t.Context()))(w.t) {
		w.t.Fatal("the beat has passed, and nothing was appended")
	}
}

func (w *world) head() tlog.Checkpoint {
	w.t.Helper()
	c, n, err := w.log.Head(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if got, _, err := tlog.Open(n.Bytes(), w.key); err != nil || got != c {
		w.t.Fatalf("the head does not hold: %v", err)
	}
	return c
}

// proved checks a leaf's proof as an outsider does.
func (w *world) proved(leaf signing.Digest) tlog.Inclusion {
	w.t.Helper()
	p := must(w.log.Inclusion(w.t.Context(), leaf))(w.t)
	again := must(tlog.ParseInclusion(must(p.Canonical())(w.t)))(w.t)
	if _, _, err := again.Verify(leaf, tlog.Policy{Log: []tlog.Key{w.key}}); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// grew checks that the log grew out of what it was.
func (w *world) grew(from, to tlog.Checkpoint) {
	w.t.Helper()
	p := must(w.log.Consistency(w.t.Context(), from.Size, to.Size))(w.t)
	if err := p.Verify(from, to); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) count(sql string) (n int) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), sql).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) leaves() []signing.Digest {
	w.t.Helper()
	rows := must(w.pool.Query(w.t.Context(), `SELECT leaf FROM log_leaf ORDER BY position`))(w.t)
	raw := must(pgx.CollectRows(rows, pgx.RowTo[[]byte]))(w.t)
	all := make([]signing.Digest, len(raw))
	for i := range raw {
		all[i] = signing.Digest(raw[i])
	}
	return all
}

// rewrite does what only the owner of the database can: past every trigger.
func (w *world) rewrite(sql string) {
	w.t.Helper()
	if err := pgx.BeginFunc(w.t.Context(), w.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(w.t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		for one := range strings.SplitSeq(sql, ";") {
			if tag, err := tx.Exec(w.t.Context(), one); err != nil || tag.RowsAffected() == 0 {
				return fmt.Errorf("%s: %d rows, %w", one, tag.RowsAffected(), err)
			}
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

func commitments(leaves []tlog.Leaf) []signing.Digest {
	all := make([]signing.Digest, len(leaves))
	for i := range leaves {
		all[i] = leaves[i].Commitment
	}
	return all
}

func holds(all []signing.Digest, leaf signing.Digest) bool { return slices.Contains(all, leaf) }
