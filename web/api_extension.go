package web

import (
	"context"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

func (s *server) hold(ctx context.Context, in *object, body *wire.Hold) (wire.Done, error) {
	a, err := s.guarantee.HoldDemand(ctx, exchangeOf(ctx).command, in.ID, body.ReplyBy)
	return done(a), err
}

func (s *server) extend(ctx context.Context, in *object, body *wire.Extend) (wire.Extended, error) {
	a, err := s.guarantee.ExtendDemand(ctx, exchangeOf(ctx).command, in.ID, body.Amendment)
	return wire.Extended{Receipt: a.Amended}, err
}

func (s *server) answerExtension(ctx context.Context, in *object, body *wire.AnswerExtension) (wire.Objected, error) {
	a, err := s.guarantee.AnswerExtension(ctx, exchangeOf(ctx).command, in.ID, body.Answer)
	return wire.Objected{Demand: a.Demand, State: string(a.DemandState)}, err
}

// extension adds what is asked and answered of an extension, and what the letter was amended to.
func (s *server) extension(ctx context.Context, d *guarantee.Demand, out *wire.Demand) error {
	if d.ExtendTo == nil {
		return nil
	}
	x, err := s.guarantee.Disclosure(ctx, d.Guarantee)
	if err != nil {
		return err
	}
	e := wire.Extension{To: calendar.DateOf(*d.ExtendTo), LastDay: calendar.DateOf(x.Expiry), ReplyBy: local(value(d.ReplyBy)),
		Answer: letter.ExtensionChoice(value(d.Answer)), AnsweredAt: local(value(d.AnsweredAt))}
	all, err := s.guarantee.Amendments(ctx, d.Guarantee)
	for _, a := range all {
		if a.Demand == d.ID {
			e.Expiry = calendar.DateOf(a.Expiry)
		}
	}
	out.Extension = &e
	return err
}

// amendments are those of a published letter.
func (s *server) amendments(ctx context.Context, id string) (out []wire.AmendedLetter, err error) {
	all, err := s.guarantee.Amendments(ctx, id)
	for _, a := range all {
		out = append(out, wire.AmendedLetter{N: a.N, Cause: a.Cause, Expiry: calendar.DateOf(a.Expiry), Amendment: letter.AmendmentDigest(a.Signed), AcceptedAt: local(a.AcceptedAt)})
	}
	return out, err
}
