package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/party"
)

// HallEvent is one thing that happened in a session: the host, the centre, the supervisor and the bidders of the lot are
// told all of them, and nobody else. Data holds no price: what is read out is read from the session itself.
type HallEvent struct {
	Seq   int64 // 1, 2, … for each lot, without a gap
	At    time.Time
	Kind  HallVerb
	Actor string // role, or role:统一社会信用代码
	Data  []byte // a JSON object
}

// Final tells the last event of a session. A correction of the record may follow it; the stream does not wait for one.
func (e HallEvent) Final() bool { return e.Kind == HallEnd || e.Kind == HallTerminate }

func insertHallEvents(ctx context.Context, tx pgx.Tx, lot string, events []HallEvent) error {
	for _, e := range events {
		_, err := tx.Exec(ctx, `INSERT INTO hall_event (lot, seq, at, kind, actor, data) VALUES (@lot, @seq, @at, @kind, @actor, @data)`,
			pgx.NamedArgs{"lot": lot, "seq": e.Seq, "at": e.At, "kind": e.Kind, "actor": e.Actor, "data": string(e.Data)})
		if err != nil {
			return translate(err)
		}
	}
	return nil
}

func readHallEvents(ctx context.Context, q store.Querier, lot string, after int64) ([]HallEvent, error) {
	return store.Many[HallEvent](ctx, q, `SELECT seq, at, kind, actor, data FROM hall_event WHERE lot = @lot AND seq > @after ORDER BY seq`,
		pgx.NamedArgs{"lot": lot, "after": after})
}

// HallEvents reads what has happened in a session after an event. Whether the caller may know is asked by SeesHall.
func (d *Desk) HallEvents(ctx context.Context, lot string, after int64) ([]HallEvent, error) {
	return readHallEvents(ctx, d.Pool, lot, after)
}

// SeesHall refuses everybody who has no place in a lot's session with the answer for what does not exist; before the
// opening is published that is everybody.
func (d *Desk) SeesHall(ctx context.Context, by party.Actor, lot string) error {
	l, err := d.published(ctx, lot)
	if err != nil {
		return err
	}
	return d.seesHall(ctx, by, l)
}

// seesHall: the host who runs the lot, the centre, the supervisor, and whoever bids in it, members of a consortium too. No
// committee (评标委员会) has a place here (87号令40).
func (d *Desk) seesHall(ctx context.Context, by party.Actor, l *Lot) error {
	if l.Hall == nil || l.OpenedAt == nil {
		return ErrNotFound
	}
	switch {
	case by.Is(party.Centre, party.Supervisor):
		return nil
	case by.Is(party.Beneficiary, party.Agent):
		return l.Project.runBy(by)
	case !by.Is(party.Bidder):
		return ErrNotFound
	}
	var mine bool
	err := d.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM opened_bid WHERE lot = @lot AND bidders @> jsonb_build_array(jsonb_build_object('uscc', @uscc::text)))`,
		pgx.NamedArgs{"lot": l.ID, "uscc": by.USCC}).Scan(&mine)
	if err == nil && !mine {
		err = ErrNotFound
	}
	return err
}
