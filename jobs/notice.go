package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/guarantee"
)

// Notice is one entry in the list of what people must see to: a legal day is near or past and somebody else's move is
// missing. It is raised once a day as long as that is so.
type Notice struct {
	Due       guarantee.DueKind `db:"due" json:"due"`
	Guarantee string            `db:"guarantee" json:"guarantee"`
	Day       time.Time         `db:"day" json:"day"` // date, Asia/Shanghai
	RaisedAt  time.Time         `db:"raised_at" json:"raised_at"`
}

// raise enters a notice for today, if it is not there yet.
func raise(ctx context.Context, pool *pgxpool.Pool, a dueArgs) error {
	_, err := pool.Exec(ctx, `INSERT INTO notice (due, guarantee, day, raised_at)
		VALUES (@due, @guarantee, (platform_now() AT TIME ZONE 'Asia/Shanghai')::date, platform_now())
		ON CONFLICT (due, guarantee, day) DO NOTHING`, pgx.NamedArgs{"due": a.Due, "guarantee": a.ID})
	return err
}

// raisedToday are the notices that need not be raised again today.
func raisedToday(ctx context.Context, pool *pgxpool.Pool) (map[dueArgs]bool, error) {
	rows, err := pool.Query(ctx, `SELECT due, guarantee FROM notice WHERE day = (platform_now() AT TIME ZONE 'Asia/Shanghai')::date`)
	if err != nil {
		return nil, err
	}
	today, err := pgx.CollectRows(rows, pgx.RowToStructByPos[dueArgs])
	out := make(map[dueArgs]bool, len(today))
	for _, a := range today {
		out[a] = true
	}
	return out, err
}

// Notices lists the notices of the last days (today is one), newest first, at most limit.
func (r *Runner) Notices(ctx context.Context, days, limit int) ([]Notice, error) {
	rows, err := r.Pool.Query(ctx, `SELECT due, guarantee, day, raised_at FROM notice
		WHERE day > (platform_now() AT TIME ZONE 'Asia/Shanghai')::date - @days::int
		ORDER BY day DESC, due, guarantee LIMIT @limit`, pgx.NamedArgs{"days": days, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("jobs: notices: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Notice])
}
