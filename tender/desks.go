package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// IncidentLine is one incident in the list of all.
type IncidentLine struct {
	ID          string
	Lot         string
	LotName     string
	ProjectName string
	State       IncidentState
	Cause       letter.Cause
	ReportedAt  time.Time
	Alarm       bool // a letter of it is not what the platform has
}

// AllIncidents pages through the incidents of all lots, the latest first, for the centre and the supervisor; after is the
// id of the last one of the page before.
func (d *Desk) AllIncidents(ctx context.Context, by party.Actor, after string, limit int) ([]IncidentLine, error) {
	if !by.Is(party.Centre, party.Supervisor) {
		return nil, ErrIncidentNotFound
	}
	return store.Many[IncidentLine](ctx, d.Pool, `SELECT i.id, i.lot, l.name AS lot_name, p.name AS project_name, i.state, i.cause, i.reported_at,
			EXISTS (SELECT 1 FROM accepted_letter a WHERE a.incident = i.id AND a.state = 'contradicted') AS alarm
		FROM incident i JOIN lot l ON l.id = i.lot JOIN project p ON p.id = l.project
		WHERE @after = '' OR (i.reported_at, i.id) < (SELECT b.reported_at, b.id FROM incident b WHERE b.id = @after)
		ORDER BY i.reported_at DESC, i.id DESC LIMIT @limit`, pgx.NamedArgs{"after": after, "limit": limit})
}

// CentreLot is a lot that the centre has to do with after its deadline.
type CentreLot struct {
	ID          string
	ProjectName string
	Code        string
	Name        string
	State       State
	Deadline    time.Time
	Opened      bool
	AwaitsList  bool // its bids are in the centre's own bid system, and their list has not come
	Cash        bool // it takes securities in cash
	CashList    int  // edition of the newest list of what arrived; 0: none has come
	Refunds     int  // noted so far
	Absent      int  // custodians that gave nothing
}

// CentreLots are the lots past their deadline that wait for the centre: for a bid list, for the opening, or that take cash.
// The latest first.
func (d *Desk) CentreLots(ctx context.Context, by party.Actor, limit int) ([]CentreLot, error) {
	if !by.Is(party.Centre) {
		return nil, ErrNotFound
	}
	return store.Many[CentreLot](ctx, d.Pool, `SELECT l.id, p.name AS project_name, l.code, l.name, l.state, l.deadline, l.opened_at IS NOT NULL AS opened,
			l.state = 'published' AND l.bids = 'outside' AS awaits_list, 'cash' = ANY (l.forms) AS cash,
			(SELECT coalesce(max(edition), 0) FROM cash_list c WHERE c.lot = l.id) AS cash_list,
			(SELECT count(*) FROM cash_refund r WHERE r.lot = l.id)::int AS refunds,
			(SELECT count(*) FROM custodian_alarm a WHERE a.lot = l.id AND a.answered_at IS NULL)::int AS absent
		FROM lot l JOIN project p ON p.id = l.project
		WHERE l.deadline <= platform_now() AND (l.state = 'closed' OR l.state = 'published' AND l.bids = 'outside'
			OR l.closed_at IS NOT NULL AND l.state <> 'failed' AND 'cash' = ANY (l.forms))
		ORDER BY l.deadline DESC, l.id LIMIT @limit`, pgx.NamedArgs{"limit": limit})
}
