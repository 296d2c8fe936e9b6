package web

import (
	"context"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/tender"
)

// open unseals a lot after its deadline. It is long, may be asked again after any failure, and goes on where it was.
func (s *server) open(ctx context.Context, in *lotIn, _ *nothing) (LotState, error) {
	return stood(s.tender.Open(ctx, exchangeOf(ctx).command, in.Lot))
}

// handInBidList takes the closing from the bid system that the centre already has. It is read by nobody before it is
// published with the opening.
func (s *server) handInBidList(ctx context.Context, in *lotIn, body *wire.HandInBidList) (wire.BidListTaken, error) {
	a, err := s.tender.HandInBidList(ctx, exchangeOf(ctx).command, in.Lot, body.List)
	return wire.BidListTaken{Lot: a.Lot, State: string(a.State), Digest: a.Digest, Bids: a.Bids, Letters: a.Letters, AcceptedAt: local(a.AcceptedAt)}, err
}

func (s *server) award(ctx context.Context, in *lotIn, body *wire.Award) (LotState, error) {
	n := tender.AwardNote{Winner: body.Winner, Candidates: body.Candidates, NoticedOn: body.NoticedOn}
	for _, p := range body.PassedOver {
		n.PassedOver = append(n.PassedOver, tender.PassedOver(p))
	}
	return stood(s.tender.Award(ctx, exchangeOf(ctx).command, in.Lot, n))
}

func (s *server) contract(ctx context.Context, in *lotIn, body *wire.Contract) (LotState, error) {
	return stood(s.tender.Contract(ctx, exchangeOf(ctx).command, in.Lot, body.SignedOn))
}

func (s *server) refuseContract(ctx context.Context, in *lotIn, body *wire.Refuse) (LotState, error) {
	return stood(s.tender.Refuse(ctx, exchangeOf(ctx).command, in.Lot, body.Reason, body.Evidence))
}

// opening is what was read out (招标投标法36): public, and complete; a letter that failed stays listed.
func (s *server) opening(ctx context.Context, in *lotIn) (wire.Opening, error) {
	o, err := s.tender.Opening(ctx, in.Lot)
	if err != nil {
		return wire.Opening{}, err
	}
	out := wire.Opening{Lot: o.Lot, OpenedAt: local(o.OpenedAt), ClosingBids: o.ClosingBids, ClosingLetters: o.ClosingLetters, BidList: o.BidList,
		Bids: make([]wire.OpenedBid, 0, len(o.Bids)), Letters: make([]wire.OpenedLetter, 0, len(o.Letters)), Doubtful: o.Doubtful}
	for _, b := range o.Bids {
		out.Bids = append(out.Bids, wire.OpenedBid{ID: b.ID, Bidders: b.Bidders, Letter: b.Letter, Failure: b.Failure, Cash: openedCash(b.Cash)})
	}
	for _, l := range o.Letters {
		out.Letters = append(out.Letters, openedLetter(l))
	}
	for _, e := range o.Emergencies {
		out.Emergencies = append(out.Emergencies, emergencyView(e))
	}
	return out, nil
}

// edition chooses one of a lot's sheets.
type edition struct {
	Lot     string `path:"lot"`
	Edition int    `query:"edition" minimum:"1" maximum:"9999" doc:"第几版；不写则为最新一版"`
}

// sheet is the signed verification of the opening, for everyone to take away and check.
func (s *server) sheet(ctx context.Context, in *edition) (wire.Sheet, error) {
	got, err := s.tender.Sheet(ctx, in.Lot, in.Edition)
	return wire.Sheet{Lot: in.Lot, Edition: got.Edition, Newest: got.Newest, Signed: got.Signed, Content: got.Content}, err
}

func openedCash(c *letter.SheetCash) *wire.OpenedCash {
	if c == nil {
		return nil
	}
	return &wire.OpenedCash{Amount: c.Amount, Result: c.Result, Lines: lines(c.Lines)}
}

func openedLetter(l tender.LetterView) wire.OpenedLetter {
	out := wire.OpenedLetter{ID: l.ID, Result: l.Result, Failure: l.Failure, Lines: lines(l.Lines)}
	if x := l.Summary; x != nil {
		out.Number, out.Guarantor, out.Applicants = x.Number, x.Guarantor, x.Applicants
		out.Amount, out.Expiry, out.Commitment = x.Amount, x.Expiry, x.Commitment
	}
	return out
}

func lines(all []letter.Line) []wire.Line {
	out := make([]wire.Line, 0, len(all))
	for i, l := range all {
		out = append(out, wire.Line{Number: i + 1, Name: l.Name, Result: string(l.Result), Want: l.Want, Got: l.Got, Words: l.Words})
	}
	return out
}
