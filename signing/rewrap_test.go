package signing_test

import (
	"bytes"
	"errors"
	"testing"

	"baohan/signing"
)

func rewrapKey(t *testing.T) *signing.PrivateKey {
	t.Helper()
	k, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A new wrapping opens what the old one opened; the custodians' shares and the seal's bytes are untouched.
func TestRewrapOwner(t *testing.T) {
	old, renewed, stranger := rewrapKey(t), rewrapKey(t), rewrapKey(t)
	var holders [3]signing.PublicKey
	for i := range holders {
		holders[i] = rewrapKey(t).Public()
	}
	aad := []byte("row 1")
	s, err := signing.SealTwoOfThree([]byte("the record"), aad, 512, holders, old.Public())
	if err != nil {
		t.Fatal(err)
	}
	before, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	owner, err := s.RewrapOwner(t.Context(), old, aad, renewed.Public())
	if err != nil {
		t.Fatal(err)
	}
	moved, err := s.WithOwner(owner)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := moved.OpenOwn(t.Context(), renewed, aad); err != nil || string(plain) != "the record" {
		t.Fatalf("%q, %v", plain, err)
	}
	if _, err := moved.OpenOwn(t.Context(), old, aad); err == nil {
		t.Error("the old key opens the new wrapping")
	}
	if after, err := s.MarshalBinary(); err != nil || !bytes.Equal(before, after) {
		t.Error("the seal itself changed")
	}
	for name, fails := range map[string]func() error{
		"a stranger's key": func() error { _, err := s.RewrapOwner(t.Context(), stranger, aad, renewed.Public()); return err },
		"another row":      func() error { _, err := s.RewrapOwner(t.Context(), old, []byte("row 2"), renewed.Public()); return err },
		"no key":           func() error { _, err := s.RewrapOwner(t.Context(), old, aad, signing.PublicKey{}); return err },
	} {
		if fails() == nil {
			t.Errorf("%s: rewrapped", name)
		}
	}
	long, err := signing.Wrap(renewed.Public(), make([]byte, 17))
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"nothing": nil, "no wrapping": []byte("x"), "of another size": long, "with a byte more": append(bytes.Clone(owner), 0)} {
		if _, err := s.WithOwner(bad); !errors.Is(err, signing.ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
