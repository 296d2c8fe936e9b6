package tender

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// Contract notes the written contract. From its day all letters fall due for release within five days
// (招标投标法实施条例57); under 政府采购 the winner's within five working days (政府采购法实施条例33), the losers' being due
// since the award.
func (d *Desk) Contract(ctx context.Context, cmd party.Command, id string, signedOn calendar.Date) (Answer, error) {
	return d.change(ctx, cmd, id, func(t *turn) error {
		if err := t.lot.Project.runBy(t.actor); err != nil {
			return err
		}
		if err := t.move(VerbContract, map[string]any{"signed_on": signedOn}); err != nil {
			return err
		}
		a, err := lastAward(ctx, t.tx, id)
		if err != nil {
			return err
		}
		if signedOn.IsZero() || signedOn.Before(calendar.DateOf(a.NoticedOn)) || signedOn.After(calendar.DateOf(t.now)) {
			return party.Invalid("contract.signed_on", "signed_on", "合同签订日期须不早于中标通知书日期且不晚于今天；请核对合同")
		}
		if err := signAward(ctx, t.tx, id, a.Round, signedOn); err != nil {
			return err
		}
		return d.releaseOn(ctx, t.tx, t.lot, ReleaseContract, signedOn, everyLetter)
	})
}

// Refusal reasons: the winner does not conclude the contract, adds conditions, or gives no performance security
// (招标投标法实施条例74). They are the reasons of a demand too.
var refusalReasons = []string{"refused_contract", "added_conditions", "no_performance_security"}

// Refuse cancels the award because the winner refuses (条例74). The tenderer may award again, and may demand payment
// under the winner's letter; neither follows by itself. Evidence is the digest of what shows the refusal.
func (d *Desk) Refuse(ctx context.Context, cmd party.Command, id, reason string, evidence signing.Digest) (Answer, error) {
	return d.change(ctx, cmd, id, func(t *turn) error {
		if err := t.lot.Project.runBy(t.actor); err != nil {
			return err
		}
		if !slices.Contains(refusalReasons, reason) {
			return party.Invalid("refuse.reason", "reason", "请从列表中选择取消中标的原因（招标投标法实施条例第七十四条）")
		}
		if evidence.IsZero() {
			return party.Invalid("refuse.evidence", "evidence", "请上传中标人拒签的证据文件")
		}
		a, err := lastAward(ctx, t.tx, id)
		if err != nil {
			return err
		}
		if err := t.move(VerbRefuse, map[string]any{"winner": a.Winner, "reason": reason, "evidence": evidence}); err != nil {
			return err
		}
		return refuseAward(ctx, t.tx, id, a.Round, reason, evidence)
	})
}

// AwardView is one award of a lot as it stands.
type AwardView struct {
	Round      int
	Winner     string
	Candidates []string
	NoticedOn  time.Time
	SignedOn   *time.Time
	RefusedFor *string
	Evaluation *int    // the edition of the committee's result that it follows; nil where none is on record
	PassedOver []byte  // JSON list of PassedOver
	SetAside   *string // the objection whose answer set it aside
}

const awardColumns = `round, winner, candidates, noticed_on, signed_on, refused_for, evaluation, passed_over::text::bytea AS passed_over, set_aside`

// Awards lists a lot's awards in their order: more than one only after a refusal.
func (d *Desk) Awards(ctx context.Context, id string) ([]AwardView, error) {
	return awards(ctx, d.Pool, id)
}

func awards(ctx context.Context, q store.Querier, lot string) ([]AwardView, error) {
	return store.Many[AwardView](ctx, q, `SELECT `+awardColumns+` FROM award WHERE lot = @lot ORDER BY round`, pgx.NamedArgs{"lot": lot})
}

// lastAward is the one that stands; a lot without any is in a state in which nothing can be done with it.
func lastAward(ctx context.Context, tx store.Querier, lot string) (AwardView, error) {
	rows, err := tx.Query(ctx, `SELECT `+awardColumns+` FROM award WHERE lot = @lot ORDER BY round DESC LIMIT 1`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return AwardView{}, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[AwardView])
	if err == nil && len(found) == 0 {
		return AwardView{}, party.Conflict("lot.not_awarded", "该标段尚未定标；请先登记定标结果")
	}
	if err != nil {
		return AwardView{}, err
	}
	return found[0], nil
}

func signAward(ctx context.Context, tx pgx.Tx, lot string, round int, on calendar.Date) error {
	_, err := tx.Exec(ctx, `UPDATE award SET signed_on = @on WHERE lot = @lot AND round = @round`,
		pgx.NamedArgs{"lot": lot, "round": round, "on": on.Time()})
	return translate(err)
}

func refuseAward(ctx context.Context, tx pgx.Tx, lot string, round int, reason string, evidence signing.Digest) error {
	_, err := tx.Exec(ctx, `UPDATE award SET refused_for = @reason, evidence = @evidence WHERE lot = @lot AND round = @round`,
		pgx.NamedArgs{"lot": lot, "round": round, "reason": reason, "evidence": evidence[:]})
	return translate(err)
}
