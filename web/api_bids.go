package web

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/party"
	"baohan/signing"
	"baohan/tender"
)

// handInBid takes a signed bid in, once, inside TLS. The desk seals it like a letter.
func (s *server) handInBid(ctx context.Context, in *lotIn, body *wire.HandInBid) (wire.Bid, error) {
	cmd := exchangeOf(ctx).command
	who, err := s.bidder(ctx, cmd.Actor)
	if err != nil {
		return wire.Bid{}, err
	}
	a, err := s.tender.SubmitBid(ctx, cmd, who, in.Lot, body.Bid)
	if err != nil {
		return wire.Bid{}, err
	}
	at, err := acceptedAt(a.Receipt)
	return wire.Bid{ID: a.ID, State: a.State, Receipt: a.Receipt, AcceptedAt: at}, err
}

func (s *server) bidder(ctx context.Context, a party.Actor) (tender.Bidder, error) {
	who, err := s.applicant(ctx, a)
	return tender.Bidder(who), err
}

// OwnBids is the answer of GET /bids: the caller's own, oldest first.
type OwnBids struct {
	Items []OwnBid `json:"items"`
}

// OwnBid is one of them: received or withdrawn.
type OwnBid struct {
	ID    string `json:"id"`
	State string `json:"state"`
}

func (s *server) bids(ctx context.Context, _ *here) (OwnBids, error) {
	all, err := s.tender.OwnBids(ctx, exchangeOf(ctx).actor)
	out := OwnBids{Items: make([]OwnBid, 0, len(all))}
	for _, b := range all {
		out.Items = append(out.Items, OwnBid{ID: b.ID, State: string(b.State)})
	}
	return out, err
}

// withdrawBid is 撤回: before the deadline, signed by the bidder (招标投标法29).
func (s *server) withdrawBid(ctx context.Context, in *object, body *wire.WithdrawBid) (wire.Bid, error) {
	cmd := exchangeOf(ctx).command
	who, err := s.bidder(ctx, cmd.Actor)
	if err != nil {
		return wire.Bid{}, err
	}
	a, err := s.tender.WithdrawBid(ctx, cmd, who, in.ID, body.Statement)
	return withdrawn(a), err
}

func withdrawn(a tender.Answer) wire.Bid {
	return wire.Bid{ID: a.ID, State: a.State, Receipt: a.Receipt, AcceptedAt: local(a.At)}
}

// replaceBid is 修改: the new bid for the old one, in one act.
func (s *server) replaceBid(ctx context.Context, in *object, body *wire.ReplaceBid) (wire.ReplacedBid, error) {
	cmd := exchangeOf(ctx).command
	who, err := s.bidder(ctx, cmd.Actor)
	if err != nil {
		return wire.ReplacedBid{}, err
	}
	r, err := s.tender.ReplaceBid(ctx, cmd, who, in.ID, body.Bid, body.Statement)
	if err != nil {
		return wire.ReplacedBid{}, err
	}
	at, err := acceptedAt(r.Received.Receipt)
	return wire.ReplacedBid{Withdrawn: withdrawn(r.Withdrawn),
		Received: wire.Bid{ID: r.Received.ID, State: r.Received.State, Receipt: r.Received.Receipt, AcceptedAt: at}}, err
}

// acceptedAt reads the instant out of the platform's own receipt: the one that counts.
func acceptedAt(receipt []byte) (time.Time, error) {
	signed, err := signing.ParseSignedData(receipt)
	if err != nil {
		return time.Time{}, err
	}
	var r tender.BidReceipt
	err = json.Unmarshal(signed.Content, &r)
	return local(r.AcceptedAt), err
}
