package tender

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
)

// line is where the number of bids should stand at any time: Bids when it began, Per more in each Stretch, each at an
// instant of its own. Of withdrawals there are an eighth as many.
type line struct {
	Since     time.Time
	Bids      int64
	Withdrawn int64
	Per       int
	Stretch   time.Duration
}

// counted is what everybody who reads the table can count.
type counted struct {
	Now       time.Time
	Bids      int64
	Withdrawn int64
}

// missing is by how many rows the table is behind its line; ahead of it when negative.
type missing struct {
	bids, withdrawn int64
}

// withdrawals are foreseen as one for this many bids.
const withdrawals = 8

// line reads the line and the count. Another rhythm begins a new line where the old one stands now, so that nothing
// that is above it becomes part of the record; a table that is behind by more than a day is not filled up: what was
// handed in then stands uncovered.
func (f *Filler) line(ctx context.Context) (l line, c counted, err error) {
	if c, err = countBids(ctx, f.desk.Pool); err != nil {
		return l, c, err
	}
	l, err = readLine(ctx, f.desk.Pool)
	begun := err == nil
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return l, c, err
	}
	fits := begun && l.Per == f.rhythm.Bids && l.Stretch == f.rhythm.Each
	behind := begun && f.desk.missing(l, c).bids > l.day()
	if fits && !behind {
		return l, c, nil
	}
	next := line{Since: c.Now, Bids: c.Bids, Withdrawn: c.Withdrawn, Per: f.rhythm.Bids, Stretch: f.rhythm.Each}
	if begun && !behind {
		next.Bids, next.Withdrawn = f.desk.foreseen(l, c.Now)
	}
	if behind {
		f.log.WarnContext(ctx, "the cover of bids was away for more than a day and begins anew; what was handed in meanwhile stands uncovered")
	}
	if err := f.begin(ctx, l, next); err != nil {
		return l, c, err
	}
	l, err = readLine(ctx, f.desk.Pool) // another process may have been first
	return l, c, err
}

// day is how many rows the line foresees in a day, or in one stretch if that is longer.
func (l line) day() int64 {
	return int64(l.Per) * max(1, int64(24*time.Hour/l.Stretch))
}

// foreseen is where the line stands at an instant.
func (d *Desk) foreseen(l line, at time.Time) (bids, withdrawn int64) {
	return l.Bids + d.steps(l, "bid", l.Per, at), l.Withdrawn + d.steps(l, "withdrawal", l.withdrawals(), at)
}

func (l line) withdrawals() int { return (l.Per + withdrawals/2) / withdrawals }

func (d *Desk) missing(l line, c counted) missing {
	bids, withdrawn := d.foreseen(l, c.Now)
	return missing{bids: bids - c.Bids, withdrawn: withdrawn - c.Withdrawn}
}

// steps counts the instants of one kind from the line's beginning to at.
func (d *Desk) steps(l line, kind string, per int, at time.Time) int64 {
	past := at.Sub(l.Since)
	if past < 0 {
		return 0
	}
	stretch := int64(past / l.Stretch)
	n := stretch * int64(per)
	for i := range per {
		if d.instant(l, kind, stretch, i) <= past%l.Stretch {
			n++
		}
	}
	return n
}

// instant is when in its stretch the i-th row is due: anywhere, as the tag key has it. Every process finds the same,
// after a crash too, and who has not the key can foretell none. About half of the withdrawals are due with a bid, so that
// nobody's bidders replace their bids as others do.
func (d *Desk) instant(l line, kind string, stretch int64, i int) time.Duration {
	tag := d.Tags.Owner(fmt.Sprintf("cover/%s/%d/%d", kind, l.Since.UnixMicro(), stretch), i)
	if kind == "withdrawal" && tag[8]&1 == 1 {
		return d.instant(l, "bid", stretch, int(tag[9])%l.Per)
	}
	part, _ := bits.Mul64(binary.BigEndian.Uint64(tag[:8]), uint64(l.Stretch)) // #nosec G115 -- a stretch is positive
	return time.Duration(part)                                                 // #nosec G115 -- less than a stretch
}

// rest is how long after now nothing is due.
func (d *Desk) rest(l line, now time.Time) time.Duration {
	past := max(now.Sub(l.Since), 0)
	stretch, in := int64(past/l.Stretch), past%l.Stretch
	rest := l.Stretch - in
	for _, k := range []struct {
		kind string
		per  int
	}{{"bid", l.Per}, {"withdrawal", l.withdrawals()}} {
		for i := range k.per {
			if at := d.instant(l, k.kind, stretch, i); at > in {
				rest = min(rest, at-in)
			}
		}
	}
	return rest
}

// coverLock is the lock of the one filler at a time; its name tells nothing.
func (d *Desk) coverLock() int64 { return lockKey(d.Tags.Owner("cover-lock", 0)) }

func countBids(ctx context.Context, q store.Querier) (c counted, err error) {
	rows, err := q.Query(ctx, `SELECT platform_now() AS now, count(*) AS bids, count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn FROM bid`)
	if err != nil {
		return c, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[counted])
}

func readLine(ctx context.Context, q store.Querier) (line, error) {
	rows, err := q.Query(ctx, `SELECT since, bids, withdrawn, per, stretch FROM cover`)
	if err != nil {
		return line{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[line])
}

// begin puts a new line in the place of the old one. Of several that would, the first does; the others read it.
func (f *Filler) begin(ctx context.Context, old, l line) error {
	_, err := f.desk.Pool.Exec(ctx, `INSERT INTO cover (since, bids, withdrawn, per, stretch) VALUES (@since, @bids, @withdrawn, @per, @stretch)
		ON CONFLICT (one) DO UPDATE SET since = excluded.since, bids = excluded.bids, withdrawn = excluded.withdrawn, per = excluded.per, stretch = excluded.stretch
		WHERE cover.since = @old`, pgx.NamedArgs{"since": l.Since, "bids": l.Bids, "withdrawn": l.Withdrawn, "per": l.Per, "stretch": l.Stretch, "old": old.Since})
	return err
}
