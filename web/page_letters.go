package web

import (
	"slices"

	"github.com/a-h/templ"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

// letterPages are the letters of a lot for who runs it, and a demand under one of them.
func (s *server) letterPages() {
	s.page("/tenderer/lots/:lot/guarantees", "page-own-lot", (*visit).lettersOfLot)
	s.page("/tenderer/lots/:lot/guarantees/book", "page-own-lot", (*visit).bookOfLot)
	s.page("/tenderer/guarantees/:id", "page-own-letter", (*visit).letterOfTenderer)
	s.page("/tenderer/guarantees/:id/release", "page-own-letter", (*visit).releaseNotice)
	s.paper("/tenderer/guarantees/:id/release/:n", "page-own-letter", (*visit).releaseFile)
	s.paper("/tenderer/demands/:id/paper", "page-own-demand", (*visit).ownDemandFile)
	s.page("/tenderer/guarantees/:id/demand", "demand-sheet", (*visit).claim)
	s.page("/tenderer/demands/:id", "page-own-demand", (*visit).demandOfTenderer)
}

// lettersOfLot shows nothing before the opening: the same page whether there are letters or none, made without asking.
func (v *visit) lettersOfLot() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	if l.OpenedAt == nil {
		return view.LettersLocked(v.frame("保函"), l), nil
	}
	b, err := v.letterBook(l)
	return view.Letters(v.returned(v.signing("保函")), b), err
}

// bookOfLot is the part of the page that a signature changes.
func (v *visit) bookOfLot() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	if l.OpenedAt == nil {
		return nil, tender.ErrNotFound
	}
	b, err := v.letterBook(l)
	return view.LetterSections(v.clock.Now(), b), err
}

func (v *visit) letterBook(l *tender.Lot) (view.LetterBook, error) {
	b := view.LetterBook{Lot: l, Signs: v.signsFor(l), Release: &view.Deed{Act: "release-lot", Into: "#outcome",
		Says: "签署标段解除通知，解除所选的全部保函。解除之后担保机构不再承担付款义务，不能恢复。"}}
	book, err := v.guarantee.Book(v.ctx, l.Lot.Project, l.Lot.Code)
	if err != nil {
		return b, err
	}
	held, err := v.tender.Held(v.ctx, l)
	if err != nil {
		return b, err
	}
	for _, e := range book {
		switch line := v.letterLine(e); {
		case e.InstrumentState != guarantee.Issued:
			b.Ended = append(b.Ended, line)
		case held(e.ID):
			b.Held = append(b.Held, line)
		default:
			b.Ready = append(b.Ready, line)
		}
	}
	return b, nil
}

// signsFor tells whether the reader's signature releases the letters of a lot: an agent's does not.
func (v *visit) signsFor(l *tender.Lot) bool {
	return v.x.actor.Role == party.Beneficiary && slices.ContainsFunc(l.Project.Beneficiaries, func(b letter.Party) bool { return b.USCC == v.x.actor.USCC })
}

func (v *visit) letterLine(e guarantee.Entry) view.LetterLine {
	line := view.LetterLine{Entry: e, Mine: len(e.Unsigned) > 0 && !slices.Contains(e.Unsigned, v.x.actor.USCC)}
	if e.InstrumentState != guarantee.Issued || e.ReleaseState != guarantee.ReleaseDue {
		return line
	}
	if k, ok := e.Clock(); ok {
		line.Clock = k.Words()
		if !k.To.IsZero() {
			line.Until, line.Late = k.To.EndOfDay(), k.Overdue(calendar.DateOf(v.clock.Now())) > 0
		}
	}
	return line
}

func (v *visit) letterOfTenderer() (templ.Component, error) {
	g, err := v.guarantee.ForBeneficiary(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	d := view.LetterDesk{Form: g.Form}
	if d.Letter, err = v.disclosedView(v.ctx, g); err != nil {
		return nil, err
	}
	reveal, _, _, err := v.guarantee.Published(v.ctx, v.id)
	if err != nil {
		return nil, err
	}
	r, err := letter.ParseReveal(reveal)
	if err != nil {
		return nil, err
	}
	d.Names = r.Beneficiaries
	d.Mine = len(d.Letter.Unsigned) > 0 && !slices.Contains(d.Letter.Unsigned, v.x.actor.USCC)
	if err := v.ofOwnLot(&d); err != nil {
		return nil, err
	}
	release := &view.Deed{Act: "release", Says: "签署解除通知，解除保函 " + d.Letter.Number + "（" + view.Money(d.Letter.Amount) + "，" + d.Letter.Amount.Capital() + "）。不能恢复。"}
	return view.LetterOfTenderer(v.returned(v.signing("保函 "+d.Letter.Number)), d, release), nil
}

// ofOwnLot adds what the opening of the letter's lot found of it, where the reader runs that lot.
func (v *visit) ofOwnLot(d *view.LetterDesk) error {
	own, err := v.tender.OwnLots(v.ctx, v.x.actor)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(own, func(l *tender.Lot) bool {
		return l.Lot.Project == d.Letter.Lot.Project && l.Lot.Code == d.Letter.Lot.Code
	})
	if i < 0 || own[i].OpenedAt == nil {
		return nil
	}
	d.Lot = own[i]
	o, err := v.tender.Opening(v.ctx, d.Lot.ID)
	if err != nil {
		return err
	}
	for _, x := range o.Letters {
		if x.ID == v.id {
			d.Lines = x.Lines
		}
	}
	held, err := v.tender.Held(v.ctx, d.Lot)
	d.Held = err == nil && held(v.id)
	return err
}

// claim leads through a demand: the ground is chosen by ?reason=.
func (v *visit) claim() (templ.Component, error) {
	sheet, err := v.demandSheet(v.ctx, &object{ID: v.id})
	if err != nil {
		return nil, err
	}
	d := view.ClaimDesk{Sheet: sheet, Mine: sheet.Presenter.USCC == v.x.actor.USCC, Payee: letter.Account{Name: v.x.actor.Name}}
	for i, r := range sheet.Reasons {
		if r.Code == v.QueryParam("reason") {
			d.Reason = &sheet.Reasons[i]
		}
	}
	form := &view.Deed{Act: "present", Says: "签署书面付款通知，向担保机构索赔（保函 " + sheet.Number + "）。期限自平台收到时起计算。"}
	return view.Claim(v.signing("索赔"), d, form), nil
}

func (v *visit) demandOfTenderer() (templ.Component, error) {
	m, err := v.guarantee.DemandFor(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	d := view.DemandDesk{Mine: m.Beneficiary == v.x.actor.USCC}
	if d.Demand, err = v.demandView(v.ctx, m); err != nil {
		return nil, err
	}
	if d.Paper, err = demandPaper(m); err != nil {
		return nil, err
	}
	d.Number, d.Files = d.Paper.Number, d.Paper.Documents
	act := func(name, says string) *view.Deed { return &view.Deed{Act: name, Says: says} }
	var complete, resume *view.Deed
	if len(d.Demand.Missing) > 0 {
		complete = act("complete", "签署补正文件，补齐索赔缺少的单据。")
	}
	if m.State == guarantee.Stayed {
		resume = act("resume-demand", "提交解除中止支付的文书。")
	}
	return view.DemandOfTenderer(v.returned(v.signing("索赔书")), d, complete, act("withdraw-demand", "签署撤回通知，撤回本次索赔。本次索赔随即终结。"), resume), nil
}
