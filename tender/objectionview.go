package tender

import (
	"context"
	"time"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
)

// ObjectionView is an objection as a reader may see it. Texts and names are empty for whom they are not.
type ObjectionView struct {
	Objection
	AnswerBy calendar.Date // zero: it cannot be counted yet
	Overdue  bool          // the answer is missing, or came late
}

// Objections are those of a lot, oldest first. That one stands, and what came of it, everybody may know: the award waits for
// it, and its digest is among the lot's public facts. Who raised it and both texts are for who raised it, who runs the
// tender, the centre and the supervisor; from the answer on for the other bidders of the lot too, who have the same right
// of complaint (政府采购法53 has them told; 条例54, 60 leave it to the tenderer). No law has the texts published, and they
// may touch business secrets.
func (d *Desk) Objections(ctx context.Context, by party.Actor, lot string) ([]ObjectionView, error) {
	l, err := d.published(ctx, lot)
	if err != nil {
		return nil, err
	}
	all, err := objectionsOf(ctx, d.Pool, lot)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return nil, err
	}
	bids, err := readBids(ctx, d.Pool, lot)
	if err != nil {
		return nil, err
	}
	inside, took := l.insider(by), by.Is(party.Bidder) && tookPart(bids, by.USCC)
	out := make([]ObjectionView, len(all))
	for i, o := range all {
		out[i] = d.objectionView(o, now)
		mine := by.Is(party.Bidder) && o.FiledBy == by.USCC
		if !inside && !mine && (!took || o.State != ObjectionAnswered) {
			out[i].FiledBy, out[i].Filer, out[i].Interest, out[i].Words, out[i].Answer = "", "", "", "", nil
		}
	}
	return out, nil
}

// ObjectionFor tells of which lot an objection is, to who raised it and to who runs the tender: theirs is the next move.
func (d *Desk) ObjectionFor(ctx context.Context, by party.Actor, id string) (lot string, err error) {
	o, err := readObjection(ctx, d.Pool, id)
	if err != nil {
		return "", err
	}
	if by.Is(party.Bidder) && o.FiledBy == by.USCC {
		return o.Lot, nil
	}
	l, err := readLot(ctx, d.Pool, o.Lot)
	if err == nil && l.Project.runBy(by) != nil {
		err = ErrNoObjection
	}
	return o.Lot, err
}

func (d *Desk) objectionView(o Objection, now time.Time) ObjectionView {
	v := ObjectionView{Objection: o, AnswerBy: d.AnswerBy(o)}
	done := now
	if o.AnsweredAt != nil {
		done = *o.AnsweredAt
	}
	v.Overdue = o.State != ObjectionWithdrawn && !v.AnswerBy.IsZero() && done.After(v.AnswerBy.EndOfDay())
	return v
}
