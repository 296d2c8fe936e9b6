package signing

import (
	"baohan/internal/drawn"
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"
)

type seal struct {
	Sealed
	holders [3]*PrivateKey
	owner   *PrivateKey
	plain   []byte
	aad     []byte
}

const sealSize = 512

func newSeal(t testing.TB) seal {
	t.Helper()
	s := seal{plain: []byte("投标保证金 800000.00"), aad: []byte("row 1, version 1"), owner: newKey(t)}
	var public [3]PublicKey
	for i := range s.holders {
		s.holders[i] = newKey(t)
		public[i] = s.holders[i].Public()
	}
	var err error
	if s.Sealed, err = SealTwoOfThree(s.plain, s.aad, sealSize, public, s.owner.Public()); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(sealSize); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s seal) share(t testing.TB, holder int) Share {
	t.Helper()
	share, err := s.GiveShare(ctx, s.holders[holder], holder)
	if err != nil {
		t.Fatal(err)
	}
	return share
}

func TestAnyTwoHoldersOpen(t *testing.T) {
	s := newSeal(t)
	for a := range 3 {
		for b := range 3 {
			got, err := s.Open(s.aad, s.share(t, a), s.share(t, b))
			switch {
			case a == b && !errors.Is(err, ErrShare):
				t.Errorf("holder %d alone: %q, %v", a, got, err)
			case a != b && (err != nil || !bytes.Equal(got, s.plain)):
				t.Errorf("holders %d and %d: %v", a, b, err)
			}
		}
	}
	if got, err := s.OpenOwn(ctx, s.owner, s.aad); err != nil || !bytes.Equal(got, s.plain) {
		t.Errorf("the owner: %v", err)
	}
	if _, err := s.OpenOwn(ctx, s.holders[0], s.aad); !errors.Is(err, ErrUnwrap) {
		t.Errorf("a holder as owner: %v", err)
	}
}

// One holder knows two of three random parts; the third is 16 bytes that nothing in its hands depends on. So what it
// holds must open nothing whichever way it is combined.
func TestOneHolderOpensNothing(t *testing.T) {
	s := newSeal(t)
	for holder := range 3 {
		share := s.share(t, holder)
		for name, key := range map[string][]byte{
			"first part": share.Parts[0], "second part": share.Parts[1],
			"both":   xor([3][]byte{share.Parts[0], share.Parts[1], make([]byte, keySize)}),
			"thrice": xor([3][]byte{share.Parts[0], share.Parts[1], share.Parts[0]}),
		} {
			if _, err := s.openWith(nil, key, s.aad); !errors.Is(err, ErrOpen) {
				t.Errorf("holder %d, %s: %v", holder, name, err)
			}
		}
		forged := share
		forged.Holder = (holder + 1) % 3
		if _, err := s.Open(s.aad, share, forged); !errors.Is(err, ErrShare) {
			t.Errorf("holder %d as two: %v", holder, err)
		}
	}
}

