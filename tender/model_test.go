package tender

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/internal/drawn"
	"baohan/party"
)

// How many steps the machine takes: in `make test` a few, in `make test-long` as many as BAOHAN_MODEL_STEPS says.
const (
	modelSteps = 2_000
	runsInOne  = 25  // lots that share one database
	drawsInOne = 150 // actions that are drawn for a lot, on average; what is not possible is passed over
)

// TestModel draws the actions of everybody in a tender, the wrong ones too, and does them on a real database. Beside it
// stands a model that knows the law's few rules and none of the code; after every step the two must agree (model_ask_test.go).
// A failure prints the actions, shortened to what is needed.
func TestModel(t *testing.T) {
	want := modelSteps
	if s := os.Getenv("BAOHAN_MODEL_STEPS"); s != "" {
		want = must(strconv.Atoi(s))
	}
	for name, n := range map[string]int{"rapid.checks": runsInOne, "rapid.steps": drawsInOne} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			must(0, f.Value.Set(strconv.Itoa(n)))
			defer func() { must(0, f.Value.Set(f.DefValue)) }()
		}
	}
	c := &counting{acts: acts(), verbs: map[string]int{}, refused: map[string]int{}}
	began, rounds := time.Now(), uint64(0)
	for c.steps < want && !t.Failed() {
		w := newWorld(t)
		w.Calendar = must(calendar.New(calendar.PublishedDays()))
		w.Guarantees.Calendar = w.Calendar
		c.ground = &ground{world: w, second: w.org("湖南城际铁路有限公司", 8)}
		rounds++
		drawn.CheckFrom(t, rounds, c.run)
	}
	if c.steps < want {
		t.Errorf("only %d steps of %d were taken", c.steps, want)
	}
	t.Logf("%d steps in %d lots, %s; done %v; refused %v", c.steps, c.lots, time.Since(began).Round(time.Second), c.verbs, c.refused)
	for _, name := range c.never() {
		if want >= 5*modelSteps {
			t.Errorf("nobody ever tried %s: the machine does not reach it any more", name)
		}
	}
}

// What the machine found, told again: each is the shortest course of a lot that went wrong once, but for the last, which the
// machine seldom draws. kind is the lot's (begin).
func TestModelFound(t *testing.T) {
	w := newWorld(t)
	w.Calendar = must(calendar.New(calendar.PublishedDays()))
	w.Guarantees.Calendar = w.Calendar
	c := &counting{verbs: map[string]int{}, refused: map[string]int{}, ground: &ground{world: w, second: w.org("湖南城际铁路有限公司", 8)}}
	checks := flag.Lookup("rapid.checks")
	must(0, checks.Value.Set("1"))
	defer func() { must(0, checks.Value.Set(checks.DefValue)) }()
	const three = "letter(0,0) bid(0,0) letter(1,1) bid(1,0) letter(2,2) bid(2,0) deadline(0,0) open(0,0) "
	for name, x := range map[string]struct {
		kind    int
		actions string
	}{
		"an objection is answered while the session is paused": {5, three + "order(0,0) form(0,0) form(1,0) clock(9,0) clock(0,0) settle(0,0) read_out(0,0) object(5,2) pause(2,8) answer(0,8)"},
		"an award by a result: who was passed over does not come back, and the notice has its day": {0, three +
			"evaluate(0,0) announce(0,0) notice_end(0,0) award(9,0) refuse(0,0) award(8,0)! award(0,2)! award(0,0)"},
		"all bids are rejected when one has won":                             {0, three + "award(0,0) terminate(0,9)!"},
		"a procurement is void, and nobody learns whom the committee ranked": {1, three + "evaluate(0,0) terminate(0,9)"},
		"an award is set aside after another was refused":                    {1, three + "award(0,7) query(9,4) refuse(0,11) award(6,4) reply(7,1)"},
		"letters of two rounds, one of them named when it has ended": {0, "letter(0,0) bid(0,0) letter(0,1)! letter(1,1) bid(1,0) postpone_far(1,0) letter(0,1) letter(0,0)! replace(0,1) " +
			"letter(2,2) bid(2,0) deadline(0,0) open(0,0) expire(1,0) expire(0,0) award(0,0) contract(0,0) release(2,0)"},
		"a letter of two who refused, signed by one of two owners when its bidder had lost": {3, three + "award(0,4) refuse(1,1) lot_unread(8,6) sweep(2,2) award(10,5) refuse(8,5) lot_release(5,2)"},
		"a winner's letter that one of two owners has signed":                               {3, three + "award(0,0) lot_release(1,3) refuse(1,8) award(1,0) lot_release(3,0)"},
		"a letter that is extended instead of paid, twice": {1, three + "demand(0,1) comply(0,0) hold_payment(0,0) answer_extension(0,1) extend_letter(0,1) " +
			"demand(0,1) comply(0,0) hold_payment(0,0) stay(0,0) answer_extension(0,1) resume_demand(0,0) extend_letter(0,1)"},
	} {
		t.Run(name, func(t *testing.T) {
			drawn.Check(t, func(t *rapid.T) {
				outside := c.t
				c.t = &reporting{outside, t}
				defer func() { c.t = outside }()
				m := c.begin(t, x.kind)
				defer m.leave()
				var done []act
				for _, a := range read(x.actions) {
					m.step(c, a, &done)
				}
				if got := fmt.Sprint(done); got != "["+x.actions+"]" {
					t.Errorf("done was only %s", got)
				}
			})
		})
	}
}

