package tender

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// AwardNote is the outcome of an evaluation as the tenderer gives it: who wins, who stands ready, and the day of
// the award notice (中标通知书). Bidders are named by the code of their lead.
type AwardNote struct {
	Winner     string
	Candidates []string
	NoticedOn  calendar.Date
}

// Award notes the award of an opened lot, or a new award after a refusal (条例55). Under 政府采购 the losers' letters
// fall due for release five working days after the notice (政府采购法实施条例33).
func (d *Desk) Award(ctx context.Context, cmd party.Command, id string, n AwardNote) (Answer, error) {
	return d.change(ctx, cmd, id, func(t *turn) error {
		if err := t.lot.Project.runBy(t.actor); err != nil {
			return err
		}
		bids, err := readBids(ctx, t.tx, id)
		if err != nil {
			return err
		}
		round, refused, err := rounds(ctx, t.tx, id)
		if err != nil {
			return err
		}
		if err := t.move(VerbAward, map[string]any{"winner": n.Winner, "candidates": n.Candidates, "noticed_on": n.NoticedOn}); err != nil {
			return err
		}
		if err := n.check(bids, refused, calendar.DateOf(t.now), calendar.DateOf(*t.lot.OpenedAt)); err != nil {
			return err
		}
		if err := insertAward(ctx, t.tx, id, round+1, n); err != nil {
			return err
		}
		return d.releaseLosers(ctx, t.tx, t.lot, bids, n)
	})
}

func (n AwardNote) check(bids []BidView, refused []string, today, opened calendar.Date) error {
	stands := func(uscc string) bool { return len(bidsOf(bids, uscc)) > 0 }
	switch {
	case !stands(n.Winner):
		return party.Invalid("award.winner", "winner", "中标人须是本标段已开标的投标人（联合体填牵头人）；请从开标记录中选择")
	case slices.Contains(refused, n.Winner):
		return party.Invalid("award.refused_before", "winner", "该投标人的中标资格已取消；请从其他候选人中选择")
	case n.NoticedOn.IsZero() || n.NoticedOn.After(today) || n.NoticedOn.Before(opened):
		return party.Invalid("award.noticed_on", "noticed_on", "中标通知书日期须在开标日之后且不晚于今天")
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

// releaseLosers sets the losers' clocks where the award starts them.
func (d *Desk) releaseLosers(ctx context.Context, tx pgx.Tx, l *Lot, bids []BidView, n AwardNote) error {
	if l.Project.Regime != letter.RegimeProcurement {
		return nil
	}
	by, err := d.workingDays(n.NoticedOn, 5)
	if err != nil {
		return err
	}
	return d.releaseDue(ctx, tx, l.ID, by, "award_noticed", func(id string) bool { return !wonWith(bids, n.Winner, id) })
}

// wonWith tells whether the winner's bid names the letter.
func wonWith(bids []BidView, winner, id string) bool {
	return slices.ContainsFunc(bidsOf(bids, winner), func(b BidView) bool { return b.Letter == id })
}

// releaseDue sets the clock of those letters of the lot that which picks, in the order of their ids.
func (d *Desk) releaseDue(ctx context.Context, tx pgx.Tx, lot string, by calendar.Date, reason string, which func(id string) bool) error {
	letters, err := readLetters(ctx, tx, lot)
	if err != nil {
		return err
	}
	back, err := cameBack(ctx, tx, lot)
	if err != nil {
		return err
	}
	kept, err := forfeited(ctx, tx, lot)
	if err != nil {
		return err
	}
	var ids []string
	for _, x := range letters {
		if (x.Here || slices.Contains(back, x.ID)) && which(x.ID) && !kept(x.ID) {
			ids = append(ids, x.ID)
		}
	}
	return d.Guarantees.ReleaseDueTx(ctx, tx, ids, reason, by)
}

// releaseLateTx sets the clock of letters that an emergency brought back, where the tender's course has set that of the
// others already: nobody else would ask for their release.
func (d *Desk) releaseLateTx(ctx context.Context, tx pgx.Tx, l *Lot) error {
	if l.State != Awarded && l.State != Contracted {
		return nil
	}
	a, err := lastAward(ctx, tx, l.ID)
	if err != nil {
		return err
	}
	if l.State == Contracted && a.SignedOn != nil {
		return d.releaseAll(ctx, tx, l, calendar.DateOf(*a.SignedOn))
	}
	bids, err := readBids(ctx, tx, l.ID)
	if err != nil {
		return err
	}
	return d.releaseLosers(ctx, tx, l, bids, AwardNote{Winner: a.Winner, NoticedOn: calendar.DateOf(a.NoticedOn)})
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
	_, refused, err := rounds(ctx, q, lot)
	return func(id string) bool {
		return slices.ContainsFunc(refused, func(winner string) bool { return wonWith(bids, winner, id) })
	}, err
}

// workingDays counts by the published table of working days; without one nobody can say the day.
func (d *Desk) workingDays(from calendar.Date, n int) (calendar.Date, error) {
	by, err := d.Calendar.AddWorkingDays(from, n)
	if err != nil {
		return by, party.Conflict("calendar.year_not_published", "该年度的节假日安排尚未登记，无法计算工作日；请由平台运营人员登记后重试")
	}
	return by, nil
}

// rounds is how many awards a lot has had, and who refused.
func rounds(ctx context.Context, q store.Querier, lot string) (n int, refused []string, err error) {
	err = q.QueryRow(ctx, `SELECT count(*), coalesce(array_agg(winner) FILTER (WHERE refused_for IS NOT NULL), '{}')
		FROM award WHERE lot = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&n, &refused)
	return n, refused, err
}

func insertAward(ctx context.Context, tx pgx.Tx, lot string, round int, n AwardNote) error {
	candidates := n.Candidates
	if candidates == nil {
		candidates = []string{}
	}
	_, err := tx.Exec(ctx, `INSERT INTO award (lot, round, winner, candidates, noticed_on)
		VALUES (@lot, @round, @winner, @candidates, @noticed_on)`, pgx.NamedArgs{
		"lot": lot, "round": round, "winner": n.Winner, "candidates": candidates, "noticed_on": n.NoticedOn.Time()})
	return translate(err)
}
