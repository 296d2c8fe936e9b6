package translog

import (
	"context"
	"errors"
)

// ErrOverdue says that the log does not advance: several beats have passed since its newest head, or it has none.
var ErrOverdue = errors.New("translog: no new head for several beats")

// overdueAfter is how many beats may pass without a head: one is always under way, and a restart costs another.
const overdueAfter = 5

// Overdue tells whether the log advances, by its newest head alone, so that the answer says nothing of what waits. A
// process that does not write the log learns from it that nobody does.
func (l *Log) Overdue(ctx context.Context) error {
	last, err := lastHead(ctx, l.Pool)
	if err == nil && l.Clock.Now().Sub(last.Tick) > overdueAfter*l.Every {
		return ErrOverdue
	}
	return err
}
