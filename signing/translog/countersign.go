package translog

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing/tlog"
)

// ErrStranger says that a line is not the word of a witness that this log knows on the head that it is for.
var ErrStranger = errors.New("translog: not the word of a known witness on this head")

// ErrAhead says that a witness's clock is fast.
var ErrAhead = errors.New("translog: a witness's word from the future")

// clockTolerance is by how much a witness's clock may run ahead of the log's.
const clockTolerance = 5 * time.Minute

// Countersigned keeps what a witness said of the head of that size. An older word of the same witness is replaced by a
// newer one; a newer one stays. ErrUnknown when there is no such signed head, ErrStranger for anything but a known
// witness's word on it.
//
// ErrAhead for a word from the future: it would stand there as the witness's latest until that day.
func (l *Log) Countersigned(ctx context.Context, size uint64, line tlog.Line) error {
	h, err := store.One[head](ctx, l.Pool, ErrUnknown, `SELECT size, root, tick, note FROM log_head WHERE size = @size AND note IS NOT NULL`,
		pgx.NamedArgs{"size": int64(min(size, tlog.MaxSize))})
	if err != nil {
		return err
	}
	for _, w := range l.Witnesses {
		s, err := w.Sighting(l.checkpoint(h).Text(), line)
		if err != nil {
			continue
		}
		if s.At.After(l.Clock.Now().Add(clockTolerance)) {
			return ErrAhead
		}
		_, err = l.Pool.Exec(ctx, `INSERT INTO log_cosignature (size, witness, at, line) VALUES (@size, @witness, @at, @line)
			ON CONFLICT (size, witness) DO UPDATE SET at = EXCLUDED.at, line = EXCLUDED.line WHERE EXCLUDED.at > log_cosignature.at`,
			pgx.NamedArgs{"size": h.Size, "witness": s.Name, "at": s.At, "line": line.String()})
		return err
	}
	return ErrStranger
}
