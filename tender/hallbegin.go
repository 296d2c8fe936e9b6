package tender

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"baohan/party"
)

// HallBidState is where a bid stands in a remote opening.
type HallBidState string

// The states that a row holds. What a bid that was not decrypted becomes follows from its attribution.
const (
	BidWaiting    HallBidState = "waiting"    // 待解密
	BidDecrypted  HallBidState = "decrypted"  // 已解密
	BidUnreadable HallBidState = "unreadable" // 无法解密: its outer half, or at the read-out its form
	// BidPending, BidRevoked and BidFreed are derived, from the end of the decrypting on (电子招标投标办法31).
	BidPending HallBidState = "pending"   // 未解密, 待定责
	BidRevoked HallBidState = "revoked"   // 撤销: the bidder's cause
	BidFreed   HallBidState = "withdrawn" // 撤回: not the bidder's cause
)

// beginSession begins the session of a lot that is opened remotely, in the transaction that publishes its opening: with
// the list and the letters there is a session, and not before. A lot that is opened on the spot has none.
func (d *Desk) beginSession(ctx context.Context, t *turn, public Opening) error {
	if t.lot.Hall == nil {
		return nil
	}
	data := map[string]any{"bids": len(public.Bids), "rules": *t.lot.Hall}
	if err := t.fact(FactHallBegun, data); err != nil {
		return err
	}
	if err := t.write(ctx); err != nil { // the session stands on the opened lot
		return err
	}
	h := &hallTurn{turn: t, desk: d, s: &Session{Lot: t.lot.ID, Stage: HallListed, BegunAt: t.now}, at: t.now}
	if err := h.note(HallBegun, data); err != nil {
		return err
	}
	if err := insertSession(ctx, t.tx, h.s); err != nil {
		return err
	}
	if err := insertHallEvents(ctx, t.tx, h.s.Lot, h.events); err != nil {
		return err
	}
	return insertHallBids(ctx, t.tx, t.lot.ID, public.Bids)
}

// endSession ends the session of a lot whose tender is terminated (终止), inside that verb's transaction. A lot without a
// session, or whose session is over, is left alone.
func (d *Desk) endSession(ctx context.Context, t *turn, reason string) error {
	s, err := readSession(ctx, t.tx, t.lot.ID, " FOR UPDATE")
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case s.Stage.Final():
		return nil
	}
	h := &hallTurn{turn: t, desk: d, s: s, at: t.now}
	if err := h.move(HallTerminate, map[string]any{"reason": reason}); err != nil {
		return err
	}
	return h.write(ctx)
}

// errSessionRuns: what the opening found is not complete before its session has ended.
var errSessionRuns = party.Conflict("lot.session_runs", "本标段的不见面开标会尚未结束，不能进行后续步骤；请在开标记录表签署、开标会结束后再办理")

// afterSession refuses what comes after an opening as long as a remote one is going on. On the spot it is over when the lot
// is opened.
func (d *Desk) afterSession(ctx context.Context, t *turn) error {
	s, err := readSession(ctx, t.tx, t.lot.ID, "")
	switch {
	case errors.Is(err, ErrNotFound): // on the spot
		return nil
	case err == nil && !s.Stage.Final():
		return errSessionRuns
	}
	return err
}

func insertHallBids(ctx context.Context, tx pgx.Tx, lot string, all []BidView) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"hall_bid"}, []string{"lot", "bid", "bidder", "state", "failure"},
		pgx.CopyFromSlice(len(all), func(i int) ([]any, error) {
			b := all[i]
			if b.Failure != "" {
				return []any{lot, b.ID, nil, BidUnreadable, b.Failure}, nil
			}
			return []any{lot, b.ID, b.Bidders[0].USCC, BidWaiting, nil}, nil
		}))
	return translate(err)
}
