package tender

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
)

// fact is the event as the log commits to it.
func (e event) fact(lot string) letter.Fact {
	return letter.Fact{Version: 1, Of: letter.OfLot, Subject: lot, Seq: e.Seq, Kind: string(e.Kind), At: e.At, Actor: e.Actor, Data: e.Data}
}

// LotLog is what the transparency log holds of a published lot, for everybody: the notice with its custodians' keys,
// the closings, the opening, the award.
func (d *Desk) LotLog(ctx context.Context, id string) ([]letter.LogEntry, error) {
	l, err := readLot(ctx, d.Pool, id)
	if err != nil {
		return nil, err
	}
	if l.State == Draft {
		return nil, ErrNotFound
	}
	rows, err := d.Pool.Query(ctx, `SELECT seq, kind, at, actor, '' AS demand, data, leaf FROM lot_event
		WHERE lot = @lot AND leaf IS NOT NULL ORDER BY seq`, pgx.NamedArgs{"lot": id})
	if err != nil {
		return nil, err
	}
	return guarantee.LogEntries(ctx, d.Guarantees.Log, letter.OfLot, id, rows)
}
