package signing

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
)

// A private key must not appear in any log, message or dump, as hexadecimal, decimal, bytes or base64.
func TestPrivateKeyNeverPrintsItself(t *testing.T) {
	key := newKey(t)
	holder := struct {
		Name string
		Key  *PrivateKey
	}{"holder", key}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", key, "holder", holder, "value", *key)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", key, "holder", holder)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b"} {
		fmt.Fprintf(&log, verb+" "+verb+" "+verb+" "+verb+"\n", key, *key, holder, &holder)
	}
	fmt.Fprintln(&log, fmt.Errorf("wrapped: %v", key), key, []*PrivateKey{key}, map[string]*PrivateKey{"k": key})
	if text, err := json.Marshal(holder); err == nil {
		t.Errorf("marshalled to %s", text)
	}
	d := new(big.Int).SetBytes(key.Bytes())
	printed := strings.ToLower(log.String())
	for _, secret := range []string{hex.EncodeToString(key.Bytes()), d.String(), fmt.Sprintf("%d", key.Bytes()), d.Text(2), d.Text(8)} {
		if strings.Contains(printed, strings.ToLower(strings.Trim(secret, "[]"))) {
			t.Errorf("the key was printed: %s", secret)
		}
	}
	if !strings.Contains(log.String(), key.Public().Fingerprint().String()[:16]) {
		t.Error("the key is not named by its public half")
	}
	var none *PrivateKey
	if none.String() == "" {
		t.Error("no text for no key")
	}
}

func TestKeyRoundTrips(t *testing.T) {
	key := newKey(t)
	back, err := ParsePrivateKey(key.Bytes())
	if err != nil || !back.Public().Equal(key.Public()) {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	var public, zero PublicKey
	if err := json.Unmarshal(encoded, &public); err != nil || !public.Equal(key.Public()) {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`""`), &public); err != nil || !public.IsZero() {
		t.Errorf("empty text: %v", err)
	}
	if !zero.IsZero() || zero.Bytes() != nil || zero.Equal(key.Public()) || !zero.Equal(PublicKey{}) {
		t.Error("the zero key is not zero")
	}
	text := key.Public().String()
	for name, bad := range map[string]string{
		"white space": text[:20] + "\n" + text[20:], "no padding": strings.TrimRight(text, "="), "url alphabet": "_" + text[1:],
		"stray bits": text[:len(text)-2] + string(text[len(text)-2]+1) + "=", "off the curve": PublicKey{raw: [65]byte(offCurvePoint()), point: key.Public().point}.String(),
	} {
		if err := public.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%s accepted", name)
		}
	}
}

func TestSignatureText(t *testing.T) {
	sig := sign(t, newKey(t), []byte("x"))
	encoded, err := json.Marshal(sig)
	if err != nil {
		t.Fatal(err)
	}
	var back Signature
	if err := json.Unmarshal(encoded, &back); err != nil || back != sig {
		t.Fatalf("%s: %v", encoded, err)
	}
	if again, err := ParseSignatureDER(sig.DER()); err != nil || again != sig {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`""`), &back); err != nil || !back.IsZero() {
		t.Errorf("empty text: %v", err)
	}
	if err := back.UnmarshalText([]byte("AAAA")); !errors.Is(err, ErrBadSignature) {
		t.Errorf("short: %v", err)
	}
}

