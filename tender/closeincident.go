package tender

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// CloseIncident closes an accepted incident by the supervisor's signed hand, where the platform can no longer verify its
// letters by itself. One whose letters contradict what the platform has stays open: that is for people to clear up, and
// not to close. So does one of a lot that is still to be opened: only then can anything be compared.
func (d *Desk) CloseIncident(ctx context.Context, cmd party.Command, id string, p7s []byte) (Answer, error) {
	if !cmd.Actor.Is(party.Supervisor) {
		return Answer{}, ErrIncidentNotFound
	}
	var answer Answer
	if done, err := d.prior(ctx, cmd, &answer); err != nil || done {
		return answer, err
	}
	signed, err := d.supervisorSigned(cmd.Actor, "closing", p7s)
	if err != nil {
		return Answer{}, err
	}
	c, err := letter.ParseIncidentClosing(signed.Content)
	if err != nil {
		return Answer{}, refuse("closing", err)
	}
	return d.changeIncident(ctx, cmd, id, func(t *incidentTurn) error { return t.close(ctx, c, signed) })
}

func (t *incidentTurn) close(ctx context.Context, c letter.IncidentClosing, signed signing.SignedData) error {
	if err := party.ActsTx(ctx, t.tx, t.actor.USCC, party.Supervisor, signed.Signer().Fingerprint(), t.now); err != nil {
		return err
	}
	if _, err := nextIncident(t.in.State, "close"); err != nil {
		return err
	}
	if c.Incident != t.in.ID || c.Project != t.lot.Lot.Project || c.Lot != t.lot.Lot.Code {
		return party.Invalid("closing.incident", "closing.incident", "所签的应急事件或标段不是本事件；请重新读取本事件后再签名")
	}
	if c.At.Before(t.in.DecidedAt.Add(-paperFresh)) || c.At.After(t.now.Add(paperFresh)) {
		return party.Invalid("closing.at", "closing.at", "所签的时间早于认定或晚于现在；请校准时钟后重新签名")
	}
	if t.lot.OpenedAt == nil && t.lot.State != Failed {
		return party.Conflict("incident.not_opened", "标段尚未开标，保函还没有复核，不能结案；请先开标，系统会自动复核")
	}
	var alarm bool
	if err := t.tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM accepted_letter WHERE incident = @id AND state = 'contradicted')`,
		pgx.NamedArgs{"id": t.in.ID}).Scan(&alarm); err != nil {
		return err
	}
	if alarm {
		return party.Conflict("incident.contradicted", "本事件中有保函的副本与平台数据不一致，不能结案；请先查明原因，线索见本事件的记录")
	}
	t.in.Closing, t.in.ClosedAt = signed.Raw, &t.now
	return t.move("close", map[string]string{"reason": c.Reason})
}
