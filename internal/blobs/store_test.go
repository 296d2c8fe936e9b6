package blobs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"baohan/signing"
)

const testPurpose Purpose = "test/file"

func keysOf(t testing.TB, all ...[]byte) Keys {
	t.Helper()
	k, err := NewKeys(all[0], all[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func openedAt(t testing.TB, dir string, keys Keys) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newStore(t testing.TB) *Store {
	t.Helper()
	return openedAt(t, filepath.Join(t.TempDir(), "files"), keysOf(t, NewKey()))
}

func put(t testing.TB, s *Store, b []byte) Ref {
	t.Helper()
	ref, err := s.PutBytes(t.Context(), testPurpose, b)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func (s *Store) path(id string) string { return filepath.Join(s.dir, keyOf(id)) }

// files are what lies in the store's directory, its mark left out.
func files(t testing.TB, s *Store) (paths []string) {
	t.Helper()
	if err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "mark" {
			paths = append(paths, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestRoundTrip(t *testing.T) {
	s := newStore(t)
	for _, n := range []int{0, 1, signing.StreamChunk - 1, signing.StreamChunk, signing.StreamChunk + 1, 3*signing.StreamChunk + 5} {
		plain := signing.Random(n)
		ref, err := s.Put(t.Context(), testPurpose, iotest.HalfReader(bytes.NewReader(plain)), int64(n))
		if err != nil {
			t.Fatal(err)
		}
		if ref.Size != int64(n) || ref.Digest != signing.Sum(plain) || !idForm.MatchString(ref.ID) {
			t.Errorf("%d bytes: %+v", n, ref)
		}
		if got, err := s.Read(t.Context(), testPurpose, ref); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: read %d, %v", n, len(got), err)
		}
		if r, err := s.Open(t.Context(), testPurpose, ref); err != nil {
			t.Error(err)
		} else if err := errors.Join(iotest.TestReader(r, plain), r.Close()); err != nil {
			t.Error(err)
		}
	}
}

// A file that is larger than what the store may hold of it at once.
func TestLargeFileStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("64 MiB")
	}
	s := newStore(t)
	const size = 64 << 20
	source := func() io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{7}), size) }
	ref, err := s.Put(t.Context(), testPurpose, source(), size)
	if err != nil || ref.Size != size {
		t.Fatal(ref, err)
	}
	r, err := s.Open(t.Context(), testPurpose, ref)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sum := signing.NewSM3()
	if n, err := io.Copy(sum, r); err != nil || n != size || signing.Digest(sum.Sum(nil)) != ref.Digest {
		t.Errorf("read %d, %v", n, err)
	}
}

func TestPutHoldsLittleInMemory(t *testing.T) {
	s := newStore(t)
	const size = 8 << 20
	var before, after, most uint64
	before = heap()
	ref, err := s.Put(t.Context(), testPurpose, &watched{io.LimitReader(rand.NewChaCha8([32]byte{}), size), func() { most = max(most, heap()) }}, size)
	if err != nil {
		t.Fatal(err)
	}
	if after = heap(); most > before+4<<20 {
		t.Errorf("%d bytes: heap %d before, %d at most, %d after", ref.Size, before, most, after)
	}
}

func TestNothingInClear(t *testing.T) {
	s := newStore(t)
	secret := "甲公司的投标文件 PDF"
	ref := put(t, s, []byte(strings.Repeat(secret, 1000)))
	for _, path := range files(t, s) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(secret)) || bytes.Contains(b, []byte(testPurpose)) || bytes.Contains(b, ref.Digest[:]) {
			t.Errorf("%s tells", path)
		}
	}
	if got := put(t, s, []byte("a")); got.ID == put(t, s, []byte("a")).ID {
		t.Error("the same bytes twice have one name")
	}
}

