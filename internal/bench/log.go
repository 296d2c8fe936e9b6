package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/clock"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// logSizes of the log part: how many leaves stand in the log, how many proofs are asked for, how many batches appended.
type logSizes struct {
	leaves        uint64
	proofs, beats int
}

var logSize = logSizes{leaves: 10_000_000, proofs: 3000, beats: 60}

// benchLogOrigin is the log's name, benchBatch what one beat appends.
const (
	benchLogOrigin = "log.bench.test/1"
	benchBatch     = 256
)

// ledger is a transparency log on a durable database of its own, filled without its verbs: leaf by leaf it would take
// the rhythm's own time.
type ledger struct {
	*platform
	log   *translog.Log
	key   tlog.Key
	clock *clock.Manual
	half  tlog.Checkpoint // an earlier head
	head  tlog.Checkpoint
}

// benchLog measures proofs out of a large log, their check, the audit of its leaves, and an append behind them.
func benchLog(ctx context.Context, dir string, n logSizes, out io.Writer) (err error) {
	b, err := newLedger(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	begun := now()
	if err := b.fill(ctx, n.leaves); err != nil {
		return fmt.Errorf("filling: %w", err)
	}
	note(out, "%d leaves, their tree and two signed heads made in %.0f s", n.leaves, now().Sub(begun).Seconds())
	for _, part := range []func(context.Context, logSizes, io.Writer) error{b.proofs, b.checks, b.audit, b.auditFile, b.appends} {
		if err := part(ctx, n, out); err != nil {
			return err
		}
	}
	return nil
}

func newLedger(ctx context.Context, dir string) (b *ledger, err error) {
	p := &platform{house: sample.New(now().Add(-time.Hour)), spy: &spy{}}
	b = &ledger{platform: p, clock: clock.NewManual(now())}
	if p.dir, err = os.MkdirTemp(dir, "baohan-bench-"); err != nil {
		return nil, err
	}
	if err := p.openDatabase(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	signer := p.house.Platform.Sign.Key
	if b.key, err = tlog.LogKey(benchLogOrigin, signer.Public()); err != nil {
		return nil, errors.Join(err, p.close())
	}
	b.log, err = translog.New(translog.Config{Pool: p.pool, Clock: b.clock, Key: b.key, Signer: signer, Batch: benchBatch,
		Every: time.Minute, Within: time.Hour, Log: quiet})
	return b, err
}

// leafSource gives the same random leaves again and again.
func leafSource() func() signing.Digest {
	source := rand.NewChaCha8([32]byte{1})
	return func() (leaf signing.Digest) {
		for i := 0; i < len(leaf); i += 8 {
			binary.LittleEndian.PutUint64(leaf[i:], source.Uint64())
		}
		return leaf
	}
}

// fill writes the leaves past the triggers, and builds the index on them afterwards; the tree is made from them by the
// log itself, which also checks it against the head.
func (b *ledger) fill(ctx context.Context, leaves uint64) error {
	next, tree := leafSource(), tlog.NewTree()
	each := func() []any {
		if tree.Size() == leaves {
			return nil
		}
		leaf := next()
		tree.Append(tlog.LeafHash(leaf), nil)
		if tree.Size() == leaves/2 {
			b.half = tlog.Checkpoint{Origin: benchLogOrigin, Size: tree.Size(), Root: tree.Root()}
		}
		return []any{int64(tree.Size() - 1), leaf[:]}
	}
	err := pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `ALTER TABLE log_leaf DROP CONSTRAINT log_leaf_leaf_key CASCADE`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"log_leaf"}, []string{"position", "leaf"}, pgx.CopyFromFunc(func() ([]any, error) { return each(), nil }))
		return err
	})
	if err != nil {
		return err
	}
	b.head = tlog.Checkpoint{Origin: benchLogOrigin, Size: leaves, Root: tree.Root()}
	for i, c := range []tlog.Checkpoint{b.half, b.head} {
		if err := b.sign(ctx, c, b.clock.Now().Add(time.Duration(i-2)*time.Hour)); err != nil {
			return err
		}
	}
	if err := b.log.RebuildTiles(ctx); err != nil {
		return err
	}
	for _, sql := range []string{`ALTER TABLE log_leaf ADD CONSTRAINT log_leaf_leaf_key UNIQUE (leaf)`, `VACUUM ANALYZE`, `CHECKPOINT`} {
		if _, err := b.pool.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

func (b *ledger) sign(ctx context.Context, c tlog.Checkpoint, tick time.Time) error {
	signed, err := c.Sign(ctx, b.key, b.house.Platform.Sign.Key)
	if err != nil {
		return err
	}
	if _, err := b.pool.Exec(ctx, `INSERT INTO log_head (size, root, tick) VALUES ($1, $2, $3)`, int64(c.Size), c.Root[:], tick); err != nil {
		return err
	}
	_, err = b.pool.Exec(ctx, `UPDATE log_head SET note = $1 WHERE size = $2`, string(signed.Bytes()), int64(c.Size))
	return err
}

// proofs are asked for one after another, each for a leaf anywhere in the log, in turn with one row by its key: the
// least that any question to the database costs.
func (b *ledger) proofs(ctx context.Context, n logSizes, out io.Writer) error {
	var proof, row, grew []time.Duration
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n.proofs + n.proofs/10 {
		position := int64(random.Uint64N(n.leaves))
		var leaf []byte
		one, err := wall(func() error {
			return b.pool.QueryRow(ctx, `SELECT leaf FROM log_leaf WHERE position = $1`, position).Scan(&leaf)
		})
		if err != nil {
			return err
		}
		whole, err := wall(func() error { _, err := b.log.Inclusion(ctx, signing.Digest(leaf)); return err })
		if err != nil {
			return err
		}
		between, err := wall(func() error { _, err := b.log.Consistency(ctx, b.half.Size, b.head.Size); return err })
		if err != nil {
			return err
		}
		if i >= n.proofs/10 { // the first ones warm up
			proof, row, grew = append(proof, whole), append(row, one), append(grew, between)
		}
	}
	share(out, "inclusion proof, p50 : one row by its key, p50 (aim ≤ 0.5 ms)", median(proof), median(row))
	share(out, "  p99", percentile(proof, 99), percentile(row, 99))
	share(out, "consistency proof from half the log, p50 : one row by its key", median(grew), median(row))
	return nil
}

func percentile(all []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)*p/100]
}

