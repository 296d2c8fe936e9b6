package tender

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/party"
)

// Redraft writes a draft anew, as a whole. Nobody but who runs the project has seen it, and nobody has relied on it: what a
// published lot says moves by its deadline alone. That it was changed, and when, stays on record; what it said does not.
func (d *Desk) Redraft(ctx context.Context, cmd party.Command, id string, n NewLot) (Answer, error) {
	return d.change(ctx, cmd, id, func(t *turn) error { return t.redraft(ctx, n.withDefaults()) })
}

func (t *turn) redraft(ctx context.Context, n NewLot) error {
	l := t.lot
	if err := l.Project.runBy(t.actor); err != nil {
		return err
	}
	if l.State != Draft {
		return party.Conflict("lot.not_draft", "标段已经发布，内容不能再修改；截止时间可以依法推迟，其他内容有误的请终止后重新招标")
	}
	if err := n.check(l.Project.Regime); err != nil {
		return err
	}
	if err := mayRepeat(ctx, t.tx, t.actor, n.RetenderOf); err != nil {
		return err
	}
	l.Lot.Code, l.Lot.Name, l.Base, l.Amount, l.Forms, l.End = n.Code, n.Name, n.Base, n.Amount, n.Forms, n.End
	l.Bids, l.Consortium, l.Hall, l.RetenderOf = n.Bids, n.Consortium, n.Hall, n.RetenderOf
	return t.note(VerbRedraft, none{})
}

// updateDraft writes all that a draft says; updateLot, from its publication on, what a rule may still change.
func updateDraft(ctx context.Context, tx pgx.Tx, l *Lot) error {
	hall := rowOfRules(l.Hall)
	_, err := tx.Exec(ctx, `UPDATE lot SET version = @version, code = @code, name = @name, base = @base, amount = @amount, forms = @forms,
		deadline = @deadline, validity_days = @validity, extra_days = @extra, bids = @bids, retender_of = @retender, consortium = @consortium,
		hall_decrypt = @decrypt, hall_objection = @objection, hall_sign = @sign
		WHERE id = @id AND state = 'draft'`, pgx.NamedArgs{
		"id": l.ID, "version": l.Version, "code": l.Lot.Code, "name": l.Lot.Name, "base": l.Base, "amount": l.Amount, "forms": l.Forms,
		"deadline": l.End.Deadline, "validity": l.End.ValidityDays, "extra": l.End.ExtraDays, "bids": l.Bids,
		"retender": orNull(l.RetenderOf), "consortium": l.Consortium,
		"decrypt": hall.HallDecrypt, "objection": hall.HallObjection, "sign": hall.HallSign})
	return translate(err)
}