func TestVerifyRefusesEveryChange(t *testing.T) {
	key, msg := newKey(t), []byte("message")
	sig := sign(t, key, msg)
	if err := VerifyBoth(key.Public(), msg, sig); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"other message": Verify(key.Public(), []byte("massage"), sig),
		"other key":     Verify(newKey(t).Public(), msg, sig),
		"no message":    Verify(key.Public(), nil, sig),
		"both, other":   VerifyBoth(key.Public(), []byte("massage"), sig),
	} {
		if !errors.Is(err, ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range sig {
		changed := sig
		changed[i] ^= 1
		if Verify(key.Public(), msg, changed) == nil {
			t.Errorf("byte %d of the signature does not count", i)
		}
	}
	if err := Verify(key.Public(), nil, sign(t, key, nil)); err != nil {
		t.Errorf("an empty message: %v", err)
	}
}

func TestCancelledContext(t *testing.T) {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	key := newKey(t)
	if _, err := key.Sign(cancelled, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("sign: %v", err)
	}
	if _, err := key.Unwrap(cancelled, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("unwrap: %v", err)
	}
}

func TestOneKeyInManyGoroutines(t *testing.T) {
	key := newKey(t)
	wrapped, err := Wrap(key.Public(), []byte("shared by many goroutines"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 10 {
				msg := []byte{byte(g), byte(i)}
				sig, err := key.Sign(ctx, msg)
				if err != nil || VerifyBoth(key.Public(), msg, sig) != nil {
					t.Errorf("goroutine %d: %v", g, err)
				}
				if text, err := key.Unwrap(ctx, wrapped); err != nil || string(text) != "shared by many goroutines" {
					t.Errorf("goroutine %d: %v", g, err)
				}
				if _, err := Wrap(key.Public(), append(make([]byte, minWrapped), msg...)); err != nil {
					t.Error(err)
				}
				_ = MAC([]byte("key"), "tag", msg)
			}
		})
	}
	all.Wait()
}

func TestKeyFile(t *testing.T) {
	key := newKey(t)
	text, err := EncryptKeyPEM(key, []byte("口令"))
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecryptKeyPEM(text, []byte("口令"))
	if err != nil || !bytes.Equal(back.Bytes(), key.Bytes()) {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	p, _, err := parseKeyFile(block.Bytes)
	if err != nil || p.iterations < 600_000 || !p.scheme.Equal(oidSM4CBC) {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := EncryptKeyPEM(key, nil); !errors.Is(err, ErrPassphrase) {
		t.Errorf("empty passphrase: %v", err)
	}
	for _, n := range []int{0, 999, 2_000_001} {
		if _, err := EncryptKeyPEM(key, []byte("p"), WithIterations(n)); !errors.Is(err, ErrKeyFile) {
			t.Errorf("%d rounds: %v", n, err)
		}
	}
}

func TestKeyFileRefusals(t *testing.T) {
	key := newKey(t)
	text, err := EncryptKeyPEM(key, []byte("p"), WithIterations(1000))
	if err != nil {
		t.Fatal(err)
	}
	for range 600 { // some wrong keys leave good padding by chance
		if _, err := DecryptKeyPEM(text, Random(8)); !errors.Is(err, ErrPassphrase) {
			t.Fatalf("wrong passphrase: %v", err)
		}
	}
	block, _ := pem.Decode(text)
	headers := pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: block.Bytes, Headers: map[string]string{"Proc-Type": "4"}})
	plain := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key.pkcs8()})
	for name, bad := range map[string][]byte{
		"two blocks": append(bytes.Clone(text), text...), "headers": headers, "not encrypted": plain, "no PEM": block.Bytes,
		"nothing": nil, "too long": append(bytes.Clone(text), bytes.Repeat([]byte("\n"), maxKeyFile)...),
	} {
		if _, err := DecryptKeyPEM(bad, []byte("p")); !errors.Is(err, ErrKeyFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := newKey(t)
	mixed := *key
	mixed.public = other.public
	if _, err := DecryptKeyPEM(encryptBytes(t, mixed.pkcs8(), "p"), []byte("p")); !errors.Is(err, ErrKeyFile) {
		t.Errorf("another key's public half: %v", err)
	}
	if _, err := DecryptKeyPEM(encryptBytes(t, append(key.pkcs8(), 0), "p"), []byte("p")); err == nil {
		t.Error("bytes after the key were accepted")
	}
	if _, err := DecryptKeyPEM(encryptBytes(t, key.pkcs8(), "p"), []byte("p")); err != nil {
		t.Errorf("the unchanged key: %v", err)
	}
}
