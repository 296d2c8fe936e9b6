package tender

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
	"baohan/tender/custody"
)

func (s *switchable) Postpone(ctx context.Context, o custody.Order) error {
	s.w.idle()
	if s.off {
		return custody.ErrNoAnswer
	}
	return s.Custodian.Postpone(ctx, o)
}

// orderOf is an order for a lot, signed by two.
func (w *world) orderOf(l *Lot, from, to time.Time, centre, supervisor org) custody.Order {
	w.t.Helper()
	content, err := custody.Postponement{Version: 1, Project: l.Lot.Project, Lot: l.Lot.Code, From: from, To: to, Reason: "澄清招标文件"}.Canonical()
	return custody.Order{Centre: w.p7s(centre, content, err), Supervisor: w.p7s(supervisor, content, err)}
}

func (w *world) postpone(l *Lot, o custody.Order) (Answer, error) {
	w.t.Helper()
	return w.Postpone(w.ctx, w.by(w.centre, party.Centre), l.ID, o)
}

// A week later: what was handed in before stays good, what is made after it is made for the new day, nothing is opened
// on the old one, and every letter ends a week later by its own wording.
func TestPostponedLotKeepsItsLetters(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	before, full := w.letterOf(w.bidders[0], w.bank, l), w.letterOf(w.bidders[1], w.insurer, l)
	w.submit(w.bidders[0], l, before)
	later := deadline.AddDate(0, 0, 7)
	w.tells(w.postpone(l, w.orderOf(l, deadline, later, w.centre, w.overseer)))
	moved := must(w.Lot(w.ctx, party.Actor{}, l.ID))
	if !moved.End.Deadline.Equal(later) || !moved.Requirement.End.Deadline.Equal(later) || moved.RequirementDigest() == l.RequirementDigest() ||
		moved.Requirement.Digest() != moved.RequirementDigest() || len(moved.Postponed) != 1 || moved.Postponed[0].Reason != "澄清招标文件" {
		t.Fatalf("moved: %+v", moved)
	}
	after := w.letterOf(w.bidders[2], w.bank, moved)
	w.clock.Set(deadline)
	_, err := w.Close(w.ctx, l.ID)
	w.refused(err, "lot.before_deadline")
	w.submit(w.bidders[1], moved, full)
	w.submit(w.bidders[2], moved, after)
	w.clock.Set(later.Add(-time.Microsecond))
	_, err = w.Open(w.ctx, system(), l.ID)
	w.refused(err, "lot.before_deadline")
	w.clock.Set(later)
	if a := w.tells(w.Open(w.ctx, system(), l.ID)); a.State != string(Opened) {
		t.Fatalf("%+v", a)
	}
	o := must(w.Opening(w.ctx, l.ID))
	if len(o.Letters) != 3 {
		t.Fatalf("%d letters", len(o.Letters))
	}
	for _, x := range o.Letters {
		if x.Result != "passed" || x.Summary.Expiry != moved.End.Expiry() {
			t.Errorf("%s: %s until %s, not %s: %+v", x.ID, x.Result, x.Summary.Expiry, moved.End.Expiry(), x.Lines)
		}
		if g := w.letterRow(x.ID); calendar.DateOf(*g.Expiry) != moved.End.Expiry() {
			t.Errorf("%s ends on %s", x.ID, g.Expiry)
		}
	}
}

// Every order that is not one, and every moment that is too late, leaves the lot where it was.
func TestPostponeRefuses(t *testing.T) {
	w := newWorld(t)
	l, other := w.published(letter.RegimeTendering, "A1"), w.published(letter.RegimeTendering, "A2")
	later := deadline.AddDate(0, 0, 7)
	good := w.orderOf(l, deadline, later, w.centre, w.overseer)
	reach := letter.LadderExpiry(l.End.Expiry()).Time().Sub(l.End.Expiry().Time())
	for name, c := range map[string]struct {
		order custody.Order
		code  string
	}{
		"the centre twice":  {w.orderOf(l, deadline, later, w.centre, w.centre), "postpone.order"},
		"a stranger beside": {w.orderOf(l, deadline, later, w.centre, w.bidders[0]), "postpone.order"},
		"exchanged":         {custody.Order{Centre: good.Supervisor, Supervisor: good.Centre}, "postpone.order"},
		"one alone":         {custody.Order{Centre: good.Centre}, "postpone.order"},
		"two papers":        {custody.Order{Centre: good.Centre, Supervisor: w.orderOf(l, deadline, later.Add(time.Hour), w.centre, w.overseer).Supervisor}, "postpone.order"},
		"another lot's":     {w.orderOf(other, deadline, later, w.centre, w.overseer), "postpone.lot"},
		"from another day":  {w.orderOf(l, deadline.Add(time.Hour), later, w.centre, w.overseer), "postpone.from"},
		"another year":      {w.orderOf(l, deadline, deadline.AddDate(10, 0, 0), w.centre, w.overseer), "postpone.too_far"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.postpone(l, c.order)
			w.refused(err, c.code)
		})
	}
	_, err := w.Postpone(w.ctx, w.by(w.tenderer, party.Beneficiary), l.ID, good)
	w.refused(err, "lot.not_found")
	for _, o := range []org{w.centre, w.overseer} { // their signatures hold, and they may not act
		w.suspend(o, true)
		_, err = w.postpone(l, good)
		w.refused(err, "signer.role")
		w.suspend(o, false)
	}
	w.clock.Set(deadline)
	_, err = w.postpone(l, good)
	w.refused(err, "postpone.too_late")
	if again := must(w.Lot(w.ctx, party.Actor{}, l.ID)); again.Version != l.Version || !again.End.Deadline.Equal(deadline) || again.RequirementDigest() != l.RequirementDigest() {
		t.Errorf("the lot moved: %+v", again)
	}
	w.clock.Set(started)
	w.tells(w.postpone(l, w.orderOf(l, deadline, deadline.Add(reach), w.centre, w.overseer))) // the last day that letters reach
}

