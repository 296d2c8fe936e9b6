package guarantee

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// ErrNoStatusList is the answer while there is no list, or none of that number.
var ErrNoStatusList = party.NotFound("status_list.not_found", "还没有这一号状态清单；请稍后再试，或者不指明序号")

// statusMargin is for how many days after its latest expiry an ended letter stays on the list. From that day on it says
// itself that it is over.
const statusMargin = 30

// statusLock is the advisory lock of the one process that makes a list at a time; the number means nothing else.
const statusLock int64 = 0x7374617475736c69 // "statusli"

// StatusList is a published list: GB/T 35275 SignedData of the platform's over a letter.StatusList.
type StatusList struct {
	Sequence int64
	NextAt   time.Time // when the next is due
	Signed   []byte
}

// StatusList reads a signed status list; 0 is the newest.
func (d *Desk) StatusList(ctx context.Context, sequence int64) (StatusList, error) {
	return store.One[StatusList](ctx, d.Pool, ErrNoStatusList, `SELECT sequence, next_at, signed FROM status_list
		WHERE signed IS NOT NULL AND (@sequence = 0 OR sequence = @sequence) ORDER BY sequence DESC LIMIT 1`, pgx.NamedArgs{"sequence": sequence})
}

// NewestStatusList is StatusList without its bytes, for those who have them already.
func (d *Desk) NewestStatusList(ctx context.Context) (StatusList, error) {
	return store.One[StatusList](ctx, d.Pool, ErrNoStatusList, `SELECT sequence, next_at, NULL::bytea AS signed FROM status_list
		WHERE signed IS NOT NULL ORDER BY sequence DESC LIMIT 1`, nil)
}

// How late the newest list may be, and how far ahead the next may be announced, before somebody must look.
const (
	statusGrace   = 30 * time.Minute
	statusHorizon = 25 * time.Hour
)

// StatusOverdue tells, in its error, that no list has come since long after one was due, or that the newest was made by a
// clock that ran ahead, behind which none is made for as long. Before the first list nothing is due.
func (d *Desk) StatusOverdue(ctx context.Context) error {
	list, err := d.NewestStatusList(ctx)
	if errors.Is(err, ErrNoStatusList) {
		return nil
	}
	if err != nil {
		return err
	}
	now, err := store.Now(ctx, d.Pool)
	switch {
	case err != nil:
		return err
	case now.After(list.NextAt.Add(statusGrace)):
		return fmt.Errorf("guarantee: the status list that was due at %s has not been made", list.NextAt.Format(time.RFC3339))
	case list.NextAt.After(now.Add(statusHorizon)):
		return fmt.Errorf("guarantee: the newest status list is of the future: the next is due at %s", list.NextAt.Format(time.RFC3339))
	}
	return nil
}

// MakeStatusList makes the list of this beat, if it has not been made: one in each stretch of every, whatever happened, so
// that its time tells nothing. It signs first what a crash has left unsigned. Of several processes one makes it. Beats that
// were missed are not made up for. It tells whether it published one.
func (d *Desk) MakeStatusList(ctx context.Context, every time.Duration) (made bool, err error) {
	if made, err = d.signStatusList(ctx); err != nil {
		return made, err
	}
	begun, err := d.beginStatusList(ctx, every)
	if err != nil || !begun {
		return made, err
	}
	return d.signStatusList(ctx)
}

type statusRow struct {
	Sequence int64
	Content  []byte
	Signed   []byte
}

