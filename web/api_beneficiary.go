package web

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

func (s *server) guarantees(ctx context.Context, in *after) (wire.GuaranteePage, error) {
	rows, err := s.guarantee.ListForBeneficiary(ctx, exchangeOf(ctx).actor, in.After, pageSize)
	page := wire.GuaranteePage{Items: []wire.Guarantee{}}
	for _, g := range rows {
		item, err := s.disclosedView(ctx, g)
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, item)
	}
	if len(rows) == pageSize {
		page.Next = rows[len(rows)-1].ID
	}
	return page, err
}

func (s *server) disclosedView(ctx context.Context, g *guarantee.Guarantee) (wire.Guarantee, error) {
	x, err := s.guarantee.Disclosure(ctx, g.ID)
	if err != nil {
		return wire.Guarantee{}, err
	}
	r, err := letter.ParseReveal(x.Reveal)
	if err != nil {
		return wire.Guarantee{}, err
	}
	demands, err := s.guarantee.Demands(ctx, g.ID)
	if err != nil {
		return wire.Guarantee{}, err
	}
	out := wire.Guarantee{ID: g.ID, Number: x.Number, Guarantor: r.Guarantor, Applicants: r.Applicants, Lot: r.Lot, Amount: r.Amount,
		Paid: g.Honoured, Expiry: calendar.DateOf(x.Expiry), Undertaking: letter.UndertakingDigest(x.Undertaking), Commitment: letter.Commitment(x.Reveal),
		Instrument: string(g.InstrumentState), Disclosure: string(g.DisclosureState), Verification: string(g.VerificationState),
		Release: string(g.ReleaseState)}
	if out.ReleaseClock, err = s.releaseClock(ctx, g); err != nil {
		return out, err
	}
	if g.ReleaseState != guarantee.NoRelease {
		out.ReleaseBy = day(g.ReleaseDueBy)
	}
	if out.Unsigned, err = s.guarantee.ReleaseAwaits(ctx, g); err != nil {
		return out, err
	}
	if out.Claimable, err = s.claimable(ctx, g); err != nil {
		return out, err
	}
	if out.Amendments, err = s.amendments(ctx, g.ID); err != nil {
		return out, err
	}
	for _, d := range demands {
		item, err := s.demandView(ctx, d)
		if err != nil {
			return out, err
		}
		out.Demands = append(out.Demands, item)
	}
	return out, nil
}

// releaseClock is the letter's release clock for those who may see the letter; absent until the tender's course starts one.
func (s *server) releaseClock(ctx context.Context, g *guarantee.Guarantee) (*wire.Clock, error) {
	k, err := s.guarantee.ReleaseClock(ctx, g)
	if err != nil || k == nil {
		return nil, err
	}
	return &wire.Clock{Clock: *k, Words: k.Words()}, nil
}

func day(t *time.Time) calendar.Date {
	if t == nil {
		return calendar.Date{}
	}
	return calendar.DateOf(*t)
}

func (s *server) readDemand(ctx context.Context, in *object) (wire.Demand, error) {
	d, err := s.guarantee.DemandFor(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return wire.Demand{}, err
	}
	return s.demandView(ctx, d)
}

func (s *server) demandView(ctx context.Context, d *guarantee.Demand) (wire.Demand, error) {
	out := wire.Demand{ID: d.ID, Guarantee: d.Guarantee, State: string(d.State), Amount: d.Amount, ReceivedAt: local(d.PresentedAt),
		Interim: d.InterimPaid, Paid: d.InterimPaid + value(d.PaidAmount), PaidAt: local(value(d.PaidAt)), Reference: value(d.PaidRef), Slip: digest(d.PaidSlip)}
	if d.ExamineBy != nil {
		out.ExamineBy = calendar.DateOf(*d.ExamineBy).EndOfDay()
	}
	if err := s.course(ctx, d, &out); err != nil {
		return out, err
	}
	for _, k := range d.Missing {
		out.Missing = append(out.Missing, letter.DocumentKind(k))
	}
	var why []guarantee.Discrepancy
	if d.Discrepancies != nil {
		if err := json.Unmarshal(d.Discrepancies, &why); err != nil {
			return out, err
		}
	}
	for _, x := range why {
		out.Discrepancies = append(out.Discrepancies, wire.Discrepancy{ID: x.ID, Narrative: x.Narrative})
	}
	paper, err := demandPaper(d)
	out.Reason = paper.Reason
	return out, err
}

func (s *server) release(ctx context.Context, in *object, body *wire.Release) (wire.Intake, error) {
	return s.handIn(ctx, guarantee.IntakeRelease, in.ID, body.Release)
}

func (s *server) present(ctx context.Context, in *object, body *wire.Present) (wire.Intake, error) {
	return s.papers(ctx, guarantee.IntakeDemand, in.ID, body.Demand, body.Files)
}

func (s *server) complete(ctx context.Context, in *object, body *wire.Complete) (wire.Intake, error) {
	d, err := s.guarantee.DemandFor(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return wire.Intake{}, err
	}
	return s.papers(ctx, guarantee.IntakeCompletion, d.Guarantee, body.Completion, body.Files)
}

func (s *server) withdrawDemand(ctx context.Context, in *object, body *wire.WithdrawDemand) (wire.Intake, error) {
	d, err := s.guarantee.DemandFor(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return wire.Intake{}, err
	}
	return s.handIn(ctx, guarantee.IntakeWithdrawal, d.Guarantee, body.Withdrawal)
}

// papers wraps a signed paper with its files for the durable receipt.
func (s *server) papers(ctx context.Context, kind guarantee.IntakeKind, id string, signed []byte, files []wire.File) (wire.Intake, error) {
	p := guarantee.Presentation{Signed: signed, Documents: []guarantee.Attachment{}}
	for _, f := range files {
		p.Documents = append(p.Documents, guarantee.Attachment{Kind: f.Kind, Name: f.Name, Bytes: f.Content})
	}
	body, err := json.Marshal(p)
	if err != nil {
		return wire.Intake{}, err
	}
	return s.handIn(ctx, kind, id, body)
}

// handIn takes one paper of a beneficiary. It counts from the instant of the durable receipt, whatever follows: a
// refusal says so, and an outcome that is not known yet is told as received, because it is.
func (s *server) handIn(ctx context.Context, kind guarantee.IntakeKind, id string, body []byte) (wire.Intake, error) {
	a, in, err := s.guarantee.Present(ctx, exchangeOf(ctx).command, kind, id, body)
	out := wire.Intake{ID: in.ID, Guarantee: id, Demand: a.Demand, ReceivedAt: local(in.ReceivedAt), State: "accepted"}
	if _, refused := party.RefusalOf(err); refused || in.ID == "" {
		return wire.Intake{}, err
	}
	if err != nil {
		x := exchangeOf(ctx)
		s.log.ErrorContext(ctx, "paper received, verb unfinished", "incident", x.id, "intake", in.ID, "cause", quiet(err))
		out.State = "received"
	}
	return out, nil
}
