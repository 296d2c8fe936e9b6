package web

import (
	"context"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/party"
)

// issuerOffer hands an institution the application that is encrypted to it, as the message offered carries it: an
// institution without a system of its own has received none.
func (s *server) issuerOffer(ctx context.Context, in *object) (wire.IssuerOffer, error) {
	g, err := s.guarantee.ForGuarantor(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return wire.IssuerOffer{}, err
	}
	if g.Channel == guarantee.AtCounter {
		return wire.IssuerOffer{}, party.Conflict("application.counter", "这份保函在本机构的柜台售出，平台没有申请书；请查本机构的存档")
	}
	_, envelope, err := s.guarantee.Offer(ctx, in.ID)
	return wire.IssuerOffer{Guarantee: g.ID, At: local(g.SubmittedAt), Envelope: envelope}, err
}

// issuerDemand hands an institution the demand as its beneficiary signed it.
func (s *server) issuerDemand(ctx context.Context, in *object) (wire.IssuerDemand, error) {
	d, err := s.guarantee.DemandFor(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return wire.IssuerDemand{}, err
	}
	files, err := s.guarantee.DemandFiles(ctx, d.ID)
	out := wire.IssuerDemand{ID: d.ID, Guarantee: d.Guarantee, Signed: d.Signed, Files: []wire.IssuerFile{}}
	for _, f := range files {
		out.Files = append(out.Files, wire.IssuerFile{Kind: f.Kind, Name: f.Name, Digest: digest(f.Digest), Size: f.Size})
	}
	return out, err
}

// issuerDeliveries lists what could not be delivered to the caller's institution.
func (s *server) issuerDeliveries(ctx context.Context, _ *here) (wire.DeliveryList, error) {
	items, err := s.banks.Undelivered(ctx, exchangeOf(ctx).actor)
	return wire.DeliveryList{Items: items}, err
}