// beginStatusList writes what will be signed. A crash behind its commit leaves the row unsigned, which the next process
// signs as it stands.
func (d *Desk) beginStatusList(ctx context.Context, every time.Duration) (begun bool, err error) {
	err = d.within(ctx, func(tx pgx.Tx) error {
		begun = false
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(@lock)`, pgx.NamedArgs{"lock": statusLock}).Scan(&mine); err != nil || !mine {
			return err
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		beat := now.Truncate(every)
		last, due, err := statusDue(ctx, tx, beat)
		if err != nil || !due {
			return err
		}
		list, err := nextStatusList(ctx, tx, last, now, beat.Add(every))
		if err != nil {
			return err
		}
		begun = true
		return insertStatusList(ctx, tx, list, beat)
	})
	return begun && err == nil, err
}

// statusDue reads the last list, and whether this beat has none yet.
func statusDue(ctx context.Context, tx pgx.Tx, beat time.Time) (last statusRow, due bool, err error) {
	last, err = store.One[statusRow](ctx, tx, ErrNoStatusList, `SELECT sequence, content, signed FROM status_list ORDER BY sequence DESC LIMIT 1`, nil)
	if errors.Is(err, ErrNoStatusList) {
		return statusRow{}, true, nil
	}
	if err != nil {
		return last, false, err
	}
	var done bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM status_list WHERE beat >= @beat)`, pgx.NamedArgs{"beat": beat}).Scan(&done)
	return last, err == nil && !done && last.Signed != nil, err
}

func nextStatusList(ctx context.Context, tx pgx.Tx, last statusRow, now, next time.Time) (letter.StatusList, error) {
	now = now.In(calendar.Shanghai).Truncate(time.Second)
	l := letter.StatusList{Version: 1, Sequence: last.Sequence + 1, IssuedAt: now, NextAt: next.In(calendar.Shanghai),
		CoversFrom: calendar.DateOf(now).AddDays(-statusMargin)}
	if last.Signed != nil {
		l.Previous = letter.StatusListDigest(last.Signed)
	}
	ended, err := readEnded(ctx, tx, l.CoversFrom)
	if err != nil {
		return l, err
	}
	extended, err := readExtended(ctx, tx, l.CoversFrom)
	l.Ended, l.Extended = letter.GroupEnded(ended), letter.GroupExtended(extended)
	return l, err
}

// readExtended counts the amendments of the letters in force that the public may know of.
func readExtended(ctx context.Context, q store.Querier, from calendar.Date) (map[letter.StatusKey]int, error) {
	rows, err := q.Query(ctx, `SELECT g.guarantor, g.number, g.commitment, count(*) FROM guarantee g JOIN amendment a ON a.guarantee = g.id
		WHERE g.instrument_state = 'issued' AND g.disclosure_state IN ('disclosed', 'accepted') AND g.latest_expiry >= @from
		GROUP BY g.id`, pgx.NamedArgs{"from": from.Time()})
	if err != nil {
		return nil, err
	}
	var (
		guarantor, number string
		commitment        []byte
		n                 int
		all               = map[letter.StatusKey]int{}
	)
	_, err = pgx.ForEachRow(rows, []any{&guarantor, &number, &commitment, &n}, func() error {
		all[letter.StatusKeyOf(guarantor, number, signing.Digest(commitment))] = n
		return nil
	})
	return all, err
}

// readEnded are the letters that ended and that the public may know of: there is a disclosure. What ended while it was
// sealed, or could not be opened, is nobody's to count. The day is that of the fact; of a release, that of its last
// signature's receipt; of an expiry, the last day of validity.
func readEnded(ctx context.Context, q store.Querier, from calendar.Date) (all []letter.EndedLetter, err error) {
	rows, err := q.Query(ctx, `SELECT g.guarantor, g.number, g.commitment, g.instrument_state, g.expiry,
		coalesce((SELECT max(s.received_at) FROM release_signature s WHERE s.guarantee = g.id AND g.instrument_state = 'released'),
			(SELECT max(e.at) FROM guarantee_event e WHERE e.guarantee = g.id AND e.kind = g.instrument_state),
			(SELECT max(e.at) FROM guarantee_event e WHERE e.guarantee = g.id)) AS at
		FROM guarantee g WHERE g.instrument_state IN ('released', 'expired', 'surrendered', 'paid_out', 'void')
		AND g.disclosure_state IN ('disclosed', 'accepted') AND g.latest_expiry >= @from`, pgx.NamedArgs{"from": from.Time()})
	if err != nil {
		return nil, err
	}
	var (
		guarantor, number, state string
		commitment               []byte
		expiry, at               time.Time
	)
	_, err = pgx.ForEachRow(rows, []any{&guarantor, &number, &commitment, &state, &expiry, &at}, func() error {
		x := letter.EndedLetter{Key: letter.StatusKeyOf(guarantor, number, signing.Digest(commitment)), Day: calendar.DateOf(at), Reason: letter.EndReason(state)}
		if State(state) == Expired {
			x.Day = calendar.DateOf(expiry)
		}
		all = append(all, x)
		return nil
	})
	return all, err
}

func insertStatusList(ctx context.Context, tx pgx.Tx, l letter.StatusList, beat time.Time) error {
	content, err := l.Canonical()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO status_list (sequence, beat, next_at, content) VALUES (@sequence, @beat, @next, @content)`,
		pgx.NamedArgs{"sequence": l.Sequence, "beat": beat, "next": l.NextAt, "content": content})
	return store.Bare(err)
}

// signStatusList signs the list that waits for it. No transaction is open while the key is asked; of two processes that
// sign at once the first signature stays.
func (d *Desk) signStatusList(ctx context.Context) (signed bool, err error) {
	row, err := store.One[statusRow](ctx, d.Pool, ErrNoStatusList, `SELECT sequence, content, signed FROM status_list WHERE signed IS NULL`, nil)
	if errors.Is(err, ErrNoStatusList) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, err := letter.ParseStatusList(row.Content); err != nil {
		return false, fmt.Errorf("guarantee: status list %d does not hold and is not signed: %w", row.Sequence, err)
	}
	p7s, err := signing.SignData(ctx, d.Platform, d.PlatformChain, row.Content, d.Clock.Now())
	if err != nil {
		return false, fmt.Errorf("guarantee: status list %d waits for the platform's key: %w", row.Sequence, err)
	}
	tag, err := d.Pool.Exec(ctx, `UPDATE status_list SET signed = @signed, content = NULL WHERE sequence = @sequence AND signed IS NULL`,
		pgx.NamedArgs{"sequence": row.Sequence, "signed": p7s})
	return err == nil && tag.RowsAffected() == 1, store.Bare(err)
}