func TestShareRefusals(t *testing.T) {
	s, other := newSeal(t), newSeal(t)
	good := s.share(t, 0)
	spoilt := Share{Holder: 1, Parts: [2][]byte{Random(16), s.share(t, 1).Parts[1]}}
	for name, share := range map[string]Share{
		"spoilt": spoilt, "another record's": other.share(t, 1), "no parts": {Holder: 1}, "holder 3": {Holder: 3, Parts: good.Parts},
		"holder -1": {Holder: -1, Parts: good.Parts}, "long part": {Holder: 1, Parts: [2][]byte{make([]byte, 17), good.Parts[0]}},
	} {
		if _, err := s.Open(s.aad, good, share); !errors.Is(err, ErrShare) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Open([]byte("row 2"), good, s.share(t, 1)); !errors.Is(err, ErrOpen) {
		t.Errorf("other associated data: %v", err)
	}
	if _, err := s.GiveShare(ctx, s.holders[1], 0); !errors.Is(err, ErrUnwrap) {
		t.Errorf("a share of another holder: %v", err)
	}
	for _, holder := range []int{-1, 3} {
		if _, err := s.GiveShare(ctx, s.holders[0], holder); !errors.Is(err, ErrShare) {
			t.Errorf("holder %d: %v", holder, err)
		}
	}
}

// Whoever can write rows could copy a sealed letter's shares into a row that is due to be opened. The holder gives
// nothing: the shares say which record they are for.
func TestSharesAreBoundToTheirRecord(t *testing.T) {
	victim, attacker := newSeal(t), newSeal(t)
	planted := victim.Sealed
	planted.Record = recordOf([]byte("row 2"))
	if planted.Binds(victim.aad) || !planted.Binds([]byte("row 2")) || !victim.Binds(victim.aad) {
		t.Fatal("Binds")
	}
	if _, err := planted.GiveShare(ctx, victim.holders[0], 0); !errors.Is(err, ErrShare) {
		t.Errorf("another row's name: %v", err)
	}
	mixed := attacker.Sealed
	mixed.Shares = victim.Shares
	if _, err := mixed.GiveShare(ctx, victim.holders[0], 0); !errors.Is(err, ErrShare) {
		t.Errorf("another row's shares: %v", err)
	}
}

func TestSealHidesLength(t *testing.T) {
	holders := [3]PublicKey{newKey(t).Public(), newKey(t).Public(), newKey(t).Public()}
	for _, n := range []int{0, 1, 100, 508} {
		s, err := SealTwoOfThree(make([]byte, n), nil, sealSize, holders, PublicKey{})
		if err != nil || len(s.Ciphertext) != sealSize+overhead {
			t.Errorf("%d bytes: ciphertext of %d, %v", n, len(s.Ciphertext), err)
		}
		if len(s.Owner) != 0 || s.Check(sealSize) != nil {
			t.Errorf("no owner: %d bytes, %v", len(s.Owner), s.Check(sealSize))
		}
		if _, err := s.OpenOwn(ctx, newKey(t), nil); !errors.Is(err, ErrSealed) {
			t.Errorf("no owner, and opened: %v", err)
		}
	}
	same := [3]PublicKey{holders[0], holders[1], holders[0]}
	for name, err := range map[string]error{
		"509 bytes in 512": sealErr(make([]byte, 509), sealSize, holders), "size 4": sealErr(nil, 4, holders),
		"size -1": sealErr(nil, -1, holders), "too large": sealErr(nil, MaxSealed+1, holders),
		"one holder twice": sealErr(nil, sealSize, same), "no holder": sealErr(nil, sealSize, [3]PublicKey{}),
	} {
		if !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func sealErr(plain []byte, size int, holders [3]PublicKey) error {
	_, err := SealTwoOfThree(plain, nil, size, holders, PublicKey{})
	return err
}

func TestPadding(t *testing.T) {
	drawn.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "plain")
		padded, err := pad(plain, 64)
		if err != nil || len(padded) != 64 {
			t.Fatal(err)
		}
		back, err := unpad(padded)
		if err != nil || !bytes.Equal(back, plain) {
			t.Fatalf("%x, %v", back, err)
		}
	})
	for name, bad := range map[string][]byte{
		"short": {0, 0, 0}, "longer than it is": {0, 0, 0, 2, 1}, "huge": {255, 255, 255, 255, 1}, "not zero after": {0, 0, 0, 0, 0, 1},
	} {
		if _, err := unpad(bad); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealedForms(t *testing.T) {
	s := newSeal(t)
	raw, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	head, ciphertext := SplitSealed(raw)
	if !bytes.Equal(ciphertext, s.Ciphertext) || !bytes.Equal(append(bytes.Clone(head), ciphertext...), raw) {
		t.Fatal("split elsewhere than before the ciphertext")
	}
	if again, _ := SplitSealed(raw[:MaxHead]); !bytes.Equal(again, head) {
		t.Fatal("the beginning of a seal has another head")
	}
	if got, err := ParseSealedHead(bytes.Clone(head)); err != nil || !reflect.DeepEqual(got, s.SealedHead) {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := ParseSealedHead(append(bytes.Clone(head), 0)); !errors.Is(err, ErrSealed) {
		t.Fatalf("a byte after the head: %v", err)
	}
	for n := range len(head) {
		if cut, rest := SplitSealed(head[:n]); len(cut) != n || rest != nil {
			t.Fatalf("%d bytes of a head are cut at %d", n, len(cut))
		}
		if _, err := ParseSealedHead(bytes.Clone(head[:n])); !errors.Is(err, ErrSealed) {
			t.Fatalf("%d bytes of a head: %v", n, err)
		}
	}
	var back Sealed
	if err := back.UnmarshalBinary(raw); err != nil {
		t.Fatal(err)
	}
	again, _ := back.MarshalBinary()
	text, err := json.Marshal(s.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	var fromText Sealed
	if err := json.Unmarshal(text, &fromText, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	third, _ := fromText.MarshalBinary()
	if !bytes.Equal(raw, again) || !bytes.Equal(raw, third) {
		t.Fatal("the forms differ")
	}
	share, err := json.Marshal(s.share(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	var given Share
	if err := json.Unmarshal(share, &given); err != nil || s.CheckShare(given) != nil {
		t.Errorf("%s: %v", share, err)
	}
	for i := range raw { // each byte counts: another encoding is refused, another content does not open
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		var b Sealed
		if b.UnmarshalBinary(changed) == nil && opensFully(s, b) {
			t.Errorf("byte %d does not count", i)
		}
	}
	for n := range 300 {
		if (&Sealed{}).UnmarshalBinary(raw[:n]) == nil {
			t.Errorf("the first %d bytes are accepted", n)
		}
	}
}

// opensFully tells whether every holder and the owner still get the plaintext.
func opensFully(s seal, b Sealed) bool {
	var shares [3]Share
	for i := range shares {
		share, err := b.GiveShare(ctx, s.holders[i], i)
		if err != nil {
			return false
		}
		shares[i] = share
	}
	_, err := b.Open(s.aad, shares[0], shares[1])
	_, own := b.OpenOwn(ctx, s.owner, s.aad)
	return err == nil && own == nil
}

func TestSealedCheck(t *testing.T) {
	s := newSeal(t)
	for name, change := range map[string]func(*Sealed){
		"version":        func(b *Sealed) { b.Version = 257 },
		"cut":            func(b *Sealed) { b.Ciphertext = b.Ciphertext[:sealSize] },
		"equal parts":    func(b *Sealed) { b.Parts[2] = b.Parts[0] },
		"no share":       func(b *Sealed) { b.Shares[1] = nil },
		"short share":    func(b *Sealed) { b.Shares[1] = b.Owner },
		"spoilt share":   func(b *Sealed) { b.Shares[1] = append(bytes.Clone(b.Shares[1]), 0) },
		"share as owner": func(b *Sealed) { b.Owner = b.Shares[0] },
	} {
		b := s.Sealed
		change(&b)
		if err := b.Check(sealSize); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := s.Sealed
	b.Version = 257
	if _, err := b.OpenOwn(ctx, s.owner, s.aad); !errors.Is(err, ErrSealed) {
		t.Errorf("version 257 opens: %v", err)
	}
	if err := s.Check(sealSize + 1); !errors.Is(err, ErrSealed) {
		t.Errorf("another size: %v", err)
	}
}

func TestEnvelope(t *testing.T) {
	keys := []*PrivateKey{newKey(t), newKey(t), newKey(t)}
	text, aad := []byte("申请"), []byte("application")
	sealed, err := SealTo(text, aad, keys[0].Public(), keys[1].Public(), keys[2].Public())
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range keys {
		if got, err := OpenEnvelope(ctx, k, sealed, aad); err != nil || !bytes.Equal(got, text) {
			t.Errorf("recipient %d: %v", i, err)
		}
	}
	if _, err := OpenEnvelope(ctx, newKey(t), sealed, aad); !errors.Is(err, ErrOpen) {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := OpenEnvelope(ctx, keys[0], sealed, nil); !errors.Is(err, ErrOpen) {
		t.Errorf("other associated data: %v", err)
	}
	for i := range sealed {
		b := bytes.Clone(sealed)
		b[i] ^= 1
		for r, k := range keys {
			if _, err := OpenEnvelope(ctx, k, b, aad); err == nil {
				t.Errorf("byte %d does not count for recipient %d", i, r)
			}
		}
	}
	for n := range len(sealed) {
		if _, err := OpenEnvelope(ctx, keys[0], sealed[:n], aad); err == nil {
			t.Errorf("the first %d bytes open", n)
		}
	}
	if empty, err := SealTo(nil, nil, keys[0].Public()); err != nil {
		t.Error(err)
	} else if got, err := OpenEnvelope(ctx, keys[0], empty, nil); err != nil || len(got) != 0 {
		t.Errorf("an empty text: %v", err)
	}
}

func TestEnvelopeRefusals(t *testing.T) {
	public := newKey(t).Public()
	for name, err := range map[string]error{
		"no recipient":  sealTo(nil),
		"17 recipients": sealTo(nil, public, public, public, public, public, public, public, public, public, public, public, public, public, public, public, public, public),
		"zero key":      sealTo(nil, PublicKey{}),
		"too long":      sealTo(make([]byte, MaxEnvelope), public),
	} {
		if !errors.Is(err, ErrEnvelope) {
			t.Errorf("%s: %v", name, err)
		}
	}
	device := failing{Decrypter: newKey(t), err: errors.New("device is unplugged")}
	sealed, err := SealTo(nil, nil, public)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenEnvelope(ctx, device, sealed, nil); !errors.Is(err, device.err) {
		t.Errorf("a device that fails is taken for a wrong key: %v", err)
	}
}

// Two recipients must not be given two texts: a sealer who wraps two keys is found out by the second.
func TestEnvelopeHasOneKey(t *testing.T) {
	a, b := newKey(t), newKey(t)
	keys := [2][]byte{Random(16), Random(16)}
	e := envelope{commitment: commitToKey(keys[0])}
	for i, k := range []*PrivateKey{a, b} {
		w, err := Wrap(k.Public(), keys[i])
		if err != nil {
			t.Fatal(err)
		}
		e.wrappings = append(e.wrappings, w)
	}
	sealed, err := SealGCM(keys[1], []byte("another text"), e.bind(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenEnvelope(ctx, b, append(e.header(), sealed...), nil); !errors.Is(err, ErrOpen) {
		t.Fatalf("a second key opened: %v", err)
	}
}

func sealTo(text []byte, to ...PublicKey) error {
	_, err := SealTo(text, nil, to...)
	return err
}

type failing struct {
	Decrypter
	err error
}

func (f failing) Unwrap(context.Context, []byte) ([]byte, error) {
	return nil, fmt.Errorf("unwrap: %w", f.err)
}