// checks are what a reader of a proof does, against the bare chain of as many SM3 nodes.
func (b *ledger) checks(ctx context.Context, n logSizes, out io.Writer) error {
	position := n.leaves * 13 / 20
	var leaf []byte
	if err := b.pool.QueryRow(ctx, `SELECT leaf FROM log_leaf WHERE position = $1`, int64(position)).Scan(&leaf); err != nil {
		return err
	}
	p, err := b.log.Inclusion(ctx, signing.Digest(leaf))
	if err != nil {
		return err
	}
	trust, rates := tlog.Policy{Log: []tlog.Key{b.key}}, map[string][]float64{}
	if err := cpuRates(9, []op{
		{"path", func() error { return tlog.CheckInclusion(b.head, position, signing.Digest(leaf), p.Path) }},
		{"chain", func() error {
			hash := tlog.LeafHash(signing.Digest(leaf))
			for _, h := range p.Path {
				hash = signing.Digest(tlog.NodeHash(h[:], hash[:]))
			}
			return nil
		}},
		{"whole", func() error { _, _, err := p.Verify(signing.Digest(leaf), trust); return err }},
	}, rates); err != nil {
		return err
	}
	path, chain, whole := median(rates["path"]), median(rates["chain"]), median(rates["whole"])
	line(out, fmt.Sprintf("check a path of %d hashes : as long a chain of SM3", len(p.Path)), path, chain, "≥ 20000/s")
	line(out, "check a whole proof, head's SM2 signature included : the chain", whole, chain, "")
	return nil
}

// audit replays the whole log out of the database against its head; the yardstick is the bare tree, grown in memory.
func (b *ledger) audit(ctx context.Context, n logSizes, out io.Writer) error {
	c, err := b.costOf(func() (int, error) {
		r, err := tlog.Audit(translog.Dump(ctx, b.pool), b.head, b.key)
		if err == nil && (r.Fault != nil || r.Vouched != n.leaves) {
			return 0, fmt.Errorf("an honest log: %+v", r)
		}
		return int(r.Vouched), err
	})
	if err != nil {
		return err
	}
	tree, err := bareTree()
	if err != nil {
		return err
	}
	line(out, "audit, lines out of the database : the bare tree", c.perSecond(), tree, "≥ 100000/s")
	line(out, "  per CPU second, PostgreSQL's share included", c.perCPUSecond(), tree, "")
	return nil
}

// appends are whole beats: take, append, read back, hash again, sign, publish.
func (b *ledger) appends(ctx context.Context, n logSizes, out io.Writer) error {
	var all []time.Duration
	for range n.beats {
		b.clock.Advance(time.Minute)
		if err := b.handIn(ctx, benchBatch/2); err != nil {
			return err
		}
		took, err := wall(func() error {
			appended, err := b.log.Step(ctx)
			if err == nil && !appended {
				return errors.New("nothing was appended")
			}
			return err
		})
		if err != nil {
			return err
		}
		all = append(all, took)
	}
	note(out, "a beat of %d leaves behind %d: p50 %.1f ms, p99 %.1f ms", benchBatch, n.leaves, ms(median(all)), ms(percentile(all, 99)))
	return nil
}

func (b *ledger) handIn(ctx context.Context, n int) error {
	return pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		for range n {
			if err := translog.EnqueueTx(ctx, tx, tlog.NewLeaf("baohan/bench/1", signing.Random(32))); err != nil {
				return err
			}
		}
		return nil
	})
}
