package web

import (
	"context"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/tender"
)

// handInCashList takes what the centre signed of the deposits that arrived. Before the lot is closed the desk reads
// nothing of it.
func (s *server) handInCashList(ctx context.Context, in *lotIn, body *wire.HandInCashList) (wire.CashListTaken, error) {
	t, err := s.tender.HandInCashList(ctx, exchangeOf(ctx).command, in.Lot, body.List)
	return wire.CashListTaken{Lot: t.Lot, Edition: t.Edition, Digest: t.Digest, Entries: t.Entries, AcceptedAt: local(t.AcceptedAt)}, err
}

func (s *server) noteRefund(ctx context.Context, in *lotIn, body *wire.NoteRefund) (wire.Refund, error) {
	r, err := s.tender.NoteRefund(ctx, exchangeOf(ctx).command, in.Lot, tender.Refund{Entry: body.Entry, Reference: body.Reference,
		Interest: body.Interest, On: body.RefundedOn})
	if err != nil {
		return wire.Refund{}, err
	}
	return *refundView(&r), nil
}

// securities is 保证金查询, after the opening.
func (s *server) securities(ctx context.Context, in *lotIn) (wire.Securities, error) {
	got, err := s.tender.Securities(ctx, exchangeOf(ctx).actor, in.Lot)
	if err != nil {
		return wire.Securities{}, err
	}
	out := wire.Securities{Lot: got.Lot, Required: got.Required, CashList: got.Edition, Bids: make([]wire.Security, 0, len(got.Bids)), Unmatched: payments(got.Unmatched)}
	for _, b := range got.Bids {
		one := wire.Security{Bid: b.Bid, Bidders: b.Bidders, Form: b.Form, Letter: b.Letter, Number: b.Number, Amount: b.Amount, Result: b.Result,
			Release: string(b.Release), Kept: b.Kept, Payments: payments(b.Cash)}
		if b.DueBy != nil {
			one.ReleaseDueBy = calendar.DateOf(*b.DueBy)
		}
		out.Bids = append(out.Bids, one)
	}
	return out, nil
}

func payments(all []tender.CashState) (out []wire.Payment) {
	for _, c := range all {
		out = append(out, wire.Payment{Entry: c.Entry.ID, Payer: c.Entry.Payer, Account: c.Tail(), Amount: c.Entry.Amount,
			ReceivedAt: local(c.Entry.ReceivedAt), RefundDueBy: c.Clock.To, Law: c.Clock.Law, Overdue: c.Overdue, Refund: refundView(c.Refund)})
	}
	return out
}

func refundView(r *tender.Refund) *wire.Refund {
	if r == nil {
		return nil
	}
	return &wire.Refund{Entry: r.Entry, Amount: r.Amount, Interest: r.Interest, Reference: r.Reference, RefundedOn: r.On, NotedAt: local(r.NotedAt)}
}
