package tender

import (
	"context"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
)

// AwardNote is the outcome of an evaluation as the tenderer gives it: who wins, who stands ready, and the day of
// the award notice (中标通知书). Bidders are named by the code of their lead.
type AwardNote struct {
	Winner     string
	Candidates []string
	NoticedOn  calendar.Date
	PassedOver []PassedOver // candidates ranked before the winner who do not get the contract (条例55)
	evaluation *int         // the edition that it follows
}

// Award notes the award of an opened lot, or a new award after a refusal (条例55). Where the committee's result is on
// record the award follows it (mayAward); elsewhere it is the tenderer's word. Under 政府采购 the losers' letters fall due
// for release five working days after the notice (政府采购法实施条例33).
func (d *Desk) Award(ctx context.Context, cmd party.Command, id string, n AwardNote) (Answer, error) {
	return d.change(ctx, cmd, id, func(t *turn) error {
		if err := t.lot.Project.runBy(t.actor); err != nil {
			return err
		}
		if err := d.afterSession(ctx, t); err != nil {
			return err
		}
		bids, err := readBids(ctx, t.tx, id)
		if err != nil {
			return err
		}
		before, err := awards(ctx, t.tx, id)
		if err != nil {
			return err
		}
		if _, err := next(t.lot.State, VerbAward); err != nil {
			return err
		}
		if err := n.check(bids, before, calendar.DateOf(t.now), calendar.DateOf(*t.lot.OpenedAt)); err != nil {
			return err
		}
		if err := d.mayAward(ctx, t, &n, before); err != nil {
			return err
		}
		if err := t.move(VerbAward, n.facts()); err != nil {
			return err
		}
		if err := insertAward(ctx, t.tx, id, len(before)+1, n); err != nil {
			return err
		}
		return d.releaseLosers(ctx, t.tx, t.lot, bids, n)
	})
}

// releaseLosers sets the losers' clocks where the award starts them. Whoever lost an earlier award and wins this one waits
// for the contract: the clock that runs for it is taken back.
func (d *Desk) releaseLosers(ctx context.Context, tx pgx.Tx, l *Lot, bids []BidView, n AwardNote) error {
	won := func(id string) bool { return wonWith(bids, n.Winner, id) }
	if err := d.stopRelease(ctx, tx, l, ReleaseAward, "awarded_later", won); err != nil {
		return err
	}
	return d.releaseOn(ctx, tx, l, ReleaseAward, n.NoticedOn, func(id string) bool { return !won(id) })
}

func (n AwardNote) check(bids []BidView, before []AwardView, today, opened calendar.Date) error {
	stands := func(uscc string) bool { return len(bidsOf(bids, uscc)) > 0 }
	switch {
	case !stands(n.Winner):
		return party.Invalid("award.winner", "winner", "中标人须是本标段已开标的投标人（联合体填牵头人）；请从开标记录中选择")
	case slices.Contains(refusedIn(before), n.Winner):
		return party.Invalid("award.refused_before", "winner", "该投标人的中标资格已取消；请从其他候选人中选择")
	case n.NoticedOn.IsZero() || n.NoticedOn.After(today) || n.NoticedOn.Before(opened):
		return party.Invalid("award.noticed_on", "noticed_on", "中标通知书日期须在开标日之后且不晚于今天")
	case len(before) > 0 && n.NoticedOn.Before(calendar.DateOf(before[len(before)-1].NoticedOn)):
		return party.Invalid("award.noticed_on", "noticed_on", "中标通知书日期不得早于此前那次定标的中标通知书；请核对")
	case len(n.Candidates) > 10:
		return party.Invalid("award.candidates", "candidates", "中标候选人过多；请核对评标报告")
	}
	for i, c := range n.Candidates {
		if !stands(c) || slices.Contains(n.Candidates[:i], c) {
			return party.Invalid("award.candidates", "candidates", "候选人须是本标段已开标的投标人且不重复；请核对评标报告")
		}
	}
	return nil
}

// bidsOf are the readable bids that an organisation leads.
func bidsOf(bids []BidView, uscc string) []BidView {
	return slices.DeleteFunc(slices.Clone(bids), func(b BidView) bool {
		return b.Failure != "" || len(b.Bidders) == 0 || b.Bidders[0].USCC != uscc
	})
}

// wonWith tells whether the winner's bid names the letter.
func wonWith(bids []BidView, winner, id string) bool {
	return slices.ContainsFunc(bidsOf(bids, winner), func(b BidView) bool { return b.Letter == id })
}

// cameBack are the letters whose rows were lost at the opening and have been accepted since.
func cameBack(ctx context.Context, q store.Querier, lot string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT letter FROM accepted_letter WHERE lot = @lot AND moved`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// forfeited tells the letters of winners who refused: their security is not given back (条例74), so no clock asks for
// their release. Their beneficiary demands under them, or releases them of its own will.
func forfeited(ctx context.Context, q store.Querier, lot string) (func(id string) bool, error) {
	bids, err := readBids(ctx, q, lot)
	if err != nil {
		return nil, err
	}
	before, err := awards(ctx, q, lot)
	return func(id string) bool {
		return slices.ContainsFunc(refusedIn(before), func(winner string) bool { return wonWith(bids, winner, id) })
	}, err
}

// refusedIn are the winners who refused the contract.
func refusedIn(all []AwardView) (out []string) {
	for _, a := range all {
		if a.RefusedFor != nil {
			out = append(out, a.Winner)
		}
	}
	return out
}

// facts are the award as the lot's event says it.
func (n AwardNote) facts() map[string]any {
	out := map[string]any{"winner": n.Winner, "candidates": n.Candidates, "noticed_on": n.NoticedOn}
	if len(n.PassedOver) > 0 {
		out["passed_over"] = n.PassedOver
	}
	return out
}

func insertAward(ctx context.Context, tx pgx.Tx, lot string, round int, n AwardNote) error {
	candidates := n.Candidates
	if candidates == nil {
		candidates = []string{}
	}
	passed, err := json.Marshal(n.PassedOver)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO award (lot, round, winner, candidates, noticed_on, evaluation, passed_over)
		VALUES (@lot, @round, @winner, @candidates, @noticed_on, @evaluation, @passed)`, pgx.NamedArgs{
		"lot": lot, "round": round, "winner": n.Winner, "candidates": candidates, "noticed_on": n.NoticedOn.Time(),
		"evaluation": n.evaluation, "passed": string(passed)})
	return translate(err)
}
