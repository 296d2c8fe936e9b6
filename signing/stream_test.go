package signing

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"
)

func sealedStream(t testing.TB, key, aad, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	s, err := SealStream(&out, key, aad)
	if err != nil {
		t.Fatal(err)
	}
	for rest := plain; len(rest) > 0; { // in pieces that know nothing of chunks
		n := min(len(rest), 1+rand.IntN(3*StreamChunk/2))
		if _, err := s.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func openedStream(t testing.TB, key, aad, sealed []byte) ([]byte, error) {
	t.Helper()
	r, err := OpenStream(iotest.HalfReader(bytes.NewReader(sealed)), key, aad)
	if err != nil {
		t.Fatal(err)
	}
	return io.ReadAll(r)
}

func TestStreamRoundTrip(t *testing.T) {
	key, aad := Random(keySize), []byte("whose")
	for _, n := range []int{0, 1, StreamChunk - 1, StreamChunk, StreamChunk + 1, 2 * StreamChunk, 3*StreamChunk + 7} {
		plain := Random(n)
		sealed := sealedStream(t, key, aad, plain)
		if chunks := max(1, (n+StreamChunk-1)/StreamChunk); len(sealed) != n+chunks*overhead {
			t.Errorf("%d bytes: sealed in %d, want %d chunks", n, len(sealed), chunks)
		}
		if got, err := openedStream(t, key, aad, sealed); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: got %d, %v", n, len(got), err)
		}
	}
}

func TestStreamRefusesWhatWasChanged(t *testing.T) {
	key, aad := Random(keySize), []byte("whose")
	plain := Random(3 * StreamChunk)
	sealed := sealedStream(t, key, aad, plain)
	other := sealedStream(t, key, aad, Random(3*StreamChunk)) // not even the same key helps
	chunk := func(from []byte, i int) []byte { return from[i*sealedChunk : (i+1)*sealedChunk] }
	flip := func(i int) []byte { b := slices.Clone(sealed); b[i] ^= 1; return b }
	short := sealedStream(t, key, aad, plain[:StreamChunk])
	empty, err := SealGCM(key, nil, chunkData(1, true, aad))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := SealGCM(key, plain[:StreamChunk], chunkData(0, false, aad))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"nothing":                     nil,
		"less than a nonce":           sealed[:5],
		"the last byte missing":       sealed[:len(sealed)-1],
		"the last chunk missing":      sealed[:2*sealedChunk],
		"all but the first missing":   sealed[:sealedChunk],
		"the first missing":           sealed[sealedChunk:],
		"the middle missing":          slices.Concat(chunk(sealed, 0), chunk(sealed, 2)),
		"two in another order":        slices.Concat(chunk(sealed, 1), chunk(sealed, 0), chunk(sealed, 2)),
		"one twice":                   slices.Concat(chunk(sealed, 0), chunk(sealed, 0), chunk(sealed, 2)),
		"a byte appended":             append(slices.Clone(sealed), 0),
		"a chunk appended":            append(slices.Clone(sealed), chunk(sealed, 2)...),
		"a stream appended":           append(slices.Clone(sealed), sealed...),
		"a short stream with another": append(slices.Clone(short), sealed[sealedChunk:]...),
		"the first byte changed":      flip(0),
		"a byte of the text changed":  flip(sealedChunk + nonceSize + 9),
		"the last byte changed":       flip(len(sealed) - 1),
		"an empty chunk at the end":   append(whole, empty...),
	} {
		if got, err := openedStream(t, key, aad, b); !errors.Is(err, ErrOpen) {
			t.Errorf("%s: opened to %d bytes, %v", name, len(got), err)
		}
	}
	// A chunk at its own place, with its own key: only the digest of another stream could tell, so a key seals one stream.
	if got, err := openedStream(t, Random(keySize), aad, other); !errors.Is(err, ErrOpen) {
		t.Errorf("another key: %d bytes, %v", len(got), err)
	}
	if got, err := openedStream(t, key, []byte("not whose"), sealed); !errors.Is(err, ErrOpen) {
		t.Errorf("another name: %d bytes, %v", len(got), err)
	}
}

func TestStreamGivesNothingUnauthentic(t *testing.T) {
	key := Random(keySize)
	plain := Random(2 * StreamChunk)
	sealed := sealedStream(t, key, nil, plain)
	sealed[sealedChunk+20] ^= 1
	if got, err := openedStream(t, key, nil, sealed); !errors.Is(err, ErrOpen) || !bytes.Equal(got, plain[:StreamChunk]) {
		t.Errorf("%d bytes, %v; want the first chunk and no more", len(got), err)
	}
}

func TestStreamUnclosedDoesNotOpen(t *testing.T) {
	key := Random(keySize)
	for _, n := range []int{0, 1, StreamChunk, StreamChunk + 1, 2*StreamChunk + 1} {
		var out bytes.Buffer
		s, err := SealStream(&out, key, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(Random(n)); err != nil {
			t.Fatal(err)
		}
		if got, err := openedStream(t, key, nil, out.Bytes()); !errors.Is(err, ErrOpen) {
			t.Errorf("%d bytes written, not closed: opened to %d, %v", n, len(got), err)
		}
	}
}

func TestStreamFailures(t *testing.T) {
	if _, err := SealStream(io.Discard, Random(15), nil); !errors.Is(err, ErrKeySize) {
		t.Error(err)
	}
	if _, err := OpenStream(nil, Random(17), nil); !errors.Is(err, ErrKeySize) {
		t.Error(err)
	}
	s, err := SealStream(io.Discard, Random(keySize), nil)
	if err != nil || s.Close() != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte{1}); !errors.Is(err, ErrStreamClosed) {
		t.Errorf("written after its end: %v", err)
	}
	if err := s.Close(); !errors.Is(err, ErrStreamClosed) {
		t.Errorf("closed twice: %v", err)
	}
	broken := errors.New("broken")
	r, err := OpenStream(iotest.ErrReader(broken), Random(keySize), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, broken) || errors.Is(err, ErrOpen) {
		t.Errorf("a reader that fails: %v", err)
	}
	s, err = SealStream(brokenPipe{broken}, Random(keySize), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(Random(2 * StreamChunk)); !errors.Is(err, broken) {
		t.Errorf("a writer that fails: %v", err)
	}
	if err := s.Close(); !errors.Is(err, broken) {
		t.Errorf("closed after a failure: %v", err)
	}
}

type brokenPipe struct{ err error }

func (f brokenPipe) Write([]byte) (int, error) { return 0, f.err }
