package guarantee

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DueKind says what the clock owes to a guarantee.
type DueKind string

// What falls due by itself.
const (
	DueLapse        DueKind = "lapse"            // the fee, or the applicant's answer, did not come
	DueExpiry       DueKind = "expiry"           // the validity is over
	DueRelease      DueKind = "release"          // beneficiaries are to be reminded: the legal day is near or past
	DueExamination  DueKind = "examination"      // the guarantor's last day to examine is here
	DueUnderwriting DueKind = "underwriting"     // an application waits without an answer
	DueIssuance     DueKind = "issuance"         // the fee is paid and nothing is issued: the lot may close over it
	DueRefund       DueKind = "refund"           // a fee is to go back and has not
	DuePayment      DueKind = "demand_payout"    // a complying demand waits for its payment
	DueCompletion   DueKind = "completion"       // a demand waits for documents of its beneficiary
	DueAssessment   DueKind = "assessment"       // an insurer's thirty days (保险法 art. 23) are nearly over
	DueInterim      DueKind = "interim"          // its sixty days (保险法 art. 25) are
	DueAnswer       DueKind = "extension_answer" // the applicant is asked whether to extend or to pay
	DueExtension    DueKind = "extension"        // the guarantor extends or pays: it has its answer, or the days are nearly over
	DueSuit         DueKind = "suit"             // the applicant must sue, or the stop-payment is lifted
	DueLifting      DueKind = "lifting"          // the applicant's thirty days are over: is the stop-payment lifted?
)

// Due is one thing to do now. It is derived from the rows each time: losing a job table loses nothing.
type Due struct {
	Kind DueKind
	ID   string // guarantee
}

// dues are the questions, one per kind.
var dues = []string{
	`SELECT 'lapse' AS kind, id FROM guarantee
		WHERE fee_due_at <= platform_now() AND (fee_state = 'pending' OR (fee_offered IS NOT NULL AND application_state = 'approved' AND fee_state = 'none'))`,
	`SELECT 'expiry', g.id FROM guarantee g
		WHERE g.instrument_state = 'issued' AND (g.open_demands = 0 OR g.form = 'independent'
			AND g.open_demands = (SELECT count(*) FROM demand m WHERE m.guarantee = g.id AND m.state = 'incomplete'))
		AND ((coalesce(g.expiry, g.latest_expiry) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai') + interval '5 minutes' < platform_now()`,
	`SELECT 'release', id FROM guarantee
		WHERE release_state = 'due' AND instrument_state = 'issued' AND open_demands = 0
		AND release_due_by <= (platform_now() AT TIME ZONE 'Asia/Shanghai')::date + 1`,
	`SELECT 'examination', guarantee FROM demand
		WHERE state = 'examining' AND examine_by <= (platform_now() AT TIME ZONE 'Asia/Shanghai')::date`,
	`SELECT 'demand_payout', guarantee FROM demand WHERE state = 'complying' AND decided_at <= platform_now() - interval '3 days'`,
	`SELECT 'refund', id FROM guarantee WHERE fee_state = 'refunding' AND fee_due_at <= platform_now()`,
	`SELECT 'issuance', id FROM guarantee
		WHERE application_state = 'approved' AND fee_state = 'paid' AND instrument_state IN ('none', 'issuing') AND fee_due_at <= platform_now()`,
	`SELECT 'underwriting', id FROM guarantee
		WHERE application_state IN ('submitted', 'underwriting') AND submitted_at <= platform_now() - interval '1 hour'`,
}

// Due lists what is due at the platform's instant, at most limit of each kind, in no order: what stays due for long
// keeps nothing else from being seen.
func (d *Desk) Due(ctx context.Context, limit int) ([]Due, error) {
	parts := make([]string, len(dues))
	for i, q := range dues {
		parts[i] = `(` + q + ` ORDER BY random() LIMIT @limit)`
	}
	rows, err := d.Pool.Query(ctx, strings.Join(parts, ` UNION ALL `), pgx.NamedArgs{"limit": limit})
	if err != nil {
		return nil, err
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Due])
	if err != nil {
		return nil, err
	}
	ofDemands, err := d.demandDues(ctx, limit)
	for _, x := range ofDemands {
		if !slices.Contains(due, x) {
			due = append(due, x)
		}
	}
	return due, err
}

// EventsSince lists a guarantee's events after seq, for reconciliation and rebuilding.
func (d *Desk) EventsSince(ctx context.Context, id string, seq int64) ([]Event, error) {
	rows, err := d.Pool.Query(ctx, `SELECT e.guarantee, e.seq, e.kind, e.at, e.actor, coalesce(e.demand, '') AS demand, e.data::text::bytea AS data, g.guarantor
		FROM guarantee_event e JOIN guarantee g ON g.id = e.guarantee WHERE e.guarantee = @id AND e.seq > @seq ORDER BY e.seq`, pgx.NamedArgs{"id": id, "seq": seq})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Event])
}
