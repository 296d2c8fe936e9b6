package party

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
)

var errIdle = Unauthentic(CodeIdle, "长时间没有使用，登录已经自动退出；请重新登录")

// CodeIdle is the code of the refusal that a session gets which nobody has used for too long.
const CodeIdle = "session.idle"

// PageSession is Session for a request that a browser sent: it finds who holds token, unless nobody has used the session for as
// long as Idle. Used tells that somebody did something; what a page asks by itself keeps no session alive. With its first
// request from a browser a session becomes a page's, and knows pauses from then on, however it is shown.
func (d *Desk) PageSession(ctx context.Context, token string, used bool) (Actor, error) {
	actor, row, err := d.session(ctx, token)
	if err != nil || d.Idle == 0 || !used && row.Used != nil {
		return actor, err
	}
	minute := d.now().Truncate(time.Minute)
	if row.Used != nil && !row.Used.Before(minute) {
		return actor, nil // one write a minute is enough
	}
	_, err = d.pool.Exec(ctx, `UPDATE session SET used = @now WHERE id = @id AND (used IS NULL OR used < @now)`,
		pgx.NamedArgs{"id": row.ID, "now": minute})
	return actor, err
}

// IdleIn is how long the session of a page lives on when nobody uses it; negative: it is over. False: it knows no pause.
func (d *Desk) IdleIn(ctx context.Context, token string) (time.Duration, bool) {
	raw, err := hex.DecodeString(token)
	if err != nil || d.Idle == 0 {
		return 0, false
	}
	row, err := readSession(ctx, d.pool, sessionID(raw), d.now())
	if err != nil || row.Used == nil {
		return 0, false
	}
	return row.ends(d.Idle).Sub(d.now()), true
}

// sessionRow is one session: who it is of stands sealed in it.
type sessionRow struct {
	ID     []byte     `db:"id"`
	Sealed []byte     `db:"sealed"`
	Used   *time.Time `db:"used"`
}

// ends is the instant from which it is over. Used is known to the minute: it lasts up to a minute longer, never shorter.
func (r sessionRow) ends(idle time.Duration) time.Time { return r.Used.Add(time.Minute + idle) }

func (r sessionRow) over(idle time.Duration, now time.Time) bool {
	return idle > 0 && r.Used != nil && !now.Before(r.ends(idle))
}

func readSession(ctx context.Context, q store.Querier, id signing.Digest, now time.Time) (sessionRow, error) {
	return store.One[sessionRow](ctx, q, errSession, `SELECT id, sealed, used FROM session WHERE id = @id AND expires > @now`,
		pgx.NamedArgs{"id": id[:], "now": now})
}
