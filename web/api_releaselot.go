package web

import (
	"context"

	"baohan/client/wire"
	"baohan/party"
)

// releaseLot takes one paper for many letters. Once its receipt is written the answer is never an error: what is not done
// yet is "received", because it is, and the sweeper goes on.
func (s *server) releaseLot(ctx context.Context, in *lotIn, body *wire.ReleaseLot) (wire.LotReleased, error) {
	r, err := s.tender.ReleaseLot(ctx, exchangeOf(ctx).command, in.Lot, body.Release)
	if _, refused := party.RefusalOf(err); refused || r.ID == "" || r.Letters == nil {
		return wire.LotReleased{}, err
	}
	if err != nil {
		x := exchangeOf(ctx)
		s.log.ErrorContext(ctx, "paper received, letters unfinished", "incident", x.id, "intake", r.ID, "cause", quiet(err))
	}
	out := wire.LotReleased{ID: r.ID, Lot: in.Lot, ReceivedAt: local(r.ReceivedAt), Letters: []wire.LetterReleased{}}
	for _, o := range r.Letters {
		one := wire.LetterReleased{Guarantee: o.Guarantee, Number: o.Number, State: o.State, Unsigned: o.Unsigned}
		if o.Refusal != nil {
			one.Code, one.Reason = o.Refusal.Code, o.Refusal.Message
		}
		out.Letters = append(out.Letters, one)
	}
	return out, nil
}
