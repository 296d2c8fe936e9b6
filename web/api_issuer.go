package web

import (
	"context"
	"errors"
	"time"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
)

// after is the input of a page: the cursor that the page before ended with.
type after struct {
	After string `query:"after" maxLength:"64"`
}

func done(a guarantee.Answer) wire.Done { return wire.Done{ID: a.ID, Version: a.Version} }

// pageSize is how many items a page holds.
const pageSize = 200

func (s *server) issuerApplication(ctx context.Context, in *object) (wire.IssuerApplication, error) {
	g, err := s.guarantee.ForGuarantor(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return wire.IssuerApplication{}, err
	}
	out := wire.IssuerApplication{ID: g.ID, Version: g.Version, Digest: digest(g.ApplicationDigest),
		Application: string(g.ApplicationState), Fee: string(g.FeeState), FeeDue: feeDue(g), Instrument: string(g.InstrumentState),
		Ceiling: g.Ceiling, Number: value(g.Number), Undertaking: digest(g.LetterDigest), Receipt: g.Receipt, Release: string(g.ReleaseState)}
	if out.ReleaseClock, err = s.releaseClock(ctx, g); err != nil {
		return out, err
	}
	if g.Number != nil {
		out.PreparedAt, err = s.preparedAt(ctx, g.ID)
	}
	return out, err
}

// book pages through the institution's guarantees that have a number: what both sides must agree on.
func (s *server) book(ctx context.Context, in *after) (wire.BookPage, error) {
	rows, err := s.guarantee.ListForGuarantor(ctx, exchangeOf(ctx).actor, in.After, pageSize)
	page := wire.BookPage{Items: []wire.BookEntry{}}
	for _, g := range rows {
		if g.InstrumentState == guarantee.NotIssued || g.InstrumentState == guarantee.Issuing || g.InstrumentState == guarantee.IssueFailed {
			continue
		}
		page.Items = append(page.Items, wire.BookEntry{Guarantee: g.ID, Number: value(g.Number), Ceiling: g.Ceiling, Fee: feeDue(g),
			Digest: digest(g.LetterDigest), State: string(g.InstrumentState), Paid: g.Honoured})
	}
	if len(rows) == pageSize {
		page.Next = rows[len(rows)-1].ID
	}
	return page, err
}

func (s *server) takeUp(ctx context.Context, in *object, _ *nothing) (wire.Done, error) {
	a, err := s.guarantee.TakeUp(ctx, exchangeOf(ctx).command, in.ID)
	return done(a), err
}

// decide holds an approval's fee to the institution's published price list before the desk takes it: a fee off the
// list would mark the application.
func (s *server) decide(ctx context.Context, in *object, body *wire.Decision) (wire.Done, error) {
	if body.Approve {
		g, err := s.guarantee.ForGuarantor(ctx, exchangeOf(ctx).actor, in.ID)
		if err != nil {
			return wire.Done{}, err
		}
		if err := s.banks.CheckFee(ctx, g.Guarantor, letter.WordingRef{ID: g.Wording, Version: g.WordingVersion}, g.Mode, g.Ceiling, body.Fee); err != nil {
			return wire.Done{}, err
		}
	}
	a, err := s.guarantee.Decide(ctx, exchangeOf(ctx).command, in.ID, guarantee.Decision{Approve: body.Approve, Fee: body.Fee, Reason: body.Reason})
	return done(a), err
}

func (s *server) feePaid(ctx context.Context, in *object, body *wire.FeePaid) (wire.Done, error) {
	a, err := s.guarantee.FeeReceived(ctx, exchangeOf(ctx).command, in.ID,
		guarantee.FeeEvidence{Amount: body.Amount, Reference: body.Reference, Payer: body.Payer, PaidAt: body.PaidAt})
	return done(a), err
}

func (s *server) refunded(ctx context.Context, in *object, body *wire.FeeRefunded) (wire.Done, error) {
	a, err := s.guarantee.FeeRefunded(ctx, exchangeOf(ctx).command, in.ID, body.Reference)
	return done(a), err
}

// prepare answers with the instant of the first preparation, whenever it is asked again.
func (s *server) prepare(ctx context.Context, in *object, body *wire.Prepare) (wire.Prepared, error) {
	if _, err := s.guarantee.Prepare(ctx, exchangeOf(ctx).command, in.ID, body.Number, body.Digest); err != nil {
		return wire.Prepared{}, err
	}
	at, err := s.preparedAt(ctx, in.ID)
	return wire.Prepared{PreparedAt: at}, err
}

// preparedAt is when number and digest were fixed: of a letter from a counter, when it came in.
func (s *server) preparedAt(ctx context.Context, id string) (time.Time, error) {
	events, err := s.guarantee.EventsSince(ctx, id, 0)
	if err != nil {
		return time.Time{}, err
	}
	for _, e := range events {
		if e.Kind == guarantee.EventPrepared || e.Kind == guarantee.EventDeposited {
			return local(e.At), nil
		}
	}
	return time.Time{}, errors.New("web: a guarantee with a number and no preparation")
}

func (s *server) issue(ctx context.Context, in *object, body *wire.Issue) (wire.Issued, error) {
	a, err := s.guarantee.Issue(ctx, exchangeOf(ctx).command, in.ID,
		guarantee.Issue{Undertaking: body.Undertaking, Sealed: body.Sealed, Statement: body.Statement})
	return wire.Issued{Receipt: a.Receipt}, err
}

// deposit takes in a letter from an institution's own counter. There is nothing to approve, and nobody is asked.
func (s *server) deposit(ctx context.Context, _ *here, body *wire.Deposit) (wire.Issued, error) {
	x := exchangeOf(ctx)
	a, err := s.guarantee.Deposit(ctx, x.command, guarantee.Deposit{Statement: body.Statement, Record: body.Record, Letter: body.Letter},
		s.banks.Counter(x.actor.USCC))
	return wire.Issued{Receipt: a.Receipt}, err
}

func (s *server) failIssue(ctx context.Context, in *object, body *wire.Fail) (wire.Done, error) {
	a, err := s.guarantee.FailIssue(ctx, exchangeOf(ctx).command, in.ID, body.Reason)
	return done(a), err
}

func (s *server) acknowledge(ctx context.Context, in *object, _ *wire.Acknowledge) (wire.Done, error) {
	a, err := s.guarantee.AcknowledgeRelease(ctx, exchangeOf(ctx).command, in.ID)
	return done(a), err
}

func (s *server) decideDemand(ctx context.Context, in *object, body *wire.DemandDecision) (wire.Done, error) {
	d := guarantee.DemandDecision{Complying: body.Complying}
	for _, x := range body.Discrepancies {
		d.Discrepancies = append(d.Discrepancies, guarantee.Discrepancy{ID: x.ID, Narrative: x.Narrative})
	}
	if d.Complying && len(d.Discrepancies) > 0 {
		return wire.Done{}, party.Invalid("demand.discrepancies", "discrepancies", "单据相符时不得列出不符点；请二者择一")
	}
	a, err := s.guarantee.DecideDemand(ctx, exchangeOf(ctx).command, in.ID, d)
	return done(a), err
}

func (s *server) demandPaid(ctx context.Context, in *object, body *wire.DemandPaid) (wire.Done, error) {
	a, err := s.guarantee.HonourDemand(ctx, exchangeOf(ctx).command, in.ID,
		paymentOf(body))
	return done(a), err
}
