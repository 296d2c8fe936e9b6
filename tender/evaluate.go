package tender

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// EvaluationTaken answers the evaluation system: which edition stands. The same result gets the same answer for ever.
type EvaluationTaken struct {
	Lot        string         `json:"lot"`
	Edition    int            `json:"edition"`
	Digest     signing.Digest `json:"digest"` // EvaluationDigest of the edition that stands
	AcceptedAt time.Time      `json:"accepted_at"`
}

var errStaleSheet = party.Conflict("evaluation.sheet", "评标结果依据的不是最新一版核验结果表；请取最新一版交评标委员会认定后重新签署")

// HandInEvaluation takes the committee's result (评标结果) as the centre's own evaluation system signed it: between the
// opening and the award, in editions. It must say one thing of every bid that was opened and of every letter that did not
// pass; whether that is right is the committee's to answer for. In one transaction the result is on record, its digest is
// a public fact, and the findings end the verification of the letters. The candidates stay unknown to others until their
// notice (招标投标法44), so the fact names nobody.
func (d *Desk) HandInEvaluation(ctx context.Context, cmd party.Command, id string, p7s []byte) (taken EvaluationTaken, err error) {
	if done, err := d.prior(ctx, cmd, &taken); err != nil || done {
		return taken, err
	}
	if !cmd.Actor.Is(party.Centre) {
		return taken, ErrNotFound
	}
	e, err := d.readEvaluation(ctx, id, p7s)
	if err != nil {
		return taken, err
	}
	if err := d.SignSheet(ctx, id); err != nil {
		return taken, err
	}
	return taken, d.changeFor(ctx, cmd, id, &taken, func(t *turn) (err error) {
		taken, err = d.evaluate(ctx, t, e, p7s)
		return err
	})
}

// readEvaluation verifies a result outside every transaction.
func (d *Desk) readEvaluation(ctx context.Context, id string, p7s []byte) (letter.Evaluation, error) {
	if _, err := d.published(ctx, id); err != nil {
		return letter.Evaluation{}, err
	}
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return letter.Evaluation{}, err
	}
	content, err := d.signedBy(d.CentreChain[0].Subject().OrganizationID, "evaluation", p7s, now)
	if err != nil {
		return letter.Evaluation{}, err
	}
	e, err := letter.ParseEvaluation(content)
	if err != nil {
		return e, refuse("evaluation", err)
	}
	return e, nil
}

// evaluate decides under the lot's lock. Of two results at once one is the edition, the other is told so.
func (d *Desk) evaluate(ctx context.Context, t *turn, e letter.Evaluation, p7s []byte) (EvaluationTaken, error) {
	prior, err := evaluationOf(ctx, t.tx, t.lot.ID, e.Edition)
	if err != nil {
		return EvaluationTaken{}, err
	}
	if prior != nil {
		return d.sameEvaluation(ctx, t, *prior, e)
	}
	if _, err := next(t.lot.State, VerbEvaluate); err != nil {
		return EvaluationTaken{}, err
	}
	last, err := evaluationOf(ctx, t.tx, t.lot.ID, 0)
	if err != nil {
		return EvaluationTaken{}, err
	}
	if err := t.lot.takesEvaluation(e, last, t.now); err != nil {
		return EvaluationTaken{}, err
	}
	if err := d.afterSession(ctx, t); err != nil {
		return EvaluationTaken{}, err
	}
	if err := d.restsOn(ctx, t.tx, t.lot, e); err != nil {
		return EvaluationTaken{}, err
	}
	if err := actsTx(ctx, t.tx, party.Centre, p7s, t.now); err != nil {
		return EvaluationTaken{}, err
	}
	row := evaluationRow{Edition: e.Edition, Signed: p7s, AcceptedAt: t.now}
	if err := insertEvaluation(ctx, t.tx, t.lot.ID, row); err != nil {
		return EvaluationTaken{}, err
	}
	t.lot.Evaluated = e.Edition
	if err := t.move(VerbEvaluate, map[string]any{"edition": e.Edition, "evaluation": letter.EvaluationDigest(p7s), "sheet": e.Sheet}); err != nil {
		return EvaluationTaken{}, err
	}
	return row.taken(t.lot.ID), d.confirm(ctx, t, e, last)
}