// Custodians that were told give nothing on the old day; with fewer than two told the answer says so, the same command
// tells them again, and an opening on the new day needs none of it.
func TestPostponeTellsTheCustodians(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.three(l)
	later := deadline.AddDate(0, 0, 7)
	cmd, order := w.by(w.centre, party.Centre), w.orderOf(l, deadline, later, w.centre, w.overseer)
	w.agents[0].off, w.agents[1].off = true, true
	_, err := w.Postpone(w.ctx, cmd, l.ID, order)
	w.refused(err, "postpone.custodians")
	if moved := must(w.Lot(w.ctx, party.Actor{}, l.ID)); !moved.End.Deadline.Equal(later) {
		t.Fatalf("the lot stands at %s", moved.End.Deadline)
	}
	w.agents[0].off = false
	answer := w.tells(w.Postpone(w.ctx, cmd, l.ID, order))
	if again := w.tells(w.Postpone(w.ctx, cmd, l.ID, order)); string(must(canonical(again))) != string(must(canonical(answer))) {
		t.Errorf("another answer: %+v, %+v", answer, again)
	}
	old := *l
	old.ClosedAt = &deadline
	content, err := old.closing(letter.StageBids, signing.Digest{}, nil).Canonical()
	paper := w.p7s(w.centre, content, err)
	w.clock.Set(deadline.Add(time.Minute))
	for i, told := range []bool{true, false, true} {
		_, err := w.agents[i].Custodian.Shares(w.ctx, paper, nil, nil)
		if refused := err != nil; refused != told {
			t.Errorf("custodian %d on the old day: %v", i+1, err)
		}
	}
	w.agents[1].off = false
	w.clock.Set(later)
	if a := w.tells(w.Open(w.ctx, system(), l.ID)); a.State != string(Opened) {
		t.Fatalf("%+v", a)
	}
}

// Many orders at once: one moves the lot, the others find it moved.
func TestPostponeRace(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	for _, a := range w.agents {
		a.busy = true
	}
	var orders []custody.Order
	for i := range 6 {
		orders = append(orders, w.orderOf(l, deadline, deadline.AddDate(0, 0, 1+i), w.centre, w.overseer))
	}
	var wg sync.WaitGroup
	won := make([]bool, len(orders))
	for i, o := range orders {
		wg.Go(func() {
			_, err := w.change(w.ctx, w.by(w.centre, party.Centre), l.ID, func(t *turn) error {
				p, err := w.readOrder(l, o)
				if err != nil {
					return err
				}
				return w.Desk.postpone(w.ctx, t, p, o)
			})
			won[i] = err == nil
		})
	}
	wg.Wait()
	winners := len(slices.DeleteFunc(slices.Clone(won), func(w bool) bool { return !w }))
	moved := must(w.Lot(w.ctx, party.Actor{}, l.ID))
	if winners != 1 || len(moved.Postponed) != 1 || !won[slices.Index(won, true)] || !moved.End.Deadline.Equal(moved.Postponed[0].To) {
		t.Errorf("%d winners, %d moves", winners, len(moved.Postponed))
	}
}

// The database holds the rule a second time: no program moves a deadline earlier, or after the closing.
func TestDatabaseKeepsTheDeadline(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	for name, sql := range map[string]string{
		"earlier":         `UPDATE lot SET version = version + 1, deadline = deadline - interval '1 microsecond' WHERE id = $1`,
		"while it closes": `UPDATE lot SET version = version + 1, state = 'closed', closed_at = deadline + interval '1 day', deadline = deadline + interval '1 hour' WHERE id = $1`,
		"the requirement": `UPDATE lot SET version = version + 1, requirement = 'x' WHERE id = $1`,
		"the validity":    `UPDATE lot SET version = version + 1, validity_days = 1 WHERE id = $1`,
	} {
		if _, err := w.pool.Exec(w.ctx, sql, l.ID); err == nil {
			t.Errorf("%s: the database took it", name)
		}
	}
}
