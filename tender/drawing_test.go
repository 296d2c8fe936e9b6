package tender

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the drawing")

// The drawing in docs/states-tender.md is made from the tables.
func TestDrawing(t *testing.T) {
	const file = "../docs/states-tender.md"
	want := drawing()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the tables say; run go test ./tender -run TestDrawing -update (%v)", file, err)
	}
}

// machine is one small machine with its states in their order and their words.
type machine struct {
	name   string
	states []string
	words  func(string) string
	moves  []IncidentMove
}

func drawing() string {
	session := machine{name: "session 不见面开标", words: func(s string) string { return HallStage(s).Words() }}
	for _, s := range allStages {
		session.states = append(session.states, string(s))
	}
	for _, m := range HallMoves {
		session.moves = append(session.moves, IncidentMove{"session", string(m.From), Verb(m.Verb), string(m.To)})
	}
	lot, incident, accepted := machine{name: "lot 标段", words: func(s string) string { return Words(State(s)) }},
		machine{name: "incident 应急事件", words: func(s string) string { return IncidentState(s).Words() }},
		machine{name: "accepted letter 获认可的保函", words: func(s string) string { return AcceptedState(s).Words() }}
	for _, s := range allStates {
		lot.states = append(lot.states, string(s))
	}
	for _, m := range Moves {
		lot.moves = append(lot.moves, IncidentMove{"lot", string(m.From), m.Verb, string(m.To)})
	}
	incident.states = []string{"reported", "accepted", "dismissed", "closed", "withdrawn"}
	accepted.states = []string{"accepted", "verified", "contradicted"}
	for _, m := range IncidentMoves {
		if m.Part == "incident" {
			incident.moves = append(incident.moves, m)
		} else {
			accepted.moves = append(accepted.moves, m)
		}
	}
	objection := machine{name: "objection 异议、质疑", states: []string{"filed", "answered", "withdrawn"},
		words: func(s string) string { return ObjectionState(s).Words() }}
	for _, m := range ObjectionMoves {
		objection.moves = append(objection.moves, IncidentMove{"objection", string(m.From), m.Verb, string(m.To)})
	}
	var b strings.Builder
	b.WriteString("# States of a lot, of an objection, of an emergency and of a remote opening\n\nDrawn from the tables of `tender/status.go`, `tender/objectionstatus.go`, `tender/incidentstatus.go` and `tender/hallstatus.go`. Whatever is not drawn is refused, by the code and by the database.\n")
	for _, m := range []machine{lot, objection, incident, accepted, session} {
		m.draw(&b)
	}
	return b.String()
}

func (m machine) draw(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n```mermaid\nstateDiagram-v2\n    [*] --> %s\n", m.name, m.states[0])
	for _, x := range m.moves {
		fmt.Fprintf(b, "    %s --> %s: %s\n", x.From, x.To, x.Verb)
	}
	b.WriteString("```\n\n| state | 中文 |\n|---|---|\n")
	for _, s := range m.states {
		fmt.Fprintf(b, "| %s | %s |\n", s, m.words(s))
	}
}
