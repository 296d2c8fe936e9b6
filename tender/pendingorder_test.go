package tender

import (
	"strings"
	"sync"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender/custody"
)

func (w *world) proposes(l *Lot, centre []byte) (Answer, error) {
	return w.ProposeOrder(w.ctx, w.by(w.centre, party.Centre), l.ID, centre)
}

func (w *world) orderState(id string) OrderState {
	return must(w.PendingOrder(w.ctx, w.by(w.overseer, party.Supervisor).Actor, id)).State()
}

// The centre signs, the supervisor refuses, then signs another; the centre hands it in.
func TestOrderOnItsWay(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	later := deadline.AddDate(0, 0, 7)
	full := w.orderOf(l, deadline, later, w.centre, w.overseer)
	first := w.tells(w.proposes(l, full.Centre))
	_, err := w.proposes(l, w.orderOf(l, deadline, later.Add(time.Hour), w.centre, w.overseer).Centre)
	w.refused(err, "order.waiting")
	by := w.by(w.overseer, party.Supervisor)
	_, err = w.RefuseOrder(w.ctx, w.by(w.overseer, party.Supervisor), first.ID, "不行")
	w.refused(err, "order.words")
	w.tells(w.RefuseOrder(w.ctx, by, first.ID, "理由不足，请补充澄清文件"))
	w.tells(w.RefuseOrder(w.ctx, by, first.ID, "理由不足，请补充澄清文件")) // the same command
	live := must(w.LiveOrders(w.ctx, w.by(w.centre, party.Centre).Actor, 10))
	if len(live) != 1 || live[0].State() != OrderRefused || *live[0].Refusal != "理由不足，请补充澄清文件" {
		t.Fatalf("the centre's desk: %+v", live)
	}
	_, err = w.CountersignOrder(w.ctx, w.by(w.overseer, party.Supervisor), first.ID, full.Supervisor)
	w.refused(err, "order.decided")

	second := w.tells(w.proposes(l, full.Centre))
	other := w.orderOf(l, deadline, later.Add(time.Hour), w.centre, w.overseer)
	for _, p7s := range [][]byte{other.Supervisor, full.Centre, w.orderOf(l, deadline, later, w.centre, w.bidders[0]).Supervisor, nil} {
		_, err = w.CountersignOrder(w.ctx, w.by(w.overseer, party.Supervisor), second.ID, p7s)
		w.refused(err, "order.supervisor")
	}
	if moved := must(w.Lot(w.ctx, party.Actor{}, l.ID)); !moved.End.Deadline.Equal(deadline) {
		t.Fatal("half an order moves a lot")
	}
	w.tells(w.CountersignOrder(w.ctx, w.by(w.overseer, party.Supervisor), second.ID, full.Supervisor))
	ready := must(w.PendingOrder(w.ctx, w.by(w.centre, party.Centre).Actor, second.ID))
	if text, p, err := ready.Text(); err != nil || ready.State() != OrderSigned || !p.To.Equal(later) || !strings.Contains(text, `"reason":"澄清招标文件"`) {
		t.Fatalf("%+v %s %v", ready, text, err)
	}
	w.tells(w.postpone(l, ready.Order()))
	if s := w.orderState(second.ID); s != OrderObeyed {
		t.Errorf("in the end it is %s", s)
	}
	if live := must(w.LiveOrders(w.ctx, w.by(w.centre, party.Centre).Actor, 10)); len(live) != 0 {
		t.Errorf("still on the desk: %+v", live)
	}
	if all := must(w.PendingOrders(w.ctx, w.by(w.centre, party.Centre).Actor, "", 10)); len(all) != 2 {
		t.Errorf("%d orders on record", len(all))
	}
	_, err = w.WithdrawOrder(w.ctx, w.by(w.centre, party.Centre), second.ID)
	w.refused(err, "order.decided")
}

