package guarantee

import (
	"context"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/guarantee/calendar"
	"baohan/internal/blobs"
	"baohan/internal/clock"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/translog"
)

// Config is what a desk stands on. Every field is needed, but for those that say what their absence means.
type Config struct {
	Pool          *pgxpool.Pool
	Clock         clock.Clock
	Outbox        Outbox
	Once          *party.Once
	Tags          Tags
	Calendar      *calendar.Calendar // of its own: RefreshCalendar replaces its table
	Platform      signing.Signer     // signs receipts
	PlatformChain []signing.Certificate
	Trust         *signing.Trust
	Log           *translog.Log // proves what was accepted; its leaves are written with the facts
	Files         *blobs.Store  // keeps the documents of demands
	FeeWithin     time.Duration // how long an approved application waits for its fee; 0 = 24 h

	// TwoPeople tells whether an institution asks that another person issues than decides. Nil: none does.
	TwoPeople func(ctx context.Context, q store.Querier, guarantor string) (bool, error)
}

// Desk does the verbs of guarantees.
type Desk struct {
	Config

	calendarMu    sync.Mutex
	calendarStamp string // of the table of public holidays that Calendar holds; see RefreshCalendar
}

// NewDesk returns the desk over c.
func NewDesk(c Config) *Desk {
	if c.FeeWithin == 0 {
		c.FeeWithin = 24 * time.Hour
	}
	return &Desk{Config: c}
}

// Answer is what a verb says: the guarantee's states after it. The same command gets the same answer for ever.
type Answer struct {
	ID           string `json:"id"`
	Version      int64  `json:"version"`
	Application  State  `json:"application"`
	Fee          State  `json:"fee"`
	Instrument   State  `json:"instrument"`
	Disclosure   State  `json:"disclosure"`
	Verification State  `json:"verification"`
	Release      State  `json:"release"`
	Demand       string `json:"demand,omitzero"`       // the demand the verb was about
	DemandState  State  `json:"demand_state,omitzero"` //
	Receipt      []byte `json:"receipt,omitzero"`      // the platform's signed receipt, from the issue on
	Amended      []byte `json:"amended,omitzero"`      // its receipt for the amendment that the verb was about
}

// turn is one change in progress: the locked row and what has happened to it in this transaction.
type turn struct {
	tx     pgx.Tx
	now    time.Time // platform_now(), read under the lock
	g      *Guarantee
	actor  party.Actor
	events []Event
	demand *Demand // the demand that the verb is about, if any
	kept   *issued // the letter that the verb puts in force, if any

	amended []byte // receipt of the amendment that the verb accepted, if any
}

// happened appends a fact. Its sequence number continues the row's version.
func (t *turn) happened(kind EventKind, data any) {
	e := Event{Guarantee: t.g.ID, Seq: t.g.Version + 1, Kind: kind, At: t.now, Actor: actorOf(t.actor), Data: facts(data), Guarantor: t.g.Guarantor}
	if t.demand != nil {
		e.Demand = t.demand.ID
	}
	t.g.Version++
	t.events = append(t.events, e)
}

// actorOf names who acted: a bidder only by its role, because its name beside a guarantee is what is kept secret.
func actorOf(a party.Actor) string {
	if a.Role == party.Bidder || a.USCC == "" {
		return string(a.Role)
	}
	return string(a.Role) + ":" + a.USCC
}

// change is where every transaction on an existing guarantee begins: take the command's place, lock the row, run
// the rule, append the events, write the row, hand the facts over, keep the answer, commit. A crash anywhere before
// the commit means that nothing happened.
func (d *Desk) change(ctx context.Context, cmd party.Command, id string, rule func(context.Context, *turn) error) (Answer, error) {
	var answer Answer
	err := d.within(ctx, func(tx pgx.Tx) error {
		if prior, done, err := d.begin(ctx, tx, cmd); err != nil || done {
			answer = prior
			return err
		}
		t, err := lock(ctx, tx, id, cmd.Actor)
		if err != nil {
			return err
		}
		if err := rule(ctx, t); err != nil {
			return err
		}
		answer, err = d.finish(ctx, cmd, t)
		return err
	})
	return answer, err
}

func (d *Desk) within(ctx context.Context, fn func(pgx.Tx) error) error {
	return store.Within(ctx, d.Pool, fn)
}

// begin answers a command that was answered before. The clock's own acts carry no key: their rules are idempotent.
func (d *Desk) begin(ctx context.Context, tx pgx.Tx, cmd party.Command) (Answer, bool, error) {
	if cmd.Actor.IsSystem() {
		return Answer{}, false, nil
	}
	prior, done, err := d.Once.BeginTx(ctx, tx, cmd)
	if err != nil || !done {
		return Answer{}, false, err
	}
	var a Answer
	return a, true, json.Unmarshal(prior, &a)
}

// finish writes what the rule changed. Nothing is written, and no event published, by a rule that changed nothing.
func (d *Desk) finish(ctx context.Context, cmd party.Command, t *turn) (Answer, error) {
	if len(t.events) > 0 {
		if err := t.write(ctx); err != nil {
			return Answer{}, err
		}
		if err := d.Outbox.PublishTx(ctx, t.tx, t.events); err != nil {
			return Answer{}, err
		}
	}
	return d.keep(ctx, t.tx, cmd, t.answer())
}

func (d *Desk) keep(ctx context.Context, tx pgx.Tx, cmd party.Command, a Answer) (Answer, error) {
	if cmd.Actor.IsSystem() {
		return a, nil
	}
	b, err := json.Marshal(a)
	if err != nil {
		return Answer{}, err
	}
	return a, d.Once.AnswerTx(ctx, tx, cmd, b)
}

func (t *turn) answer() Answer {
	g := t.g
	a := Answer{ID: g.ID, Version: g.Version, Application: g.ApplicationState, Fee: g.FeeState, Instrument: g.InstrumentState,
		Disclosure: g.DisclosureState, Verification: g.VerificationState, Release: g.ReleaseState, Receipt: g.Receipt, Amended: t.amended}
	if t.demand != nil {
		a.Demand, a.DemandState = t.demand.ID, t.demand.State
	}
	return a
}

// lock takes the row. Whoever waits here sees what the one before it committed.
func lock(ctx context.Context, tx pgx.Tx, id string, actor party.Actor) (*turn, error) {
	g, err := lockGuarantee(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	return &turn{tx: tx, now: now, g: g, actor: actor}, nil
}
