package guarantee

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
)

// ReleaseView is where the release of a letter stands.
type ReleaseView struct {
	ID    string
	State State      `db:"release_state"`
	DueBy *time.Time `db:"release_due_by"` // the last day; nil: no clock runs, or its day is not known
}

// Releases reads where the release of letters stands. Ids that do not exist are absent. It is for whoever may know that
// the letters belong together: after the opening that names them.
func (d *Desk) Releases(ctx context.Context, ids []string) ([]ReleaseView, error) {
	return store.Many[ReleaseView](ctx, d.Pool, `SELECT id, release_state, release_due_by FROM guarantee WHERE id = ANY(@ids) ORDER BY id`,
		pgx.NamedArgs{"ids": ids})
}

// ReleasesDueIn are the published letters of a lot whose release clock runs, for whoever decides by it in its own transaction.
func (d *Desk) ReleasesDueIn(ctx context.Context, q store.Querier, project, lot string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT g.id FROM guarantee g JOIN disclosure x ON x.guarantee = g.id
		WHERE x.project = @project AND x.lot = @lot AND g.release_state = 'due' ORDER BY g.id`, pgx.NamedArgs{"project": project, "lot": lot})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
