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
