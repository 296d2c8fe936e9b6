package tender

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
)

var (
	allStates = []State{Draft, Published, Closed, Failed, Opened, Awarded, Contracted, Refused, Terminated}
	allVerbs  = []Verb{VerbPublish, VerbPostpone, VerbClose, VerbFail, VerbOpen, VerbEvaluate, VerbAnnounce, VerbAward, VerbSetAside, VerbContract, VerbRefuse, VerbTerminate, VerbCash}
)

// Every state with every verb: what the law of a tender allows, written down a second time by hand.
func TestEveryStateWithEveryVerb(t *testing.T) {
	legal := map[State]map[Verb]State{
		Draft:      {VerbPublish: Published},
		Published:  {VerbPostpone: Published, VerbClose: Closed, VerbFail: Failed, VerbTerminate: Terminated},
		Closed:     {VerbOpen: Opened, VerbCash: Closed, VerbTerminate: Terminated},
		Opened:     {VerbEvaluate: Opened, VerbAnnounce: Opened, VerbCash: Opened, VerbAward: Awarded, VerbTerminate: Terminated},
		Awarded:    {VerbSetAside: Opened, VerbContract: Contracted, VerbRefuse: Refused, VerbCash: Awarded, VerbTerminate: Terminated},
		Contracted: {VerbCash: Contracted},
		Terminated: {VerbCash: Terminated},
		Refused:    {VerbAward: Awarded, VerbCash: Refused, VerbTerminate: Terminated},
	}
	for _, from := range allStates {
		if Words(from) == "" {
			t.Errorf("state %s has no words", from)
		}
		for _, verb := range allVerbs {
			to, err := next(from, verb)
			want, ok := legal[from][verb]
			if ok != (err == nil) || to != want {
				t.Errorf("%s %s: got %q %v, want %q", verb, from, to, err, want)
			}
			if r, is := party.RefusalOf(err); err != nil && (!is || r.Kind != party.KindConflict) {
				t.Errorf("%s %s: %v is not a conflict", verb, from, err)
			}
		}
	}
}

func TestDatabaseHoldsTheSameMoves(t *testing.T) {
	w := newWorld(t)
	type pair struct {
		From State `db:"from_state"`
		To   State `db:"to_state"`
	}
	rows, err := w.pool.Query(w.ctx, `SELECT from_state, to_state FROM lot_move ORDER BY 1, 2`)
	got := must(pgx.CollectRows(rows, pgx.RowToStructByName[pair]))
	if err != nil {
		t.Fatal(err)
	}
	var want []pair
	for _, m := range Moves {
		want = append(want, pair{m.From, m.To})
	}
	slices.SortFunc(want, func(a, b pair) int { return cmp(string(a.From+" "+a.To), string(b.From+" "+b.To)) })
	want = slices.Compact(want) // several verbs may lead the same way
	if !slices.Equal(got, want) {
		t.Fatalf("database %v, code %v", got, want)
	}
}

func cmp(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// The database refuses by itself what the code would never ask.
func TestDatabaseRefusesIllegalWrites(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	for name, sql := range map[string]string{
		"a move that is not in the table": `UPDATE lot SET state = 'awarded', version = version + 1, closed_at = deadline, opened_at = deadline WHERE id = @id`,
		"a change without an event":       `UPDATE lot SET name = '改名' WHERE id = @id`,
		"another requirement":             `UPDATE lot SET requirement = '\x00', version = version + 1 WHERE id = @id`,
		"another amount":                  `UPDATE lot SET amount = amount - 1, version = version + 1 WHERE id = @id`,
		"more than two per cent":          `UPDATE lot SET base = 1, version = version + 1 WHERE id = @id`,
	} {
		if _, err := w.pool.Exec(w.ctx, sql, pgx.NamedArgs{"id": l.ID}); err == nil {
			t.Errorf("%s was let through", name)
		}
	}
}
