package jobs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/party"
)

// TestEveryFactHasItsConsequence walks the facts that the room of guarantees can state and the cases of follows: a
// new fact without a case, or a case that stands twice, fails here and not in a transaction at night.
func TestEveryFactHasItsConsequence(t *testing.T) {
	facts := eventKinds(t)
	if len(facts) < 25 {
		t.Fatalf("only %d kinds found in guarantee/event.go: %v", len(facts), facts)
	}
	cases := casesOf(t, "outbox.go", "follows")
	for _, name := range facts {
		switch n := count(cases, name); n {
		case 1:
		case 0:
			t.Errorf("guarantee.%s: nothing says what follows from it (jobs/outbox.go, follows)", name)
		default:
			t.Errorf("guarantee.%s stands %d times in follows", name, n)
		}
	}
	for _, name := range cases {
		if !slices.Contains(facts, name) {
			t.Errorf("follows has a case for %s, which is no kind of fact", name)
		}
	}
}

func count(list []string, s string) (n int) {
	for _, e := range list {
		if e == s {
			n++
		}
	}
	return n
}

func parseFile(t *testing.T, path string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// eventKinds are the names of the constants of type EventKind.
func eventKinds(t *testing.T) (names []string) {
	for _, decl := range parseFile(t, "../guarantee/event.go").Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			if typ, ok := v.Type.(*ast.Ident); ok && typ.Name == "EventKind" {
				for _, n := range v.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}

// casesOf are the names guarantee.Event… in the cases of a function's switches.
func casesOf(t *testing.T, path, function string) (names []string) {
	for _, decl := range parseFile(t, path).Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Name.Name != function {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CaseClause)
			if !ok {
				return true
			}
			for _, e := range c.List {
				if s, ok := e.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "Event") {
					names = append(names, s.Sel.Name)
				}
			}
			return true
		})
	}
	return names
}

// TestDemandSaysTheExaminationDay: the day stands in another fact of the same transaction; an incomplete
// presentation has none.
func TestDemandSaysTheExaminationDay(t *testing.T) {
	const id = "00112233445566778899aabbccddeeff"
	presented := guarantee.Event{Kind: guarantee.EventDemandPresented, Demand: id, Data: []byte(`{"amount":1}`)}
	for name, c := range map[string]struct {
		second guarantee.Event
		want   string
	}{
		"complete":   {guarantee.Event{Kind: guarantee.EventDemandExamining, Demand: id, Data: []byte(`{"examine_by":"2020-03-26"}`)}, "2020-03-26"},
		"incomplete": {guarantee.Event{Kind: guarantee.EventDemandIncomplete, Demand: id, Data: []byte(`{"missing":["award_notice"]}`)}, ""},
	} {
		kind, body, err := follows(presented, []guarantee.Event{presented, c.second})
		if err != nil || kind != wire.DemandPresented {
			t.Fatalf("%s: %s, %v", name, kind, err)
		}
		b := body.(wire.DemandBody)
		got := ""
		if !b.ExamineBy.IsZero() {
			got = b.ExamineBy.String()
		}
		if b.Demand != id || got != c.want {
			t.Errorf("%s: %+v, want examination by %q", name, b, c.want)
		}
	}
}

// TestWhatAnInstitutionIsToldOfAClaim: what is missing, a day that moved or became known, and the applicant's objection.
func TestWhatAnInstitutionIsToldOfAClaim(t *testing.T) {
	const id = "00112233445566778899aabbccddeeff"
	presented := guarantee.Event{Kind: guarantee.EventDemandPresented, Demand: id, Data: []byte(`{"amount":1}`)}
	examining := guarantee.Event{Kind: guarantee.EventDemandExamining, Demand: id, Data: []byte(`{"examine_by":"2020-03-26","missing":["award_notice"]}`)}
	_, body, err := follows(presented, []guarantee.Event{presented, examining})
	if b := body.(wire.DemandBody); err != nil || b.ExamineBy.String() != "2020-03-26" || len(b.Missing) != 1 {
		t.Errorf("%+v, %v", b, err)
	}
	for kind, why := range map[guarantee.EventKind]string{guarantee.EventDemandResumed: "resumed", guarantee.EventDemandDayFixed: "calendar"} {
		e := guarantee.Event{Kind: kind, Demand: id, Data: []byte(`{"examine_by":"2020-03-26","number":"x"}`)}
		k, body, err := follows(e, []guarantee.Event{e})
		if b := body.(wire.DemandClockMovedBody); err != nil || k != wire.DemandClockMoved || b.Why != why || b.ExamineBy.String() != "2020-03-26" || b.Demand != id {
			t.Errorf("%s: %s %+v, %v", kind, k, b, err)
		}
	}
	e := guarantee.Event{Kind: guarantee.EventDemandObjected, Demand: id, Data: []byte(`{"objection":"ff","ground":"abuse"}`)}
	k, body, err := follows(e, []guarantee.Event{e})
	if b := body.(wire.DemandObjectedBody); err != nil || k != wire.DemandObjected || b.Objection != "ff" || b.Demand != id {
		t.Errorf("%s %+v, %v", k, b, err)
	}
}

// TestWhoIsReminded: of every reminder somebody is told in words whose move it is, and an operator sees all.
func TestWhoIsReminded(t *testing.T) {
	for due, role := range map[guarantee.DueKind]party.Role{
		guarantee.DueRelease: party.Beneficiary, guarantee.DueCompletion: party.Beneficiary, guarantee.DueLifting: party.Beneficiary,
		guarantee.DueSuit: party.Bidder, guarantee.DueExamination: party.Guarantor, guarantee.DuePayment: party.Guarantor,
		guarantee.DueAssessment: party.Guarantor, guarantee.DueInterim: party.Guarantor, guarantee.DueUnderwriting: party.Guarantor,
		guarantee.DueIssuance: party.Guarantor, guarantee.DueRefund: party.Guarantor,
		guarantee.DueAnswer: party.Bidder, guarantee.DueExtension: party.Guarantor,
	} {
		if !concerns(due, role) || noticeWords[due] == "" {
			t.Errorf("%s: the %s is not told", due, role)
		}
		if role != party.Bidder && concerns(due, party.Bidder) {
			t.Errorf("%s: the applicant has no move", due)
		}
	}
}
