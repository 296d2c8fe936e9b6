package clock_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"baohan/internal/clock"
)

func open(t *testing.T, path string) *clock.Stepped {
	t.Helper()
	s, err := clock.OpenStepped(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNowIsWholeMicrosecondsInUTC(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	for name, c := range map[string]clock.Clock{
		"system":  clock.System(),
		"stepped": open(t, path),
		"fixed":   clock.Fixed(time.Date(2026, 3, 1, 8, 0, 0, 1999, time.FixedZone("", 8*3600))),
		"manual":  clock.NewManual(time.Date(2026, 3, 1, 8, 0, 0, 1999, time.FixedZone("", 8*3600))),
	} {
		now := c.Now()
		if now.Location() != time.UTC || now.Nanosecond()%1000 != 0 {
			t.Errorf("%s: %v is not whole microseconds in UTC", name, now)
		}
	}
}

func TestSteppedIsSharedByAllWhoOpenTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	a, b := open(t, path), open(t, path)
	var mirrored time.Duration
	mirror := func(_ context.Context, d time.Duration) error { mirrored = d; return nil }

	if err := a.Advance(t.Context(), 36*time.Hour, mirror); err != nil {
		t.Fatal(err)
	}
	if got := b.Offset(); got != 36*time.Hour || mirrored != got {
		t.Fatalf("the other process sees %v, the mirror %v; want 36h", got, mirrored)
	}
	if err := b.Advance(t.Context(), time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	if got := a.Offset(); got != 37*time.Hour {
		t.Fatalf("offset %v after the second step, want 37h", got)
	}
	if got := open(t, path).Offset(); got != 37*time.Hour {
		t.Fatalf("offset %v after a restart, want 37h", got)
	}
}

func TestSteppedSetReachesTheInstant(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "clock"))
	target := clock.System().Now().Add(90 * 24 * time.Hour)
	if err := s.Set(t.Context(), target, nil); err != nil {
		t.Fatal(err)
	}
	if late := s.Now().Sub(target); late < 0 || late > 5*time.Second {
		t.Fatalf("the clock stands %v after the instant it was set to", late)
	}
}

func TestSteppedNeverGoesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	s := open(t, path)
	if err := s.Advance(t.Context(), time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Advance(t.Context(), -time.Second, nil); !errors.Is(err, clock.ErrBackwards) {
		t.Errorf("Advance by a negative step: %v, want ErrBackwards", err)
	}
	if err := s.Set(t.Context(), clock.System().Now(), nil); !errors.Is(err, clock.ErrBackwards) {
		t.Errorf("Set to an instant that has passed: %v, want ErrBackwards", err)
	}
	for _, text := range []string{"0s\n", "half a day\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.Offset(); got != time.Hour {
			t.Errorf("offset %v after the file said %q, want 1h", got, text)
		}
	}
	if _, err := clock.OpenStepped(path); err == nil {
		t.Error("a file that says \"half a day\" was opened without an error")
	}
}

func TestSteppedMayBeginInThePast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	past := time.Date(2019, 12, 2, 1, 0, 0, 0, time.UTC)
	first, err := clock.StartStepped(path, past)
	if err != nil {
		t.Fatal(err)
	}
	again, err := clock.StartStepped(path, past.AddDate(5, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*clock.Stepped{"the first": first, "who starts it again": again, "who opens it": open(t, path)} {
		if late := s.Now().Sub(past); late < 0 || late > time.Minute {
			t.Errorf("%s stands %v after the beginning", name, late)
		}
	}
	if err := first.Set(t.Context(), past.AddDate(0, 0, 25), nil); err != nil {
		t.Fatal(err)
	}
	if late := again.Now().Sub(past.AddDate(0, 0, 25)); late < 0 || late > time.Minute {
		t.Errorf("after a step the other process stands %v after it", late)
	}
}

func TestSteppedLosesNoStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	var all sync.WaitGroup
	for range 8 {
		s := open(t, path)
		all.Go(func() {
			for range 10 {
				if err := s.Advance(context.Background(), time.Minute, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := open(t, path).Offset(); got != 80*time.Minute {
		t.Fatalf("80 steps of a minute made %v", got)
	}
}

func TestFailedMirrorIsMendedBySync(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "clock"))
	down := errors.New("database is down")
	err := s.Advance(t.Context(), time.Hour, func(context.Context, time.Duration) error { return down })
	if !errors.Is(err, down) {
		t.Fatalf("%v, want the mirror's error", err)
	}
	var mirrored time.Duration
	if err := s.Sync(t.Context(), func(_ context.Context, d time.Duration) error { mirrored = d; return nil }); err != nil {
		t.Fatal(err)
	}
	if mirrored != time.Hour {
		t.Fatalf("Sync handed over %v, want 1h", mirrored)
	}
}

func TestManual(t *testing.T) {
	start := time.Date(2026, 3, 26, 16, 0, 0, 0, time.UTC)
	m := clock.NewManual(start)
	if got := m.Advance(-time.Microsecond); !got.Equal(start.Add(-time.Microsecond)) || !m.Now().Equal(got) {
		t.Fatalf("a microsecond before %v is said to be %v", start, got)
	}
	m.Set(start)
	if !m.Now().Equal(start) {
		t.Fatalf("set to %v, stands at %v", start, m.Now())
	}
}
