package client

import (
	"context"
	"fmt"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Beneficiary (招标人) releases guarantees and demands under them.
type Beneficiary struct{ *person }

// NewBeneficiary returns the client of one beneficiary.
func NewBeneficiary(p Platform, me Identity) (*Beneficiary, error) {
	who, err := newPerson(p, me)
	if err != nil {
		return nil, err
	}
	return &Beneficiary{who}, nil
}

// SignIn begins a session.
func (b *Beneficiary) SignIn(ctx context.Context) (wire.Actor, error) {
	return b.signIn(ctx, "beneficiary")
}

// Guarantees lists one page of the disclosed guarantees in this beneficiary's favour.
func (b *Beneficiary) Guarantees(ctx context.Context, after string) (wire.GuaranteePage, error) {
	var page wire.GuaranteePage
	return page, b.get(ctx, "/guarantees"+cursor(after), &page)
}

// Release signs away the guarantor's duty (独立保函规定11). Every joint beneficiary signs its own.
func (b *Beneficiary) Release(ctx context.Context, g wire.Guarantee, reason string) (wire.Intake, error) {
	content, err := letter.Release{Version: 1, Guarantee: g.ID, Number: g.Number, Guarantor: g.Guarantor,
		Beneficiary: b.me.Party, Undertaking: g.Undertaking, Reason: reason, At: b.at()}.Canonical()
	paper, err := b.me.paper(ctx, content, err, b.at())
	if err != nil {
		return wire.Intake{}, err
	}
	var in wire.Intake
	return in, b.post(ctx, "/guarantees/"+url.PathEscape(g.ID)+"/releases", keyOf("release", paper), wire.Release{Release: paper}, &in)
}

// Claim is what a beneficiary says when it demands.
type Claim struct {
	Amount        letter.Fen
	Reason        string // one of letter.Reasons
	Statement     string // which obligation was breached
	Payee         letter.Account
	Files         []wire.File
	CompleteLater bool
	ExtendTo      calendar.Date // a validity to this day or later is taken instead of payment; zero: payment alone
}

// Demand presents a demand. It counts from the ReceivedAt of the answer, however long the rest takes.
func (b *Beneficiary) Demand(ctx context.Context, g wire.Guarantee, c Claim) (wire.Intake, error) {
	p, err := b.SignDemand(ctx, g, c)
	if err != nil {
		return wire.Intake{}, err
	}
	return b.SendDemand(ctx, p)
}

// DemandPaper is a signed demand with its documents. Whoever keeps it before it is sent can send the very same after an
// unknown outcome, and demands once.
type DemandPaper struct {
	ID        string       `json:"id"`
	Guarantee string       `json:"guarantee"`
	Present   wire.Present `json:"present"`
}

// SignDemand signs a demand and sends nothing.
func (b *Beneficiary) SignDemand(ctx context.Context, g wire.Guarantee, c Claim) (DemandPaper, error) {
	id := newID()
	content, err := letter.Demand{
		Version: 1, ID: id, Guarantee: g.ID, Number: g.Number, Guarantor: g.Guarantor, Beneficiary: b.me.Party,
		Undertaking: g.Undertaking, Commitment: g.Commitment, Amount: c.Amount, AmountCapital: c.Amount.Capital(),
		Reason: c.Reason, Statement: c.Statement, Payee: c.Payee, Documents: documents(c.Files), NoExemption: true,
		CompleteLater: c.CompleteLater, ExtendTo: c.ExtendTo, At: b.at(),
	}.Canonical()
	paper, err := b.me.paper(ctx, content, err, b.at())
	return DemandPaper{id, g.ID, wire.Present{Demand: paper, Files: c.Files}}, err
}

// SendDemand sends it. The same paper is the same command, however often it is sent.
func (b *Beneficiary) SendDemand(ctx context.Context, p DemandPaper) (wire.Intake, error) {
	var in wire.Intake
	return in, b.post(ctx, "/guarantees/"+url.PathEscape(p.Guarantee)+"/demands", "demand-"+p.ID, p.Present, &in)
}

// Complete hands in the documents that were missing, all of them, once.
func (b *Beneficiary) Complete(ctx context.Context, d wire.Demand, files []wire.File) (wire.Intake, error) {
	content, err := letter.Completion{Version: 1, Guarantee: d.Guarantee, Demand: d.ID, Documents: documents(files), At: b.at()}.Canonical()
	paper, err := b.me.paper(ctx, content, err, b.at())
	if err != nil {
		return wire.Intake{}, err
	}
	var in wire.Intake
	return in, b.post(ctx, "/demands/"+url.PathEscape(d.ID)+"/complete", keyOf("complete", paper), wire.Complete{Completion: paper, Files: files}, &in)
}

// Withdraw takes a demand back.
func (b *Beneficiary) Withdraw(ctx context.Context, d wire.Demand, reason string) (wire.Intake, error) {
	content, err := letter.Withdrawal{Version: 1, Guarantee: d.Guarantee, Demand: d.ID, Reason: reason, At: b.at()}.Canonical()
	paper, err := b.me.paper(ctx, content, err, b.at())
	if err != nil {
		return wire.Intake{}, err
	}
	var in wire.Intake
	return in, b.post(ctx, "/demands/"+url.PathEscape(d.ID)+"/withdraw", keyOf("withdraw", paper), wire.WithdrawDemand{Withdrawal: paper}, &in)
}

// DemandSheet reads what is needed before a demand is made: cases, documents, who signs, what is left, and the clocks.
func (b *Beneficiary) DemandSheet(ctx context.Context, guarantee string) (wire.DemandSheet, error) {
	var s wire.DemandSheet
	return s, b.get(ctx, "/guarantees/"+url.PathEscape(guarantee)+"/demand-sheet", &s)
}

// Resume reports that a stop-payment is over, with the paper that lifts it.
func (b *Beneficiary) Resume(ctx context.Context, demand, number string, file wire.PaperFile) error {
	return b.post(ctx, "/demands/"+url.PathEscape(demand)+"/resume", "resume-"+newID(), liftStay(number, file), nil)
}

func liftStay(number string, file wire.PaperFile) wire.LiftStay {
	return wire.LiftStay{Number: number, Digest: signing.Sum(file.Content), File: file}
}

// DemandOf reads a demand's state.
func (p *person) DemandOf(ctx context.Context, id string) (wire.Demand, error) {
	var d wire.Demand
	return d, p.get(ctx, "/demands/"+url.PathEscape(id), &d)
}

func documents(files []wire.File) []letter.Document {
	list := make([]letter.Document, len(files))
	for i, f := range files {
		list[i] = letter.Document{Kind: f.Kind, Name: f.Name, Digest: signing.Sum(f.Content)}
	}
	return list
}

// keyOf names a command by the paper that it carries: the same paper is the same command.
func keyOf(verb string, paper []byte) string {
	return fmt.Sprintf("%s-%.40s", verb, signing.Sum(paper).String())
}
