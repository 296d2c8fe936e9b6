package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
)

// OpeningOn lists the published lots whose bids are opened on a day, in the order in which they close; those that were
// called off are not opened. It is the same for everybody, and says nothing of bids.
func (d *Desk) OpeningOn(ctx context.Context, day calendar.Date, limit int) ([]*Lot, error) {
	return manyLots(ctx, d.Pool, `SELECT `+lotColumns+` WHERE l.state NOT IN ('draft', 'terminated') AND l.deadline > @from AND l.deadline <= @to
		ORDER BY l.deadline, l.id LIMIT @limit`,
		pgx.NamedArgs{"from": day.AddDays(-1).EndOfDay(), "to": day.EndOfDay(), "limit": limit})
}

// LotOf is a published lot by the codes of its project and its own, as signed papers name it.
func (d *Desk) LotOf(ctx context.Context, project, code string) (*Lot, error) {
	return oneLot(ctx, d.Pool, `SELECT `+lotColumns+` WHERE p.code = @project AND l.code = @code AND l.state <> 'draft'`,
		pgx.NamedArgs{"project": project, "code": code})
}

// ReadIn tells in which lot a bid was read out, and when; "" before that. It is public from then on.
func (d *Desk) ReadIn(ctx context.Context, bid string) (lot string, at time.Time, err error) {
	rows, err := d.Pool.Query(ctx, `SELECT o.lot, l.opened_at FROM opened_bid o JOIN lot l ON l.id = o.lot
		WHERE o.bid = @bid AND l.opened_at IS NOT NULL`, pgx.NamedArgs{"bid": bid})
	if err != nil {
		return "", at, err
	}
	_, err = pgx.ForEachRow(rows, []any{&lot, &at}, func() error { return nil })
	return lot, at, err
}
