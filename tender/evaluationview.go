package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// EvaluationView is one edition of the committee's result.
type EvaluationView struct {
	Edition    int
	Newest     int // the newest edition that the reader may see
	Content    letter.Evaluation
	Signed     []byte
	AcceptedAt time.Time
}

// ErrNoEvaluation is the answer for a result that is not there, or not yet to be known.
var ErrNoEvaluation = party.NotFound("evaluation.not_found", "没有可供查看的评标结果；中标候选人公示或中标公告发布后即可查看")

// Evaluation reads an edition of a lot's result; 0 is the newest. Before its candidates' notice, its award, or the end of a
// tender whose bids were all rejected, it is for who runs the tender, the centre and the supervisor alone: what the
// committee recommends is nobody else's to know (招标投标法44).
func (d *Desk) Evaluation(ctx context.Context, by party.Actor, lot string, edition int) (EvaluationView, error) {
	l, err := d.published(ctx, lot)
	if err != nil {
		return EvaluationView{}, err
	}
	none, err := d.rejectedAll(ctx, l)
	if err != nil {
		return EvaluationView{}, err
	}
	row, err := store.One[evaluationRow](ctx, d.Pool, ErrNoEvaluation, `WITH seen AS (SELECT edition, signed, accepted_at FROM evaluation e
			WHERE lot = @lot AND (@inside OR edition = @none OR EXISTS (SELECT 1 FROM candidate_notice n WHERE n.lot = e.lot AND n.edition = e.edition)
				OR EXISTS (SELECT 1 FROM award a WHERE a.lot = e.lot AND a.evaluation = e.edition)))
		SELECT edition, (SELECT max(edition) FROM seen) AS newest, signed, accepted_at
		FROM seen WHERE @edition = 0 OR edition = @edition ORDER BY edition DESC LIMIT 1`,
		pgx.NamedArgs{"lot": lot, "edition": edition, "inside": l.insider(by), "none": none})
	if err != nil {
		return EvaluationView{}, err
	}
	return row.view()
}

// rejectedAll is the edition that rejected every bid, once the end that followed from it is on record; 0: none. A 废标 for
// another reason tells nobody whom the committee had recommended, and no end tells what an earlier edition had said.
func (d *Desk) rejectedAll(ctx context.Context, l *Lot) (edition int, err error) {
	if l.Ended == nil || l.Ended.Ground == CalledOff {
		return 0, nil
	}
	e, err := evaluationOf(ctx, d.Pool, l.ID, 0)
	if err != nil || e == nil || !e.Content.AllRejected() {
		return 0, err
	}
	return e.Edition, nil
}

// insider tells those who may follow the evaluation of a lot: who runs the tender, the centre and the supervisor.
func (l *Lot) insider(by party.Actor) bool {
	return by.Is(party.Centre, party.Supervisor) || l.Project.runBy(by) == nil
}

func (r evaluationRow) view() (EvaluationView, error) {
	signed, err := signing.ParseSignedData(r.Signed)
	if err != nil {
		return EvaluationView{}, err
	}
	content, err := letter.ParseEvaluation(signed.Content)
	return EvaluationView{r.Edition, r.Newest, content, r.Signed, r.AcceptedAt}, err
}

// evaluationOf reads an edition as it stands, whoever asks; 0 is the newest. Nil: there is none.
func evaluationOf(ctx context.Context, q store.Querier, lot string, edition int) (*EvaluationView, error) {
	rows, err := store.Many[evaluationRow](ctx, q, `SELECT edition, (SELECT max(edition) FROM evaluation WHERE lot = @lot) AS newest, signed, accepted_at
		FROM evaluation WHERE lot = @lot AND (@edition = 0 OR edition = @edition) ORDER BY edition DESC LIMIT 1`,
		pgx.NamedArgs{"lot": lot, "edition": edition})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	v, err := rows[0].view()
	return &v, err
}
