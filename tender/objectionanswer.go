package tender

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/party"
	"baohan/signing"
)

// Reply is what who runs the tender answers to an objection.
type Reply struct {
	Upheld  bool
	Changes bool // the result changes: only with Upheld
	Words   string
}

// AnswerObjection answers, by who runs the tender: within three days (条例54), within seven working days (政府采购法53); later
// is taken too and seen by everybody as late. An answer that changes the result of a tendering has the award wait for the
// committee's corrected edition. Under 政府采购 it sets an award aside that has not become a contract (94号令16): the lot is
// where it was before the award, and the losers' clocks that the award started stop. What does not change the result
// changes nothing here.
func (d *Desk) AnswerObjection(ctx context.Context, cmd party.Command, id string, r Reply) (answer Answer, err error) {
	switch {
	case !validText(r.Words, 5, 4000):
		return Answer{}, party.Invalid("answer.words", "words", "请写明答复的理由和结论，5 至 4000 个字，不含换行等控制字符；答复不得涉及商业秘密")
	case r.Changes && !r.Upheld:
		return Answer{}, party.Invalid("answer.changes", "changes", "异议不成立的，结果不变；请核对")
	}
	lot, err := d.ObjectionFor(ctx, cmd.Actor, id)
	if err != nil {
		return Answer{}, err
	}
	return answer, d.changeFor(ctx, cmd, lot, &answer, func(t *turn) error {
		if t.lot.Project.runBy(t.actor) != nil {
			return ErrNoObjection
		}
		o, err := lockObjection(ctx, t.tx, id)
		if err != nil {
			return err
		}
		if o.State, err = nextObjection(o.State, VerbAnswerObjection); err != nil {
			return err
		}
		o.Upheld, o.Changes, o.Answer, o.AnsweredAt = &r.Upheld, &r.Changes, &r.Words, &t.now
		if err := updateObjection(ctx, t.tx, o); err != nil {
			return err
		}
		answer = Answer{ID: o.ID, State: string(o.State), At: t.now}
		if err := t.note(VerbAnswerObjection, map[string]any{"objection": o.ID, "upheld": r.Upheld, "changes": r.Changes, "words": signing.Sum([]byte(r.Words))}); err != nil {
			return err
		}
		if !r.Changes || o.Kind != KindQuery || t.lot.State != Awarded {
			return nil
		}
		return d.setAside(ctx, t, o.ID)
	})
}

// setAside takes an award back: nobody has won, and nobody has lost.
func (d *Desk) setAside(ctx context.Context, t *turn, objection string) error {
	a, err := lastAward(ctx, t.tx, t.lot.ID)
	if err != nil {
		return err
	}
	if err := t.move(VerbSetAside, map[string]any{"winner": a.Winner, "objection": objection}); err != nil {
		return err
	}
	if _, err := t.tx.Exec(ctx, `UPDATE award SET set_aside = @objection WHERE lot = @lot AND round = @round`,
		pgx.NamedArgs{"lot": t.lot.ID, "round": a.Round, "objection": objection}); err != nil {
		return translate(err)
	}
	if err := d.stopRelease(ctx, t.tx, t.lot, ReleaseAward, "award_set_aside", everyLetter); err != nil {
		return err
	}
	if err := d.releaseLosersTx(ctx, t.tx, t.lot); err != nil {
		return err
	}
	return d.releaseFreedTx(ctx, t.tx, t.lot)
}

// releaseLosersTx sets the clocks of those who lost an award that stands, and won none after it: the notice of an award whose
// winner refused was issued, whatever became of the next one (政府采购法实施条例33).
func (d *Desk) releaseLosersTx(ctx context.Context, tx pgx.Tx, l *Lot) error {
	all, err := awards(ctx, tx, l.ID)
	if err != nil {
		return err
	}
	bids, err := readBids(ctx, tx, l.ID)
	if err != nil {
		return err
	}
	for i, a := range all {
		lost := func(id string) bool {
			return !slices.ContainsFunc(all[i:], func(later AwardView) bool { return wonWith(bids, later.Winner, id) })
		}
		if a.SetAside != nil {
			continue
		}
		if err := d.releaseOn(ctx, tx, l, ReleaseAward, calendar.DateOf(a.NoticedOn), lost); err != nil {
			return err
		}
	}
	return nil
}

// WithdrawObjection takes an objection back, by who raised it, before it is answered.
func (d *Desk) WithdrawObjection(ctx context.Context, cmd party.Command, id string) (answer Answer, err error) {
	lot, err := d.ObjectionFor(ctx, cmd.Actor, id)
	if err != nil {
		return Answer{}, err
	}
	return answer, d.changeFor(ctx, cmd, lot, &answer, func(t *turn) error {
		o, err := lockObjection(ctx, t.tx, id)
		if err != nil {
			return err
		}
		if !t.actor.Is(party.Bidder) || o.FiledBy != t.actor.USCC {
			return ErrNoObjection
		}
		if o.State, err = nextObjection(o.State, VerbWithdrawObjection); err != nil {
			return err
		}
		o.WithdrawnAt = &t.now
		answer = Answer{ID: o.ID, State: string(o.State), At: t.now}
		if err := updateObjection(ctx, t.tx, o); err != nil {
			return err
		}
		return t.note(VerbWithdrawObjection, map[string]any{"objection": o.ID})
	})
}
