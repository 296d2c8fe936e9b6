package web

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"
)

// Who watches without a name, from however many addresses, leaves room for those who have a place in a hall.
func TestWatchersLeaveRoomInTheHall(t *testing.T) {
	h := newHub(Watching{Most: 8}, slog.Default())
	nothing := func(context.Context, string, int64) (bulletin, error) { return bulletin{}, nil }
	for i := range 8 {
		_, leave, err := h.enter(channel{progress, time.Hour, nothing}, "lot", fmt.Sprint("198.51.100.", i))
		if (err != nil) != (i >= 6) {
			t.Fatalf("watcher %d: %v", i, err)
		}
		if err == nil {
			defer leave()
		}
	}
	for i := range 3 {
		_, leave, err := h.enter(channel{"hall", time.Hour, nothing}, "lot", "192.0.2.1")
		if (err != nil) != (i >= 2) {
			t.Fatalf("in the hall %d: %v", i, err)
		}
		if err == nil {
			defer leave()
		}
	}
}
