package translog

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
	"baohan/signing/tlog"
)

// proven is a leaf's place, and the head that a proof of it leads to; Size is nil as long as no signed head holds it.
type proven struct {
	Position uint64
	Size     *uint64
	Note     *string
	Lines    []string
}

// provenSQL takes the newest head that enough witnesses have countersigned, or else the newest.
const provenSQL = `SELECT l.position, h.size, h.note, ARRAY(SELECT line FROM log_cosignature c WHERE c.size = h.size ORDER BY witness) AS lines
	FROM log_leaf l LEFT JOIN log_head h ON h.note IS NOT NULL AND h.size > l.position AND h.size = COALESCE(
		(SELECT c.size FROM log_cosignature c WHERE c.size > l.position AND @quorum > 0 GROUP BY c.size HAVING count(*) >= @quorum ORDER BY c.size DESC LIMIT 1),
		(SELECT n.size FROM log_head n WHERE n.note IS NOT NULL ORDER BY n.size DESC LIMIT 1))
	WHERE l.leaf = @leaf`

// Inclusion proves that a leaf is in the log. ErrNotYet while it waits for its head, ErrUnknown when it was never
// handed in. It tells nothing to anybody who does not know the leaf already.
func (l *Log) Inclusion(ctx context.Context, leaf signing.Digest) (tlog.Inclusion, error) {
	p, err := store.One[proven](ctx, l.Pool, ErrUnknown, provenSQL, pgx.NamedArgs{"leaf": leaf[:], "quorum": l.Quorum})
	switch {
	case errors.Is(err, ErrUnknown):
		return tlog.Inclusion{}, l.waits(ctx, leaf)
	case err != nil:
		return tlog.Inclusion{}, err
	case p.Size == nil:
		return tlog.Inclusion{}, ErrNotYet
	}
	path, err := l.path(ctx, func() (tlog.Plan, error) { return tlog.PlanInclusion(p.Position, *p.Size) })
	if err != nil {
		return tlog.Inclusion{}, err
	}
	note, err := noteOf(*p.Note, p.Lines)
	return tlog.Inclusion{Version: 1, Position: p.Position, Path: path, Checkpoint: string(note.Bytes())}, err
}

// waits tells a leaf that waits from one that nobody handed in.
func (l *Log) waits(ctx context.Context, leaf signing.Digest) error {
	var waiting bool
	err := l.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM log_pending WHERE leaf = $1)`, leaf[:]).Scan(&waiting)
	if err == nil && waiting {
		return ErrNotYet
	}
	if err == nil {
		return ErrUnknown
	}
	return err
}

// Consistency proves that the log of one size grew into that of another. Both must be sizes of signed heads, or 0 for
// the first: of any other size nobody outside knows a root. ErrUnknown otherwise.
func (l *Log) Consistency(ctx context.Context, from, to uint64) (tlog.Consistency, error) {
	var known bool
	if err := l.Pool.QueryRow(ctx, `SELECT @from::bigint <= @to::bigint AND EXISTS (SELECT FROM log_head WHERE size = @to AND note IS NOT NULL)
		AND (@from = 0 OR EXISTS (SELECT FROM log_head WHERE size = @from AND note IS NOT NULL))`,
		pgx.NamedArgs{"from": int64(min(from, tlog.MaxSize)), "to": int64(min(to, tlog.MaxSize))}).Scan(&known); err != nil {
		return tlog.Consistency{}, err
	}
	if !known {
		return tlog.Consistency{}, ErrUnknown
	}
	path, err := l.path(ctx, func() (tlog.Plan, error) { return tlog.PlanConsistency(from, to) })
	return tlog.Consistency{Version: 1, From: from, To: to, Path: path}, err
}

func (l *Log) path(ctx context.Context, planned func() (tlog.Plan, error)) ([]signing.Digest, error) {
	plan, err := planned()
	if err != nil {
		return nil, err
	}
	hashes, err := readNodes(ctx, l.Pool, plan.Nodes())
	if err != nil {
		return nil, err
	}
	return plan.Path(hashes)
}

// Salt is the salt of a leaf, for those who may know its fact. ErrUnknown when nobody handed the leaf in.
func (l *Log) Salt(ctx context.Context, leaf signing.Digest) (tlog.Salt, error) {
	row, err := store.One[struct{ Salt []byte }](ctx, l.Pool, ErrUnknown, `SELECT salt FROM log_salt WHERE leaf = @leaf
		UNION SELECT salt FROM log_pending WHERE leaf = @leaf`, pgx.NamedArgs{"leaf": leaf[:]})
	if err != nil {
		return tlog.Salt{}, err
	}
	return tlog.Salt(row.Salt), nil
}
