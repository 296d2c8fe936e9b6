package tender

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
)

// ReportIncident takes the centre's report of an emergency at a lot that is closed or opened: its cause and what
// happened. One waits for its decision at a time.
func (d *Desk) ReportIncident(ctx context.Context, cmd party.Command, lot string, cause letter.Cause, words string) (answer Answer, err error) {
	if err := checkReport(cmd.Actor, cause, words); err != nil {
		return Answer{}, err
	}
	err = d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, &answer)
		if err != nil || done {
			return err
		}
		t, err := d.incidentTurn(ctx, tx, cmd.Actor, lot)
		if err != nil {
			return err
		}
		if err := t.report(ctx, cause, words); err != nil {
			return err
		}
		answer = t.answer()
		return d.after(ctx, tx, cmd, answer)
	})
	return answer, err
}

func checkReport(by party.Actor, cause letter.Cause, words string) error {
	switch {
	case !by.Is(party.Centre):
		return ErrNotFound
	case cause.Check() != nil:
		return refuse("incident", cause.Check())
	case !validText(words, 5, 2000):
		return party.Invalid("incident.words", "words", "请用 5 至 2000 个字写明何时发生了什么、已查明的原因；不得含换行和不可见字符")
	}
	return nil
}

func (t *incidentTurn) report(ctx context.Context, cause letter.Cause, words string) error {
	switch s := t.lot.State; {
	case s == Draft:
		return ErrNotFound
	case s == Published:
		return party.TooEarly("incident.before_deadline", "投标截止前不能登记应急事件；截止后系统自动截标，届时再登记")
	case !pastOpening(s):
		return party.Conflict("incident.lot_failed", "该标段开标失败，不再开标，没有需要应急认定的保函")
	}
	t.in = &Incident{ID: newID(), Lot: t.lot.ID, State: IncidentReported, Cause: cause, Words: words, ReportedBy: t.actor.USCC, ReportedAt: t.now}
	if err := t.happened("report", map[string]letter.Cause{"cause": cause}); err != nil {
		return err
	}
	if _, err := t.tx.Exec(ctx, `INSERT INTO incident (id, lot, version, state, cause, words, reported_by, reported_at)
		VALUES (@id, @lot, @version, @state, @cause, @words, @by, @at)`, pgx.NamedArgs{"id": t.in.ID, "lot": t.in.Lot, "version": t.in.Version,
		"state": t.in.State, "cause": cause, "words": words, "by": t.in.ReportedBy, "at": t.now}); err != nil {
		return translate(err)
	}
	return writeIncidentEvents(ctx, t.tx, t.in.ID, t.events)
}

var errDecided = party.Conflict("incident.decided", "该应急事件已有认定或已撤销，不能再补充；如有新情况，请由交易中心另行登记")

// WithdrawIncident takes a report back, by who made it, as long as nobody has decided.
func (d *Desk) WithdrawIncident(ctx context.Context, cmd party.Command, id string) (Answer, error) {
	if !cmd.Actor.Is(party.Centre) {
		return Answer{}, ErrIncidentNotFound
	}
	return d.changeIncident(ctx, cmd, id, func(t *incidentTurn) error {
		if t.in.ReportedBy != t.actor.USCC {
			return ErrIncidentNotFound
		}
		return t.move("withdraw", none{})
	})
}
