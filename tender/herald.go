package tender

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
)

// heraldPatience is how long an opening may be held up by telling how far it is.
const heraldPatience = 2 * time.Second

// herald tells the hall how one attempt to open a lot gets on.
type herald struct {
	desk    *Desk
	lot     *Lot
	attempt int // 0 until it is known
}

// reached tells a stage. It is news, not evidence: what cannot be written in time is left out, and the opening goes on.
func (h *herald) reached(ctx context.Context, s Stage) {
	h.tell(ctx, Progress{Stage: s, PerCent: perCent[s]})
	h.desk.at("told_" + string(s))
}

// stopped tells for whom an attempt has to wait, if that is why it ended.
func (h *herald) stopped(ctx context.Context, err error) {
	if !errors.Is(err, ErrCustodians) {
		return
	}
	whom, err := h.desk.Awaited(ctx, h.lot)
	if err != nil {
		h.desk.log().WarnContext(ctx, "the hall was not told for whom an opening waits", "lot", h.lot.ID, "error", err)
		return
	}
	h.tell(ctx, Progress{Stage: StageWaiting, Awaited: whom})
}

// tell writes in a transaction of its own, under the lot's row lock: only a closed lot is told about, and two attempts
// at once do not speak at once.
func (h *herald) tell(ctx context.Context, p Progress) {
	ctx, cancel := context.WithTimeout(ctx, heraldPatience)
	defer cancel()
	err := h.desk.within(ctx, func(tx pgx.Tx) error {
		var state State
		err := tx.QueryRow(ctx, `SELECT state FROM lot WHERE id = @lot FOR NO KEY UPDATE`, pgx.NamedArgs{"lot": h.lot.ID}).Scan(&state)
		if err != nil || state != Closed {
			return err
		}
		last, err := lastProgress(ctx, tx, h.lot.ID)
		if err != nil {
			return err
		}
		if p.At, err = store.Now(ctx, tx); err != nil {
			return err
		}
		return h.write(ctx, tx, h.follows(last, p))
	})
	if err != nil {
		h.desk.log().WarnContext(ctx, "the hall was not told how far an opening is", "lot", h.lot.ID, "stage", p.Stage, "error", store.Bare(err))
	}
}

func (h *herald) write(ctx context.Context, tx pgx.Tx, all []Progress) error {
	for _, p := range all {
		if err := insertProgress(ctx, tx, h.lot.ID, p); err != nil {
			return err
		}
	}
	return nil
}

// follows is what is told after last. An attempt that comes after one that waited goes on where that one stood and is
// silent until it is farther: a wait of hours is one thing to tell. One that comes after a crash says so and begins
// again. One that another has overtaken is silent.
func (h *herald) follows(last, p Progress) []Progress {
	switch {
	case h.attempt == 0 && last.Stage == StageWaiting:
		h.attempt = last.Attempt
	case h.attempt == 0:
		h.attempt = last.Attempt + 1
	case h.attempt < last.Attempt:
		return nil
	}
	p.Attempt, p.Seq = h.attempt, last.Seq+1
	fresh := h.attempt > last.Attempt
	switch {
	case p.Stage == StageWaiting && last.Stage == StageWaiting && sameWait(p.Awaited, last.Awaited):
		return nil
	case p.Stage == StageWaiting && !fresh:
		p.PerCent = last.PerCent
	case !fresh && p.PerCent <= last.PerCent:
		return nil
	}
	if !fresh || last.Attempt == 0 {
		return []Progress{p}
	}
	again := Progress{Seq: p.Seq, Attempt: p.Attempt, At: p.At, Stage: StageAgain}
	p.Seq++
	return []Progress{again, p}
}
