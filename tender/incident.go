package tender

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// Incident is an emergency at an opening (应急事件): what happened, and what was decided of it.
type Incident struct {
	ID         string
	Lot        string
	Version    int64
	State      IncidentState
	Cause      letter.Cause
	Words      string
	ReportedBy string
	ReportedAt time.Time
	Decision   []byte // SignedData over letter.IncidentDecision
	DecidedBy  *string
	DecidedAt  *time.Time
	CheckedAt  *time.Time // of the last automatic verification
	Closing    []byte     // SignedData over letter.IncidentClosing; nil when the platform closed it by itself
	ClosedAt   *time.Time
}

// ErrIncidentNotFound is the answer for every incident that is not there or not the caller's to see.
var ErrIncidentNotFound = party.NotFound("incident.not_found", "没有找到该应急事件；请核对编号，或确认您有权查看")

// incidentTurn is one change of an incident in progress. Its lot cannot move meanwhile.
type incidentTurn struct {
	tx      pgx.Tx
	now     time.Time
	lot     *Lot
	in      *Incident
	actor   party.Actor
	events  []event
	checked bool // the row has changed, and nothing has happened that is worth an event
}

// happened notes a fact.
func (t *incidentTurn) happened(kind Verb, data any) error {
	facts, err := json.Marshal(data)
	if err != nil {
		return err
	}
	t.in.Version++
	t.events = append(t.events, event{Seq: t.in.Version, Kind: kind, At: t.now, Actor: actorOf(t.actor), Data: facts})
	return nil
}

// move makes one legal move and notes it, or refuses.
func (t *incidentTurn) move(verb Verb, data any) error {
	to, err := nextIncident(t.in.State, verb)
	if err != nil {
		return err
	}
	t.in.State = to
	return t.happened(verb, data)
}

// changeIncident is where every change of an incident begins: take the command's place, take the lot's lock, lock the
// incident, run the rule, write, keep the answer, commit. Lock order: lot, incident, guarantees by id.
func (d *Desk) changeIncident(ctx context.Context, cmd party.Command, id string, rule func(*incidentTurn) error) (Answer, error) {
	seen, err := readIncident(ctx, d.Pool, id, "")
	if err != nil {
		return Answer{}, err
	}
	var answer Answer
	err = d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, &answer)
		if err != nil || done {
			return err
		}
		t, err := d.incidentTurn(ctx, tx, cmd.Actor, seen.Lot)
		if err != nil {
			return err
		}
		if t.in, err = readIncident(ctx, tx, id, " FOR UPDATE"); err != nil {
			return err
		}
		if err := rule(t); err != nil {
			return err
		}
		if err := t.write(ctx); err != nil {
			return err
		}
		answer = t.answer()
		return d.after(ctx, tx, cmd, answer)
	})
	return answer, err
}

func (d *Desk) incidentTurn(ctx context.Context, tx pgx.Tx, actor party.Actor, lot string) (*incidentTurn, error) {
	if err := d.lockLot(ctx, tx, lot); err != nil {
		return nil, err
	}
	l, err := readLot(ctx, tx, lot)
	if err != nil {
		return nil, err
	}
	now, err := store.Now(ctx, tx)
	return &incidentTurn{tx: tx, now: now, lot: l, actor: actor}, err
}

func (t *incidentTurn) answer() Answer {
	return Answer{ID: t.in.ID, Version: t.in.Version, State: string(t.in.State)}
}

// write stores what the rule changed. A rule may call it before it ends, when what it writes next stands on it.
func (t *incidentTurn) write(ctx context.Context) error {
	if len(t.events) == 0 && !t.checked {
		return nil
	}
	in := t.in
	if _, err := t.tx.Exec(ctx, `UPDATE incident SET version = @version, state = @state, decision = @decision, decided_by = @decided_by,
		decided_at = @decided_at, checked_at = @checked_at, closing = @closing, closed_at = @closed_at WHERE id = @id`, pgx.NamedArgs{
		"id": in.ID, "version": in.Version, "state": in.State, "decision": in.Decision, "decided_by": in.DecidedBy,
		"decided_at": in.DecidedAt, "checked_at": in.CheckedAt, "closing": in.Closing, "closed_at": in.ClosedAt}); err != nil {
		return translate(err)
	}
	err := writeIncidentEvents(ctx, t.tx, in.ID, t.events)
	t.events, t.checked = nil, false
	return err
}

func writeIncidentEvents(ctx context.Context, tx pgx.Tx, id string, events []event) error {
	for _, e := range events {
		if _, err := tx.Exec(ctx, `INSERT INTO incident_event (incident, seq, kind, at, actor, data)
			VALUES (@incident, @seq, @kind, @at, @actor, @data)`, pgx.NamedArgs{
			"incident": id, "seq": e.Seq, "kind": e.Kind, "at": e.At, "actor": e.Actor, "data": string(e.Data)}); err != nil {
			return translate(err)
		}
	}
	return nil
}

const incidentColumns = `id, lot, version, state, cause, words, reported_by, reported_at, decision, decided_by, decided_at, checked_at, closing, closed_at`

func readIncident(ctx context.Context, q store.Querier, id, lock string) (*Incident, error) {
	in, err := store.One[Incident](ctx, q, ErrIncidentNotFound, `SELECT `+incidentColumns+` FROM incident WHERE id = @id`+lock, pgx.NamedArgs{"id": id})
	return &in, err
}

// openIncident is the one of a lot that waits for its decision.
func openIncident(ctx context.Context, q store.Querier, lot string) (*Incident, error) {
	in, err := store.One[Incident](ctx, q, errNoIncident, `SELECT `+incidentColumns+` FROM incident WHERE lot = @lot AND state = 'reported'`,
		pgx.NamedArgs{"lot": lot})
	return &in, err
}

var errNoIncident = party.Conflict("incident.none", "该标段没有等待认定的应急事件；请联系交易中心，由其先登记应急事件")

// pastOpening tells the states of a lot in which there may be an emergency: its deadline is over and it has not failed.
func pastOpening(s State) bool {
	return slices.Contains([]State{Closed, Opened, Awarded, Contracted, Refused}, s)
}
