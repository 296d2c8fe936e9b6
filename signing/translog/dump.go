package translog

import (
	"context"
	"iter"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
	"baohan/signing/tlog"
)

// dumpAtOnce is how many rows of a dump are read at a time; a tile counts for its 32 leaves.
const dumpAtOnce = 1 << 13

// Dump reads the log's tables for tlog.Audit: of a dump that was restored for the purpose, or of a running database. It
// believes nothing that it reads. Leaves behind the largest head may be in it.
func Dump(ctx context.Context, q store.Querier) tlog.Dump {
	return tlog.Dump{Leaves: dumpLeaves(ctx, q), Hashes: dumpHashes(ctx, q), Heads: dumpHeads(ctx, q)}
}

func dumpLeaves(ctx context.Context, q store.Querier) iter.Seq2[tlog.Entry, error] {
	type row struct {
		Position int64
		Leaf     []byte
	}
	return func(yield func(tlog.Entry, error) bool) {
		pages(ctx, q, `SELECT position, leaf FROM log_leaf WHERE position > @after ORDER BY position LIMIT @n`, dumpAtOnce, func(r row) (int64, bool) {
			return r.Position, yield(tlog.Entry{Position: uint64(r.Position), Hash: digestOf(r.Leaf)}, nil)
		}, func(err error) { yield(tlog.Entry{}, err) })
	}
}

func dumpHashes(ctx context.Context, q store.Querier) iter.Seq2[tlog.Entry, error] {
	return func(yield func(tlog.Entry, error) bool) {
		for t, err := range Tiles(ctx, q) {
			if err != nil {
				yield(tlog.Entry{}, err)
				return
			}
			if t.Level > 0 || !bottomOf(t, yield) {
				return
			}
		}
	}
}

func dumpHeads(ctx context.Context, q store.Querier) iter.Seq2[[]byte, error] {
	type row struct {
		Size int64
		Root []byte
		Note string
	}
	return func(yield func([]byte, error) bool) {
		pages(ctx, q, `SELECT size, root, note FROM log_head WHERE note IS NOT NULL AND size > @after ORDER BY size LIMIT @n`, dumpAtOnce, func(r row) (int64, bool) {
			return r.Size, yield(asRow(uint64(r.Size), r.Root, []byte(r.Note)), nil)
		}, func(err error) { yield(nil, err) })
	}
}

// pages reads rows in the order of their key, a page at a time, so that several sequences share one connection. each
// tells the key of its row, and whether to go on.
func pages[T any](ctx context.Context, q store.Querier, sql string, n int, each func(T) (int64, bool), broken func(error)) {
	after := int64(-1)
	for {
		rows, err := store.Many[T](ctx, q, sql, pgx.NamedArgs{"after": after, "n": n})
		if err != nil {
			broken(err)
			return
		}
		for _, r := range rows {
			key, more := each(r)
			if !more {
				return
			}
			after = key
		}
		if len(rows) < n {
			return
		}
	}
}

// digestOf is a stored digest; one of another length is none, and equals nothing that was logged.
func digestOf(b []byte) (d signing.Digest) {
	if len(b) == len(d) {
		copy(d[:], b)
	}
	return d
}
