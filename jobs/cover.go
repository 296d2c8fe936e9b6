package jobs

import (
	"context"
	"time"

	"baohan/tender"
)

// coverPause is how long a filler that failed waits.
const coverPause = time.Second

// cover begins to keep the number of bids on its line, beside the sweeper and like it no job of the queue: the queue
// would say when it ran.
func (r *Runner) cover(ctx context.Context) error {
	if r.Cover.Bids <= 0 {
		return nil
	}
	f, err := r.desks.Tenders.NewFiller(r.Cover)
	if err != nil {
		return err
	}
	r.swept.Go(func() { r.coverAlways(ctx, f) })
	return nil
}

// coverAlways fills whenever something is due, and looks at the clock no less often than the sweeper: a stepped one may
// have been set forward.
func (r *Runner) coverAlways(ctx context.Context, f *tender.Filler) {
	for {
		rest, err := f.Fill(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "cover failed; the next turn makes up for it", "error", failure(err))
			rest = coverPause
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(rest, r.Every)):
		}
	}
}
