package web

import (
	"context"

	"baohan/client/wire"
	"baohan/guarantee"
)

// readAssurance gives the owner the platform's signed word on what it holds of an application now. Whether that meets
// the lot's requirement the owner's own client says: the platform cannot read both.
func (s *server) readAssurance(ctx context.Context, in *object) (wire.Assurance, error) {
	p7s, err := s.guarantee.Assure(ctx, exchangeOf(ctx).actor, in.ID)
	return wire.Assurance{Statement: p7s}, err
}

// rewrap keeps the owner's keys, wrapped to its renewed certificate.
func (s *server) rewrap(ctx context.Context, in *object, body *wire.Rewrap) (guarantee.Answer, error) {
	return s.guarantee.Rewrap(ctx, exchangeOf(ctx).command, in.ID, body.Statement)
}
