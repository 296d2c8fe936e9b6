package guarantee

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// WorkdayYear is the State Council's notice of one year as it stands in the table (国务院办公厅关于部分节假日安排的通知).
type WorkdayYear struct {
	Year      int
	Version   int64  // number of imports so far
	Number    string // 国办发明电〔…〕…号
	Title     string
	Digest    []byte // SM3 of calendar.FormatYear
	EnteredBy string // role:code
	EnteredAt time.Time

	Days []calendar.Day `db:"-"`
}

// ErrNoWorkdayYear refuses a year that is not published: nobody guesses it.
var ErrNoWorkdayYear = party.Conflict("calendar.year_not_published", "该年度的节假日安排尚未登记；国务院办公厅公布后由交易中心录入")

// WorkdayYear reads a year, for everybody.
func (d *Desk) WorkdayYear(ctx context.Context, year int) (WorkdayYear, error) {
	return readYear(ctx, d.Pool, year)
}

func readYear(ctx context.Context, q store.Querier, year int) (WorkdayYear, error) {
	y, err := store.One[WorkdayYear](ctx, q, ErrNoWorkdayYear, `SELECT year, version, number, title, digest, entered_by, entered_at
		FROM calendar_year WHERE year = @year`, pgx.NamedArgs{"year": year})
	if err != nil {
		return y, err
	}
	y.Days, err = readDays(ctx, q, `WHERE year = @year`, pgx.NamedArgs{"year": year})
	return y, err
}

func readDays(ctx context.Context, q store.Querier, where string, args pgx.NamedArgs) ([]calendar.Day, error) {
	rows, err := q.Query(ctx, `SELECT day, kind, occasion FROM calendar_day `+where+` ORDER BY day`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (calendar.Day, error) {
		var at time.Time
		var r calendar.Day
		err := row.Scan(&at, &r.Kind, &r.Occasion)
		r.Date = calendar.DateOf(at)
		return r, err
	})
}

// RefreshCalendar takes the table as the database has it into this process's calendar, and tells whether it had changed
// since the last time.
func (d *Desk) RefreshCalendar(ctx context.Context) (changed bool, err error) {
	d.calendarMu.Lock()
	defer d.calendarMu.Unlock()
	var rows []calendar.Day
	var stamp string
	err = store.Within(ctx, d.Pool, func(tx pgx.Tx) error {
		// One snapshot of both: an import between the two reads would be taken for known.
		if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT coalesce(string_agg(year || '.' || version, ' ' ORDER BY year), '') FROM calendar_year`).Scan(&stamp); err != nil {
			return err
		}
		if stamp == d.calendarStamp {
			return nil
		}
		changed = true
		rows, err = readDays(ctx, tx, ``, nil)
		return err
	})
	if err != nil || !changed {
		return false, err
	}
	if err := d.Calendar.Replace(rows); err != nil {
		return false, err
	}
	d.calendarStamp = stamp
	return true, nil
}

// KeepCalendar refreshes this process's calendar at every tick until ctx ends, and counts again what a changed table
// changes. A process that dies between an import and the counting leaves it to the next one that starts.
func (d *Desk) KeepCalendar(ctx context.Context, every time.Duration, alarm func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for first := true; ; first = false {
		changed, err := d.RefreshCalendar(ctx)
		if err == nil && (changed || first) {
			err = d.recount(ctx)
		}
		if err != nil && ctx.Err() == nil {
			alarm(fmt.Errorf("calendar of working days: %w", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// recount is what follows from a changed table: every clock that runs is counted by it.
func (d *Desk) recount(ctx context.Context) error {
	_, err := d.RecountReleases(ctx)
	_, unfixed := d.FixClocks(ctx)
	return errors.Join(err, unfixed)
}

// allDays is the whole table as a transaction sees it.
func allDays(ctx context.Context, tx pgx.Tx) (*calendar.Calendar, error) {
	rows, err := readDays(ctx, tx, ``, nil)
	if err != nil {
		return nil, err
	}
	return calendar.New(rows)
}

func yearDigest(rows []calendar.Day) signing.Digest {
	return signing.Sum([]byte(calendar.FormatYear(rows)))
}
