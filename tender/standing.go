package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
)

// Standing is how far a lot is on its way, for whoever runs it: what has come, and what waits for an answer. Before the
// opening it says nothing that the notice does not say.
type Standing struct {
	*Lot
	EvaluatedAt *time.Time    // the committee's newest result
	Noticed     int           // the edition of the newest candidates' notice; 0: there is none
	NoticeEnds  calendar.Date // its last day
	Open        int           // objections that wait for an answer
	AnswerBy    calendar.Date // of the oldest of them; zero: its day is not known
	AwardedOn   calendar.Date // of the award that stands; zero: none does
	Absent      int           // custodians for which the opening waits, or went on without
}

// Standings are the lots that an actor runs, in two reads however many they are.
func (d *Desk) Standings(ctx context.Context, by party.Actor) ([]Standing, error) {
	lots, err := d.OwnLots(ctx, by)
	if err != nil || len(lots) == 0 {
		return nil, err
	}
	ids := make([]string, len(lots))
	for i, l := range lots {
		ids[i] = l.ID
	}
	rows, err := store.Many[standingRow](ctx, d.Pool, standings, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, err
	}
	out := make([]Standing, len(lots))
	for i, r := range rows {
		out[i] = d.stands(lots[i], r)
	}
	return out, nil
}

func (d *Desk) stands(l *Lot, r standingRow) Standing {
	s := Standing{Lot: l, EvaluatedAt: r.EvaluatedAt, Noticed: r.Noticed, Open: r.Open, Absent: r.Absent}
	if r.NoticeEnds != nil {
		s.NoticeEnds = calendar.DateOf(*r.NoticeEnds)
	}
	if r.AwardedOn != nil {
		s.AwardedOn = calendar.DateOf(*r.AwardedOn)
	}
	if r.FiledAt != nil {
		s.AnswerBy = d.AnswerBy(Objection{Kind: r.Kind, FiledAt: *r.FiledAt})
	}
	return s
}

type standingRow struct {
	EvaluatedAt *time.Time
	Noticed     int
	NoticeEnds  *time.Time
	Open        int
	Kind        ObjectionKind
	FiledAt     *time.Time
	AwardedOn   *time.Time
	Absent      int
}

const standings = `SELECT (SELECT max(e.accepted_at) FROM evaluation e WHERE e.lot = i.id) AS evaluated_at,
		coalesce(n.edition, 0) AS noticed, n.last_day AS notice_ends,
		(SELECT count(*) FROM objection c WHERE c.lot = i.id AND c.state = 'filed')::int AS open, coalesce(o.kind, '') AS kind, o.filed_at,
		(SELECT a.noticed_on FROM award a WHERE a.lot = i.id AND a.refused_for IS NULL AND a.set_aside IS NULL ORDER BY a.round DESC LIMIT 1) AS awarded_on,
		(SELECT count(*) FROM custodian_alarm a WHERE a.lot = i.id AND a.answered_at IS NULL)::int AS absent
	FROM unnest(@ids::text[]) WITH ORDINALITY AS i (id, place)
	LEFT JOIN LATERAL (SELECT edition, last_day FROM candidate_notice WHERE lot = i.id ORDER BY edition DESC LIMIT 1) n ON true
	LEFT JOIN LATERAL (SELECT kind, filed_at FROM objection WHERE lot = i.id AND state = 'filed' ORDER BY filed_at LIMIT 1) o ON true
	ORDER BY i.place`

// Held tells the letters of an opened lot that its paper would release only when it names them early (see held).
func (d *Desk) Held(ctx context.Context, l *Lot) (func(letterID string) bool, error) {
	return d.held(ctx, d.Pool, l)
}
