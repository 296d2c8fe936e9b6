package letter

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"baohan/signing"
)

func sealedFile(t *testing.T, plain []byte) ([]byte, BidFile) {
	t.Helper()
	f := BidFile{ID: "f", Name: "a.pdf", Size: int64(len(plain)), Key: signing.Random(16)}
	var sealed bytes.Buffer
	var err error
	if f.Digest, err = SealBidFile(&sealed, bytes.NewReader(plain), f.Size, f.Key); err != nil {
		t.Fatal(err)
	}
	return sealed.Bytes(), f
}

// Every length becomes one of the steps, at the edges too, and comes back whole.
func TestBidFileSteps(t *testing.T) {
	first, second := signing.StreamRoom(FileSteps[0]), signing.StreamRoom(FileSteps[1])
	for size, step := range map[int64]int64{1: FileSteps[0], signing.StreamChunk: FileSteps[0], signing.StreamChunk + 1: FileSteps[0],
		first: FileSteps[0], first + 1: FileSteps[1], second: FileSteps[1], second + 1: FileSteps[2]} {
		plain := signing.Random(int(size))
		sealed, f := sealedFile(t, plain)
		if int64(len(sealed)) != step {
			t.Errorf("%d bytes became %d, not %d", size, len(sealed), step)
		}
		r, err := OpenBidFile(iotest.OneByteReader(bytes.NewReader(sealed)), f)
		if size > 2*signing.StreamChunk {
			r, err = OpenBidFile(bytes.NewReader(sealed), f)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
	}
	for _, size := range []int64{0, -1, LargestFile + 1} {
		if _, err := FileStep(size); err == nil {
			t.Errorf("%d bytes have a step", size)
		}
	}
	if step, err := FileStep(LargestFile); err != nil || step != FileSteps[len(FileSteps)-1] || !IsFileStep(step) || IsFileStep(step-1) {
		t.Error(step, err)
	}
}

// Whatever does not agree with the form is refused before the last byte.
func TestBidFileMustAgreeWithItsForm(t *testing.T) {
	plain := signing.Random(200_000)
	sealed, f := sealedFile(t, plain)
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	hidden := func() []byte { // something behind the file
		var b bytes.Buffer
		s, err := signing.SealStream(&b, f.Key, bidFileAAD)
		if err != nil {
			t.Fatal(err)
		}
		rest := make([]byte, signing.StreamRoom(FileSteps[0])-f.Size)
		rest[len(rest)-1] = 1
		_, _ = s.Write(append(bytes.Clone(plain), rest...))
		_ = s.Close()
		return b.Bytes()
	}()
	for name, c := range map[string]struct {
		sealed []byte
		change func(*BidFile)
	}{
		"another key":    {sealed, func(f *BidFile) { f.Key = signing.Random(16) }},
		"another digest": {sealed, func(f *BidFile) { f.Digest[0] ^= 1 }},
		"a byte fewer":   {sealed, func(f *BidFile) { f.Size-- }},
		"a byte more":    {sealed, func(f *BidFile) { f.Size++ }},
		"far more":       {sealed, func(f *BidFile) { f.Size = FileSteps[3] }},
		"changed":        {flipped, func(*BidFile) {}},
		"cut short":      {sealed[:len(sealed)-1], func(*BidFile) {}},
		"padding":        {hidden, func(*BidFile) {}},
	} {
		other := f
		c.change(&other)
		r, err := OpenBidFile(bytes.NewReader(c.sealed), other)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if !errors.Is(err, ErrBidFile) || len(got) >= len(plain) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	broken := errors.New("gone")
	r, _ := OpenBidFile(io.MultiReader(bytes.NewReader(sealed[:100_000]), iotest.ErrReader(broken)), f)
	if _, err := io.ReadAll(r); !errors.Is(err, broken) || errors.Is(err, ErrBidFile) {
		t.Errorf("a fault on the way: %v", err)
	}
}

func TestBidFileThatGrows(t *testing.T) {
	for _, has := range []int{99, 101} {
		if _, err := SealBidFile(io.Discard, bytes.NewReader(make([]byte, has)), 100, signing.Random(16)); !errors.Is(err, errLength) {
			t.Errorf("%d of 100: %v", has, err)
		}
	}
}
