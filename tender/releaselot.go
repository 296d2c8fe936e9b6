package tender

import (
	"context"
	"slices"

	"baohan/guarantee"
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
	held, err := d.held(ctx, l)
	if err != nil {
		return guarantee.LotReceipt{}, err
	}
	return d.Guarantees.PresentLotRelease(ctx, cmd, guarantee.LotPaper{LotID: l.ID, Lot: l.Lot, Body: signed, Held: held})
}

// mayStillWin is how many candidates are kept until the contract: who stands behind the winner may take its place (条例55).
const mayStillWin = 3

// held tells the letters that a lot's paper releases only when it names them early: those of the winner and of candidates 1
// to 3 until the contract is signed, all while nobody is named, and that of a winner who refused. A beneficiary may release
// before it must, but not by accident. A letter whose clock runs must be released and is not held.
func (d *Desk) held(ctx context.Context, l *Lot) (func(letterID string) bool, error) {
	due, err := d.runningClocks(ctx, l)
	if err != nil {
		return nil, err
	}
	bids, err := readBids(ctx, d.Pool, l.ID)
	if err != nil {
		return nil, err
	}
	kept, err := forfeited(ctx, d.Pool, l.ID)
	if err != nil {
		return nil, err
	}
	awards, err := d.Awards(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	may := candidates(l.State, awards)
	return func(id string) bool {
		return !due[id] && (kept(id) || may == nil || slices.ContainsFunc(may, func(uscc string) bool { return wonWith(bids, uscc, id) }))
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

func (d *Desk) runningClocks(ctx context.Context, l *Lot) (map[string]bool, error) {
	all, err := d.Guarantees.OfLot(ctx, l.Lot.Project, l.Lot.Code)
	due := make(map[string]bool, len(all))
	for _, g := range all {
		due[g.ID] = g.ReleaseState == guarantee.ReleaseDue
	}
	return due, err
}
