package client

import (
	"context"
	"errors"
	"net/url"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// BidSystem is the bid system (开评标系统) that a centre already has, as a client of the platform: it signs, with a
// certificate of the centre, which bids were handed in to it, and the platform opens the guarantees that they name.
type BidSystem struct {
	*conn
	Platform
	me Identity
}

// NewBidSystem returns the client of one centre's bid system. Certificates are the platform's, exchanged beforehand.
func NewBidSystem(p Platform, me Identity, certificates ...signing.Certificate) (*BidSystem, error) {
	if err := me.check(); err != nil {
		return nil, err
	}
	if len(certificates) == 0 {
		return nil, errors.New("client: a bid system needs the platform's certificate")
	}
	c, err := newConn(p, &machine{me, certificates})
	if err != nil {
		return nil, err
	}
	return &BidSystem{c, p, me}, nil
}

// Lot reads a lot's notice.
func (s *BidSystem) Lot(ctx context.Context, id string) (wire.Lot, error) {
	var lot wire.Lot
	return lot, s.get(ctx, "/lots/"+url.PathEscape(id), &lot)
}

// ErrBidsHere says that the bids of a lot are handed in to the platform, so that no list is due for it.
var ErrBidsHere = errors.New("client: the bids of this lot are handed in to the platform")

// List is the list of a lot as its notice stands. Bids are put in the order of their ids; closedAt is when the bid system
// stopped taking them, not before the deadline. Who makes the same list again makes the same bytes.
func (s *BidSystem) List(lot wire.Lot, closedAt time.Time, bids []letter.OutsideBid) (letter.BidList, error) {
	switch {
	case lot.Bids != "outside":
		return letter.BidList{}, ErrBidsHere
	case lot.Requirement == nil || lot.Requirement.Digest() != lot.RequirementDigest:
		return letter.BidList{}, errors.New("client: the notice's requirement does not match its digest")
	}
	l := letter.BidList{Version: 1, Project: lot.Lot.Project, Lot: lot.Lot.Code, Requirement: lot.RequirementDigest,
		Deadline: lot.Deadline.In(calendar.Shanghai), ClosedAt: closedAt.In(calendar.Shanghai).Truncate(time.Microsecond), Bids: inOrder(bids)}
	return l, l.Check()
}

// ErrEarly says that the deadline has not come: until then nothing of a list leaves the bid system.
var ErrEarly = errors.New("client: a bid list is signed after the deadline")

// Early tells whether a list's deadline is still to come by this client's clock.
func (s *BidSystem) Early(list letter.BidList) bool { return s.Clock.Now().Before(list.Deadline) }

// HandInBidList signs a list and hands it in. On ErrUnknown do the same again: the same list is answered the same, and
// another one never takes its place. The answer is believed when it is about this lot and has counted what was sent.
func (s *BidSystem) HandInBidList(ctx context.Context, lot string, list letter.BidList) (wire.BidListTaken, error) {
	if s.Early(list) {
		return wire.BidListTaken{}, ErrEarly
	}
	content, err := list.Canonical()
	paper, err := s.me.paper(ctx, content, err, s.at())
	if err != nil {
		return wire.BidListTaken{}, err
	}
	var answer wire.BidListTaken
	if err := s.post(ctx, "/lots/"+url.PathEscape(lot)+"/bid-list", keyOf("bid-list", paper), wire.HandInBidList{List: paper}, &answer); err != nil {
		return wire.BidListTaken{}, err
	}
	if answer.Lot != lot || answer.Bids != len(list.Bids) || answer.Letters != list.Letters() {
		return answer, unknown{errors.New("client: the answer is about another list")}
	}
	return answer, nil
}
