package translog

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
	"baohan/signing/tlog"
)

// finish signs the head that waits for it, if one does. A crash anywhere in it leaves the intent: the next process
// begins again, and signs the very same three lines.
func (l *Log) finish(ctx context.Context, conn *pgx.Conn) error {
	next, err := intent(ctx, conn)
	if errors.Is(err, errNoHead) {
		return nil
	}
	if err != nil {
		return err
	}
	last, err := lastHead(ctx, conn)
	if err != nil {
		return err
	}
	if err := l.recheck(ctx, conn, last, next); err != nil {
		return err
	}
	l.reached("rechecked")
	c := l.checkpoint(next)
	note, err := c.Sign(ctx, l.Key, l.Signer) // no transaction is open
	if err != nil {
		return err
	}
	l.reached("signed")
	return l.record(ctx, conn, c, note)
}

// record publishes a signed head, once, after reading it as outsiders will.
func (l *Log) record(ctx context.Context, conn *pgx.Conn, c tlog.Checkpoint, note tlog.Note) error {
	if got, _, err := tlog.Open(note.Bytes(), l.Key); err != nil || got != c {
		return fmt.Errorf("%w: a note that does not read as it was signed", ErrCorrupt)
	}
	tag, err := conn.Exec(ctx, `UPDATE log_head SET note = @note WHERE size = @size AND note IS NULL`,
		pgx.NamedArgs{"note": string(note.Bytes()), "size": c.Size})
	if err == nil && tag.RowsAffected() != 1 {
		return errors.New("translog: the head was signed by another")
	}
	l.reached("recorded")
	return err
}

// recheck reads back, after their commit, the bytes that a new head is about to vouch for, and computes everything
// again: the last head must hold by the log's own signature, the stored tree must have its root, and the stored
// leaves behind it must make the stored nodes and the new root. What differs is never signed: the certificate log Yeti
// 2022 was lost to one flipped bit under a head that had been signed.
func (l *Log) recheck(ctx context.Context, q store.Querier, last, next head) error {
	if err := l.believe(last); err != nil {
		return err
	}
	tree, err := treeOf(ctx, q, last)
	if err != nil {
		return err
	}
	made := map[tlog.Node][]byte{}
	if err := appendStored(ctx, q, tree, next.Size, made); err != nil {
		return err
	}
	if tree.Root() != next.root() {
		return fmt.Errorf("%w: the leaves from %d to %d", ErrCorrupt, last.Size, next.Size-1)
	}
	return compareNodes(ctx, q, made)
}

// believe checks a stored head by its signature.
func (l *Log) believe(h head) error {
	if h.Size == 0 {
		return nil
	}
	if c, _, err := tlog.Open([]byte(*h.Note), l.keys()...); err != nil || c != l.checkpoint(h) {
		return fmt.Errorf("%w: the head of %d leaves", ErrCorrupt, h.Size)
	}
	return nil
}

// appendStored grows the tree by the stored leaves behind it, of which the last must be the size's last.
func appendStored(ctx context.Context, q store.Querier, tree *tlog.Tree, size uint64, made map[tlog.Node][]byte) error {
	type row struct {
		Position uint64
		Leaf     []byte
	}
	leaves, err := store.Many[row](ctx, q, `SELECT position, leaf FROM log_leaf WHERE position >= @from ORDER BY position`,
		pgx.NamedArgs{"from": tree.Size()})
	if err != nil {
		return err
	}
	for _, leaf := range leaves {
		if leaf.Position != tree.Size() || len(leaf.Leaf) != len(signing.Digest{}) {
			return fmt.Errorf("%w: leaf %d", ErrCorrupt, tree.Size())
		}
		tree.Append(tlog.LeafHash(signing.Digest(leaf.Leaf)), func(n tlog.Node, hash []byte) { made[n] = hash })
	}
	if tree.Size() != size {
		return fmt.Errorf("%w: %d leaves under a head of %d", ErrCorrupt, tree.Size(), size)
	}
	return nil
}