// read takes actions as a failure prints them.
func read(text string) (all []act) {
	for _, one := range strings.Fields(text) {
		var a act
		name, rest, _ := strings.Cut(one, "(")
		must(fmt.Sscanf(strings.TrimSuffix(rest, "!"), "%d,%d)", &a.a, &a.b))
		a.verb, a.anew = name, strings.HasSuffix(rest, "!")
		all = append(all, a)
	}
	return all
}

// counting runs the machine and counts what it did.
type counting struct {
	*ground
	acts           *rapid.Generator[act]
	steps, lots    int
	verbs, refused map[string]int
}

// ground is a world that many lots share.
type ground struct {
	*world
	second org // joins the tenderer where a lot has two beneficiaries
	lots   int
}

// reporting has the helpers of the world fail the run, not the test: then it is shortened.
type reporting struct {
	testing.TB
	r *rapid.T
}

func (t *reporting) Helper()                   {}
func (t *reporting) Error(args ...any)         { t.r.Fatal(args...) }
func (t *reporting) Errorf(f string, a ...any) { t.r.Fatalf(f, a...) }
func (t *reporting) Fatal(args ...any)         { t.r.Fatal(args...) }
func (t *reporting) Fatalf(f string, a ...any) { t.r.Fatalf(f, a...) }

// act is one action as it is drawn: which verb, on which objects, and how far beside the rule.
type act struct {
	verb string
	a, b int
	anew bool // do it although the model says that it will be refused
}

func (a act) String() string {
	if a.anew {
		return fmt.Sprintf("%s(%d,%d)!", a.verb, a.a, a.b)
	}
	return fmt.Sprintf("%s(%d,%d)", a.verb, a.a, a.b)
}

func acts() *rapid.Generator[act] {
	names := make([]string, 0, len(modelVerbs))
	for _, v := range modelVerbs {
		for range max(1, v.often) {
			names = append(names, v.name)
		}
	}
	return rapid.Custom(func(t *rapid.T) act {
		return act{verb: names[evenly(t, 8)%len(names)], a: evenly(t, 5) % 12, b: evenly(t, 5) % 12, anew: evenly(t, 3) == 7}
	})
}

// evenly draws so many bits: rapid's own numbers are mostly small, and few lots would come far.
func evenly(t *rapid.T, bits int) (n int) {
	for range bits {
		n *= 2
		if rapid.Bool().Draw(t, "bit") {
			n++
		}
	}
	return n
}

// run is one lot.
func (c *counting) run(t *rapid.T) {
	outside := c.t
	c.t = &reporting{outside, t}
	defer func() { c.t = outside }()
	m := c.begin(t, evenly(t, 4)%6)
	defer m.leave()
	c.lots++
	done := []act{}
	defer func() {
		if t.Failed() {
			t.Logf("regime %s, session %v, beneficiaries %d; actions: %v", m.regime, m.remote, len(m.owners), done)
		}
	}()
	for _, a := range m.script([]int{0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 6, 6, 6, 7}[evenly(t, 4)]) {
		m.step(c, a, &done)
	}
	t.Repeat(map[string]func(*rapid.T){"act": func(t *rapid.T) { m.step(c, c.acts.Draw(t, "act"), &done) }})
}

// outcome is what the model says of an action before it is done.
type outcome int

const (
	noSuch outcome = iota // there is nothing to do it to
	yes
	no     // it is refused, and no row changes
	waits  // an earlier paper comes first: it stays on the desk
	either // the model does not know; whatever happens, the invariants hold
)

// modelVerb is one verb: what the model says of it, the deed, and what it changes in the model.
type modelVerb struct {
	name  string
	often int // how much more often than others it is drawn
	may   func(m *model, a act) outcome
	do    func(m *model, a act) error
	then  func(m *model, a act)
	keeps bool // a refusal is on record: what is compared leaves the session out
}

var modelVerbs []modelVerb

func init() {
	modelVerbs = slices.Concat(lotVerbs, awardVerbs, letterVerbs, extensionVerbs, hallVerbs)
}

func verbOf(name string) modelVerb {
	for _, v := range modelVerbs {
		if v.name == name {
			return v
		}
	}
	panic("no verb " + name)
}

// step does one action and asks whether everything is as the model says.
func (m *model) step(c *counting, a act, done *[]act) {
	v := verbOf(a.verb)
	want := v.may(m, a)
	if want == noSuch || want == no && !a.anew {
		return
	}
	*done = append(*done, a)
	before := ""
	if want != yes {
		before = m.digest(v.keeps)
	}
	err := v.do(m, a)
	switch _, refused := party.RefusalOf(err); {
	case err == nil && want == no:
		m.t.Fatalf("%s was done; it must be refused at %s", a, m.now())
	case err != nil && want == yes:
		m.t.Fatalf("%s: %v; it must be done at %s", a, err, m.now())
	case errors.Is(err, guarantee.ErrEarlierPaper) != (want == waits):
		m.t.Fatalf("%s: %v; whether an earlier paper comes first: %v", a, err, want == waits)
	case err != nil && !refused && want != waits:
		m.t.Fatalf("%s: %v", a, err)
	case err != nil && before != m.digest(v.keeps):
		m.t.Fatalf("%s was refused (%v), and rows changed", a, err)
	}
	if err == nil {
		c.verbs[a.verb]++
		if v.then != nil {
			v.then(m, a)
		}
	} else {
		c.refused[a.verb]++
		if v.keeps {
			m.keptRefusal(a)
		}
	}
	m.ask(a)
	c.steps++
}

// never lists the verbs that were never tried.
func (c *counting) never() (out []string) {
	for _, v := range modelVerbs {
		if c.verbs[v.name]+c.refused[v.name] == 0 {
			out = append(out, v.name)
		}
	}
	return out
}