func TestTamperingIsRefused(t *testing.T) {
	s := newStore(t)
	plain := signing.Random(2*signing.StreamChunk + 100)
	ref, other := put(t, s, plain), put(t, s, signing.Random(len(plain)))
	sealed, err := os.ReadFile(s.path(ref.ID))
	if err != nil {
		t.Fatal(err)
	}
	others, err := os.ReadFile(s.path(other.ID))
	if err != nil {
		t.Fatal(err)
	}
	flip := func(i int) []byte { b := slices.Clone(sealed); b[i] ^= 0x20; return b }
	chunk := signing.StreamChunk + 28
	at := func(i int) int { return headerSize + i*chunk }
	for name, b := range map[string][]byte{
		"empty":                     {},
		"half a header":             sealed[:headerSize/2],
		"only the header":           sealed[:headerSize],
		"the magic":                 flip(0),
		"the version":               flip(3),
		"the wrapped key":           flip(idEnd + 20),
		"the first chunk":           flip(at(0) + 100),
		"the last byte":             flip(len(sealed) - 1),
		"cut by a byte":             sealed[:len(sealed)-1],
		"cut by a chunk":            sealed[:at(2)],
		"cut by two chunks":         sealed[:at(1)],
		"a byte appended":           append(slices.Clone(sealed), 0),
		"a chunk appended":          append(slices.Clone(sealed), sealed[at(1):]...),
		"two chunks exchanged":      slices.Concat(sealed[:at(0)], sealed[at(1):at(2)], sealed[at(0):at(1)], sealed[at(2):]),
		"another object":            others,
		"another object's header":   append(slices.Clone(others[:headerSize]), sealed[headerSize:]...),
		"another object's chunks":   append(slices.Clone(sealed[:headerSize]), others[headerSize:]...),
		"another object's last one": append(slices.Clone(sealed[:at(2)]), others[at(2):]...),
	} {
		if err := os.WriteFile(s.path(ref.ID), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Read(t.Context(), testPurpose, ref); !errors.Is(err, ErrBroken) || got != nil {
			t.Errorf("%s: read %d bytes, %v", name, len(got), err)
		}
	}
	if err := os.WriteFile(s.path(ref.ID), flip(len(magic)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), testPurpose, ref); !errors.Is(err, ErrKeyUnknown) {
		t.Errorf("another key's id: %v", err)
	}
	if err := os.WriteFile(s.path(ref.ID), sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), "test/other", ref); !errors.Is(err, ErrBroken) {
		t.Errorf("another purpose: %v", err)
	}
	for name, wrong := range map[string]Ref{"longer": {ref.ID, ref.Digest, ref.Size + 1}, "shorter": {ref.ID, ref.Digest, ref.Size - 1},
		"another digest": {ref.ID, other.Digest, ref.Size}} {
		if _, err := s.Read(t.Context(), testPurpose, wrong); !errors.Is(err, ErrBroken) {
			t.Errorf("a row that says %s: %v", name, err)
		}
	}
	if got, err := s.Read(t.Context(), testPurpose, ref); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("put back: %v", err)
	}
}