// sameEvaluation compares what the results say: one that was signed again says the same.
func (d *Desk) sameEvaluation(ctx context.Context, t *turn, stands EvaluationView, e letter.Evaluation) (EvaluationTaken, error) {
	said, err := e.Canonical()
	if err != nil {
		return EvaluationTaken{}, err
	}
	signed, err := signing.ParseSignedData(stands.Signed)
	if err != nil {
		return EvaluationTaken{}, err
	}
	if !bytes.Equal(signed.Content, said) {
		d.log().WarnContext(ctx, "a second, different evaluation of one edition was handed in and refused", "lot", t.lot.ID, "edition", e.Edition)
		return EvaluationTaken{}, party.Conflict("evaluation.other_stands",
			fmt.Sprintf("本标段已有另一份第 %d 版评标结果，不能更换；确需更正的，请在定标前作为下一版提交并写明更正原因", e.Edition))
	}
	return evaluationRow{Edition: stands.Edition, Signed: stands.Signed, AcceptedAt: stands.AcceptedAt}.taken(t.lot.ID), nil
}

// takesEvaluation holds a result to the lot as it was published, and to the edition before it.
func (l *Lot) takesEvaluation(e letter.Evaluation, last *EvaluationView, now time.Time) error {
	edition, previous := 0, signing.Digest{}
	if last != nil {
		edition, previous = last.Edition, letter.EvaluationDigest(last.Signed)
	}
	switch {
	case e.Lot != l.Requirement.Lot:
		return party.Invalid("evaluation.lot", "evaluation.lot", "评标结果写的项目或标段与所提交的标段不一致；请核对")
	case e.Requirement != l.frozen:
		return party.Invalid("evaluation.requirement", "evaluation.requirement", "评标结果写的保函要求摘要与公告不一致；请取标段公告中的 requirement_digest")
	case e.Edition != edition+1:
		return party.Conflict("evaluation.edition", fmt.Sprintf("下一份评标结果应为第 %d 版；请核对", edition+1))
	case e.Previous != previous:
		return party.Invalid("evaluation.previous", "evaluation.previous", "评标结果所写的前一版摘要不是平台受理的那一份；请核对")
	case e.At.Before(*l.OpenedAt) || e.At.After(now.Add(listAhead)):
		return party.Invalid("evaluation.at", "evaluation.at", "评标结果的时间早于开标或晚于现在；请校准评标系统的时钟")
	case l.Project.Regime == letter.RegimeTendering && len(e.Candidates) > 3:
		return party.Invalid("evaluation.candidates", "evaluation.candidates", "中标候选人不得超过三个（招标投标法实施条例第五十三条）；请核对评标报告")
	}
	return nil
}

// restsOn holds a result to the newest verification sheet and to what was opened: everybody is named, nobody else is.
func (d *Desk) restsOn(ctx context.Context, tx pgx.Tx, l *Lot, e letter.Evaluation) error {
	row, err := readSheet(ctx, tx, l.ID, 0)
	if err != nil {
		return err
	}
	if row.Signed == nil || letter.SheetDigest(row.Signed) != e.Sheet {
		return errStaleSheet
	}
	s, err := letter.ParseSheet(row.Content)
	if err != nil {
		return err
	}
	if err := answers(e, s); err != nil {
		return err
	}
	return wereRead(ctx, tx, l, e)
}

