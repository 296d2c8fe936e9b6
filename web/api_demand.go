package web

import (
	"context"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/tender"
)

// demandSheet tells a beneficiary before it demands what it must bring, who signs, what is left and what would follow.
func (s *server) demandSheet(ctx context.Context, in *object) (wire.DemandSheet, error) {
	x, err := s.guarantee.DemandSheet(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return wire.DemandSheet{}, err
	}
	g := x.Guarantee
	out := wire.DemandSheet{Guarantee: g.ID, Number: x.Number, Form: g.Form, Presenter: x.Presenter, Amount: value(g.Amount), Paid: g.Honoured,
		Claimed: x.Claimed, Claimable: x.Claimable, Place: x.Place, LastInstant: local(x.LastInstant), Clocks: clockViews(x.Clocks), HoldDays: x.HoldDays,
		Signing: "由受益人以本单位的签名证书签署书面付款通知（索赔数据电文）"}
	if x.Joint {
		out.Signing = "由招标文件指定的牵头受益人以本单位的签名证书签署书面付款通知（索赔数据电文）并提交，其他受益人不另行签署"
	}
	for _, r := range x.Reasons {
		out.Reasons = append(out.Reasons, wire.SheetReason{Code: r.Code, Words: r.Chinese, Source: r.Source, Documents: r.Documents})
	}
	for _, k := range x.Documents {
		out.Documents = append(out.Documents, wire.SheetDocument{Kind: k, Words: k.Chinese(), ByItself: k == letter.PaymentNotice || k == letter.RevealRecord})
	}
	bid, err := s.tender.Attribution(ctx, in.ID)
	out.Bid, out.Warning = string(bid), bidWarnings[bid]
	return out, err
}

// bidWarnings are for whoever would demand under the letter of a bid that was not decrypted (电子招标投标办法31). They warn and
// block nothing: the guarantor alone examines.
var bidWarnings = map[tender.HallBidState]string{
	tender.BidPending:    "该投标在开标时未解密，责任尚未认定：投标人原因视为撤销投标，非投标人原因视为撤回投标、应予解除；请待行政监督部门确认后再决定是否索赔",
	tender.BidFreed:      "该投标在开标时因非投标人原因未解密，视为撤回投标；保函应予解除，以撤销投标为由索赔没有依据",
	tender.BidRevoked:    "该投标在开标时因投标人原因未解密，视为撤销投标；可按招标投标法实施条例第三十五条决定是否索赔",
	tender.BidUnreadable: "该投标的密文无法解开，责任尚未认定；请先查明原因",
}

func clockViews(all []guarantee.DemandClock) []wire.DemandClock {
	var out []wire.DemandClock
	for _, c := range all {
		v := wire.DemandClock{Kind: string(c.Kind), Words: c.Words(), Law: c.Law, From: local(c.From), Days: c.Days, Unit: string(c.Unit), Stopped: c.Stopped}
		if !c.To.IsZero() {
			v.To = c.To.EndOfDay()
		}
		out = append(out, v)
	}
	return out
}

