package translog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
	"baohan/signing/tlog"
)

// head is a row of log_head. The zero head is that of the empty log.
type head struct {
	Size uint64
	Root []byte
	Tick time.Time
	Note *string // nil: an intent, whose turn to be signed it is
}

var errNoHead = errors.New("no head")

// lastHead is the largest signed head.
func lastHead(ctx context.Context, q store.Querier) (head, error) {
	h, err := store.One[head](ctx, q, errNoHead, `SELECT size, root, tick, note FROM log_head WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1`, nil)
	if errors.Is(err, errNoHead) {
		return head{}, nil
	}
	return h, err
}

// intent is the head that is to be signed; errNoHead when there is none.
func intent(ctx context.Context, q store.Querier) (head, error) {
	return store.One[head](ctx, q, errNoHead, `SELECT size, root, tick, note FROM log_head WHERE note IS NULL`, nil)
}

func (h head) root() signing.Digest {
	if h.Size == 0 {
		return tlog.EmptyRoot()
	}
	return signing.Digest(h.Root)
}

func (l *Log) checkpoint(h head) tlog.Checkpoint {
	return tlog.Checkpoint{Origin: l.Key.Name(), Size: h.Size, Root: h.root()}
}

// treeOf is the tree under a head, out of the stored nodes: they must have the head's root.
func treeOf(ctx context.Context, q store.Querier, h head) (*tlog.Tree, error) {
	edge := tlog.Edge(h.Size)
	hashes, err := readNodes(ctx, q, edge)
	if err != nil {
		return nil, err
	}
	roots := make([]signing.Digest, len(hashes))
	for i, hash := range hashes {
		roots[i] = signing.Digest(hash)
	}
	tree, err := tlog.TreeAt(h.Size, roots)
	if err != nil {
		return nil, err
	}
	if tree.Root() != h.root() {
		return nil, fmt.Errorf("%w: the tree under the head of %d leaves", ErrCorrupt, h.Size)
	}
	return tree, nil
}

// Head is the newest signed head, with what witnesses have said of it. ErrNotYet before the first.
func (l *Log) Head(ctx context.Context) (tlog.Checkpoint, tlog.Note, error) {
	h, err := lastHead(ctx, l.Pool)
	if err != nil {
		return tlog.Checkpoint{}, tlog.Note{}, err
	}
	if h.Size == 0 {
		return tlog.Checkpoint{}, tlog.Note{}, ErrNotYet
	}
	lines, err := store.Many[struct{ Line string }](ctx, l.Pool, `SELECT line FROM log_cosignature WHERE size = @size ORDER BY witness`, pgx.NamedArgs{"size": h.Size})
	if err != nil {
		return tlog.Checkpoint{}, tlog.Note{}, err
	}
	said := make([]string, len(lines))
	for i := range lines {
		said[i] = lines[i].Line
	}
	n, err := noteOf(*h.Note, said)
	return l.checkpoint(h), n, err
}

// noteOf is a stored note with the lines of witnesses behind the log's own.
func noteOf(note string, lines []string) (tlog.Note, error) {
	n, err := tlog.ParseNote([]byte(note))
	if err != nil {
		return tlog.Note{}, fmt.Errorf("%w: a note", ErrCorrupt)
	}
	for _, text := range lines {
		line, err := tlog.ParseLine(text)
		if err != nil {
			return tlog.Note{}, fmt.Errorf("%w: a cosignature", ErrCorrupt)
		}
		n.Lines = append(n.Lines, line)
	}
	return n, nil
}
