package tender

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/party"
	"baohan/signing"
)

// hallTurn is one change of a session in progress: the lot's turn, the locked session, and what has happened to it.
type hallTurn struct {
	*turn
	desk    *Desk
	s       *Session
	events  []HallEvent
	changed bool // the session's row
	at      time.Time
	seq     int64 // of the last event that the rule noted
}

// HallAnswer is what a verb of a session says: where the session stands after it, and the event that it made. The same
// command gets the same answer for ever.
type HallAnswer struct {
	Lot     string    `json:"lot"`
	Stage   HallStage `json:"stage"`
	Version int64     `json:"version"`
	Seq     int64     `json:"seq"` // of the event; 0 when there was nothing left to do
	At      time.Time `json:"at"`
}

// move makes one legal move of the session and notes it, or refuses.
func (h *hallTurn) move(verb HallVerb, data map[string]any) error {
	if err := h.s.apply(verb, h.now, *h.lot.Hall); err != nil {
		return err
	}
	if h.s.Deadline != nil {
		data = with(data, "until", *h.s.Deadline)
	}
	return h.note(verb, data)
}

func with(data map[string]any, name string, value any) map[string]any {
	if data == nil {
		data = map[string]any{}
	}
	data[name] = value
	return data
}

// note writes down what happened, whether or not it moves the session.
func (h *hallTurn) note(verb HallVerb, data map[string]any) error {
	if data == nil {
		data = map[string]any{}
	}
	facts, err := json.Marshal(data, json.Deterministic(true))
	if err != nil {
		return err
	}
	h.s.Version++
	h.seq, h.changed = h.s.Version, true
	h.events = append(h.events, HallEvent{Seq: h.s.Version, At: h.now, Kind: verb, Actor: actorOf(h.actor), Data: facts})
	return nil
}

// count notes something that counts: it is a fact of the lot too, and a leaf of the transparency log.
func (h *hallTurn) count(verb HallVerb, kind Verb, data map[string]any) error {
	if err := h.note(verb, data); err != nil {
		return err
	}
	return h.fact(kind, data)
}

// fact notes something that happened to a lot and moves it nowhere.
func (t *turn) fact(kind Verb, data any) error {
	facts, err := json.Marshal(data, json.Deterministic(true))
	if err != nil {
		return err
	}
	t.lot.Version++
	e := event{Seq: t.lot.Version, Kind: kind, At: t.now, Actor: actorOf(t.actor), Data: facts}
	if e.leaf, err = e.fact(t.lot.ID).Leaf(); err != nil {
		return err
	}
	t.events = append(t.events, e)
	return nil
}

// The facts of a lot that a session makes.
const (
	FactHallBegun      Verb = "hall_begun"
	FactHallRead       Verb = "hall_read"
	FactHallAttributed Verb = "hall_attributed"
	FactHallRecord     Verb = "hall_record"
	FactHallEnded      Verb = "hall_ended"
)

// write stores what the rule changed so far. A rule may call it before it ends, when what it writes next stands on it.
func (h *hallTurn) write(ctx context.Context) error {
	if !h.changed {
		return nil
	}
	if err := updateSession(ctx, h.tx, h.s); err != nil {
		return err
	}
	if err := insertHallEvents(ctx, h.tx, h.s.Lot, h.events); err != nil {
		return err
	}
	h.events, h.changed = nil, false
	return nil
}

// errSilent: the platform gave no sign of life for so long that windows have to be extended first.
var errSilent = errors.New("tender: the platform was silent; running windows are extended first")

// refusal is a refusal that is kept: what it writes is written in a transaction of its own, since the refused one wrote
// nothing. A crash between the two loses the note of something that did not happen; whoever asks again is refused again.
type refusal struct {
	because error
	keep    func(ctx context.Context, h *hallTurn) error
}

func (r *refusal) Error() string { return r.because.Error() }
func (r *refusal) Unwrap() error { return r.because }

