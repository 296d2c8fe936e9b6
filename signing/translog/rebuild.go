package translog

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"baohan/signing"
	"baohan/signing/tlog"
)

// ErrBusy says that another process is writing the log just now.
var ErrBusy = errors.New("translog: another process is writing; try again")

// rebuildAtOnce is how many leaves are read at a time.
const rebuildAtOnce = 1 << 16

// RebuildTiles makes the tree anew from the leaves, in one transaction, and keeps it only when it has the root of the
// largest head: so a tree that was spoilt is mended, and leaves that were spoilt are found (ErrCorrupt). Proofs go on
// meanwhile, out of the old tree.
func (l *Log) RebuildTiles(ctx context.Context) error {
	done := false
	err := l.alone(ctx, func(conn *pgx.Conn) error {
		done = true
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `DELETE FROM log_tile`); err != nil {
				return err
			}
			tree, err := replant(ctx, tx)
			if err != nil {
				return err
			}
			return sameRoot(ctx, tx, tree)
		})
	})
	if err == nil && !done {
		return ErrBusy
	}
	return err
}

// replant writes the tiles of all stored leaves. What is full is written and forgotten; the right edge stays in hand.
func replant(ctx context.Context, tx pgx.Tx) (*tlog.Tree, error) {
	tree, open := tlog.NewTree(), map[tileID][]byte{}
	put := func(n tlog.Node, hash []byte) {
		id, at := place(n)
		if open[id] == nil {
			open[id] = make([]byte, tileSize)
		}
		copy(open[id][at:], hash)
	}
	for {
		before := tree.Size()
		if err := appendSome(ctx, tx, tree, put); err != nil {
			return nil, err
		}
		more := tree.Size() == before+rebuildAtOnce
		if err := flush(ctx, tx, open, tree.Size(), !more); err != nil || !more {
			return tree, err
		}
	}
}

func appendSome(ctx context.Context, tx pgx.Tx, tree *tlog.Tree, put func(tlog.Node, []byte)) error {
	rows, err := tx.Query(ctx, `SELECT position, leaf FROM log_leaf WHERE position >= @from AND position < @from + @n ORDER BY position`,
		pgx.NamedArgs{"from": int64(tree.Size()), "n": int64(rebuildAtOnce)})
	if err != nil {
		return err
	}
	var position uint64
	var leaf []byte
	_, err = pgx.ForEachRow(rows, []any{&position, &leaf}, func() error {
		if position != tree.Size() {
			return fmt.Errorf("%w: leaf %d", ErrCorrupt, tree.Size())
		}
		tree.Append(tlog.LeafHash(signing.Digest(leaf)), put)
		return nil
	})
	return err
}

// flush writes the tiles to which nothing more can come, or all at the end.
func flush(ctx context.Context, tx pgx.Tx, open map[tileID][]byte, size uint64, all bool) error {
	var full []tileID
	for id := range open {
		if all || uint64(id.index+1)<<(tileHeight*uint(id.level+1)) <= size {
			full = append(full, id)
		}
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"log_tile"}, []string{"level", "index", "nodes"},
		pgx.CopyFromSlice(len(full), func(i int) ([]any, error) { return []any{full[i].level, full[i].index, open[full[i]]}, nil }))
	for _, id := range full {
		delete(open, id)
	}
	return err
}

// sameRoot compares the tree with the largest head, signed or about to be.
func sameRoot(ctx context.Context, tx pgx.Tx, tree *tlog.Tree) error {
	next, err := intent(ctx, tx)
	if errors.Is(err, errNoHead) {
		next, err = lastHead(ctx, tx)
	}
	if err != nil {
		return err
	}
	if tree.Size() != next.Size || tree.Root() != next.root() {
		return fmt.Errorf("%w: %d leaves under a head of %d", ErrCorrupt, tree.Size(), next.Size)
	}
	return nil
}
