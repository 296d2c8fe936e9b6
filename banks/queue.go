package banks

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/party"
	"baohan/signing"
)

// Message is one thing an institution is owed.
type Message struct {
	Guarantor string // USCC
	Guarantee string // its id, which is the application's
	Kind      wire.Kind
	At        time.Time // of the fact
	Body      any       // one of package wire's …Body types, with the facts; Papers fills the rest in when it is sent
}

// EnqueueTx puts messages into the queue in the caller's transaction, which holds the rows of their guarantees: a
// message's place in the order is the fact's. Nothing is ever sent of a transaction that rolled back. It returns the
// messages' ids.
func (d *Desk) EnqueueTx(ctx context.Context, tx pgx.Tx, all ...Message) ([]string, error) {
	seqs, err := lastSeqs(ctx, tx, all)
	if err != nil {
		return nil, err
	}
	ids, rows := make([]string, len(all)), make([]delivery, len(all))
	for i, m := range all {
		seqs[m.Guarantee]++
		if rows[i], err = m.delivery(seqs[m.Guarantee]); err != nil {
			return nil, err
		}
		ids[i] = rows[i].ID
	}
	return ids, insertDeliveries(ctx, tx, rows)
}

// delivery is the message as it waits: its bytes, but for the papers that are filled in when it is sent.
func (m Message) delivery(seq int64) (delivery, error) {
	body, err := wire.Write(m.Body)
	if err != nil {
		return delivery{}, fmt.Errorf("banks: body of %s: %w", m.Kind, err)
	}
	out := wire.ToIssuer{Message: hex.EncodeToString(signing.Random(16)), Kind: m.Kind, Guarantee: m.Guarantee,
		Seq: seq, At: m.At.In(calendar.Shanghai), Body: jsontext.Value(body)}
	raw, err := wire.Write(out)
	if err != nil {
		return delivery{}, fmt.Errorf("banks: message %s: %w", m.Kind, err)
	}
	return delivery{ID: out.Message, Guarantor: m.Guarantor, Guarantee: m.Guarantee, Seq: seq, Kind: m.Kind, At: m.At, Body: raw}, nil
}

// Due lists up to limit guarantees whose next message may be sent now. Whoever delivers needs nothing else: if
// every job is lost, the queue is found again here.
func (d *Desk) Due(ctx context.Context, limit int) ([]string, error) {
	return dueGuarantees(ctx, d.Pool, limit)
}

// DeadLetters lists what was given up, oldest first. The messages behind one wait for it.
func (d *Desk) DeadLetters(ctx context.Context) ([]wire.Delivery, error) {
	return listDead(ctx, d.Pool)
}

// Retry puts a dead letter back at the head of its guarantee's queue, by hand, and returns the guarantee. The same
// command does it once, however often it comes: the letter may have died again since, and that is for people to see.
func (d *Desk) Retry(ctx context.Context, cmd party.Command, id string) (guarantee string, err error) {
	if d.Once == nil {
		return "", errors.New("banks: Retry needs Once")
	}
	err = d.change(ctx, func(tx pgx.Tx) error {
		prior, done, err := d.Once.BeginTx(ctx, tx, cmd)
		if err != nil || done {
			guarantee = string(prior)
			return err
		}
		if guarantee, err = reviveDead(ctx, tx, id); err != nil {
			return err
		}
		return d.Once.AnswerTx(ctx, tx, cmd, []byte(guarantee))
	})
	return guarantee, err
}
