package blobs

import (
	"bytes"
	"encoding/hex"
	"errors"
	"runtime"
	"strings"
	"testing"

	"baohan/signing"
)

func TestKeyMissingOrWrong(t *testing.T) {
	for name, keys := range map[string][][]byte{"none": {nil}, "a short one": {signing.Random(15)}, "a long one": {signing.Random(32)},
		"an old one that is none": {NewKey(), signing.Random(3)}} {
		if _, err := NewKeys(keys[0], keys[1:]...); !errors.Is(err, ErrNoKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	if _, err := Open(t.Context(), dir, Keys{}); !errors.Is(err, ErrNoKey) {
		t.Errorf("a store without keys: %v", err)
	}
	key := NewKey()
	s := openedAt(t, dir, keysOf(t, key))
	if _, err := Open(t.Context(), dir, keysOf(t, NewKey())); !errors.Is(err, ErrKeyUnknown) || !strings.Contains(err.Error(), idOf(key).String()) {
		t.Errorf("a store with another key: %v", err)
	}
	if _, err := Open(t.Context(), dir, s.keys); err != nil {
		t.Errorf("its own key again: %v", err)
	}
}

func TestRotation(t *testing.T) {
	dir, first, second := t.TempDir(), NewKey(), NewKey()
	before := openedAt(t, dir, keysOf(t, first))
	old := put(t, before, []byte("old"))
	after := openedAt(t, dir, keysOf(t, second, first))
	recent := put(t, after, []byte("new"))
	for want, ref := range map[string]Ref{"old": old, "new": recent} {
		if got, err := after.Read(t.Context(), testPurpose, ref); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", want, got, err)
		}
	}
	if _, err := before.Read(t.Context(), testPurpose, recent); !errors.Is(err, ErrKeyUnknown) {
		t.Errorf("a process that does not have the new key: %v", err)
	}
	if _, err := Open(t.Context(), dir, keysOf(t, second)); !errors.Is(err, ErrKeyUnknown) {
		t.Errorf("the old key was thrown away: %v", err)
	}
}

func TestHeaderRoundTrip(t *testing.T) {
	k, o := keysOf(t, NewKey()), object{testPurpose, strings.Repeat("0", 32)}
	h, own, err := k.wrap(o)
	if err != nil {
		t.Fatal(err)
	}
	back, err := parseHeader(h.bytes())
	if err != nil || back != h {
		t.Fatal(back, err)
	}
	if got, err := k.unwrap(back, o); err != nil || !bytes.Equal(got, own) {
		t.Error(err)
	}
	for name, other := range map[string]object{"name": {o.purpose, strings.Repeat("1", 32)}, "purpose": {"test/other", o.id},
		"boundary": {o.purpose + "0", o.id[1:]}} {
		if _, err := k.unwrap(h, other); !errors.Is(err, ErrBroken) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	if _, err := keysOf(t, NewKey()).unwrap(h, o); !errors.Is(err, ErrKeyUnknown) {
		t.Error(err)
	}
}

// knownHeader was made by version 1 for a key of zeros: what was written once is read for ever.
const knownHeader = "424842017bd523fe7aef1c55ba5bae90b66d7d957ae687f626c359af3c2c4c41d059b050e095c3a1cd8f57b56ef4fc27cba73926e2022768"

func TestKnownHeader(t *testing.T) {
	b, err := hex.DecodeString(knownHeader)
	if err != nil {
		t.Fatal(err)
	}
	h, err := parseHeader(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keysOf(t, make([]byte, keySize)).unwrap(h, object{testPurpose, strings.Repeat("0", 32)}); err != nil {
		t.Error(err)
	}
}

func FuzzHeader(f *testing.F) {
	k, err := NewKeys(make([]byte, keySize))
	if err != nil {
		f.Fatal(err)
	}
	o := object{testPurpose, strings.Repeat("0", 32)}
	genuine, err := hex.DecodeString(knownHeader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(genuine)
	f.Add(genuine[:headerSize-1])
	f.Add(append(bytes.Clone(genuine), 0))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parseHeader(b)
		if err != nil {
			return
		}
		if !bytes.Equal(h.bytes(), b) {
			t.Errorf("%x is read as %x", b, h.bytes())
		}
		if _, err := k.unwrap(h, o); err == nil && !bytes.Equal(b, genuine) {
			t.Errorf("%x opens", b)
		}
	})
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
