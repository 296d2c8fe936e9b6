package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
)

// TodayLot is a lot on the list of a day's openings. Stage is of its session; empty: it has none, or not yet.
type TodayLot struct {
	*Lot
	Stage HallStage
}

// OpeningsToday lists the published lots whose deadline is today, and those whose session still runs, nearest deadline first; up
// to limit, after the lot with id after ("" for the first page). Who runs tenders has its own; a bidder has those that have
// not been opened, which everybody knows, and of the opened ones those in which it bids.
func (d *Desk) OpeningsToday(ctx context.Context, by party.Actor, after string, limit int) ([]TodayLot, error) {
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return nil, err
	}
	from := dayOf(now)
	lots, err := manyLots(ctx, d.Pool, `SELECT `+lotColumns+` WHERE l.state <> 'draft'
		AND (l.deadline >= @from AND l.deadline < @to OR EXISTS (SELECT 1 FROM hall_session s WHERE s.lot = l.id AND s.ended_at IS NULL))
		AND (NOT @own OR p.owner = @uscc OR EXISTS (SELECT 1 FROM jsonb_array_elements(p.beneficiaries) b WHERE b->>'uscc' = @uscc))
		AND (NOT @bids OR l.opened_at IS NULL OR EXISTS (SELECT 1 FROM opened_bid o WHERE o.lot = l.id
			AND o.bidders @> jsonb_build_array(jsonb_build_object('uscc', @uscc::text))))
		AND (@after = '' OR (l.deadline, l.id) > (SELECT a.deadline, a.id FROM lot a WHERE a.id = @after))
		ORDER BY l.deadline, l.id LIMIT @limit`, pgx.NamedArgs{"from": from, "to": from.AddDate(0, 0, 1), "uscc": by.USCC, "after": after, "limit": limit,
		"own": by.Is(party.Beneficiary, party.Agent), "bids": by.Is(party.Bidder)})
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(lots))
	for i, l := range lots {
		ids[i] = l.ID
	}
	stages, err := hallStages(ctx, d.Pool, ids)
	out := make([]TodayLot, len(lots))
	for i, l := range lots {
		out[i] = TodayLot{l, stages[l.ID]}
	}
	return out, err
}

// dayOf is the beginning of a day in Beijing.
func dayOf(t time.Time) time.Time {
	t = t.In(calendar.Shanghai)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, calendar.Shanghai)
}

func hallStages(ctx context.Context, q store.Querier, lots []string) (map[string]HallStage, error) {
	rows, err := store.Many[struct {
		Lot   string
		Stage HallStage
	}](ctx, q, `SELECT lot, stage FROM hall_session WHERE lot = ANY(@lots)`, pgx.NamedArgs{"lots": lots})
	out := make(map[string]HallStage, len(rows))
	for _, r := range rows {
		out[r.Lot] = r.Stage
	}
	return out, err
}
