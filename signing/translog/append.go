package translog

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
	"baohan/signing/tlog"
)

// append appends the batch of this beat, with the tree over it and the head that is to be signed, in one transaction:
// all of it is there or none. A crash before its commit leaves everything that waits still waiting.
func (l *Log) append(ctx context.Context, conn *pgx.Conn) (bool, error) {
	last, err := lastHead(ctx, conn)
	if err != nil {
		return false, err
	}
	tick := l.Clock.Now().Truncate(l.Every)
	if !tick.After(last.Tick) {
		return false, nil
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		batch, err := l.take(ctx, tx)
		if err != nil {
			return err
		}
		if err := grow(ctx, tx, last, tick, batch); err != nil {
			return err
		}
		l.reached("in the append")
		return nil
	})
	return err == nil, err
}

// take removes the oldest leaves that wait, as many as a batch holds, and fills it up with dummies. Sorted by their
// bytes, which are as good as random, the leaves keep no trace of the order in which they came.
func (l *Log) take(ctx context.Context, tx pgx.Tx) ([]tlog.Leaf, error) {
	type row struct {
		Leaf, Salt []byte
		Logged     bool
	}
	waiting, err := store.Many[row](ctx, tx, `DELETE FROM log_pending p
		WHERE leaf IN (SELECT leaf FROM log_pending ORDER BY minute, leaf LIMIT @batch)
		RETURNING leaf, salt, EXISTS (SELECT FROM log_leaf l WHERE l.leaf = p.leaf) AS logged`, pgx.NamedArgs{"batch": l.Batch})
	if err != nil {
		return nil, err
	}
	var batch []tlog.Leaf
	for _, w := range waiting {
		if !w.Logged { // handed in twice, by two transactions
			batch = append(batch, tlog.Leaf{Commitment: signing.Digest(w.Leaf), Salt: tlog.Salt(w.Salt)})
		}
	}
	for len(batch) < l.Batch {
		batch = append(batch, tlog.Dummy())
	}
	slices.SortFunc(batch, func(a, b tlog.Leaf) int { return bytes.Compare(a.Commitment[:], b.Commitment[:]) })
	return batch, nil
}

// grow writes the batch behind the last head.
func grow(ctx context.Context, tx pgx.Tx, last head, tick time.Time, batch []tlog.Leaf) error {
	tree, err := treeOf(ctx, tx, last)
	if err != nil {
		return err
	}
	made := map[tlog.Node][]byte{}
	for _, leaf := range batch {
		tree.Append(tlog.LeafHash(leaf.Commitment), func(n tlog.Node, hash []byte) { made[n] = hash })
	}
	if err := writeLeaves(ctx, tx, last.Size, batch); err != nil {
		return err
	}
	if err := writeNodes(ctx, tx, made); err != nil {
		return err
	}
	root := tree.Root()
	_, err = tx.Exec(ctx, `INSERT INTO log_head (size, root, tick) VALUES (@size, @root, @tick)`,
		pgx.NamedArgs{"size": tree.Size(), "root": root[:], "tick": tick})
	return err
}

func writeLeaves(ctx context.Context, tx pgx.Tx, from uint64, batch []tlog.Leaf) error {
	leaves, salts := make([][]byte, len(batch)), make([][]byte, len(batch))
	for i := range batch {
		leaves[i], salts[i] = batch[i].Commitment[:], batch[i].Salt[:]
	}
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO log_leaf (position, leaf) SELECT @from + n - 1, leaf FROM unnest(@leaves::bytea[]) WITH ORDINALITY AS t (leaf, n)`,
		pgx.NamedArgs{"from": int64(from), "leaves": leaves})
	b.Queue(`INSERT INTO log_salt (leaf, salt) SELECT leaf, salt FROM unnest(@leaves::bytea[], @salts::bytea[]) AS t (leaf, salt)`,
		pgx.NamedArgs{"leaves": leaves, "salts": salts})
	return tx.SendBatch(ctx, b).Close()
}
