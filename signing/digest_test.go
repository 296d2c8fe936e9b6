package signing

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"encoding/hex"
	"errors"
	"hash"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	maker "github.com/tjfoc/gmsm/sm3"
	"pgregory.net/rapid"

	"baohan/internal/drawn"
)

// otherSM3 is the implementation that does not compute our digests, with its Sum mended: its own hashes its argument.
type otherSM3 struct{ hash.Hash }

func newOther() hash.Hash { return otherSM3{maker.New()} }

func (o otherSM3) Sum(b []byte) []byte { return append(b, o.Hash.Sum(nil)...) }

func otherSum(b []byte) Digest { return Digest(maker.Sm3Sum(b)) }

func TestSumAgreesWithTheOtherImplementation(t *testing.T) {
	drawn.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 300)).Draw(t, "parts")
		if want := otherSum(bytes.Join(parts, nil)); Sum(parts...) != want {
			t.Fatalf("Sum = %s, want %x", Sum(parts...), want)
		}
	})
}

func TestTaggedSumSeparatesTagsAndParts(t *testing.T) {
	seen := map[Digest]string{}
	for name, d := range map[string]Digest{
		"a|bc":    TaggedSum("t", []byte("a"), []byte("bc")),
		"ab|c":    TaggedSum("t", []byte("ab"), []byte("c")),
		"abc":     TaggedSum("t", []byte("abc")),
		"abc|":    TaggedSum("t", []byte("abc"), nil),
		"none":    TaggedSum("t"),
		"empty":   TaggedSum("t", nil),
		"tag u":   TaggedSum("u", []byte("abc")),
		"tag ta":  TaggedSum("ta", []byte("bc")),
		"untaged": Sum([]byte("tabc")),
	} {
		if twin, twice := seen[d]; twice {
			t.Errorf("%s and %s have the same digest", name, twin)
		}
		seen[d] = name
	}
	want := otherSum([]byte("\x03tag\x00\x00\x00\x00\x00\x00\x00\x02hi\x00\x00\x00\x00\x00\x00\x00\x00"))
	if TaggedSum("tag", []byte("hi"), nil) != want {
		t.Error("the input is not len(tag) ‖ tag ‖ (length ‖ part)…")
	}
}

func TestMACIsHMACOverTheTaggedInput(t *testing.T) {
	key := []byte("a key")
	h := hmac.New(newOther, key)
	h.Write([]byte("\x03tag\x00\x00\x00\x00\x00\x00\x00\x02hi"))
	if got := MAC(key, "tag", []byte("hi")); !bytes.Equal(got[:], h.Sum(nil)) {
		t.Fatalf("MAC = %s", got)
	}
	if MAC(key, "tag", []byte("hi")) == MAC([]byte("b key"), "tag", []byte("hi")) {
		t.Fatal("the key does not count")
	}
	mustPanic(t, "empty key", func() { MAC(nil, "tag") })
	mustPanic(t, "tag of 256 bytes", func() { TaggedSum(strings.Repeat("x", 256)) })
}

// Row 10: the other library's Sum hashes its argument. Every construction on top of that is then wrong or panics.
func TestTrap10SumAppendsAndKeepsTheState(t *testing.T) {
	h := NewSM3()
	h.Write([]byte("ab"))
	prefix := []byte("prefix")
	first := h.Sum(prefix)
	if !bytes.HasPrefix(first, prefix) || len(first) != len(prefix)+32 {
		t.Fatalf("Sum does not append: %x", first)
	}
	if again := h.Sum(prefix); !bytes.Equal(first, again) {
		t.Fatal("Sum changes the state")
	}
	h.Write([]byte("c"))
	if got, want := hex.EncodeToString(h.Sum(nil)), Sum([]byte("abc")).String(); got != want {
		t.Fatalf("writing after Sum: %s, want %s", got, want)
	}
	h.Reset()
	if got, want := h.Sum(nil), Sum(); !bytes.Equal(got, want[:]) {
		t.Fatal("Reset does not reset")
	}
	got, err := pbkdf2.Key(NewSM3, "pass", []byte("salt"), 3, 80)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := pbkdf2.Key(newOther, "pass", []byte("salt"), 3, 80)
	if !bytes.Equal(got, want) {
		t.Fatal("PBKDF2 beyond one block differs")
	}
}

func TestDigestText(t *testing.T) {
	d := Sum([]byte("abc"))
	encoded, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if string(encoded) != `"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"` {
		t.Fatalf("JSON %s", encoded)
	}
	var back Digest
	if err := json.Unmarshal(encoded, &back); err != nil || back != d {
		t.Fatalf("back %s, %v", back, err)
	}
	for name, text := range map[string]string{
		"upper case": strings.ToUpper(d.String()), "short": d.String()[:62], "long": d.String() + "00",
		"not hexadecimal": "zz" + d.String()[2:], "empty": "", "space": " " + d.String()[1:],
	} {
		kept := d
		if err := kept.UnmarshalText([]byte(text)); !errors.Is(err, ErrDigest) || kept != d {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s did not panic", what)
		}
	}()
	f()
}
