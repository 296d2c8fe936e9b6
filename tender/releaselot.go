package tender

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/internal/store"
	"baohan/party"
)

// ReleaseLot takes one signed paper of a beneficiary for several letters of an opened lot. The letters are released one by
// one by the guarantee's own rule; here is only asked which of them nobody releases by accident.
func (d *Desk) ReleaseLot(ctx context.Context, cmd party.Command, id string, signed []byte) (guarantee.LotReceipt, error) {
	l, err := readLot(ctx, d.Pool, id)
	if err != nil {
		return guarantee.LotReceipt{}, err
	}
	if err := l.Project.runBy(cmd.Actor); err != nil {
		return guarantee.LotReceipt{}, err
	}
	if l.OpenedAt == nil {
		return guarantee.LotReceipt{}, ErrNotFound
	}
	return d.Guarantees.PresentLotRelease(ctx, cmd, guarantee.LotPaper{LotID: l.ID, Lot: l.Lot, Body: signed,
		Held: func(ctx context.Context, tx pgx.Tx) (func(string) bool, error) { return d.heldTx(ctx, tx, l.ID) }})
}

// heldTx is held with the lot standing still until the transaction ends: of an award and a paper at the same instant one is
// first.
func (d *Desk) heldTx(ctx context.Context, tx pgx.Tx, id string) (func(letterID string) bool, error) {
	if err := d.shareLot(ctx, tx, id); err != nil {
		return nil, err
	}
	l, err := readLot(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return d.held(ctx, tx, l)
}

// mayStillWin is how many candidates are kept until the contract: who stands behind the winner may take its place (条例55).
const mayStillWin = 3

// held tells the letters that a lot's paper releases only when it names them early: those of the winner and of candidates 1
// to 3 until the contract is signed, all while nobody is named, that of a winner who refused, and that of a bid that counts as
// revoked (撤销, 条例35). A beneficiary may release before it must, but not by accident. A letter whose clock runs must be
// released and is not held.
func (d *Desk) held(ctx context.Context, q store.Querier, l *Lot) (func(letterID string) bool, error) {
	due, err := d.Guarantees.ReleasesDueIn(ctx, q, l.Lot.Project, l.Lot.Code)
	if err != nil {
		return nil, err
	}
	bids, err := readBids(ctx, q, l.ID)
	if err != nil {
		return nil, err
	}
	kept, err := forfeited(ctx, q, l.ID)
	if err != nil {
		return nil, err
	}
	revoked, err := revokedIn(ctx, q, l)
	if err != nil {
		return nil, err
	}
	before, err := awards(ctx, q, l.ID)
	if err != nil {
		return nil, err
	}
	may := candidates(l.State, before)
	return func(id string) bool {
		return !slices.Contains(due, id) && (kept(id) || revoked(bids, id) || may == nil || slices.ContainsFunc(may, func(uscc string) bool { return wonWith(bids, uscc, id) }))
	}, nil
}

// candidates are who may still become the winner; nil: nobody is named yet, and everybody may. Once there is a contract
// nobody is left.
func candidates(state State, awards []AwardView) []string {
	if state == Contracted {
		return []string{}
	}
	if len(awards) == 0 {
		return nil
	}
	last := awards[len(awards)-1]
	if last.SetAside != nil { // nobody is named any more
		return nil
	}
	return append(slices.Clone(last.Candidates[:min(mayStillWin, len(last.Candidates))]), last.Winner)
}
