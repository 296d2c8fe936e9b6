package guarantee

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
)

// expiryGrace is how long after the last instant the row is closed. The limit for a paper is the last instant itself;
// a paper that arrived before it may still be on its way into the database, and finds the letter open.
const expiryGrace = 5 * time.Minute

// Expire ends what is past its last instant. The clock asks, as often as it likes. A demand presented in time keeps
// the guarantee alive until it is settled: expiry does not close it (法释〔2016〕24号 art. 11(1); URDG 758 art. 20).
// Under an independent letter a presentation that was never completed ends with the validity (art. 11(1)); a claim
// under an accessory letter or a policy was made in time by being made, and stays.
func (d *Desk) Expire(ctx context.Context, id string) (Answer, error) {
	return d.change(ctx, party.Command{Actor: party.System()}, id, func(ctx context.Context, t *turn) error {
		g := t.g
		if g.InstrumentState != Issued || !t.now.After(g.lastInstant().Add(expiryGrace)) {
			return nil
		}
		if err := unprocessed(ctx, t); err != nil {
			return err
		}
		if g.Form == letter.FormIndependent {
			if err := endIncomplete(ctx, t); err != nil {
				return err
			}
		}
		if g.OpenDemands > 0 {
			return nil
		}
		if err := g.move(PartInstrument, "expire"); err != nil {
			return err
		}
		t.happened(EventExpired, nil)
		return nil
	})
}

// ErrPapersWaiting says that a paper that came in time has not been processed yet: expiry waits for it.
var ErrPapersWaiting = party.Conflict("expire.papers_waiting", "有效期内收到的索赔尚未处理完毕，暂不能到期")

// unprocessed holds expiry back while a timely paper lies on the desk: a crash between its durable receipt and its
// processing must not make it late.
func unprocessed(ctx context.Context, t *turn) error {
	var waiting bool
	err := t.tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM intake WHERE guarantee = @id AND processed_at IS NULL AND kind IN ('demand', 'completion'))`,
		pgx.NamedArgs{"id": t.g.ID}).Scan(&waiting)
	if err == nil && waiting {
		return ErrPapersWaiting
	}
	return err
}

func endIncomplete(ctx context.Context, t *turn) error {
	rows, err := t.tx.Query(ctx, `SELECT `+demandColumns+` FROM demand WHERE guarantee = @id AND state = 'incomplete' ORDER BY id`, pgx.NamedArgs{"id": t.g.ID})
	if err != nil {
		return err
	}
	demands, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[Demand])
	if err != nil {
		return err
	}
	for _, dm := range demands {
		t.demand = dm
		if err := rejectIncomplete(t); err != nil {
			return err
		}
		if err := updateDemand(ctx, t.tx, dm); err != nil {
			return err
		}
	}
	t.demand = nil
	return nil
}

func rejectIncomplete(t *turn) error {
	missing := make([]Discrepancy, 0, len(t.demand.Missing))
	for _, m := range t.demand.Missing {
		missing = append(missing, Discrepancy{ID: m, Narrative: "有效期内未补齐该文件"})
	}
	if len(missing) == 0 {
		missing = append(missing, Discrepancy{ID: "completion", Narrative: "声明将补正，但有效期内未补正"})
	}
	return reject(t, "lapse", missing)
}
