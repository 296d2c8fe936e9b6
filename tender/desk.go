package tender

import (
	"context"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/internal/clock"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/tender/custody"
)

// Market is what this room must know of the institutions, as values.
type Market interface {
	// Product finds what an institution offers in public under a wording and a mode.
	Product(ctx context.Context, guarantor string, wording letter.WordingRef, mode letter.Mode) (guarantee.Guarantor, error)
	// Licensed tells whether the institution's licence, at that instant, allows letters of this form.
	Licensed(ctx context.Context, guarantor string, form letter.Form, at time.Time) (bool, error)
}

// Config is what a desk stands on. What may be left out says so.
type Config struct {
	Pool          *pgxpool.Pool
	Clock         clock.Clock
	Once          *party.Once
	Guarantees    *guarantee.Desk
	Tags          guarantee.Tags // of kind "bid"
	Calendar      *calendar.Calendar
	Platform      signing.Signer // signs the receipts of bids
	PlatformChain []signing.Certificate
	Centre        signing.Signer // signs closings; in production the trading centre's own HSM
	CentreChain   []signing.Certificate
	Supervisor    string // 统一社会信用代码 of who signs a postponement beside the centre; empty: nothing is postponed
	Trust         *signing.Trust
	Custodians    [3]custody.Custodian
	Market        Market
	Files         *blobs.Store       // keeps the evidence of incidents
	Openings      Openings           // nil: the sweeper finds what is due
	Log           *slog.Logger       // nil: the program's own
	Forms         FormKey            // seals what bidders decrypt at a remote opening; without it no lot is published for one
	Outage        time.Duration      // silence of the platform that extends a running window; 0 = 10 s
	At            func(point string) // tests alone: called after each committed step of an opening, by its name in OpeningPoints
}

// Desk does the verbs of projects, lots and bids.
type Desk struct{ Config }

// NewDesk returns the desk over c.
func NewDesk(c Config) *Desk { return &Desk{c} }

// turn is one change of a lot in progress: the locked row and what has happened to it in this transaction.
type turn struct {
	tx     pgx.Tx
	now    time.Time // platform_now(), read under the lock
	lot    *Lot
	actor  party.Actor
	events []event
}

// event is one public fact about a lot.
type event struct {
	Seq   int64
	Kind  Verb
	At    time.Time
	Actor string
	Data  []byte
	leaf  tlog.Leaf // every fact of a lot stands in the transparency log; those of an incident do not
}

// move makes one legal move and notes it, or refuses.
func (t *turn) move(verb Verb, data any) error {
	to, err := next(t.lot.State, verb)
	if err != nil {
		return err
	}
	t.lot.State = to
	return t.note(verb, data)
}

// note appends a public fact that moves nothing: what happened beside the lot, to an objection.
func (t *turn) note(verb Verb, data any) error {
	facts, err := json.Marshal(data)
	if err != nil {
		return err
	}
	t.lot.Version++
	e := event{Seq: t.lot.Version, Kind: verb, At: t.now, Actor: actorOf(t.actor), Data: facts}
	if e.leaf, err = e.fact(t.lot.ID).Leaf(); err != nil {
		return err
	}
	t.events = append(t.events, e)
	return nil
}

func actorOf(a party.Actor) string {
	if a.USCC == "" {
		return string(a.Role)
	}
	return string(a.Role) + ":" + a.USCC
}

// none is the data of an event that says all by its kind.
type none struct{}

func (d *Desk) within(ctx context.Context, work func(pgx.Tx) error) error {
	return store.Within(ctx, d.Pool, work)
}

// change is where every change of a lot's row begins: take the command's place, take the lot's lock for itself,
// run the rule, append the events, write the row, keep the answer, commit. A crash before the commit means that
// nothing happened.
func (d *Desk) change(ctx context.Context, cmd party.Command, id string, rule func(*turn) error) (answer Answer, err error) {
	return answer, d.changeFor(ctx, cmd, id, &answer, func(t *turn) error {
		if err := rule(t); err != nil {
			return err
		}
		answer = Answer{ID: t.lot.ID, Version: t.lot.Version, State: string(t.lot.State)}
		return nil
	})
}

// changeFor is change for verbs that answer about something else than the lot: the rule writes the answer.
func (d *Desk) changeFor(ctx context.Context, cmd party.Command, id string, answer any, rule func(*turn) error) error {
	return d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, answer)
		if err != nil || done {
			return err
		}
		if err := d.lockLot(ctx, tx, id); err != nil {
			return err
		}
		t, err := d.turn(ctx, tx, cmd.Actor, id)
		if err != nil {
			return err
		}
		if err := rule(t); err != nil {
			return err
		}
		if err := t.write(ctx); err != nil {
			return err
		}
		return d.after(ctx, tx, cmd, answer)
	})
}

func (d *Desk) turn(ctx context.Context, tx pgx.Tx, actor party.Actor, id string) (*turn, error) {
	l, err := lockLotRow(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	now, err := store.Now(ctx, tx)
	return &turn{tx: tx, now: now, lot: l, actor: actor}, err
}

// write stores what the rule changed; a rule that changed nothing writes nothing. A rule may call it before it ends, when
// what it writes next stands on it.
func (t *turn) write(ctx context.Context) error {
	if len(t.events) == 0 {
		return nil
	}
	if err := writeEvents(ctx, t.tx, t.lot.ID, t.events); err != nil {
		return err
	}
	update := updateLot
	if t.lot.State == Draft {
		update = updateDraft
	}
	if err := update(ctx, t.tx, t.lot); err != nil {
		return err
	}
	if err := t.tell(ctx); err != nil {
		return err
	}
	t.events = nil
	return nil
}

// Answer is what a verb says: the object and where it stands after it. The same command gets the same answer
// for ever.
type Answer struct {
	ID      string `json:"id"`
	Version int64  `json:"version,omitzero"`
	State   string `json:"state"`
	Receipt []byte `json:"receipt,omitzero"` // the platform's signed receipt of a bid, or of its withdrawal
	// At is when a bid was withdrawn, as its receipt says.
	At time.Time `json:"at,omitzero"`
}

// before takes the command's place, or reads the answer it was given. The clock's own acts carry no key: their
// rules do nothing when there is nothing to do.
func (d *Desk) before(ctx context.Context, tx pgx.Tx, cmd party.Command, answer any) (done bool, err error) {
	if cmd.Actor.IsSystem() {
		return false, nil
	}
	prior, done, err := d.Once.BeginTx(ctx, tx, cmd)
	if err != nil || !done {
		return false, err
	}
	return true, json.Unmarshal(prior, answer)
}

// prior reads the answer that a command was given before, for verbs that check and encrypt before their
// transaction: a retry after the deadline still hears that it was in time.
func (d *Desk) prior(ctx context.Context, cmd party.Command, answer any) (done bool, err error) {
	if cmd.Actor.IsSystem() {
		return false, nil
	}
	prior, done, err := d.Once.Prior(ctx, d.Pool, cmd)
	if err != nil || !done {
		return false, err
	}
	return true, json.Unmarshal(prior, answer)
}

func (d *Desk) after(ctx context.Context, tx pgx.Tx, cmd party.Command, answer any) error {
	if cmd.Actor.IsSystem() {
		return nil
	}
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return d.Once.AnswerTx(ctx, tx, cmd, b)
}