// Whoever is not the one whose move it is, whatever is no order of this lot, and every moment that is too late.
func TestOrdersThatAreNotTaken(t *testing.T) {
	w := newWorld(t)
	l, another := w.published(letter.RegimeTendering, "A1"), w.published(letter.RegimeTendering, "A2")
	later := deadline.AddDate(0, 0, 7)
	good := w.orderOf(l, deadline, later, w.centre, w.overseer)
	for name, c := range map[string]struct {
		half []byte
		code string
	}{
		"the supervisor's":     {good.Supervisor, "order.centre"},
		"nothing":              {nil, "order.centre"},
		"another lot's":        {w.orderOf(another, deadline, later, w.centre, w.overseer).Centre, "postpone.lot"},
		"from another instant": {w.orderOf(l, deadline.Add(time.Hour), later, w.centre, w.overseer).Centre, "postpone.from"},
	} {
		_, err := w.proposes(l, c.half)
		if err == nil {
			t.Errorf("%s is taken", name)
		}
		w.refused(err, c.code)
	}
	_, err := w.ProposeOrder(w.ctx, w.by(w.tenderer, party.Beneficiary), l.ID, good.Centre)
	w.refused(err, "lot.not_found")
	w.suspend(w.centre, true)
	_, err = w.proposes(l, good.Centre)
	w.refused(err, "signer.role")
	w.suspend(w.centre, false)

	id := w.tells(w.proposes(l, good.Centre)).ID
	for name, act := range map[string]func() error{
		"the centre countersigns": func() error {
			_, err := w.CountersignOrder(w.ctx, w.by(w.centre, party.Centre), id, good.Supervisor)
			return err
		},
		"the centre refuses": func() error {
			_, err := w.RefuseOrder(w.ctx, w.by(w.centre, party.Centre), id, "理由不足")
			return err
		},
		"the supervisor withdraws": func() error { _, err := w.WithdrawOrder(w.ctx, w.by(w.overseer, party.Supervisor), id); return err },
		"the tenderer reads": func() error {
			_, err := w.PendingOrder(w.ctx, w.by(w.tenderer, party.Beneficiary).Actor, id)
			return err
		},
	} {
		t.Log(name)
		w.refused(act(), "order.not_found")
	}
	for _, sql := range []string{`UPDATE pending_order SET to_at = to_at + interval '1 day'`, `DELETE FROM pending_order`,
		`UPDATE pending_order SET supervisor = 'x', refusal = 'y', decided_at = proposed_at`} {
		if _, err := w.pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("the database took %s", sql)
		}
	}
	w.clock.Set(deadline)
	if s := w.orderState(id); s != OrderLapsed {
		t.Errorf("after the deadline it is %s", s)
	}
	_, err = w.CountersignOrder(w.ctx, w.by(w.overseer, party.Supervisor), id, good.Supervisor)
	w.refused(err, "order.decided")
}

// Many at once: one order is on its way for a lot, and it is answered once.
func TestOrdersAtOnce(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	var halves []custody.Order
	for i := range 6 {
		halves = append(halves, w.orderOf(l, deadline, deadline.AddDate(0, 0, 1+i), w.centre, w.overseer))
	}
	won := w.atOnce(len(halves), func(i int) error { _, err := w.proposes(l, halves[i].Centre); return err })
	if won != 1 {
		t.Fatalf("%d orders on their way", won)
	}
	o := must(w.LiveOrders(w.ctx, w.by(w.centre, party.Centre).Actor, 10))[0]
	var second []byte
	for _, h := range halves {
		if string(h.Centre) == string(o.Centre) {
			second = h.Supervisor
		}
	}
	won = w.atOnce(6, func(i int) (err error) {
		switch by := w.by(w.overseer, party.Supervisor); i % 3 {
		case 0:
			_, err = w.CountersignOrder(w.ctx, by, o.ID, second)
		case 1:
			_, err = w.RefuseOrder(w.ctx, by, o.ID, "理由不足，请补充")
		default:
			_, err = w.WithdrawOrder(w.ctx, w.by(w.centre, party.Centre), o.ID)
		}
		return err
	})
	if s := w.orderState(o.ID); won < 1 || won > 2 || won == 2 && s != OrderWithdrawn { // what was signed may be withdrawn after it
		t.Errorf("%d answers, and it is %s", won, s)
	}
}

// atOnce runs n beside each other and counts those that went through.
func (w *world) atOnce(n int, do func(int) error) (won int) {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			won++
		}
	}
	return won
}
