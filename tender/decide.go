package tender

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// paperFresh is by how much a supervisor's clock may run ahead of ours.
const paperFresh = 5 * time.Minute

// DecideIncident takes the supervisor's signed decision: these letters, by these copies, on this evidence, count or do
// not count (酒泉, 苍南 and other centres: the opening goes on when the supervisor confirms). Nobody at the centre or the
// platform can accept anything alone. In one transaction the incident moves, and every letter whose row was missing is
// disclosed from its copy; what the opening published stays as it is, and the acceptance stands beside it.
func (d *Desk) DecideIncident(ctx context.Context, cmd party.Command, id string, p7s []byte) (answer Answer, err error) {
	if !cmd.Actor.Is(party.Supervisor) {
		return Answer{}, ErrIncidentNotFound
	}
	if done, err := d.prior(ctx, cmd, &answer); err != nil || done {
		return answer, err
	}
	signed, err := d.supervisorSigned(cmd.Actor, "decision", p7s)
	if err != nil {
		return Answer{}, err
	}
	dec, err := letter.ParseIncidentDecision(signed.Content)
	if err != nil {
		return Answer{}, refuse("decision", err)
	}
	for {
		v, err := d.verdict(ctx, id, dec, signed)
		if err != nil {
			return Answer{}, err
		}
		if err := d.SignSheet(ctx, v.lot); err != nil {
			return Answer{}, err
		}
		answer, err = d.changeIncident(ctx, cmd, id, func(t *incidentTurn) error { return v.decide(ctx, t) })
		if errors.Is(err, errOpenedMeanwhile) || errors.Is(err, ErrSheetUnsigned) && ctx.Err() == nil {
			continue
		}
		if err == nil {
			d.signedAfterwards(ctx, v.lot)
		}
		return answer, err
	}
}

// errOpenedMeanwhile says that the lines were written while the lot's bids were sealed, and they no longer are. It
// happens once in the life of a lot.
var errOpenedMeanwhile = errors.New("tender: the lot was opened meanwhile")

// supervisorSigned believes a paper that the caller's own organisation signed. That its certificate acts for the
// supervisor is asked under the lock.
func (d *Desk) supervisorSigned(by party.Actor, field string, p7s []byte) (signing.SignedData, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err == nil {
		err = signed.Verify(d.Trust, d.Clock.Now())
	}
	if err != nil {
		return signed, refuse(field, err)
	}
	if signed.Signer().Subject().OrganizationID != by.USCC {
		return signed, party.Invalid(field+".signer", field, "签名证书不是本单位的证书；请插入本单位（行政监督部门）的证书重新签名")
	}
	return signed, nil
}

// verdict is a decision with what it rests on, read before its transaction.
type verdict struct {
	desk   *Desk
	dec    letter.IncidentDecision
	signed signing.SignedData
	lot    string
	opened bool // whether the lot was, when the lines were written
	copies map[string]*copied
}

func (d *Desk) verdict(ctx context.Context, id string, dec letter.IncidentDecision, signed signing.SignedData) (verdict, error) {
	v := verdict{desk: d, dec: dec, signed: signed}
	in, err := readIncident(ctx, d.Pool, id, "")
	if err != nil {
		return v, err
	}
	l, err := readLot(ctx, d.Pool, in.Lot)
	if err != nil {
		return v, err
	}
	ids := make([]string, len(dec.Letters))
	for i, x := range dec.Letters {
		ids[i] = x.ID
	}
	v.lot, v.opened = l.ID, l.OpenedAt != nil
	v.copies, err = d.copiesOf(ctx, l, id, ids)
	return v, err
}

// decide is the rule, under the locks of the lot and of the incident.
func (v verdict) decide(ctx context.Context, t *incidentTurn) error {
	by := v.signed.Signer()
	if err := party.ActsTx(ctx, t.tx, t.actor.USCC, party.Supervisor, by.Fingerprint(), t.now); err != nil {
		return err
	}
	verb := Verb(v.dec.Decision)
	if _, err := nextIncident(t.in.State, verb); err != nil {
		return err
	}
	if err := v.about(ctx, t); err != nil {
		return err
	}
	t.in.Decision, t.in.DecidedBy, t.in.DecidedAt = v.signed.Raw, &t.actor.USCC, &t.now
	if err := t.move(verb, map[string]any{"letters": v.dec.Letters, "words": v.dec.Words}); err != nil || v.dec.Decision == letter.DecisionDismiss {
		return err
	}
	if v.opened != (t.lot.OpenedAt != nil) {
		return errOpenedMeanwhile
	}
	if err := t.write(ctx); err != nil {
		return err
	}
	for _, x := range v.dec.Letters { // in the order of their ids, as guarantees are locked
		if err := v.desk.acceptLetter(ctx, t, v.copies[x.ID]); err != nil {
			return err
		}
	}
	return v.desk.afterEmergencyTx(ctx, t.tx, t.lot, "行政监督部门凭投标人自存副本签名认可了未能解封的保函（应急事件 "+t.in.ID+"）")
}

