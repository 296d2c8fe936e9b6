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

func (s *server) award(ctx context.Context, in *lotIn, body *wire.Award) (LotState, error) {
	return stood(s.tender.Award(ctx, exchangeOf(ctx).command, in.Lot,
		tender.AwardNote{Winner: body.Winner, Candidates: body.Candidates, NoticedOn: body.NoticedOn}))
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
	out := wire.Opening{Lot: o.Lot, OpenedAt: local(o.OpenedAt), ClosingBids: o.ClosingBids, ClosingLetters: o.ClosingLetters,
		Bids: make([]wire.OpenedBid, 0, len(o.Bids)), Letters: make([]wire.OpenedLetter, 0, len(o.Letters))}
	for _, b := range o.Bids {
		out.Bids = append(out.Bids, wire.OpenedBid{ID: b.ID, Bidders: b.Bidders, Letter: b.Letter, Failure: b.Failure})
	}
	for _, l := range o.Letters {
		out.Letters = append(out.Letters, openedLetter(l))
	}
	for _, e := range o.Emergencies {
		out.Emergencies = append(out.Emergencies, emergencyView(e))
	}
	return out, nil
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
