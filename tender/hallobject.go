package tender

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// HallObjection is what a bidder said against the opening (条例44), with the host's answer. One that came too late is kept as
// refused: what is left is a complaint (投诉, 条例60).
type HallObjection struct {
	Seq        int64
	Bidder     string // 统一社会信用代码 of the lead
	Said       string
	At         time.Time
	Refused    bool
	Answer     *string
	AnsweredBy *string
	AnsweredAt *time.Time
}

var (
	errObjectionEarly = party.TooEarly("objection.too_early", "异议期从唱标开始；请在唱标后提出")
	errObjectionLate  = party.TooLate("objection.too_late", "异议期已过，本异议已记录为逾期、未予接受；如仍有异议，可自知道之日起十日内向行政监督部门投诉（招标投标法实施条例第六十条）")
	errObjectionPause = party.Conflict("objection.paused", "开标会已暂停，异议期剩余时间保留；请等待恢复后再提出")
	errNoObjection    = party.NotFound("objection.not_found", "没有这项等待答复的异议；请刷新后查看")
)

// ObjectInHall takes a bidder's objection in, inside the window that the read-out opened; its end is decided under the lock
// (OPEN-13). What comes at the end or later is kept as refused, once for the same words.
func (d *Desk) ObjectInHall(ctx context.Context, cmd party.Command, lot, text string) (HallAnswer, error) {
	return d.changeHall(ctx, cmd, lot, "hall_objected", func(ctx context.Context, h *hallTurn) error {
		b, err := h.ownBid(ctx)
		switch {
		case err != nil:
			return err
		case !validLongText(text, 5, 2000):
			return party.Invalid("objection.text", "text", "异议须为 5 至 2000 个字，不含控制字符")
		case h.s.Stage == HallTerminated:
			return errWindowOver
		case h.s.ReadAt == nil:
			return errObjectionEarly
		case h.s.Stage == HallPaused && h.s.PausedIn == HallObjecting:
			return errObjectionPause
		case !h.s.in(HallObjecting, h.now):
			return &refusal{because: errObjectionLate, keep: func(ctx context.Context, h *hallTurn) error { return h.keepLate(ctx, b.Bidder, text) }}
		}
		if err := h.note(HallObjected, map[string]any{"bidder": b.Bidder}); err != nil {
			return err
		}
		return h.insertObjection(ctx, b.Bidder, text, false)
	})
}

// mostLate is how many late objections of one bidder are kept.
const mostLate = 20

func (h *hallTurn) keepLate(ctx context.Context, bidder, text string) error {
	var n, same int
	err := h.tx.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE said = @said) FROM hall_objection WHERE lot = @lot AND bidder = @bidder AND refused`,
		pgx.NamedArgs{"lot": h.s.Lot, "bidder": bidder, "said": text}).Scan(&n, &same)
	if err != nil || same > 0 || n >= mostLate {
		return err
	}
	if err := h.note(HallLate, map[string]any{"bidder": bidder}); err != nil {
		return err
	}
	return h.insertObjection(ctx, bidder, text, true)
}

func (h *hallTurn) insertObjection(ctx context.Context, bidder, text string, refused bool) error {
	_, err := h.tx.Exec(ctx, `INSERT INTO hall_objection (lot, seq, bidder, said, at, refused) VALUES (@lot, @seq, @bidder, @said, @at, @refused)`,
		pgx.NamedArgs{"lot": h.s.Lot, "seq": h.seq, "bidder": bidder, "said": text, "at": h.now, "refused": refused})
	return translate(err)
}

// AnswerInHall is the host's answer, on the spot and on record (条例44). Without it the record cannot be made.
func (d *Desk) AnswerInHall(ctx context.Context, cmd party.Command, lot string, seq int64, text string) (HallAnswer, error) {
	return d.changeHall(ctx, cmd, lot, "hall_answered", func(ctx context.Context, h *hallTurn) error {
		if err := h.byHost(); err != nil {
			return err
		}
		if !validLongText(text, 2, 2000) {
			return party.Invalid("objection.answer", "text", "答复须为 2 至 2000 个字，不含控制字符")
		}
		if h.s.Stage != HallObjecting && h.s.PausedIn != HallObjecting {
			return errNoObjection
		}
		if err := h.note(HallAnswered, map[string]any{"objection": seq}); err != nil {
			return err
		}
		tag, err := h.tx.Exec(ctx, `UPDATE hall_objection SET answer = @answer, answered_by = @by, answered_at = @at
			WHERE lot = @lot AND seq = @seq AND NOT refused AND answer IS NULL`,
			pgx.NamedArgs{"lot": lot, "seq": seq, "answer": text, "by": actorOf(h.actor), "at": h.now})
		if err == nil && tag.RowsAffected() != 1 {
			return errNoObjection
		}
		return translate(err)
	})
}

func readHallObjections(ctx context.Context, q store.Querier, lot string) ([]HallObjection, error) {
	return store.Many[HallObjection](ctx, q, `SELECT seq, bidder, said, at, refused, answer, answered_by, answered_at FROM hall_objection
		WHERE lot = @lot ORDER BY seq`, pgx.NamedArgs{"lot": lot})
}

// validLongText is text that the record of the opening can hold.
func validLongText(s string, min, max int) bool {
	return letter.CheckObjection("text", s, min) == nil && utf8.RuneCountInString(s) <= max
}
