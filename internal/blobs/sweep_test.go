package blobs

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func age(t testing.TB, path string, by time.Duration) {
	t.Helper()
	at := time.Now().Add(-by)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestSweep(t *testing.T) {
	dir, key := t.TempDir(), NewKey()
	s := openedAt(t, dir, keysOf(t, key))
	named, orphan, young := put(t, s, []byte("named")), put(t, s, []byte("orphan")), put(t, s, []byte("young"))
	foreign, err := s.PutBytes(t.Context(), "another/room", []byte("of a room that nobody asks"))
	if err != nil {
		t.Fatal(err)
	}
	broken, other := put(t, s, []byte("broken")), put(t, s, []byte("other"))
	newer := openedAt(t, dir, keysOf(t, NewKey(), key)) // another process, which has a key that this one has not
	later := put(t, newer, []byte("later"))
	if err := os.WriteFile(s.path(broken.ID), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	stray := filepath.Join(filepath.Dir(s.path(other.ID)), "README")
	if err := os.WriteFile(stray, []byte("of somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range append(files(t, s), filepath.Join(dir, "mark")) {
		age(t, path, 24*time.Hour+time.Minute)
	}
	age(t, s.path(young.ID), 24*time.Hour-time.Minute)

	var asked []string
	n, err := s.Sweep(t.Context(), map[Purpose]Namer{testPurpose: func(_ context.Context, ids []string) ([]string, error) {
		asked = append(asked, ids...)
		return []string{named.ID, other.ID}, nil
	}})
	if err != nil || n != 1 {
		t.Errorf("removed %d, %v", n, err)
	}
	if slices.Contains(asked, young.ID) || !slices.Contains(asked, orphan.ID) {
		t.Error("asks after the wrong ones")
	}
	for name, c := range map[string]struct {
		ref  Ref
		gone bool
	}{"orphan": {orphan, true}, "named": {named, false}, "young": {young, false}, "another room's": {foreign, false},
		"broken": {broken, false}, "of a key that is not here": {later, false}} {
		if _, err := os.Stat(s.path(c.ref.ID)); errors.Is(err, os.ErrNotExist) != c.gone {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(stray); err != nil {
		t.Error("what is not the store's was removed")
	}
	if _, err := Open(t.Context(), dir, s.keys); err != nil {
		t.Errorf("after the sweep: %v", err)
	}
}

func TestSweepStopsWhenNobodyCanAnswer(t *testing.T) {
	s := newStore(t)
	ref := put(t, s, []byte("named?"))
	age(t, s.path(ref.ID), 48*time.Hour)
	down := errors.New("down")
	n, err := s.Sweep(t.Context(), map[Purpose]Namer{testPurpose: func(context.Context, []string) ([]string, error) { return nil, down }})
	if n != 0 || !errors.Is(err, down) {
		t.Errorf("removed %d, %v", n, err)
	}
	if _, err := s.Read(t.Context(), testPurpose, ref); err != nil {
		t.Error(err)
	}
}

// watched calls seen at every read.
type watched struct {
	io.Reader
	seen func()
}

func (w *watched) Read(p []byte) (int, error) {
	w.seen()
	return w.Reader.Read(p)
}
