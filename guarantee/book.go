package guarantee

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// Entry is one published letter of a lot in the book of those who run the tender.
type Entry struct {
	*Guarantee
	Reveal   letter.Reveal
	Unsigned []string   // USCC of the joint beneficiaries for whose signature a begun release waits
	Claimed  letter.Fen // what open demands still ask for
}

// Claimable is what can still be demanded under it, in fen.
func (e Entry) Claimable() letter.Fen {
	if e.InstrumentState != Issued || e.Amount == nil {
		return 0
	}
	return *e.Amount - e.Honoured - e.Claimed
}

// Book is the published letters of a lot with where each stands, in two reads however many they are.
func (d *Desk) Book(ctx context.Context, project, lot string) ([]Entry, error) {
	all, err := d.OfLot(ctx, project, lot)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	rows, err := store.Many[bookRow](ctx, d.Pool, bookRows, pgx.NamedArgs{"project": project, "lot": lot})
	if err != nil {
		return nil, err
	}
	of := make(map[string]bookRow, len(rows))
	for _, r := range rows {
		of[r.Guarantee] = r
	}
	out := make([]Entry, len(all))
	for i, g := range all {
		r := of[g.ID]
		out[i] = Entry{Guarantee: g, Unsigned: r.Unsigned, Claimed: r.Claimed}
		if out[i].Reveal, err = letter.ParseReveal(r.Reveal); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type bookRow struct {
	Guarantee string
	Reveal    []byte
	Unsigned  []string
	Claimed   letter.Fen
}

const bookRows = `SELECT x.guarantee, x.reveal,
		CASE WHEN g.instrument_state = 'issued' AND EXISTS (SELECT 1 FROM release_signature s WHERE s.guarantee = x.guarantee)
			THEN (SELECT array_agg(b ORDER BY n) FROM unnest(x.beneficiaries) WITH ORDINALITY AS u (b, n)
				WHERE NOT EXISTS (SELECT 1 FROM release_signature s WHERE s.guarantee = x.guarantee AND s.beneficiary = b)) END AS unsigned,
		(SELECT coalesce(sum(m.amount - m.interim_paid), 0)::bigint FROM demand m
			WHERE m.guarantee = x.guarantee AND m.state NOT IN ('honoured', 'rejected', 'withdrawn')) AS claimed
	FROM disclosure x JOIN guarantee g ON g.id = x.guarantee WHERE x.project = @project AND x.lot = @lot`

// LotDue is how many letters of one lot a beneficiary is to release, and by when the first of them.
type LotDue struct {
	Project string // 招标项目编号
	Lot     string // 标段编号
	Letters int
	First   *time.Time // date, UTC midnight; nil while its year is not published
}

// ReleasesDue are the letters that a beneficiary is to sign the release of and has not, by lot. One under an open demand
// cannot be released and is not due.
func (d *Desk) ReleasesDue(ctx context.Context, by party.Actor) ([]LotDue, error) {
	if by.Role != party.Beneficiary {
		return nil, nil
	}
	return store.Many[LotDue](ctx, d.Pool, `SELECT x.project, x.lot, count(*)::int AS letters, min(g.release_due_by) AS first
		FROM disclosure x JOIN guarantee g ON g.id = x.guarantee
		WHERE x.beneficiaries @> ARRAY[@uscc] AND g.instrument_state = 'issued' AND g.release_state = 'due' AND g.open_demands = 0
			AND NOT EXISTS (SELECT 1 FROM release_signature s WHERE s.guarantee = x.guarantee AND s.beneficiary = @uscc)
		GROUP BY x.project, x.lot ORDER BY first NULLS LAST, x.project, x.lot`, pgx.NamedArgs{"uscc": by.USCC})
}

// OwnDemand is one demand in the list of a beneficiary's.
type OwnDemand struct {
	ID          string
	Guarantee   string
	Number      string
	State       State
	Amount      letter.Fen
	PresentedAt time.Time
	ExamineBy   *time.Time // last day of the examination
}

// OwnDemands are the latest demands under letters in a beneficiary's favour, those that are open first.
func (d *Desk) OwnDemands(ctx context.Context, by party.Actor, limit int) ([]OwnDemand, error) {
	if by.Role != party.Beneficiary {
		return nil, nil
	}
	return store.Many[OwnDemand](ctx, d.Pool, `SELECT m.id, m.guarantee, g.number, m.state, m.amount, m.presented_at, m.examine_by
		FROM demand m JOIN guarantee g ON g.id = m.guarantee JOIN disclosure x ON x.guarantee = m.guarantee
		WHERE x.beneficiaries @> ARRAY[@uscc]
		ORDER BY m.state IN ('honoured', 'rejected', 'withdrawn'), m.presented_at DESC, m.id LIMIT @limit`, pgx.NamedArgs{"uscc": by.USCC, "limit": limit})
}

// Open tells a demand that is not settled.
func (o OwnDemand) Open() bool {
	return o.State != Honoured && o.State != Rejected && o.State != WithdrawnDemand
}
