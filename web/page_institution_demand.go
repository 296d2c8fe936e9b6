package web

import (
	"slices"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
	"baohan/web/view"
)

// demandPages are where an institution examines what is demanded of it.
func (s *server) demandPages() {
	s.page("/institution/demands", "issuer-guarantees", (*visit).institutionDemands)
	s.page("/institution/demands/:id", "issuer-demand", (*visit).institutionDemand)
	s.page("/institution/demands/:id/receipt", "issuer-demand", (*visit).demandReceipt)
	s.paper("/institution/demands/:id/paper", "issuer-demand", (*visit).demandPaperFile)
	s.paper("/institution/demands/:id/files/:digest", "issuer-demand", (*visit).demandFile)
}

func (v *visit) institutionDemands() (templ.Component, error) {
	open, err := v.guarantee.DemandsOfGuarantor(v.ctx, v.x.actor, false, mostWaiting)
	if err != nil {
		return nil, err
	}
	settled, err := v.guarantee.DemandsOfGuarantor(v.ctx, v.x.actor, true, lettersAPage)
	return view.DemandsPage(v.frame("索赔"), open, settled), err
}

func (v *visit) institutionDemand() (templ.Component, error) {
	x, err := v.examined()
	return view.DemandCase(v.signing("索赔 "+x.Paper.Number), x), err
}

func (v *visit) demandReceipt() (templ.Component, error) {
	x, err := v.examined()
	x.Receipt, x.Who = true, v.x.actor.Name
	return view.DemandReceipt(v.frame("索赔受理单"), x), err
}

// examined reads a demand with all that its examiner needs: clocks, documents against the letter's list, objections.
func (v *visit) examined() (x view.InstitutionDemand, err error) {
	d, err := v.guarantee.DemandFor(v.ctx, v.x.actor, v.id)
	if err != nil {
		return x, err
	}
	x = view.InstitutionDemand{State: d.State, Decider: v.personBy(d.DecidedBy), Payer: v.personBy(d.PaidBy), Two: d.TwoPeople,
		Rest: d.Amount - d.InterimPaid}
	if x.Same, err = v.decided(d.TwoPeople, d.DecidedBy); err != nil {
		return x, err
	}
	if x.D, err = v.demandView(v.ctx, d); err != nil {
		return x, err
	}
	if x.First, err = v.guarantee.InterimWaits(v.ctx, d.ID); err != nil {
		return x, err
	}
	if x.First != nil {
		x.FirstBy = v.personBy(x.First.Certificate)
	}
	if x.Paper, err = demandPaper(d); err != nil {
		return x, err
	}
	if reason, known := letter.ReasonOf(x.Paper.Reason); known {
		x.Reason = reason.Chinese
	}
	if err := v.checklist(&x); err != nil {
		return x, err
	}
	if err := v.pleas(&x); err != nil {
		return x, err
	}
	events, err := v.guarantee.EventsSince(v.ctx, d.Guarantee, 0)
	for _, e := range events {
		if e.Demand == d.ID {
			x.Events = append(x.Events, e)
		}
	}
	return x, err
}

// checklist holds the documents against the list of the letter for the reason of the demand.
func (v *visit) checklist(x *view.InstitutionDemand) error {
	published, err := v.guarantee.Disclosure(v.ctx, x.D.Guarantee)
	if err != nil {
		return err
	}
	w, err := letter.WordingOf(published.Content.Application.Wording)
	if err != nil {
		return err
	}
	x.Form = w.Form
	x.LateNote = x.State == guarantee.Examining && w.Precludes() && !x.D.ExamineBy.IsZero() && v.clock.Now().After(x.D.ExamineBy)
	required, err := published.Content.Required(x.Paper.Reason)
	if err != nil {
		return err
	}
	files, err := v.guarantee.DemandFiles(v.ctx, x.D.ID)
	if err != nil {
		return err
	}
	for _, k := range required {
		x.Checks = append(x.Checks, view.DocumentCheck{Kind: k, ByItself: k == letter.PaymentNotice || k == letter.RevealRecord})
	}
	for _, f := range files {
		at := slices.IndexFunc(x.Checks, func(c view.DocumentCheck) bool { return c.Kind == f.Kind })
		if at < 0 {
			x.Others = append(x.Others, view.DocumentCheck{Kind: f.Kind, Files: []guarantee.DemandFile{f}})
			continue
		}
		x.Checks[at].Files = append(x.Checks[at].Files, f)
	}
	return nil
}

// pleas are the applicant's objections word for word, which the guarantor alone may read, and the papers of courts.
func (v *visit) pleas(x *view.InstitutionDemand) error {
	all, err := v.guarantee.Objections(v.ctx, x.D.ID)
	if err != nil {
		return err
	}
	for _, o := range all {
		signed, err := signing.ParseSignedData(o.Signed)
		if err != nil {
			return err
		}
		said, err := letter.ParseObjection(signed.Content)
		if err != nil {
			return err
		}
		ground, _ := letter.FraudGroundOf(o.Ground)
		x.Pleas = append(x.Pleas, view.Plea{Words: ground.Chinese, Statement: said.Statement, At: o.ReceivedAt})
	}
	x.Papers, err = v.guarantee.DemandPapersOf(v.ctx, x.D.ID)
	return err
}

func (v *visit) demandPaperFile() (download, error) {
	d, err := v.guarantee.DemandFor(v.ctx, v.x.actor, v.id)
	if err != nil {
		return download{}, err
	}
	return download{"索赔书-" + d.ID[:8] + ".p7s", "application/pkcs7-signature", d.Signed}, nil
}

// demandFile is a document of the demand, or a paper that came with an order or an objection, by its digest.
func (v *visit) demandFile() (download, error) {
	var digest signing.Digest
	if err := digest.UnmarshalText([]byte(v.Param("digest"))); err != nil {
		return download{}, absent()
	}
	f, err := v.guarantee.ReadDemandFile(v.ctx, v.id, digest)
	if err == nil {
		return download{f.Name, echo.MIMEOctetStream, f.Bytes}, nil
	}
	if r, refused := party.RefusalOf(err); !refused || r.Kind != party.KindNotFound {
		return download{}, err
	}
	p, err := v.guarantee.ReadDemandPaper(v.ctx, v.id, digest)
	return download{p.Name, echo.MIMEOctetStream, p.Bytes}, err
}
