package party

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/internal/clock"
	"baohan/signing"
)

// Desk keeps who may act and who is signed in.
type Desk struct {
	Idle time.Duration // after which a page's session that nobody uses is over; 0: never

	pool  *pgxpool.Pool
	clock clock.Clock
	trust *signing.Trust
}

// NewDesk takes the trust anchors of the accepted certificate authorities (电子认证服务机构).
func NewDesk(pool *pgxpool.Pool, clk clock.Clock, trust *signing.Trust) *Desk {
	return &Desk{pool: pool, clock: clk, trust: trust}
}

// change is where every transaction of this room begins. READ COMMITTED and constraints; nothing is asked of
// the network inside.
func (d *Desk) change(ctx context.Context, work func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, d.pool, work)
}

func (d *Desk) now() time.Time { return d.clock.Now() }
