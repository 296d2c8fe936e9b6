package jobs

import (
	"context"
	"time"

	"baohan/internal/blobs"
)

// filesEvery is how often files that no row names are looked for. They wait a day anyway.
const filesEvery = time.Hour

// filesAlways removes what a crash left between a file and its row. Like the sweeper it is no job of the queue. It begins
// an interval after the start: whoever starts a process to look at something has no files removed.
func (r *Runner) filesAlways(ctx context.Context) {
	tick := time.NewTicker(filesEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n, err := r.SweepFiles(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "files that no row names were not all removed; the next turn tries again", "error", failure(err))
		}
		if n > 0 {
			r.Log.InfoContext(ctx, "files that no row names were removed", "files", n)
		}
	}
}

// SweepFiles removes files older than a day that no row names, and returns how many. A room that keeps files must be
// asked here: of a purpose that is not named here nothing is ever removed.
func (r *Runner) SweepFiles(ctx context.Context) (int, error) {
	if _, err := r.desks.Tenders.DropLooseFiles(ctx); err != nil { // what no bid named in its time; their objects go with the rest
		return 0, err
	}
	return r.Files.Sweep(ctx, map[blobs.Purpose]blobs.Namer{
		blobs.DemandDocument:   r.desks.Guarantees.NamedFiles,
		blobs.IncidentEvidence: r.desks.Tenders.NamedFiles,
		blobs.BidFile:          r.desks.Tenders.NamedBidFiles,
	})
}
