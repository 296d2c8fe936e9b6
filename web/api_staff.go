package web

import (
	"context"

	"baohan/client/wire"
)

// deliveries lists the messages to institutions that were given up, for people to look into. Bodies are not shown.
func (s *server) deliveries(ctx context.Context, _ *here) (wire.DeliveryList, error) {
	items, err := s.banks.DeadLetters(ctx)
	if items == nil {
		items = []wire.Delivery{}
	}
	return wire.DeliveryList{Items: items}, err
}

// retryDelivery puts one back at the head of its guarantee's queue; the next sweep sends it.
func (s *server) retryDelivery(ctx context.Context, in *object, _ *nothing) (wire.Done, error) {
	_, err := s.banks.Retry(ctx, in.ID)
	return wire.Done{ID: in.ID}, err
}