func TestPutThatFailsLeavesNothing(t *testing.T) {
	s := newStore(t)
	broken := errors.New("broken")
	ctx, cancel := context.WithCancel(t.Context())
	for name, c := range map[string]struct {
		ctx   context.Context
		from  io.Reader
		limit int64
		want  error
	}{
		"its reader fails":      {t.Context(), io.MultiReader(bytes.NewReader(make([]byte, 100_000)), iotest.ErrReader(broken)), 1 << 20, broken},
		"it is a byte too long": {t.Context(), bytes.NewReader(make([]byte, 100_001)), 100_000, ErrTooLong},
		"nothing is allowed":    {t.Context(), bytes.NewReader([]byte{1}), 0, ErrTooLong},
		"it is given up": {ctx, io.MultiReader(bytes.NewReader(make([]byte, 100_000)), readerOf(func([]byte) (int, error) {
			cancel()
			return 0, io.EOF
		})), 1 << 20, context.Canceled},
	} {
		if ref, err := s.Put(c.ctx, testPurpose, c.from, c.limit); !errors.Is(err, c.want) || ref != (Ref{}) {
			t.Errorf("%s: %+v, %v", name, ref, err)
		}
		if left := files(t, s); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

// A process that is killed in the middle of a Put leaves a part that has no name, and Sweep takes it away.
func TestKilledPutLeavesNothingReadable(t *testing.T) {
	if dir := os.Getenv("BLOBS_PUT_UNTIL_KILLED"); dir != "" {
		s := openedAt(t, dir, keysOf(t, make([]byte, keySize)))
		written := 0
		_, _ = s.Put(t.Context(), testPurpose, readerOf(func(p []byte) (int, error) {
			if written += len(p); written > 1<<20 {
				_, _ = os.Stdout.WriteString("half\n")
				select {}
			}
			return len(p), nil
		}), Largest)
		return
	}
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledPutLeavesNothingReadable$")
	child.Env = append(os.Environ(), "BLOBS_PUT_UNTIL_KILLED="+dir)
	out, err := child.StdoutPipe()
	if err != nil || child.Start() != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("half\n"))); err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()

	s := openedAt(t, dir, keysOf(t, make([]byte, keySize)))
	left := files(t, s)
	if len(left) != 1 || !strings.HasSuffix(left[0], ".tmp") {
		t.Fatalf("left %v", left)
	}
	id, _, _ := strings.Cut(filepath.Base(left[0]), ".")
	if _, err := s.Read(t.Context(), testPurpose, Ref{ID: id}); !errors.Is(err, ErrNotFound) {
		t.Errorf("by its name: %v", err)
	}
	part, err := os.ReadFile(left[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path(id), part, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), testPurpose, Ref{ID: id, Size: int64(len(part))}); !errors.Is(err, ErrBroken) {
		t.Errorf("put in its place by hand: %v", err)
	}
	if err := os.Remove(s.path(id)); err != nil {
		t.Fatal(err)
	}
	age(t, left[0], 25*time.Hour)
	if n, err := s.Sweep(t.Context(), nil); err != nil || n != 1 || len(files(t, s)) != 0 {
		t.Errorf("swept %d, %v, left %v", n, err, files(t, s))
	}
}

func TestTwoPutsAtOnce(t *testing.T) {
	s := newStore(t)
	same := signing.Random(3 * signing.StreamChunk)
	refs := make([]Ref, 16)
	var all sync.WaitGroup
	for i := range refs {
		all.Go(func() {
			var err error
			if refs[i], err = s.PutBytes(context.WithoutCancel(t.Context()), testPurpose, same); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, ref := range refs {
		if got, err := s.Read(t.Context(), testPurpose, ref); err != nil || !bytes.Equal(got, same) || seen[ref.ID] {
			t.Errorf("%+v: %v", ref, err)
		}
		seen[ref.ID] = true
	}
}

func TestNamesThatAreNone(t *testing.T) {
	s := newStore(t)
	for _, id := range []string{"", "mark", "../../etc/passwd", "00", strings.Repeat("0", 32), strings.Repeat("A", 32), strings.Repeat("0", 31) + "/"} {
		if _, err := s.Open(t.Context(), testPurpose, Ref{ID: id}); !errors.Is(err, ErrNotFound) {
			t.Errorf("open %q: %v", id, err)
		}
		if err := s.Delete(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("delete %q: %v", id, err)
		}
	}
}

func TestDelete(t *testing.T) {
	s := newStore(t)
	ref := put(t, s, []byte("gone"))
	if err := s.Delete(t.Context(), ref.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), testPurpose, ref); !errors.Is(err, ErrNotFound) || len(files(t, s)) > 0 {
		t.Error(err)
	}
}

func TestLocations(t *testing.T) {
	keys := keysOf(t, NewKey())
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{"", file, "gs://bucket", "mem://", "s3://", "://"} {
		if s, err := Open(t.Context(), location, keys); err == nil {
			t.Errorf("%q opened: %v", location, s.Close())
		}
	}
	if _, err := Open(t.Context(), "http://user:secret@example.cn/x", keys); !errors.Is(err, ErrLocation) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	s := newStore(t)
	ref := put(t, s, []byte("x"))
	for _, dir := range []string{s.dir, filepath.Dir(s.path(ref.ID))} {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", dir, info.Mode(), err)
		}
	}
}

type readerOf func([]byte) (int, error)

func (f readerOf) Read(p []byte) (int, error) { return f(p) }