// wereRead: of a lot that was opened remotely only what was read out can have been accepted (电子招标投标办法31).
func wereRead(ctx context.Context, tx pgx.Tx, l *Lot, e letter.Evaluation) error {
	if l.Hall == nil {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT bid FROM hall_bid WHERE lot = @lot AND terms IS NOT NULL`, pgx.NamedArgs{"lot": l.ID})
	if err != nil {
		return err
	}
	read, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for i, v := range e.Bids {
		if v.Verdict == letter.BidAccepted && !slices.Contains(read, v.Bid) {
			return party.Invalid("evaluation.not_read", fmt.Sprintf("evaluation.bids.%d.verdict", i), "开标时没有解密、没有唱标的投标不能通过评审；请核对开标记录表")
		}
	}
	return nil
}

// answers is the rule: every doubtful or unknown letter has a finding and no other has, every bid has a verdict, one that
// could not be opened cannot have been accepted, and candidates lead bids that were.
func answers(e letter.Evaluation, s letter.Sheet) error {
	found := make([]string, len(e.Letters))
	for i, f := range e.Letters {
		found[i] = f.Letter
	}
	if !slices.Equal(found, s.Doubtful) {
		return party.Invalid("evaluation.letters", "evaluation.letters", "须对存疑清单上的每一份保函作出认定，清单以外的不作认定；请按核验结果表的 doubtful 逐份填写")
	}
	if !slices.EqualFunc(e.Bids, s.Bids, func(v letter.BidVerdict, b letter.SheetBid) bool { return v.Bid == b.ID }) {
		return party.Invalid("evaluation.bids", "evaluation.bids", "须对开标记录中的每一份投标作出认定，且不得列入其他投标；请按核验结果表的 bids 逐份填写")
	}
	leads := map[string]letter.Party{}
	for i, v := range e.Bids {
		if v.Verdict != letter.BidAccepted {
			continue
		}
		if s.Bids[i].Failure != "" {
			return party.Invalid("evaluation.unreadable", fmt.Sprintf("evaluation.bids.%d.verdict", i), "未能解密的投标不能通过评审；请核对")
		}
		leads[s.Bids[i].Bidders[0].USCC] = s.Bids[i].Bidders[0]
	}
	for i, c := range e.Candidates {
		if leads[c.Bidder.USCC] != c.Bidder {
			return party.Invalid("evaluation.candidates", fmt.Sprintf("evaluation.candidates.%d.bidder", i),
				"中标候选人须是通过评审的投标人（联合体填牵头人），名称与投标文件一致；请核对")
		}
	}
	return nil
}

// confirm ends the verification of the letters that the committee looked at: of this lot's own alone, in the order of
// their ids, and in a corrected edition of those of which it says something else than before.
func (d *Desk) confirm(ctx context.Context, t *turn, e letter.Evaluation, last *EvaluationView) error {
	letters, err := readLetters(ctx, t.tx, t.lot.ID)
	if err != nil {
		return err
	}
	back, err := cameBack(ctx, t.tx, t.lot.ID)
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	for _, x := range letters {
		ours[x.ID] = x.Here || slices.Contains(back, x.ID)
	}
	var all []guarantee.Confirming
	for _, f := range e.Letters {
		if ours[f.Letter] && (last == nil || !slices.Contains(last.Content.Letters, f)) {
			all = append(all, guarantee.Confirming{ID: f.Letter, Verdict: f.Verdict, Reason: f.Reason, Edition: e.Edition})
		}
	}
	return d.Guarantees.ConfirmTx(ctx, t.tx, t.actor, all)
}

// evaluationRow is one edition as SQL gives it.
type evaluationRow struct {
	Edition    int
	Newest     int
	Signed     []byte
	AcceptedAt time.Time
}

func (r evaluationRow) taken(lot string) EvaluationTaken {
	return EvaluationTaken{Lot: lot, Edition: r.Edition, Digest: letter.EvaluationDigest(r.Signed), AcceptedAt: r.AcceptedAt}
}

func insertEvaluation(ctx context.Context, tx pgx.Tx, lot string, r evaluationRow) error {
	_, err := tx.Exec(ctx, `INSERT INTO evaluation (lot, edition, signed, accepted_at) VALUES (@lot, @edition, @signed, @at)`,
		pgx.NamedArgs{"lot": lot, "edition": r.Edition, "signed": r.Signed, "at": r.AcceptedAt})
	return translate(err)
}