// changeHall is where every change of a session begins: look whether the platform was silent, take the command's place,
// take the lot's lock, lock the session, let the clock do what it owes, run the rule, write, keep the answer, commit.
// Lock order: heartbeat, lot, session, guarantees by id.
func (d *Desk) changeHall(ctx context.Context, cmd party.Command, lot, point string, rule func(context.Context, *hallTurn) error) (answer HallAnswer, err error) {
	for range 3 {
		if err = d.Beat(ctx); err != nil {
			return HallAnswer{}, err
		}
		if answer, err = d.tryHall(ctx, cmd, lot, rule); !errors.Is(err, errSilent) {
			break
		}
	}
	var r *refusal
	switch {
	case err == nil:
		d.at(point)
	case errors.As(err, &r):
		if _, kept := d.tryHall(ctx, party.Command{Actor: party.System()}, lot, func(ctx context.Context, h *hallTurn) error {
			h.actor = cmd.Actor
			return r.keep(ctx, h)
		}); kept != nil {
			return HallAnswer{}, kept
		}
		return HallAnswer{}, r.because
	}
	return answer, err
}

func (d *Desk) tryHall(ctx context.Context, cmd party.Command, lot string, rule func(context.Context, *hallTurn) error) (answer HallAnswer, err error) {
	err = d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, &answer)
		if err != nil || done {
			return err
		}
		h, err := d.hallTurn(ctx, tx, cmd.Actor, lot)
		if err != nil {
			return err
		}
		if err := h.settle(ctx); err != nil {
			return err
		}
		h.seq = 0
		if err := rule(ctx, h); err != nil {
			return err
		}
		seq := h.seq
		if err := h.settle(ctx); err != nil {
			return err
		}
		if err := h.write(ctx); err != nil {
			return err
		}
		if err := h.turn.write(ctx); err != nil {
			return err
		}
		answer = HallAnswer{Lot: lot, Stage: h.s.Stage, Version: h.s.Version, Seq: seq, At: h.at}
		return d.after(ctx, tx, cmd, answer)
	})
	return answer, err
}

// hallTurn takes the locks and refuses to decide anything when nobody can say that the platform was there all the time.
func (d *Desk) hallTurn(ctx context.Context, tx pgx.Tx, actor party.Actor, lot string) (*hallTurn, error) {
	if err := d.lockLot(ctx, tx, lot); err != nil {
		return nil, err
	}
	t, err := d.turn(ctx, tx, actor, lot)
	if err != nil {
		return nil, err
	}
	s, err := readSession(ctx, tx, lot, " FOR UPDATE")
	if err != nil {
		return nil, err
	}
	if s.Deadline != nil {
		gap, err := silence(ctx, tx, "")
		if err != nil {
			return nil, err
		}
		if gap > d.outage() {
			return nil, errSilent
		}
	}
	return &hallTurn{turn: t, desk: d, s: s, at: t.now}, nil
}

// settle lets the clock do what it owes.
func (h *hallTurn) settle(ctx context.Context) error {
	for {
		waiting, signed, all, err := h.owed(ctx)
		if err != nil {
			return err
		}
		verb := dueOf(h.s, h.now, waiting, signed, all)
		if verb == "" {
			return nil
		}
		by := h.actor
		h.actor = party.System()
		if verb == HallEnd {
			err = h.end(ctx)
		} else {
			err = h.move(verb, map[string]any{"early": h.s.in(HallDecrypting, h.now), "waiting": waiting})
		}
		h.actor = by
		if err != nil {
			return err
		}
		if err := h.write(ctx); err != nil {
			return err
		}
	}
}

// owed counts what dueOf has to know. What the rule has noted is written first: the counts are of rows.
func (h *hallTurn) owed(ctx context.Context) (waiting int, signed, all bool, err error) {
	if err := h.write(ctx); err != nil {
		return 0, false, false, err
	}
	if h.s.Stage == HallDecrypting {
		err = h.tx.QueryRow(ctx, `SELECT count(*) FROM hall_bid WHERE lot = @lot AND state = 'waiting'`, pgx.NamedArgs{"lot": h.s.Lot}).Scan(&waiting)
	}
	if h.s.Stage == HallSigning {
		signed, all, err = h.signatures(ctx)
	}
	return waiting, signed, all, err
}

// Settle lets the clock do what it owes a session, and nothing else.
func (d *Desk) Settle(ctx context.Context, lot string) error {
	_, err := d.changeHall(ctx, party.Command{Actor: party.System()}, lot, "hall_settled", func(context.Context, *hallTurn) error { return nil })
	return err
}

// digestOf is over the canonical form of a value.
func digestOf(tag string, v any) (signing.Digest, error) {
	b, err := canonical(v)
	return signing.TaggedSum(tag, b), err
}
