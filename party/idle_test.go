package party

import (
	"testing"
	"time"

	"baohan/signing"
)

// A session that a browser showed is over when nobody uses it; what a page asks by itself is no use, and a program's session
// knows no pause.
func TestIdle(t *testing.T) {
	w := newWorld(t)
	w.Idle = 30 * time.Minute
	h := w.issue(bidderCode, "湖南路桥建设集团", signing.UseSign)
	page, _, err := w.signIn(h, Bidder)
	must(t, err)
	program, _, err := w.signIn(h, Bidder)
	must(t, err)
	asks := func(used bool, code string) {
		t.Helper()
		_, err := w.PageSession(t.Context(), page, used)
		if r, refused := RefusalOf(err); refused != (code != "") || refused && r.Code != code {
			t.Fatalf("at %s: %v, want %q", w.clock.Now(), err, code)
		}
	}
	asks(false, "") // the first, whoever asks
	for range 3 {
		w.clock.Advance(30 * time.Minute)
		asks(true, "")
	}
	w.clock.Advance(20 * time.Minute)
	asks(false, "")
	if left, pauses := w.IdleIn(t.Context(), page); !pauses || left < 10*time.Minute || left > 11*time.Minute {
		t.Errorf("it lives on for %s", left)
	}
	w.clock.Advance(10*time.Minute + time.Minute - time.Microsecond)
	asks(false, "")
	w.clock.Advance(time.Microsecond)
	asks(true, CodeIdle)
	asks(true, CodeIdle) // and stays so
	if _, err := w.Session(t.Context(), page); err == nil {
		t.Error("it is taken as a program's")
	}
	if _, err := w.Session(t.Context(), program); err != nil {
		t.Errorf("a program's: %v", err)
	}
	if _, pauses := w.IdleIn(t.Context(), program); pauses {
		t.Error("a program's session knows a pause")
	}
	w.Idle = 0
	asks(true, "")
}
