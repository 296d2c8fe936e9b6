package custody

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/signing/devca"
)

// first is the first custodian as its owner runs it: attended.
func (w *world) first(change func(*Config)) *Agent {
	w.t.Helper()
	c := w.agent.agents[0].Config
	c.Unattended, c.Automatic, c.Supervisor = false, true, code(11)
	if change != nil {
		change(&c)
	}
	return must(NewAgent(c))
}

// ask asks for the shares of three bids.
func (w *world) ask(a *Agent) error {
	w.t.Helper()
	if w.bids == nil {
		w.bids = map[string]signing.Sealed{}
		for range 3 {
			id := newID()
			w.bids[id] = w.seal(letter.StageBids, id)
		}
		w.closingA = w.sign(w.centre, w.closing(letter.StageBids, nil, w.bids))
	}
	given, err := a.Shares(w.ctx, w.closingA, nil, asked(w.bids))
	if (err == nil) != (len(given) == 3) {
		w.t.Fatalf("%d shares and %v", len(given), err)
	}
	return err
}

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// A lot is served by itself only on a day that the officer has authorised.
func TestAuthorisedDays(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(deadline)
	day := calendar.DateOf(deadline)
	a := w.first(nil)
	wants(t, w.ask(a), ErrByHand)
	wants(t, a.Authorise(day.AddDays(1)), nil)
	wants(t, w.ask(a), ErrByHand)
	wants(t, a.Authorise(day, day), nil)
	a = w.first(nil) // the officer's word outlives the process
	wants(t, a.Revoke(day), nil)
	wants(t, w.ask(a), ErrByHand)
	wants(t, a.Authorise(day), nil)
	wants(t, w.ask(a), nil)
}

// An agent that is not automatic waits for its officer's hand, whatever days stand there.
func TestByHand(t *testing.T) {
	w := newWorld(t)
	a := w.first(func(c *Config) { c.Automatic = false })
	wants(t, a.Authorise(calendar.DateOf(deadline)), nil)
	wants(t, a.Give(lot), ErrGiveEarly)
	w.clock.Set(deadline)
	wants(t, w.ask(a), ErrByHand)
	wants(t, a.Give("another"), ErrNoLot)
	wants(t, a.Give(lot), nil)
	wants(t, w.ask(w.first(func(c *Config) { c.Automatic = false })), nil)
}

// Fewer than three bids are not opened by themselves, whatever day was authorised; the officer's hand may.
func TestFewerThanThree(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(deadline)
	a := w.first(nil)
	wants(t, a.Authorise(calendar.DateOf(deadline)), nil)
	two := map[string]signing.Sealed{}
	for range 2 {
		id := newID()
		two[id] = w.seal(letter.StageBids, id)
	}
	closing := w.sign(w.centre, w.closing(letter.StageBids, nil, two))
	given, err := a.Shares(w.ctx, closing, nil, asked(two))
	if wants(t, err, ErrByHand); given != nil {
		t.Fatal("two bids were opened")
	}
	wants(t, a.Give(lot), nil)
	if given = must(a.Shares(w.ctx, closing, nil, asked(two))); len(given) != 2 {
		t.Errorf("by hand: %d", len(given))
	}
}

// A veto holds until it is lifted before the deadline; after that only the officer's own hand passes it.
func TestVeto(t *testing.T) {
	w := newWorld(t)
	a := w.first(nil)
	wants(t, a.Authorise(calendar.DateOf(deadline)), nil)
	wants(t, a.Lift(lot), ErrNoVeto)
	wants(t, a.Veto(lot, "收到投诉"), nil)
	wants(t, a.Lift(project+"/"+lot), nil)
	w.clock.Set(deadline.Add(-time.Microsecond))
	wants(t, a.Veto(lot, "收到投诉"), nil)
	w.clock.Set(deadline)
	a = w.first(nil)
	wants(t, w.ask(a), ErrVeto)
	if s := must(a.Status()); len(s.Lots) != 1 || !strings.Contains(s.Lots[0].Waits, "收到投诉") {
		t.Errorf("status: %+v", s)
	}
	wants(t, a.Lift(lot), ErrVetoLate)
	wants(t, a.Veto(lot, "再次"), ErrVetoLate)
	wants(t, w.ask(a), ErrVeto)
	wants(t, a.Give(lot), nil)
	wants(t, w.ask(a), nil)
}