// about holds the paper against the incident as it stands: whoever signs has seen all of it, and no other.
func (v verdict) about(ctx context.Context, t *incidentTurn) error {
	evidence, err := evidenceOf(ctx, t.tx, t.in.ID)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		ok           bool
		field, words string
	}{
		{v.dec.Incident == t.in.ID, "incident", "所签的应急事件编号不是本事件"},
		{v.dec.Project == t.lot.Lot.Project && v.dec.Lot == t.lot.Lot.Code, "lot", "所签的项目或标段编号与本事件不符"},
		{v.dec.Cause == t.in.Cause, "cause", "所签的应急情形与登记的不符"},
		{slices.Equal(v.dec.Evidence, evidence), "evidence", "所签的证据与本事件现有的证据不一致（可能又有补充）"},
		{!v.dec.At.Before(t.in.ReportedAt.Add(-paperFresh)) && !v.dec.At.After(t.now.Add(paperFresh)), "at", "所签的时间早于应急事件登记或晚于现在；请校准时钟"},
	} {
		if !c.ok {
			return party.Invalid("decision."+c.field, "decision."+c.field, c.words+"；请重新读取本事件后再签名")
		}
	}
	for _, x := range v.dec.Letters {
		if c := v.copies[x.ID]; c == nil || c.digest != x.File {
			return party.Invalid("decision.letters", "decision.letters", "所签的保函中有未经投标人出示的副本，或副本不是所出示的那一份；请重新读取本事件后再签名")
		}
	}
	return nil
}

// acceptLetter enters one letter as accepted, and discloses its row if that was missing.
func (d *Desk) acceptLetter(ctx context.Context, t *incidentTurn, c *copied) error {
	moved, err := d.moveRow(ctx, t, c)
	if err != nil {
		return err
	}
	lines, err := json.Marshal(c.lines)
	if err != nil {
		return err
	}
	_, err = t.tx.Exec(ctx, `INSERT INTO accepted_letter (lot, letter, incident, state, moved, result, lines, why)
		VALUES (@lot, @letter, @incident, 'accepted', @moved, @result, @lines, @why)`, pgx.NamedArgs{"lot": t.lot.ID, "letter": c.id,
		"incident": t.in.ID, "moved": moved, "result": result(c.lines), "lines": string(lines), "why": accepted(t.lot, c, moved)})
	return translate(err)
}

// moveRow discloses a letter's row from its copy where the opening missed it. In a lot that is not opened nothing is
// missed and no bid is public, so its rows stay sealed.
func (d *Desk) moveRow(ctx context.Context, t *incidentTurn, c *copied) (moved bool, err error) {
	var named bool
	if err := t.tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM opened_bid WHERE lot = @lot AND letter = @letter)`,
		pgx.NamedArgs{"lot": t.lot.ID, "letter": c.id}).Scan(&named); err != nil {
		return false, err
	}
	return d.Guarantees.AcceptTx(ctx, t.tx, guarantee.Accepting{Incident: t.in.ID, File: c.file, Lines: c.lines, Named: named,
		Extended: t.lot.endOf(c.file.Reveal, c.file.Undertaking.LatestExpiry)})
}

// accepted says in words what the acceptance did, and what comes next.
func accepted(l *Lot, c *copied, moved bool) string {
	switch {
	case moved:
		return "平台登记已按副本改为应急接受，等待自动复核"
	case l.OpenedAt == nil:
		return "标段尚未开标，平台登记不变；开标后自动复核"
	case c.row == nil:
		return "平台没有这份保函的登记，只在本应急事件中认可；登记恢复后自动复核"
	}
	return "平台登记不变，等待自动复核"
}

// evidenceOf are the digests of an incident's evidence, ascending.
func evidenceOf(ctx context.Context, q store.Querier, incident string) ([]signing.Digest, error) {
	rows, err := q.Query(ctx, `SELECT digest FROM incident_evidence WHERE incident = @id ORDER BY digest`, pgx.NamedArgs{"id": incident})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (d signing.Digest, err error) {
		var b []byte
		err = r.Scan(&b)
		copy(d[:], b)
		return d, err
	})
}
