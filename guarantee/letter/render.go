package letter

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"baohan/guarantee/calendar"
)

// slots say what stands in a letter for each {slot} of its wording. Those that need the reveal record are empty in a
// blind letter; the lint of wordings keeps them out of it.
var slots = map[string]func(*Undertaking, Wording) string{
	"number":               func(u *Undertaking, _ Wording) string { return u.Number },
	"application":          func(u *Undertaking, _ Wording) string { return u.Application.Application },
	"application_digest":   func(u *Undertaking, _ Wording) string { return u.ApplicationDigest.String() },
	"guarantor":            func(u *Undertaking, _ Wording) string { return u.Guarantor.String() },
	"applicants":           func(u *Undertaking, _ Wording) string { return list(u.Application.Applicants) },
	"commitment":           func(u *Undertaking, _ Wording) string { return u.Application.Commitment.String() },
	"max_amount":           func(u *Undertaking, _ Wording) string { return printed(u.MaxAmount) },
	"fee":                  func(u *Undertaking, _ Wording) string { return printed(u.Application.Fee) },
	"latest_expiry":        func(u *Undertaking, _ Wording) string { return u.LatestExpiry.Chinese() },
	"place":                func(u *Undertaking, _ Wording) string { return u.PlaceOfPresentation },
	"documents":            func(u *Undertaking, _ Wording) string { return documentList(u.Documents) },
	"reasons":              func(*Undertaking, Wording) string { return reasonList() },
	"pay_within_days":      func(_ *Undertaking, w Wording) string { return strconv.Itoa(w.PayWithinDays) },
	"hold_days":            func(_ *Undertaking, w Wording) string { return strconv.Itoa(w.HoldDays) },
	"examine_working_days": func(_ *Undertaking, w Wording) string { return strconv.Itoa(w.ExamineWorkingDays) },
	"beneficiaries":        revealed(func(r *Reveal) string { return list(r.Beneficiaries) }),
	"lead":                 revealed(func(r *Reveal) string { return r.Beneficiaries[0].Name }),
	"lot":                  revealed(lotText),
	"deadline":             revealed(func(r *Reveal) string { return chineseTime(r.End.Deadline) }),
	"validity_days":        revealed(func(r *Reveal) string { return strconv.Itoa(r.End.ValidityDays) }),
	"extra_days":           revealed(func(r *Reveal) string { return strconv.Itoa(r.End.ExtraDays) }),
	"expiry":               revealed(func(r *Reveal) string { return r.End.Expiry().Chinese() }),
	"requirement":          revealed(func(r *Reveal) string { return r.Requirement.String() }),
}

func revealed(of func(*Reveal) string) func(*Undertaking, Wording) string {
	return func(u *Undertaking, _ Wording) string {
		if u.Reveal == nil || len(u.Reveal.Beneficiaries) == 0 {
			return ""
		}
		return of(u.Reveal)
	}
}

// render fills the title, the documents and the clauses from the undertaking's own facts.
func render(w Wording, u *Undertaking) error {
	r, err := w.Rendering(u.Application.Mode)
	if err != nil {
		return err
	}
	u.Title, u.Documents = w.Title, r.Documents
	u.Clauses = make([]string, len(r.Clauses))
	for i, clause := range r.Clauses {
		u.Clauses[i] = slotShape.ReplaceAllStringFunc(clause, func(slot string) string {
			return slots[strings.Trim(slot, "{}")](u, w)
		})
	}
	return nil
}

// printed is an amount as it stands in a letter, in words and in figures.
func printed(f Fen) string { return "人民币" + f.Capital() + "（¥" + f.String() + "）" }

func list(parties []Party) string {
	texts := make([]string, len(parties))
	for i, p := range parties {
		texts[i] = p.String()
	}
	return strings.Join(texts, "、")
}

func documentList(kinds []DocumentKind) string {
	texts := make([]string, len(kinds))
	for i, k := range kinds {
		texts[i] = fmt.Sprintf("（%d）%s", i+1, k.Chinese())
	}
	return strings.Join(texts, "；")
}

func lotText(r *Reveal) string {
	l := r.Lot
	return fmt.Sprintf("%s（招标项目编号：%s）%s（标段编号：%s）", l.ProjectName, l.Project, l.Name, l.Code)
}

func chineseTime(t time.Time) string {
	t = t.In(calendar.Shanghai)
	return t.Format("2006年1月2日15时04分")
}
