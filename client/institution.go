package client

import (
	"context"
	"errors"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Institution is a guarantor's own system, as the platform sees it: every request is signed by the institution's
// key, and no answer is believed that the platform did not sign. Each command's key follows from the application
// or demand it is about, so that saying it again after a crash says the same thing; saying another thing under it
// is refused (key_reused).
type Institution struct {
	*conn
	Platform
	me Identity
}

// NewInstitution returns the client of one guarantor. Certificates are the platform's, exchanged beforehand: the
// new one beside the old while a key is being replaced.
func NewInstitution(p Platform, me Identity, certificates ...signing.Certificate) (*Institution, error) {
	if err := me.check(); err != nil {
		return nil, err
	}
	if me.Open == nil || len(certificates) == 0 {
		return nil, errors.New("client: an institution needs an encryption key and the platform's certificate")
	}
	c, err := newConn(p, &machine{me, certificates})
	if err != nil {
		return nil, err
	}
	return &Institution{c, p, me}, nil
}

func (i *Institution) tell(ctx context.Context, object, id, verb string, in, out any) error {
	return i.post(ctx, "/issuer/"+object+"/"+url.PathEscape(id)+"/"+verb, verb+"-"+id, in, out)
}

// Decide answers an application.
func (i *Institution) Decide(ctx context.Context, id string, d wire.Decision) error {
	return i.tell(ctx, "applications", id, "decision", d, nil)
}

// FeePaid says that the fee has arrived.
func (i *Institution) FeePaid(ctx context.Context, id string, f wire.FeePaid) error {
	return i.tell(ctx, "applications", id, "fee", f, nil)
}

// FeeRefunded says that the fee has gone back.
func (i *Institution) FeeRefunded(ctx context.Context, id string, f wire.FeeRefunded) error {
	return i.tell(ctx, "applications", id, "refunded", f, nil)
}

// Fail says that the institution cannot issue after all.
func (i *Institution) Fail(ctx context.Context, id, reason string) error {
	return i.tell(ctx, "applications", id, "fail", wire.Fail{Reason: reason}, nil)
}

// Acknowledge says that a release has been seen. It is in force whether or not this is said.
func (i *Institution) Acknowledge(ctx context.Context, guarantee, message string) error {
	return i.tell(ctx, "guarantees", guarantee, "acknowledge", wire.Acknowledge{Message: message}, nil)
}

// DecideDemand gives the result of the examination.
func (i *Institution) DecideDemand(ctx context.Context, demand string, d wire.DemandDecision) error {
	return i.tell(ctx, "demands", demand, "decision", d, nil)
}

// Refuse answers a demand, as its beneficiary signed it (p7s), with everything that is wrong with it, and returns the notice
// (拒付通知) that this institution has signed for the beneficiary. Saying it again with the same discrepancies is the same
// answer to the platform, under a notice of its own time.
func (i *Institution) Refuse(ctx context.Context, demand []byte, all []letter.Discrepancy) ([]byte, error) {
	r, err := letter.NewRefusal(demand, all, i.Clock.Now())
	if err != nil {
		return nil, err
	}
	if r.Guarantor.USCC != i.me.Party.USCC {
		return nil, errors.New("client: the demand is another institution's")
	}
	content, err := r.Canonical()
	notice, err := i.me.paper(ctx, content, err, r.At)
	if err != nil {
		return nil, err
	}
	d := wire.DemandDecision{}
	for _, x := range all {
		d.Discrepancies = append(d.Discrepancies, wire.Discrepancy{ID: x.ID, Narrative: x.Narrative})
	}
	return notice, i.DecideDemand(ctx, r.Demand, d)
}

// DemandPaid says that the beneficiary has been paid.
func (i *Institution) DemandPaid(ctx context.Context, demand string, d wire.DemandPaid) error {
	return i.tell(ctx, "demands", demand, "paid", d, nil)
}

// RequestDocuments asks the beneficiary for all that a demand still needs (保险法22: once).
func (i *Institution) RequestDocuments(ctx context.Context, demand string, r wire.RequestDocuments) error {
	b, err := wire.Write(r)
	if err != nil {
		return err
	}
	return i.post(ctx, "/issuer/demands/"+url.PathEscape(demand)+"/request", keyOf("request", append([]byte(demand), b...)), r, nil)
}

// PayInterim says what of a claim was paid in advance (保险法25). Each payment is named by its reference. Where the institution
// asks for two people, it counts when a second says the same by a certificate of its own.
func (i *Institution) PayInterim(ctx context.Context, demand string, d wire.DemandPaid) error {
	return i.post(ctx, "/issuer/demands/"+url.PathEscape(demand)+"/interim", keyOf("interim", []byte(demand+d.Reference+i.me.Chain[0].Fingerprint().String())), d, nil)
}

// Stay reports a court's stop-payment, with the court's paper as File. Whoever is not sure whether it was heard reads the
// demand: one that stands stayed is refused a second time.
func (i *Institution) Stay(ctx context.Context, demand string, s wire.Stay) error {
	s.Digest = signing.Sum(s.File.Content)
	return i.post(ctx, "/issuer/demands/"+url.PathEscape(demand)+"/stay", "stay-"+newID(), s, nil)
}

// Resume reports that a stop-payment is over, with the paper that lifts it.
func (i *Institution) Resume(ctx context.Context, demand, number string, file wire.PaperFile) error {
	return i.post(ctx, "/issuer/demands/"+url.PathEscape(demand)+"/resume", "resume-"+newID(), liftStay(number, file), nil)
}

// Demand reads the platform's side of a demand back: its state, its clocks, and what stands in their way.
func (i *Institution) Demand(ctx context.Context, demand string) (wire.Demand, error) {
	var d wire.Demand
	return d, i.get(ctx, "/demands/"+url.PathEscape(demand), &d)
}

// Application reads the platform's side back: what is done there, before anything is said again.
func (i *Institution) Application(ctx context.Context, id string) (wire.IssuerApplication, error) {
	var a wire.IssuerApplication
	return a, i.get(ctx, "/issuer/applications/"+url.PathEscape(id), &a)
}

// Book reads the platform's whole book of this institution.
func (i *Institution) Book(ctx context.Context) ([]wire.BookEntry, error) {
	var book []wire.BookEntry
	for after := ""; ; {
		var page wire.BookPage
		if err := i.get(ctx, "/issuer/guarantees"+cursor(after), &page); err != nil {
			return nil, err
		}
		book = append(book, page.Items...)
		if page.Next == "" {
			return book, nil
		}
		after = page.Next
	}
}

// Issue puts a written letter into force: number and digest on record first, then the letter. It may be called
// again with the same Letter after any failure, and ends in the same receipt. The receipt is checked to be the
// platform's and for this letter.
func (i *Institution) Issue(ctx context.Context, l Letter) (letter.Receipt, []byte, error) {
	if err := i.tell(ctx, "applications", l.Application, "prepare", wire.Prepare{Number: l.Number, Digest: l.Digest}, nil); err != nil {
		return letter.Receipt{}, nil, err
	}
	in := wire.Issue{Undertaking: l.Signed}
	if l.Sealed != nil {
		in = wire.Issue{Sealed: l.Sealed, Statement: l.Statement}
	}
	var out wire.Issued
	if err := i.tell(ctx, "applications", l.Application, "issue", in, &out); err != nil {
		return letter.Receipt{}, nil, err
	}
	r, err := i.receipt(out.Receipt)
	if err == nil && (r.Application != l.Application || r.Guarantor != i.me.Party.USCC || r.Number != l.Number || r.Digest != l.Digest) {
		err = errors.New("client: the platform's receipt is for another letter")
	}
	return r, out.Receipt, err
}
