package letter

import (
	"slices"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// Undertaking is U: what the guarantor undertakes, and signs with a key that only it holds.
type Undertaking struct {
	Version             int            `json:"version"`
	Number              string         `json:"number"` // the guarantor's own, unique for ever
	Guarantor           Party          `json:"guarantor"`
	Application         Application    `json:"application"`
	ApplicationDigest   signing.Digest `json:"application_digest"` // ApplicationDigest of the signed application
	Title               string         `json:"title"`
	Clauses             []string       `json:"clauses"`               // the whole text, rendered
	MaxAmount           Fen            `json:"max_amount"`            // blind: the ceiling; full: the exact amount
	MaxAmountCapital    string         `json:"max_amount_capital"`    // 大写
	LatestExpiry        calendar.Date  `json:"latest_expiry"`         // how far it extends at most
	PlaceOfPresentation string         `json:"place_of_presentation"` // the designated system
	Documents           []DocumentKind `json:"documents"`             // required with a demand
	Reveal              *Reveal        `json:"reveal,omitzero"`       // full letters only
}

// NewUndertaking is what an institution signs: everything in it follows from the application, the institution's number,
// the place of presentation and, for a full letter, the reveal record.
func NewUndertaking(app Application, appDigest signing.Digest, number, place string, reveal *Reveal) (Undertaking, error) {
	u := Undertaking{Version: 1, Number: number, Guarantor: app.Guarantor, Application: app, ApplicationDigest: appDigest,
		MaxAmount: app.Ceiling, LatestExpiry: app.LatestExpiry, PlaceOfPresentation: place, Reveal: reveal}
	if err := u.checkFacts(); err != nil {
		return Undertaking{}, err
	}
	if reveal != nil {
		u.MaxAmount = reveal.Amount
	}
	u.MaxAmountCapital = u.MaxAmount.Capital()
	w, err := WordingOf(app.Wording)
	if err != nil {
		return Undertaking{}, within("application", err)
	}
	return u, render(w, &u)
}

// checkFacts holds what an undertaking is made of.
func (u Undertaking) checkFacts() error {
	return firstOf(
		checkVersion(u.Version),
		checkNumber(u.Number),
		within("application", u.Application.Check()),
		checkDigest("application_digest", u.ApplicationDigest.IsZero()),
		checkText("place_of_presentation", u.PlaceOfPresentation, 2, 200),
		need((u.Application.Mode == ModeFull) == (u.Reveal != nil), "reveal", "reveal", "全文密封的保函须含揭示记录，密文保函不得含揭示记录"),
		u.checkReveal(),
	)
}

func (u Undertaking) checkReveal() error {
	if u.Reveal == nil {
		return nil
	}
	b, err := u.Reveal.Canonical()
	if err != nil {
		return within("reveal", err)
	}
	return within("reveal", u.Application.opens(b, *u.Reveal))
}

// opens holds an application against the reveal record that it commits to (b its encoding): both speak of the same
// application, parties and commitment, and what is revealed lies within what was rounded up.
func (a Application) opens(b []byte, r Reveal) error {
	return firstOf(
		need(Commitment(b) == a.Commitment, "", "commitment", "揭示记录与承诺值不符"),
		need(r.Application == a.Application, "application", "differs", "揭示记录的申请编号与申请书不一致"),
		need(r.Guarantor == a.Guarantor, "guarantor", "differs", "揭示记录的担保机构与申请书不一致"),
		need(slices.Equal(r.Applicants, a.Applicants), "applicants", "differs", "揭示记录的申请人与申请书不一致"),
		need(r.Amount <= a.Ceiling, "amount", "ceiling", "担保金额超过最高金额"),
		need(!r.End.Expiry().After(a.LatestExpiry), "end", "latest_expiry", "有效期超过最迟到期日"),
	)
}

// Check renders the undertaking anew from its facts and compares every member: a letter says what its wording says, or
// it is none.
func (u Undertaking) Check() error {
	again, err := NewUndertaking(u.Application, u.ApplicationDigest, u.Number, u.PlaceOfPresentation, u.Reveal)
	if err != nil {
		return err
	}
	return firstOf(
		checkVersion(u.Version),
		need(u.Guarantor == again.Guarantor, "guarantor", "differs", "开立人与申请书不一致"),
		need(u.Title == again.Title, "title", "wording", "标题与文本不一致"),
		need(u.MaxAmount == again.MaxAmount, "max_amount", "amount", "最高金额与申请书（全文保函：担保金额）不一致"),
		need(u.MaxAmountCapital == again.MaxAmountCapital, "max_amount_capital", "capital", "大写金额与小写金额不一致"),
		need(u.LatestExpiry == again.LatestExpiry, "latest_expiry", "latest_expiry", "最迟到期日与申请书不一致"),
		need(slices.Equal(u.Documents, again.Documents), "documents", "wording", "所列单据与文本不一致"),
		need(slices.Equal(u.Clauses, again.Clauses), "clauses", "wording", "条款与文本不一致：有改动、增加或缺失"),
	)
}

// Canonical is what the guarantor signs.
func (u Undertaking) Canonical() ([]byte, error) { return canonical(u, Undertaking.Check) }

// ParseUndertaking reads what Canonical wrote.
func ParseUndertaking(b []byte) (Undertaking, error) { return parse(b, Undertaking.Check) }

// Required are the documents that a demand for this reason must bring: the letter's list, and under an accessory
// guarantee or a policy also the proof that its text names for the reason. An independent guarantee knows no document
// but those on its list (法释〔2016〕24号 art. 6).
func (u Undertaking) Required(reason string) ([]DocumentKind, error) {
	w, err := WordingOf(u.Application.Wording)
	if err != nil {
		return nil, err
	}
	r, known := ReasonOf(reason)
	if !known {
		return nil, fault("reason", "reason", "没有这种索赔事由；请从列表中选择")
	}
	if w.Form == FormIndependent {
		return u.Documents, nil
	}
	return slices.Concat(u.Documents, r.Proof), nil
}
