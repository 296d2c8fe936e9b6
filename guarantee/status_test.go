package guarantee

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"baohan/internal/testdb"
	"baohan/party"
)

var update = flag.Bool("update", false, "rewrite drawings and goldens")

var allStates = map[Part][]State{
	PartApplication:  {Submitted, Underwriting, Approved, Declined, Cancelled},
	PartFee:          {FeeNone, FeePending, FeePaid, FeeLapsed, FeeRefunding, FeeRefunded},
	PartInstrument:   {NotIssued, Issuing, Issued, Released, Expired, Surrendered, PaidOut, Void, IssueFailed},
	PartDisclosure:   {Sealed, Disclosed, Missing, Accepted},
	PartVerification: {NotVerified, Passed, Doubtful, Unknown, Confirmed},
	PartRelease:      {NoRelease, ReleaseDue, Requested, Acknowledged},
	PartDemand:       {Presented, Incomplete, Examining, Complying, Held, Honoured, Rejected, WithdrawnDemand, Stayed},
}

// The table written out a second time, from the rules and not from the code: every state × every verb.
var expected = map[string]State{
	"application submitted take_up": "underwriting", "application submitted approve": "approved", "application submitted decline": "declined",
	"application submitted cancel": "cancelled", "application underwriting approve": "approved", "application underwriting decline": "declined",
	"application underwriting cancel": "cancelled", "application approved cancel": "cancelled",
	"fee none charge": "pending", "fee pending pay": "paid", "fee pending lapse": "lapsed", "fee lapsed pay": "refunding",
	"fee paid refund": "refunding", "fee refunding refunded": "refunded",
	"instrument none prepare": "issuing", "instrument none fail": "failed", "instrument issuing issue": "issued", "instrument issuing fail": "failed", "instrument issued amend": "issued",
	"instrument issued release": "released", "instrument issued expire": "expired",
	"instrument issued surrender": "surrendered", "instrument issued pay_out": "paid_out", "instrument issued void": "void",
	"disclosure sealed disclose": "disclosed", "disclosure sealed miss": "missing", "disclosure missing accept": "accepted", "disclosure sealed accept": "accepted",
	"verification not_done pass": "passed", "verification not_done doubt": "doubtful", "verification not_done unknown": "unknown",
	"verification doubtful confirm": "confirmed", "verification unknown confirm": "confirmed",
	"release none fall_due": "due", "release none request": "requested", "release due request": "requested", "release due stop": "none", "release requested acknowledge": "acknowledged",
	"demand presented find_incomplete": "incomplete", "demand presented examine": "examining", "demand presented withdraw": "withdrawn",
	"demand incomplete complete": "examining", "demand incomplete lapse": "rejected", "demand incomplete withdraw": "withdrawn",
	"demand incomplete request_and_wait": "incomplete", "demand examining request_and_wait": "incomplete", "demand examining request": "examining",
	"demand examining supplement": "examining", "demand examining pay_interim": "examining", "demand stayed supplement": "stayed",
	"demand examining comply": "complying", "demand examining reject": "rejected", "demand examining withdraw": "withdrawn", "demand examining stay": "stayed",
	"demand complying honour": "honoured", "demand complying withdraw": "withdrawn", "demand complying stay": "stayed",
	"demand complying hold": "held", "demand held answer": "held", "demand held extend": "withdrawn", "demand held honour": "honoured",
	"demand held withdraw": "withdrawn", "demand held stay": "stayed", "demand stayed resume_hold": "held", "demand stayed answer": "stayed",
	"demand stayed resume_examination": "examining", "demand stayed resume_payment": "complying", "demand stayed withdraw": "withdrawn",
}

func TestEveryStateAndVerb(t *testing.T) {
	var verbs []Verb
	for _, m := range Moves {
		if !slices.Contains(verbs, m.Verb) {
			verbs = append(verbs, m.Verb)
		}
	}
	seen := 0
	for part, states := range allStates {
		for _, from := range states {
			for _, verb := range verbs {
				want, legal := expected[fmt.Sprintf("%s %s %s", part, from, verb)]
				got, err := next(part, from, verb)
				switch {
				case legal && (err != nil || got != want):
					t.Errorf("%s: %s from %s: got %q, %v; want %q", part, verb, from, got, err, want)
				case !legal && err == nil:
					t.Errorf("%s: %s from %s leads to %s; want a refusal", part, verb, from, got)
				case !legal:
					if r, ok := party.RefusalOf(err); !ok || r.Kind != party.KindConflict || !strings.Contains(r.Message, "请") {
						t.Errorf("%s: %s from %s: %v is no refusal that says what to do", part, verb, from, err)
					}
				}
				if legal {
					seen++
				}
			}
		}
	}
	if seen != len(expected) || len(expected) != len(Moves) {
		t.Errorf("%d legal moves seen, %d expected, %d in the tables", seen, len(expected), len(Moves))
	}
}

func TestEveryStateHasWords(t *testing.T) {
	for part, states := range allStates {
		for _, s := range states {
			if Words(part, s) == string(s) {
				t.Errorf("%s/%s has no Chinese words", part, s)
			}
		}
	}
}

// The database holds the same table.
func TestDatabaseHoldsTheSameMoves(t *testing.T) {
	pool := testdb.New(t)
	rows, err := pool.Query(context.Background(), `SELECT part || ' ' || from_state || ' ' || to_state FROM legal_move ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range Moves {
		want = append(want, fmt.Sprintf("%s %s %s", m.Part, m.From, m.To))
	}
	slices.Sort(want)
	want = slices.Compact(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("legal_move holds\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The drawing in docs/states.md is made from the tables.
func TestDrawing(t *testing.T) {
	const file = "../docs/states.md"
	want := drawing()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the tables say; run go test ./guarantee -run TestDrawing -update (%v)", file, err)
	}
}

func drawing() string {
	var b strings.Builder
	b.WriteString("# States of a guarantee\n\nDrawn from the tables of `guarantee/status.go`. Whatever is not drawn is refused, by the code and by the database.\n\nThe moves surrender and void are legal and have no verb yet.\n")
	for _, part := range []Part{PartApplication, PartFee, PartInstrument, PartDisclosure, PartVerification, PartRelease, PartDemand} {
		fmt.Fprintf(&b, "\n## %s %s\n\n```mermaid\nstateDiagram-v2\n", part, partName[part])
		fmt.Fprintf(&b, "    [*] --> %s\n", allStates[part][0])
		for _, m := range Moves {
			if m.Part == part {
				fmt.Fprintf(&b, "    %s --> %s: %s\n", m.From, m.To, m.Verb)
			}
		}
		b.WriteString("```\n\n| state | 中文 |\n|---|---|\n")
		for _, s := range allStates[part] {
			fmt.Fprintf(&b, "| %s | %s |\n", s, Words(part, s))
		}
	}
	return b.String()
}
