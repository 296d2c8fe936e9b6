package letter

import (
	"slices"
	"strings"
	"testing"
)

func TestWordings(t *testing.T) {
	all := Wordings()
	if len(all) < 3 {
		t.Fatalf("%d wordings", len(all))
	}
	for _, w := range all {
		if err := w.Check(); err != nil {
			t.Errorf("%v: %v", w.Ref(), err)
		}
		if got, err := WordingOf(w.Ref()); err != nil || got.Title != w.Title {
			t.Errorf("%v is not found: %v", w.Ref(), err)
		}
		if _, err := WordingOf(WordingRef{w.ID, w.Version + 100}); err == nil {
			t.Errorf("%v of another version is found", w.Ref())
		}
	}
	if repeats(all, Wording.Ref) {
		t.Error("a wording stands twice")
	}
}

// Each thing that a wording must say is missed when it is gone, and each thing that it must not say is found: for every
// line of the lint and every wording that it concerns.
func TestLintFindsEachMissingPiece(t *testing.T) {
	used := map[string]bool{}
	for _, l := range lints {
		for _, w := range Wordings() {
			for _, m := range w.modes() {
				if l.concerns(w.Form, m) {
					used[l.rule] = true
					lintFinds(t, l, w, m)
				}
			}
		}
		if !used[l.rule] {
			t.Errorf("nothing tries the rule %s", l.rule)
		}
	}
}

func lintFinds(t *testing.T, l lint, w Wording, m Mode) {
	t.Helper()
	clauses := &w.Clauses
	if m == ModeBlind {
		clauses = &w.BlindClauses
	}
	*clauses = slices.Clone(*clauses)
	if l.banned {
		(*clauses)[1] += l.text
	} else {
		for i, c := range *clauses {
			(*clauses)[i] = strings.ReplaceAll(c, l.text, "甲乙")
		}
	}
	f, ok := FieldOf(w.Check())
	if !ok {
		t.Errorf("%v %s: %q is not missed (%s)", w.Ref(), m, l.text, l.rule)
		return
	}
	if f.Rule != l.rule {
		t.Errorf("%v %s without %q: %v", w.Ref(), m, l.text, f)
	}
}

func TestWordingFacts(t *testing.T) {
	base, err := WordingOf(WordingRef{"independent-bid", 1})
	if err != nil {
		t.Fatal(err)
	}
	accessory, err := WordingOf(WordingRef{"accessory-bid", 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		w      Wording
		change func(*Wording)
		rule   string
	}{
		"no id":                    {base, func(w *Wording) { w.ID = "" }, "id"},
		"version 0":                {base, func(w *Wording) { w.Version = 0 }, "id"},
		"cash":                     {base, func(w *Wording) { w.Form = FormCash }, "form"},
		"no title":                 {base, func(w *Wording) { w.Title = "" }, "text"},
		"no period for payment":    {base, func(w *Wording) { w.PayWithinDays = 0 }, "pay_within"},
		"no start of the period":   {base, func(w *Wording) { w.PayFrom = "" }, "pay_within"},
		"an insurer's start":       {base, func(w *Wording) { w.PayFrom = PayFromDecision }, "pay_within"},
		"no examination":           {base, func(w *Wording) { w.ExamineWorkingDays = 0 }, "examine"},
		"no documents":             {base, func(w *Wording) { w.Documents = nil }, "documents"},
		"another first document":   {base, func(w *Wording) { w.Documents = []DocumentKind{DefaultStatement} }, "documents"},
		"an unknown document":      {base, func(w *Wording) { w.Documents = []DocumentKind{PaymentNotice, "letter"} }, "document"},
		"a document twice":         {base, func(w *Wording) { w.Documents = []DocumentKind{PaymentNotice, PaymentNotice} }, "documents"},
		"the reveal record":        {base, func(w *Wording) { w.Documents = []DocumentKind{PaymentNotice, RevealRecord} }, "documents"},
		"no clauses":               {base, func(w *Wording) { w.Clauses = nil }, "clauses"},
		"an unknown slot":          {base, func(w *Wording) { w.Clauses = append(slices.Clone(w.Clauses), "见{beneficiary}处") }, "slot"},
		"half a slot":              {base, func(w *Wording) { w.Clauses = append(slices.Clone(w.Clauses), "见{number处") }, "slot"},
		"a control character":      {base, func(w *Wording) { w.Clauses = append(slices.Clone(w.Clauses), "见\u202e处") }, "text"},
		"a blind accessory":        {accessory, func(w *Wording) { w.BlindClauses = w.Clauses }, "mode"},
		"an accessory on demand":   {accessory, func(w *Wording) { w.Clauses = append(slices.Clone(w.Clauses), "见索即付。") }, "not_on_demand"},
		"an independent accessory": {accessory, func(w *Wording) { w.Form = FormIndependent }, "on_demand"},
	} {
		w := c.w
		c.change(&w)
		if f, ok := FieldOf(w.Check()); !ok || f.Rule != c.rule {
			t.Errorf("%s: %v, want %s", name, w.Check(), c.rule)
		}
	}
}

func TestWordingFilesAreStrict(t *testing.T) {
	for _, text := range []string{`{}`, `{"id":"x-1","unknown":1}`, `{"id":"a","id":"b"}`, `not json`, `{"ID":"independent-bid"}`} {
		if _, err := parseWording([]byte(text)); err == nil {
			t.Errorf("%s passes", text)
		}
	}
}
