package web

import (
	"context"

	"baohan/client/wire"
	"baohan/tender"
)

func orderStood(a tender.Answer, err error) (wire.OrderState, error) {
	return wire.OrderState{ID: a.ID, State: a.State}, err
}

func (s *server) proposeOrder(ctx context.Context, in *lotIn, body *wire.ProposeOrder) (wire.OrderState, error) {
	return orderStood(s.tender.ProposeOrder(ctx, exchangeOf(ctx).command, in.Lot, body.Centre))
}

func (s *server) signOrder(ctx context.Context, in *object, body *wire.SignOrder) (wire.OrderState, error) {
	return orderStood(s.tender.CountersignOrder(ctx, exchangeOf(ctx).command, in.ID, body.Supervisor))
}

func (s *server) refuseOrder(ctx context.Context, in *object, body *wire.RefuseOrder) (wire.OrderState, error) {
	return orderStood(s.tender.RefuseOrder(ctx, exchangeOf(ctx).command, in.ID, body.Words))
}

func (s *server) withdrawOrder(ctx context.Context, in *object, _ *nothing) (wire.OrderState, error) {
	return orderStood(s.tender.WithdrawOrder(ctx, exchangeOf(ctx).command, in.ID))
}

func (s *server) order(ctx context.Context, in *object) (wire.PendingOrder, error) {
	o, err := s.tender.PendingOrder(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return wire.PendingOrder{}, err
	}
	return orderView(o)
}

func (s *server) orders(ctx context.Context, in *after) (wire.OrderPage, error) {
	rows, err := s.tender.PendingOrders(ctx, exchangeOf(ctx).actor, in.After, pageSize)
	page := wire.OrderPage{Items: make([]wire.PendingOrder, 0, len(rows))}
	if len(rows) == pageSize {
		page.Next = rows[len(rows)-1].ID
	}
	for _, o := range rows {
		v, err := orderView(o)
		if err != nil {
			return wire.OrderPage{}, err
		}
		page.Items = append(page.Items, v)
	}
	return page, err
}

func orderView(o tender.PendingOrder) (wire.PendingOrder, error) {
	_, p, err := o.Text()
	return wire.PendingOrder{ID: o.ID, Lot: o.Lot, Project: o.ProjectCode, ProjectName: o.ProjectName, LotCode: o.LotCode, LotName: o.LotName,
		State: string(o.State()), From: local(o.From), To: local(o.To), Reason: p.Reason, Centre: o.Centre, ProposedAt: local(o.ProposedAt),
		Supervisor: o.Supervisor, Refusal: value(o.Refusal), DecidedAt: local(value(o.DecidedAt)), WithdrawnAt: local(value(o.WithdrawnAt))}, err
}