func (w *world) order(p Postponement, centre, supervisor devca.Identity) Order {
	w.t.Helper()
	b := must(p.Canonical())
	return Order{Centre: must(signing.SignData(w.ctx, centre.Key, centre.Chain, b, w.clock.Now())),
		Supervisor: must(signing.SignData(w.ctx, supervisor.Key, supervisor.Chain, b, w.clock.Now()))}
}

// The deadline moves later only, and only on the word of two.
func TestPostpone(t *testing.T) {
	w := newWorld(t)
	a := w.first(func(c *Config) { c.Unattended = true })
	supervisor, later := w.identity("行政监督", 11), deadline.Add(24*time.Hour)
	p := Postponement{Version: 1, Project: project, Lot: lot, From: deadline, To: later, Reason: "澄清"}
	good := w.order(p, w.centre, supervisor)
	other := p
	other.To = later.Add(time.Hour)
	for name, o := range map[string]Order{
		"the centre twice":            w.order(p, w.centre, w.centre),
		"two of the centre's":         w.order(p, w.centre, w.identity("交易中心", 1)),
		"a stranger beside":           w.order(p, w.centre, w.identity("他人", 60)),
		"exchanged":                   {Centre: good.Supervisor, Supervisor: good.Centre},
		"different papers":            {Centre: good.Centre, Supervisor: w.order(other, w.centre, supervisor).Supervisor},
		"one alone":                   {Centre: good.Centre},
		"from another deadline":       w.order(Postponement{Version: 1, Project: project, Lot: lot, From: published, To: later, Reason: "x"}, w.centre, supervisor),
		"not the paper of a deadline": {Centre: w.sign(w.centre, w.closing(letter.StageBids, nil, nil)), Supervisor: w.sign(supervisor, w.closing(letter.StageBids, nil, nil))},
	} {
		if err := a.Postpone(w.ctx, o); !errors.Is(err, ErrOrder) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (Postponement{Version: 1, Project: project, Lot: lot, From: deadline, To: deadline, Reason: "x"}).Canonical(); !errors.Is(err, ErrOrder) {
		t.Error("an order that is not later")
	}
	wants(t, a.Postpone(w.ctx, good), nil)
	wants(t, a.Postpone(w.ctx, good), nil) // again: nothing
	w.clock.Set(deadline)
	wants(t, w.ask(a), ErrTooEarly) // a closing of the old deadline, by a lot that was never told
	wants(t, a.Postpone(w.ctx, w.order(p, w.centre, supervisor)), nil)
	c := w.closing(letter.StageBids, nil, nil)
	c.Deadline, c.ClosedAt = later, later
	_, err := a.Shares(w.ctx, w.sign(w.centre, c), nil, nil)
	wants(t, err, ErrTooEarly)
	wants(t, a.Postpone(w.ctx, w.order(Postponement{Version: 1, Project: project, Lot: lot, From: later, To: later.Add(time.Hour), Reason: "又"}, w.centre, supervisor)), nil)
	w.clock.Set(later.Add(time.Hour))
	wants(t, a.Postpone(w.ctx, w.order(Postponement{Version: 1, Project: project, Lot: lot, From: later.Add(time.Hour), To: later.Add(2 * time.Hour), Reason: "迟"}, w.centre, supervisor)), ErrOrder)
	c = w.closing(letter.StageBids, nil, nil)
	c.Deadline = c.Deadline.Add(time.Minute)
	c.ClosedAt = c.Deadline
	_, err = a.Shares(w.ctx, w.sign(w.centre, c), nil, nil)
	wants(t, err, ErrDeadline) // a deadline that never was one
	wants(t, w.ask(a), nil)
}

// When its time is over the key is gone, and a signed record says so.
func TestDestroy(t *testing.T) {
	w := newWorld(t)
	a := w.first(func(c *Config) { c.Unattended, c.KeepFor = true, 30*24*time.Hour })
	w.clock.Set(deadline)
	wants(t, w.ask(a), nil)
	w.clock.Set(deadline.Add(30*24*time.Hour - time.Microsecond))
	if n := must(a.Destroy(w.ctx)); n != 0 {
		t.Fatal("too early")
	}
	w.clock.Set(deadline.Add(30 * 24 * time.Hour))
	if n := must(a.Destroy(w.ctx)); n != 1 {
		t.Fatal("not destroyed")
	}
	wants(t, w.ask(a), ErrDestroyed)
	wants(t, a.Give(lot), nil)
	wants(t, w.ask(a), ErrDestroyed)
	f := must(a.load(project, lot))
	if len(f.Private) != 0 {
		t.Error("the key is still there")
	}
	signed := must(signing.ParseSignedData(f.Destroyed))
	wants(t, signed.Verify(must(w.ca.Trust()), w.clock.Now()), nil)
	var d Destruction
	wants(t, readJSON(signed.Content, &d), nil)
	if !d.Served || !d.Public.Equal(w.keys.Keys[0].Public) || !d.DestroyedAt.Equal(w.clock.Now()) || signed.Signer().Subject().OrganizationID != code(10) {
		t.Errorf("record: %+v", d)
	}
	if n := must(a.Destroy(w.ctx)); n != 0 {
		t.Error("destroyed twice")
	}
}

// The officer's door does what the officer's functions do, and says why it does not.
func TestOfficersDoor(t *testing.T) {
	w := newWorld(t)
	a := w.first(nil)
	w.openDoor(a)
	s := must(Instruct(w.ctx, a.Dir, Act{Verb: "authorise", Days: []calendar.Date{calendar.DateOf(deadline)}}))
	if len(s.Days) != 1 || len(s.Lots) != 1 || s.Lots[0].Lot != lot || !s.Automatic {
		t.Errorf("status: %+v", s)
	}
	if _, err := Instruct(w.ctx, a.Dir, Act{Verb: "give", Lot: lot}); err == nil || !strings.Contains(err.Error(), "未到") {
		t.Errorf("give: %v", err)
	}
	if _, err := Instruct(w.ctx, a.Dir, Act{Verb: "shares"}); err == nil {
		t.Error("an act that is none")
	}
	if _, err := ListenOfficer(w.ctx, a.Dir); !errors.Is(err, errRunning) {
		t.Errorf("two agents over one directory: %v", err)
	}
	later := deadline.Add(time.Hour)
	o := w.order(Postponement{Version: 1, Project: project, Lot: lot, From: deadline, To: later, Reason: "澄清"}, w.centre, w.identity("行政监督", 11))
	if s := must(Instruct(w.ctx, a.Dir, Act{Verb: "postpone", Order: &o})); !s.Lots[0].NotBefore.Equal(later) || s.Lots[0].Postponed != 1 {
		t.Errorf("postponed: %+v", s)
	}
	if s := must(Instruct(w.ctx, a.Dir, Act{Verb: "veto", Lot: lot, Reason: "投诉"})); !strings.Contains(s.Lots[0].Waits, "投诉") {
		t.Errorf("vetoed: %+v", s)
	}
}

// A directory with a long name has its door too.
func TestLongDirectory(t *testing.T) {
	w := newWorld(t)
	a := w.first(nil)
	a.Dir = filepath.Join(w.t.TempDir(), strings.Repeat("d", maxSocket))
	wants(t, makeDir(a.Dir), nil)
	l := must(ListenOfficer(w.ctx, a.Dir))
	s := &http.Server{Handler: a.Officer(), ReadHeaderTimeout: time.Second}
	go func() { _ = s.Serve(l) }()
	defer func() { _ = s.Close() }()
	wants(t, func() error { _, err := Instruct(w.ctx, a.Dir, Act{Verb: "status"}); return err }(), nil)
	if mode := must(os.Stat(Socket(a.Dir))).Mode().Perm(); mode != 0o600 {
		t.Errorf("the door is %v", mode)
	}
}
