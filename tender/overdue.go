package tender

import (
	"context"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// OverdueRelease is one release past its legal day (条例57, 66; 政府采购法实施条例33): whose it is, by which law, since when.
type OverdueRelease struct {
	LotID         string
	Lot           letter.Lot
	Guarantee     string
	Number        string
	Beneficiaries []letter.Party
	Unsigned      []string // USCC of those whose signature is missing
	Clock         calendar.Clock
	Days          int // overdue, calendar days
}

// Cursor is where the page after this row begins.
func (o OverdueRelease) Cursor() string { return o.Clock.To.String() + "." + o.Guarantee }

// OverdueReleases pages through the releases that are past their legal day, the longest overdue first, for supervisors: like
// incidents, those of every opened lot. A letter under an open demand cannot be released and is not late.
func (d *Desk) OverdueReleases(ctx context.Context, by party.Actor, after string, limit int) ([]OverdueRelease, error) {
	if !by.Is(party.Supervisor) {
		return nil, ErrNotFound
	}
	day, id, err := overdueCursor(after)
	if err != nil {
		return nil, err
	}
	rows, err := d.Pool.Query(ctx, overdueReleases, pgx.NamedArgs{"day": day.Time(), "id": id, "limit": limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, overdueRow)
}

// overdueCursor reads what Cursor wrote; empty is the beginning.
func overdueCursor(after string) (day calendar.Date, id string, err error) {
	text, id, ok := strings.Cut(after, ".")
	if after == "" {
		text, ok = "1949-01-01", true
	}
	if day, err = calendar.ParseDate(text); err != nil || !ok {
		return day, "", party.Invalid("page.after", "after", "翻页位置无效；请从第一页重新开始")
	}
	return day, id, nil
}

const overdueReleases = `
	SELECT l.id, p.code, p.name, l.code, l.name, g.id, g.number, p.beneficiaries,
		(SELECT coalesce(array_agg(b ORDER BY n), '{}') FROM unnest(x.beneficiaries) WITH ORDINALITY AS u (b, n)
			WHERE NOT EXISTS (SELECT 1 FROM release_signature s WHERE s.guarantee = g.id AND s.beneficiary = b)),
		coalesce(g.release_law, ''), g.release_from, coalesce(g.release_days, 0), coalesce(g.release_unit, ''), g.release_due_by,
		(platform_now() AT TIME ZONE 'Asia/Shanghai')::date - g.release_due_by
	FROM guarantee g JOIN disclosure x ON x.guarantee = g.id
	JOIN project p ON p.code = x.project JOIN lot l ON l.project = p.id AND l.code = x.lot
	WHERE g.release_state = 'due' AND g.instrument_state = 'issued' AND g.open_demands = 0 AND l.opened_at IS NOT NULL
		AND g.release_due_by < (platform_now() AT TIME ZONE 'Asia/Shanghai')::date AND (g.release_due_by, g.id) > (@day::date, @id)
	ORDER BY g.release_due_by, g.id LIMIT @limit`

func overdueRow(row pgx.CollectableRow) (o OverdueRelease, err error) {
	var beneficiaries []byte
	var from *time.Time
	var to time.Time
	o.Clock.Kind = "release"
	if err = row.Scan(&o.LotID, &o.Lot.Project, &o.Lot.ProjectName, &o.Lot.Code, &o.Lot.Name, &o.Guarantee, &o.Number, &beneficiaries,
		&o.Unsigned, &o.Clock.Law, &from, &o.Clock.Days, &o.Clock.Unit, &to, &o.Days); err != nil {
		return o, err
	}
	if from != nil {
		o.Clock.From = calendar.DateOf(*from)
	}
	o.Clock.To = calendar.DateOf(to)
	return o, json.Unmarshal(beneficiaries, &o.Beneficiaries)
}
