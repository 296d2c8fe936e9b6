package tender

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// silent makes the platform look as if it had been gone.
func (h *session) silent(d time.Duration) {
	h.t.Helper()
	h.run(`UPDATE hall_beat SET at = clock_timestamp() - $1::bigint * interval '1 microsecond'`, d.Microseconds())
	h.clock.Advance(d)
}

func (h *session) run(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.pool.Exec(h.ctx, sql, args...); err != nil {
		h.t.Fatal(err)
	}
}

// After an outage every running window is longer by it, to the second in which whoever comes first finds it, and none that
// had ended before it. A stepped clock is no outage.
func TestOutage(t *testing.T) {
	h := newSession(t)
	h.Outage = 10 * time.Second
	h.order()
	end := *h.view().Deadline
	h.clock.Advance(20 * time.Minute) // stepped: the platform was there
	must(0, h.Beat(h.ctx))
	if v := h.view(); !v.Deadline.Equal(end) || h.count(HallOutage) != 0 {
		t.Fatalf("a stepped clock: %+v", v)
	}
	h.silent(9 * time.Second)
	must(0, h.Beat(h.ctx))
	if h.count(HallOutage) != 0 {
		t.Fatal("nine seconds are no outage")
	}
	h.silent(40 * time.Minute) // the window's end passed while nobody was there
	h.does(h.decrypt(0))
	v := h.view()
	longer := v.Deadline.Sub(end)
	if v.Stage != HallDecrypting || longer < 40*time.Minute || longer > 41*time.Minute || h.count(HallOutage) != 1 {
		t.Fatalf("longer by %s: %+v", longer, v)
	}
	left := v.Remaining
	var wg sync.WaitGroup
	h.silent(time.Hour)
	for range 6 { // whoever comes first
		wg.Go(func() { must(0, h.KeepHalls(context.WithoutCancel(h.ctx))) })
	}
	wg.Wait()
	if v := h.view(); v.Remaining-left > time.Second || left-v.Remaining > time.Second || h.count(HallOutage) != 2 {
		t.Errorf("remaining %s, before %s; %d outages", v.Remaining, left, h.count(HallOutage))
	}
	h.does(h.Pause(h.ctx, h.host(), h.l.ID, "核实情况"))
	h.silent(time.Hour)
	h.does(h.Resume(h.ctx, h.host(), h.l.ID, "继续"))
	if h.count(HallOutage) != 2 {
		t.Error("a pause was extended by an outage")
	}
	h.does(h.decrypt(1))
	h.does(h.decrypt(2))
	h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	h.clock.Advance(2 * time.Hour) // the platform was there: the window has ended
	must(0, h.Beat(h.ctx))
	h.does(h.MakeRecord(h.ctx, h.host(), h.l.ID, ""))
	if r := h.recordHolds(); len(r.Changes) != 4 {
		t.Errorf("the record has %d changes", len(r.Changes))
	}
}

// No act is decided while nobody can say that the platform was there: the windows are extended first, and the act is then
// decided by the longer one, in every order.
func TestNoActBeforeTheOutageIsCounted(t *testing.T) {
	for name, act := range map[string]func(*session) error{
		"a form":    func(h *session) error { _, err := h.decrypt(0); return err },
		"a pause":   func(h *session) error { _, err := h.Pause(h.ctx, h.host(), h.l.ID, "核实情况"); return err },
		"the beat":  func(h *session) error { return h.KeepHalls(h.ctx) },
		"a reader":  func(h *session) error { h.view(); return nil },
		"the sweep": func(h *session) error { return h.Settle(h.ctx, h.l.ID) },
		"an attempt": func(h *session) error {
			_, err := h.tryHall(h.ctx, h.host(), h.l.ID, nil)
			return ignore(err, errSilent)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newSession(t)
			h.Outage = 10 * time.Second
			h.order()
			h.clock.Advance(30*time.Minute - time.Second)
			must(0, h.Beat(h.ctx))
			h.silent(time.Hour)
			if err := act(h); err != nil {
				t.Fatal(err)
			}
			must(0, h.Beat(h.ctx))
			if s := h.stage(); s != HallDecrypting && s != HallPaused {
				t.Errorf("the window has ended: %s", s)
			}
		})
	}
}

func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	if err == nil {
		return errors.New("it was not refused")
	}
	return err
}
