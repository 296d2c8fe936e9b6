package web

import (
	"context"
	"slices"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender"
)

// relations looks up whether a party stands to an object as the guard's table demands.
type relations interface {
	holds(ctx context.Context, whose relation, when moment, actor party.Actor, id string) (bool, error)
}

// standing asks the desks. Each look-up is one read by id or by keyed tag; what is not found and what is somebody
// else's take the same way.
type standing struct{ *server }

func (s standing) holds(ctx context.Context, whose relation, when moment, a party.Actor, id string) (bool, error) {
	switch whose {
	case owner:
		return found(s.guarantee.OwnOne(ctx, a, id))
	case bidOwner:
		return found(s.tender.OwnBid(ctx, a, id))
	case fileOwner:
		return found(s.tender.OwnBidFile(ctx, a, id))
	case ofReadBid:
		return found(true, s.tender.SeesBidFiles(ctx, a, id))
	case guarantor:
		return found(s.guarantee.ForGuarantor(ctx, a, id))
	case ofDemand, claimant:
		_, err := s.guarantee.DemandFor(ctx, a, id)
		return found(err == nil, err)
	case beneficiary:
		return found(s.guarantee.ForBeneficiary(ctx, a, id))
	case applicant:
		return found(s.guarantee.ForApplicant(ctx, a, id))
	case readOut:
		return found(s.guarantee.Disclosure(ctx, id))
	case atLot:
		return found(true, s.tender.SeesIncidentsOf(ctx, a, id))
	case ofIncident:
		return found(true, s.tender.SeesIncident(ctx, a, id))
	case ofOrder:
		return found(s.tender.PendingOrder(ctx, a, id))
	case ofObjection:
		return found(s.tender.ObjectionFor(ctx, a, id))
	case inHall:
		return found(true, s.tender.SeesHall(ctx, a, id))
	case ofProject:
		return s.runsProject(ctx, a, id)
	case ofLot, announced, overLot:
		return s.lotStands(ctx, whose, when, a, id)
	case public, self, staff: // name no object: permit asks the role and no table
	}
	return false, nil
}

// lotStands tells whether the lot is there for the caller now: its own if the table says so, and opened if it must be.
func (s standing) lotStands(ctx context.Context, whose relation, when moment, a party.Actor, id string) (bool, error) {
	lot, err := s.tender.Lot(ctx, a, id)
	if ok, err := found(lot, err); !ok {
		return false, err
	}
	oversees := whose == overLot && a.Is(party.Centre, party.Supervisor)
	if whose != announced && !oversees && !runs(lot.Project, a) {
		return false, nil
	}
	return when == always || lot.OpenedAt != nil, nil
}

func (s standing) runsProject(ctx context.Context, a party.Actor, id string) (bool, error) {
	all, err := s.tender.Projects(ctx, a)
	return slices.ContainsFunc(all, func(p tender.Project) bool { return p.ID == id }), err
}

// runs tells who runs a project: its owner, and those for whom it is run.
func runs(p tender.Project, a party.Actor) bool {
	return a.USCC == p.Owner || slices.ContainsFunc(p.Beneficiaries, func(b letter.Party) bool { return b.USCC == a.USCC })
}

// found turns the desks' answer for what does not exist into no.
func found[T any](_ T, err error) (bool, error) {
	if r, refused := party.RefusalOf(err); refused && (r.Kind == party.KindNotFound || r.Kind == party.KindForbidden) {
		return false, nil
	}
	return err == nil, err
}
