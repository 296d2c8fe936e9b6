package tender

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// PreviewRecord is what MakeRecord would put on record now, for the host to read first. It writes nothing, and what comes
// in until the record is made is in the record alone.
func (d *Desk) PreviewRecord(ctx context.Context, by party.Actor, lot string) (r letter.OpeningRecord, err error) {
	l, err := d.published(ctx, lot)
	if err != nil {
		return r, err
	}
	if err := l.Project.runBy(by); err != nil {
		return r, err
	}
	if err := d.SignSheet(ctx, lot); err != nil { // the record names the signed sheet
		return r, err
	}
	err = pgx.BeginTxFunc(ctx, d.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		s, err := readSession(ctx, tx, lot, "")
		if err != nil {
			return err
		}
		if s.Stage != HallObjecting && s.PausedIn != HallObjecting {
			return errNoRecord
		}
		t := &turn{tx: tx, lot: l, actor: by}
		if t.now, err = store.Now(ctx, tx); err != nil {
			return err
		}
		h := &hallTurn{turn: t, desk: d, s: s, at: t.now}
		r, err = h.record(ctx, nil, "")
		return err
	})
	return r, err
}
