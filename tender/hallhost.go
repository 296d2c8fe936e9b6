package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/party"
)

// The host (主持人) is whoever runs the lot: any person of the tenderer or of its agent. One that drops out pauses nothing,
// and another goes on.
func (h *hallTurn) byHost() error { return h.lot.Project.runBy(h.actor) }

// OrderDecryption begins the decrypting, once (OPEN-06; 电子招标投标办法30): all bidders of the lot have the minutes that
// stand in the notice.
func (d *Desk) OrderDecryption(ctx context.Context, cmd party.Command, lot string) (HallAnswer, error) {
	return d.changeHall(ctx, cmd, lot, "hall_ordered", func(_ context.Context, h *hallTurn) error {
		if err := h.byHost(); err != nil {
			return err
		}
		return h.move(HallOrder, nil)
	})
}

// Pause stops the window that runs and keeps what is left of it, to the microsecond (OPEN-08).
func (d *Desk) Pause(ctx context.Context, cmd party.Command, lot, reason string) (HallAnswer, error) {
	return d.changeHall(ctx, cmd, lot, "hall_paused", func(_ context.Context, h *hallTurn) error {
		if err := h.byHostFor(reason); err != nil {
			return err
		}
		data := map[string]any{"reason": reason, "in": h.s.Stage, "left_us": h.s.Remaining(h.now).Microseconds()}
		return h.move(HallPause, data)
	})
}

// Resume goes on with the time that a pause kept: the window has a new end.
func (d *Desk) Resume(ctx context.Context, cmd party.Command, lot, reason string) (HallAnswer, error) {
	return d.changeHall(ctx, cmd, lot, "hall_resumed", func(_ context.Context, h *hallTurn) error {
		if err := h.byHostFor(reason); err != nil {
			return err
		}
		return h.move(HallResume, map[string]any{"reason": reason, "in": h.s.PausedIn, "left_us": h.s.Left.Microseconds()})
	})
}

func (h *hallTurn) byHostFor(reason string) error {
	if err := h.byHost(); err != nil {
		return err
	}
	if !validLongText(reason, 2, 200) {
		return party.Invalid("hall.reason", "reason", "请写明原因（2 至 200 个字，首尾无空格，不换行）")
	}
	return nil
}

// Extension is more time to decrypt, for all bidders at once: the host asks, and the supervisor consents (OPEN-07).
type Extension struct {
	Seq         int64
	Minutes     int
	Reason      string
	AskedBy     string
	AskedAt     time.Time
	ConsentedBy *string
	ConsentedAt *time.Time
}

// AskExtension asks for more time while the decrypting runs. It changes nothing by itself; asking again replaces what the
// supervisor has not consented to.
func (d *Desk) AskExtension(ctx context.Context, cmd party.Command, lot string, minutes int, reason string) (HallAnswer, error) {
	return d.changeHall(ctx, cmd, lot, "hall_extension_asked", func(ctx context.Context, h *hallTurn) error {
		if err := h.byHostFor(reason); err != nil {
			return err
		}
		if minutes < 1 || minutes > 120 {
			return party.Invalid("hall.minutes", "minutes", "延长时间须为 1 至 120 分钟")
		}
		if !h.s.in(HallDecrypting, h.now) {
			return errNotDecrypting
		}
		if err := h.note(HallAsked, map[string]any{"minutes": minutes, "reason": reason}); err != nil {
			return err
		}
		_, err := h.tx.Exec(ctx, `INSERT INTO hall_extension (lot, seq, minutes, reason, asked_by, asked_at) VALUES (@lot, @seq, @minutes, @reason, @by, @at)`,
			pgx.NamedArgs{"lot": lot, "seq": h.seq, "minutes": minutes, "reason": reason, "by": actorOf(h.actor), "at": h.now})
		return translate(err)
	})
}

var (
	errNotDecrypting = party.Conflict("hall.not_decrypting", "现在不在解密时间内，不能延长；请刷新后查看最新状态")
	errNoExtension   = party.NotFound("hall.no_extension", "没有这项等待同意的延长申请，或主持人已另行申请；请刷新后查看")
)

// ConsentExtension puts an extension in force, by the supervisor's own act and before the window has ended.
func (d *Desk) ConsentExtension(ctx context.Context, cmd party.Command, lot string, seq int64) (HallAnswer, error) {
	return d.changeHall(ctx, cmd, lot, "hall_extended", func(ctx context.Context, h *hallTurn) error {
		if !h.actor.Is(party.Supervisor) {
			return ErrNotFound
		}
		if !h.s.in(HallDecrypting, h.now) {
			return errNotDecrypting
		}
		x, err := pendingExtension(ctx, h.tx, lot)
		if err != nil {
			return err
		}
		if x == nil || x.Seq != seq {
			return errNoExtension
		}
		until := h.s.Deadline.Add(time.Duration(x.Minutes) * time.Minute)
		h.s.Deadline = &until
		if err := h.note(HallExtended, map[string]any{"extension": seq, "minutes": x.Minutes, "reason": x.Reason, "until": until}); err != nil {
			return err
		}
		_, err = h.tx.Exec(ctx, `UPDATE hall_extension SET consented_by = @by, consented_at = @at WHERE lot = @lot AND seq = @seq`,
			pgx.NamedArgs{"lot": lot, "seq": seq, "by": actorOf(h.actor), "at": h.now})
		return translate(err)
	})
}

// pendingExtension is the newest one that was asked for, if nobody has consented to it yet.
func pendingExtension(ctx context.Context, q store.Querier, lot string) (*Extension, error) {
	all, err := store.Many[Extension](ctx, q, `SELECT seq, minutes, reason, asked_by, asked_at, consented_by, consented_at FROM hall_extension
		WHERE lot = @lot ORDER BY seq DESC LIMIT 1`, pgx.NamedArgs{"lot": lot})
	if err != nil || len(all) == 0 || all[0].ConsentedAt != nil {
		return nil, err
	}
	return &all[0], nil
}
