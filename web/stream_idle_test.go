package web

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"baohan/client/wire"
	"baohan/party"
)

// A waiting room that somebody left open keeps nobody signed in, however often its stream is begun anew. From an hour before the
// deadline on, who watches attends.
func TestWaitingIsNoUse(t *testing.T) {
	l := newHall(t, func(*Config) {})
	l.desks.Party.Idle = 30 * time.Minute
	watch := func() (*listener, string) {
		token := l.signIn(l.tenderer, party.Beneficiary)
		return l.listen(l.hallPath(), "Cookie", "baohan="+token), token
	}
	pass := func(d time.Duration) {
		l.clock.Advance(d)
		time.Sleep(100 * time.Millisecond) // three signs of life
	}
	over := func(token string) bool { return l.page(token, prefix+"/me").status == http.StatusUnauthorized }

	l.clock.Set(deadline.Add(-3 * time.Hour))
	left, token := watch()
	pass(20 * time.Minute)
	l.listen(l.hallPath(), "Cookie", "baohan="+token).stages(1)
	pass(12 * time.Minute)
	heard := make(chan []string, 1)
	go func() { heard <- left.stages(2) }()
	select {
	case got := <-heard:
		if !slices.Equal(got, []string{wire.BeforeDeadline, "end"}) || !over(token) {
			t.Errorf("left open: %v", got)
		}
	case <-time.After(5 * time.Second):
		t.Error("a page that was left open keeps its session alive")
	}

	l.clock.Set(deadline.Add(-time.Hour))
	_, token = watch()
	pass(20 * time.Minute)
	pass(20 * time.Minute)
	if over(token) {
		t.Error("who attends an opening is signed out")
	}
}