// demandStories shows an applicant every step of every demand against its letter.
func (s *server) demandStories(ctx context.Context, in *object) (wire.DemandStories, error) {
	out := wire.DemandStories{Guarantee: in.ID, Items: []wire.DemandStory{}}
	g, all, err := s.guarantee.DemandStories(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return out, err
	}
	if out.Claimable, err = s.claimable(ctx, g); err != nil {
		return out, err
	}
	for _, x := range all {
		item, err := s.demandStory(ctx, x)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// claimable is nothing once the letter has ended.
func (s *server) claimable(ctx context.Context, g *guarantee.Guarantee) (letter.Fen, error) {
	if g.InstrumentState != guarantee.Issued {
		return 0, nil
	}
	return s.guarantee.Claimable(ctx, g)
}

func (s *server) demandStory(ctx context.Context, x guarantee.DemandStory) (wire.DemandStory, error) {
	view, err := s.demandView(ctx, x.Demand)
	if err != nil {
		return wire.DemandStory{}, err
	}
	paper, err := demandPaper(x.Demand)
	out := wire.DemandStory{Demand: view, Digest: letter.DemandDigest(x.Demand.Signed), Statement: paper.Statement,
		Documents: []wire.SheetDocument{}, Events: []wire.DemandEvent{}}
	for _, f := range x.Documents {
		out.Documents = append(out.Documents, wire.SheetDocument{Kind: f.Kind, Words: f.Name})
	}
	for _, e := range x.Events {
		if e.DemandWords() != "" {
			out.Events = append(out.Events, wire.DemandEvent{Kind: string(e.Kind), Words: e.DemandWords(), At: local(e.At), By: e.Role()})
		}
	}
	return out, err
}

func demandPaper(d *guarantee.Demand) (letter.Demand, error) {
	signed, err := signing.ParseSignedData(d.Signed)
	if err != nil {
		return letter.Demand{}, err
	}
	return letter.ParseDemand(signed.Content)
}

// course adds what the three parties see alike of a demand's course: its clocks, what was asked, why they stood, and that
// the applicant objects.
func (s *server) course(ctx context.Context, d *guarantee.Demand, out *wire.Demand) error {
	clocks, err := s.guarantee.Clocks(ctx, d)
	if err != nil {
		return err
	}
	out.Clocks = clockViews(clocks)
	for _, c := range out.Clocks {
		if c.Kind == string(guarantee.ClockPayment) || c.Kind == string(guarantee.ClockHold) {
			out.PayBy = c.To
		}
	}
	if err := s.extension(ctx, d, out); err != nil {
		return err
	}
	asked, at, err := s.guarantee.LastRequest(ctx, d)
	if err != nil {
		return err
	}
	if asked != nil {
		out.Requested = &wire.DocumentsRequested{Documents: asked.Documents, Words: asked.Words, At: local(at)}
	}
	pauses, err := s.guarantee.Pauses(ctx, d.ID)
	if err != nil {
		return err
	}
	for _, p := range pauses {
		v := wire.DemandPause{Why: string(p.Why), Began: local(p.BeganAt), Ended: local(value(p.EndedAt)), Court: value(p.Court),
			Number: value(p.Ruling), Lifting: value(p.Lifting)}
		if p.RuledOn != nil {
			v.RuledOn = calendar.DateOf(*p.RuledOn)
		}
		out.Pauses = append(out.Pauses, v)
	}
	objections, err := s.guarantee.Objections(ctx, d.ID)
	for _, o := range objections {
		ground, _ := letter.FraudGroundOf(o.Ground)
		out.Objections = append(out.Objections, wire.ObjectionMade{ID: o.ID, Ground: o.Ground, Words: ground.Chinese, At: local(o.ReceivedAt)})
	}
	return err
}

// objectToDemand takes an applicant's fraud objection. It stops nothing.
func (s *server) objectToDemand(ctx context.Context, in *object, body *wire.Object) (wire.Objected, error) {
	a, err := s.guarantee.ObjectToDemand(ctx, exchangeOf(ctx).command, in.ID, body.Objection, papersOf(body.Files...))
	return wire.Objected{Demand: a.Demand, State: string(a.DemandState)}, err
}

func papersOf(files ...wire.PaperFile) []guarantee.Paper {
	out := make([]guarantee.Paper, len(files))
	for i, f := range files {
		out[i] = guarantee.Paper{Name: f.Name, Bytes: f.Content}
	}
	return out
}

func (s *server) requestDocuments(ctx context.Context, in *object, body *wire.RequestDocuments) (wire.Done, error) {
	a, err := s.guarantee.RequestDocuments(ctx, exchangeOf(ctx).command, in.ID, guarantee.DocumentRequest{Documents: body.Documents, Words: body.Words})
	return done(a), err
}

func (s *server) interim(ctx context.Context, in *object, body *wire.DemandPaid) (wire.Done, error) {
	a, err := s.guarantee.PayInterim(ctx, exchangeOf(ctx).command, in.ID, paymentOf(body))
	return done(a), err
}

func paymentOf(body *wire.DemandPaid) guarantee.Payment {
	return guarantee.Payment{Amount: body.Amount, Reference: body.Reference, PaidAt: body.PaidAt, Slip: body.Slip}
}

func (s *server) stay(ctx context.Context, in *object, body *wire.Stay) (wire.Done, error) {
	a, err := s.guarantee.StayDemand(ctx, exchangeOf(ctx).command, in.ID, guarantee.Ruling{Court: body.Court, Number: body.Number,
		RuledOn: body.RuledOn, Paper: papersOf(body.File)[0], Digest: body.Digest})
	return done(a), err
}

// resumeDemand is for the guarantor and for the presenting beneficiary alike.
func (s *server) resumeDemand(ctx context.Context, in *object, body *wire.LiftStay) (wire.Done, error) {
	a, err := s.guarantee.ResumeDemand(ctx, exchangeOf(ctx).command, in.ID, guarantee.Lifting{Number: body.Number, Paper: papersOf(body.File)[0], Digest: body.Digest})
	return done(a), err
}
