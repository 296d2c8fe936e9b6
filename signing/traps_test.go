package signing

import (
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"sync"
	"testing"
	"time"

	checker "github.com/emmansun/gmsm/sm2"
	checkerSM4 "github.com/emmansun/gmsm/sm4"
	maker "github.com/tjfoc/gmsm/sm2"
	makerSM3 "github.com/tjfoc/gmsm/sm3"
	makerSM4 "github.com/tjfoc/gmsm/sm4"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Each test here is one thing that a library does wrong. It first shows that the library still does it, so that the
// guard is known to be what refuses, and then that this package does not. When a library is mended, the first half
// fails and the guard can be weighed again.

var ctx = context.Background()

// offCurvePoint and pointOf419 lie on other curves y² = x³ + ax + b', where they have the orders 53 and 419. Multiplying one
// with a private key tells the key modulo that order.
func pointOf419() []byte {
	x, _ := new(big.Int).SetString("12262880131929251611447247590062110478801377109458156659376795421888217890917", 10)
	y, _ := new(big.Int).SetString("47030651613620814573366273360869455852631296723831980275038590568676025392639", 10)
	point := make([]byte, publicKeySize)
	point[0] = 4
	x.FillBytes(point[1:33])
	y.FillBytes(point[33:])
	return point
}

// Row 1: decryption with a point off the curve gives the private key away, modulo one small prime at a time.
func TestTrap01DecryptionOffTheCurve(t *testing.T) {
	key := newKey(t)
	for order, point := range map[int64][]byte{53: offCurvePoint(), 419: pointOf419()} {
		residue := new(big.Int).Mod(new(big.Int).SetBytes(key.Bytes()), big.NewInt(order)).Int64()
		opened := []int64{}
		for guess := int64(1); guess < order; guess++ {
			forged, ok := forgeOffCurve(point, guess)
			if !ok {
				continue
			}
			raw := bytes.Join([][]byte{forged.point, forged.hash, forged.text}, nil)
			stock := &maker.PrivateKey{PublicKey: *key.Public().forMaker(), D: key.making.D}
			if _, err := maker.Decrypt(stock, raw, maker.C1C3C2); err == nil {
				opened = append(opened, guess)
			}
			if text, err := key.Unwrap(ctx, forged.der()); !errors.Is(err, ErrUnwrap) || text != nil {
				t.Fatalf("order %d: opened a ciphertext off the curve: %x, %v", order, text, err)
			}
		}
		if len(opened) != 1 && residue != 0 {
			t.Errorf("order %d: the library opened %v; the attack does not show, residue %d", order, opened, residue)
		}
	}
}

// forgeOffCurve is a ciphertext that opens exactly when d·P = guess·P, up to the sign that the library cannot see.
func forgeOffCurve(point []byte, guess int64) (wrapping, bool) {
	curve := maker.P256Sm2()
	x, y := new(big.Int).SetBytes(point[1:33]), new(big.Int).SetBytes(point[33:])
	x2, y2 := curve.ScalarMult(x, y, big.NewInt(guess).Bytes()) //nolint:staticcheck // the attack needs what no safe API gives: a point off the curve, multiplied
	if x2.Sign() == 0 && y2.Sign() == 0 {
		return wrapping{}, false
	}
	xb, yb := x2.FillBytes(make([]byte, 32)), y2.FillBytes(make([]byte, 32))
	text := []byte("x")
	mask := Sum(xb, yb, []byte{0, 0, 0, 1})
	hash := Sum(xb, text, yb)
	return wrapping{point: point, hash: hash[:], text: []byte{text[0] ^ mask[0]}}, true
}

// Row 2: keys off the curve, and coordinates of p or more.
func TestTrap02PublicKeyOffTheCurve(t *testing.T) {
	p := maker.P256Sm2().Params().P
	good := newKey(t).Public().Bytes()
	x := new(big.Int).SetBytes(good[1:33])
	if !maker.P256Sm2().IsOnCurve(new(big.Int).Add(x, p), new(big.Int).SetBytes(good[33:])) { //nolint:staticcheck // this very function is the trap
		t.Error("the library now refuses x+p")
	}
	small, y := smallX(t)
	beyond := append([]byte{4}, new(big.Int).Add(small, p).FillBytes(make([]byte, 32))...)
	beyond = append(beyond, y.FillBytes(make([]byte, 32))...)
	for name, b := range map[string][]byte{
		"other curve": offCurvePoint(), "x+p": beyond, "zero": append([]byte{4}, make([]byte, 64)...),
		"infinity": {0}, "p as x": append(append([]byte{4}, p.Bytes()...), good[33:]...),
		"hybrid": append([]byte{6}, good[1:]...), "short": good[:64], "long": append(bytes.Clone(good), 0), "empty": nil,
		"y negated wrongly": append(bytes.Clone(good[:64]), good[64]^1),
	} {
		if _, err := ParsePublicKey(b); !errors.Is(err, ErrPublicKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var zero PublicKey
	if err := Verify(zero, nil, Signature{31: 1, 63: 1}); !errors.Is(err, ErrPublicKey) {
		t.Errorf("verify under the zero key: %v", err)
	}
	if _, err := Wrap(zero, []byte{1}); !errors.Is(err, ErrPublicKey) {
		t.Errorf("wrap to the zero key: %v", err)
	}
}

// smallX finds a point whose x+p still fits in 32 bytes.
func smallX(t *testing.T) (x, y *big.Int) {
	t.Helper()
	c := maker.P256Sm2().Params()
	for i := int64(1); i < 1000; i++ {
		x := big.NewInt(i)
		rhs := new(big.Int).Mul(x, x)
		rhs.Sub(rhs, big.NewInt(3)).Mul(rhs, x).Add(rhs, c.B).Mod(rhs, c.P)
		if y := new(big.Int).ModSqrt(rhs, c.P); y != nil {
			return x, y
		}
	}
	t.Fatal("no point with a small x")
	return nil, nil
}

// Row 3: a signature whose point is infinity. Only who has the key can make one, and then both libraries disagree.
func TestTrap03SignatureAtInfinity(t *testing.T) {
	key, msg := newKey(t), []byte("at infinity")
	sig, err := infinitySignature(key, msg)
	if err != nil {
		t.Fatal(err)
	}
	if !maker.Sm2Verify(key.Public().forMaker(), msg, userID, sig.r(), sig.s()) {
		t.Error("the library now refuses it")
	}
	for name, verify := range map[string]func(PublicKey, []byte, Signature) error{"Verify": Verify, "VerifyBoth": VerifyBoth} {
		if err := verify(key.Public(), msg, sig); !errors.Is(err, ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Row 4: bytes after the SEQUENCE, and more elements inside it.
func TestTrap04MalleableSignature(t *testing.T) {
	key, msg := newKey(t), []byte("malleable")
	sig := sign(t, key, msg)
	der := sig.DER()
	trailing := append(bytes.Clone(der), 0)
	extra := append(bytes.Clone(der), 2, 1, 7)
	extra[1] += 3
	for name, forged := range map[string][]byte{"trailing": trailing, "extra element": extra} {
		if !key.Public().forMaker().Verify(msg, forged) {
			t.Errorf("%s: the library now refuses it", name)
		}
		if _, err := ParseSignatureDER(forged); !errors.Is(err, ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, forged := range map[string][]byte{
		"long length": append([]byte{0x30, 0x81, der[1]}, der[2:]...),
		"cut":         der[:len(der)-1], "empty": nil, "set": append([]byte{0x31}, der[1:]...),
		"padded r": paddedInteger(sig),
	} {
		if _, err := ParseSignatureDER(forged); !errors.Is(err, ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func paddedInteger(sig Signature) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(append([]byte{0, 0}, sig[:32]...)) })
		b.AddASN1BigInt(sig.s())
	})
	return b.BytesOrPanic()
}

// Row 5: encryption of nothing never returns.
func TestTrap05EmptyPlaintext(t *testing.T) {
	done := make(chan error, 1)
	go func() {
		_, err := Wrap(newKey(t).Public(), nil)
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, ErrWrapLength) {
			t.Fatal(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Wrap of nothing hangs")
	}
	if _, err := Wrap(newKey(t).Public(), make([]byte, minWrapped-1)); !errors.Is(err, ErrWrapLength) {
		t.Errorf("too short for its key stream: %v", err)
	}
	if _, err := Wrap(newKey(t).Public(), make([]byte, 97)); !errors.Is(err, ErrWrapLength) {
		t.Errorf("97 bytes: %v", err)
	}
}

// Row 6: plaintext handed out beside the error; a hash of another length, trailing bytes.
func TestTrap06SpoiltCiphertext(t *testing.T) {
	key, secret := newKey(t), []byte("secret bid price 123")
	wrapped, err := Wrap(key.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := bytes.Clone(wrapped)
	spoilt[len(spoilt)-1] ^= 1
	stock := &maker.PrivateKey{PublicKey: *key.Public().forMaker(), D: key.making.D}
	if leaked, err := maker.DecryptAsn1(stock, spoilt); err == nil || len(leaked) == 0 {
		t.Error("the library no longer leaks")
	}
	w, _ := parseWrapping(wrapped)
	short, long := w, w
	short.hash, long.text = w.hash[:31], make([]byte, 97)
	for name, b := range map[string][]byte{
		"spoilt": spoilt, "trailing": append(bytes.Clone(wrapped), 0), "short hash": short.der(), "long": long.der(),
		"empty": nil, "one byte": {0x30}, "cut": wrapped[:len(wrapped)-1], "huge": make([]byte, 1<<20),
	} {
		if text, err := key.Unwrap(ctx, b); err == nil || err.Error() != ErrUnwrap.Error() || text != nil {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	for i := range wrapped {
		b := bytes.Clone(wrapped)
		b[i] ^= 1
		if text, err := key.Unwrap(ctx, b); !errors.Is(err, ErrUnwrap) || text != nil {
			t.Errorf("byte %d: %q, %v", i, text, err)
		}
	}
}

// Row 7: one block shared by goroutines spoils ciphertexts.
func TestTrap07SharedKeyInManyGoroutines(t *testing.T) {
	key := Random(keySize)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 50 {
				text := bytes.Repeat([]byte{byte(g), byte(i)}, 200)
				sealed, err := SealGCM(key, text, nil)
				if err != nil {
					t.Error(err)
					return
				}
				if back, err := OpenGCM(key, sealed, nil); err != nil || !bytes.Equal(back, text) {
					t.Errorf("goroutine %d: %v", g, err)
					return
				}
			}
		})
	}
	all.Wait()
}

// Row 8: the library's own GCM has a wrong tag and never checks one.
func TestTrap08GCM(t *testing.T) {
	key, text, aad := Random(keySize), []byte("seventeen bytes!!"), []byte("aad")
	sealed, err := SealGCM(key, text, aad)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := checkerSM4.NewCipher(key)
	aead, _ := cipher.NewGCM(block)
	want := aead.Seal(nil, sealed[:nonceSize], text, aad)
	if !bytes.Equal(sealed[nonceSize:], want) {
		t.Error("the two implementations differ")
	}
	if c, tag, err := makerSM4.Sm4GCM(key, sealed[:nonceSize], make([]byte, 16), aad, true); err == nil && bytes.Equal(append(c, tag...), aead.Seal(nil, sealed[:nonceSize], make([]byte, 16), aad)) {
		t.Error("the library's tag is right now")
	}
	for i := range sealed {
		b := bytes.Clone(sealed)
		b[i] ^= 0x80
		if back, err := OpenGCM(key, b, aad); !errors.Is(err, ErrOpen) || back != nil {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	for name, err := range map[string]error{
		"other aad": open(key, sealed, []byte("AAD")), "other key": open(Random(16), sealed, aad),
		"cut": open(key, sealed[:len(sealed)-1], aad), "too short": open(key, sealed[:27], aad), "nothing": open(key, nil, aad),
	} {
		if !errors.Is(err, ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, n := range []int{0, 15, 17, 32} {
		if _, err := SealGCM(make([]byte, n), text, aad); !errors.Is(err, ErrKeySize) {
			t.Errorf("key of %d bytes: %v", n, err)
		}
	}
	if sealed, err := SealGCM(key, nil, nil); err != nil || len(sealed) != overhead {
		t.Errorf("nothing sealed: %d bytes, %v", len(sealed), err)
	}
}

func open(key, sealed, aad []byte) error {
	_, err := OpenGCM(key, sealed, aad)
	return err
}

// Row 9: padding written into the caller's memory.
func TestTrap09CallersMemory(t *testing.T) {
	buffer := bytes.Repeat([]byte{7}, 64)
	kept := bytes.Clone(buffer)
	if _, err := makerSM4.Sm4Cbc(make([]byte, 16), buffer[:10], true); err != nil || bytes.Equal(buffer, kept) {
		t.Error("the library no longer writes into its input")
	}
	copy(buffer, kept)
	key := newKey(t)
	if _, err := SealGCM(make([]byte, 16), buffer[:10], buffer[10:20]); err != nil {
		t.Fatal(err)
	}
	if _, err := Wrap(key.Public(), buffer[:minWrapped]); err != nil {
		t.Fatal(err)
	}
	if _, err := EncryptKeyPEM(key, buffer[:10], WithIterations(1000)); err != nil {
		t.Fatal(err)
	}
	sealed, err := SealTo(buffer[:10], buffer[10:20], key.Public())
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(sealed)
	if _, err := OpenEnvelope(ctx, key, sealed, buffer[10:20]); err != nil || !bytes.Equal(sealed, before) {
		t.Errorf("opening changed the envelope, or %v", err)
	}
	if !bytes.Equal(buffer, kept) {
		t.Error("our input was written to")
	}
}

// Row 11: a digest that begins with a zero byte comes out short.
func TestTrap11DigestWithLeadingZero(t *testing.T) {
	key, pub := newKey(t), &maker.PublicKey{}
	*pub = *key.Public().forMaker()
	for i := range 4096 {
		msg := []byte{byte(i >> 8), byte(i)}
		digest, err := pub.Sm3Digest(msg, userID)
		if err != nil {
			t.Fatal(err)
		}
		if len(digest) == 32 {
			continue
		}
		if err := VerifyBoth(key.Public(), msg, sign(t, key, msg)); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatal("no short digest among 4,096: the library may be mended")
}

// Row 12: keys with leading zeros that cannot be read back.
func TestTrap12KeyWithLeadingZeros(t *testing.T) {
	for _, zeros := range []int{1, 2, 31} {
		raw := Random(32)
		clear(raw[:zeros])
		raw[31] |= 1
		key, err := ParsePrivateKey(raw)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(key.Bytes(), raw) {
			t.Errorf("%d zeros: %x came back as %x", zeros, raw, key.Bytes())
		}
		text, err := EncryptKeyPEM(key, []byte("p"), WithIterations(1000))
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecryptKeyPEM(text, []byte("p"))
		if err != nil || !bytes.Equal(back.Bytes(), raw) {
			t.Errorf("%d zeros: through a file: %v", zeros, err)
		}
		if err := VerifyBoth(back.Public(), raw, sign(t, back, raw)); err != nil {
			t.Error(err)
		}
	}
}

// Row 13: keys outside 1..n-2, and keys of another curve.
func TestTrap13PrivateKeyOutOfRange(t *testing.T) {
	n := order()
	minus := func(k int64) []byte { return new(big.Int).Sub(n, big.NewInt(k)).FillBytes(make([]byte, 32)) }
	for name, raw := range map[string][]byte{
		"0": make([]byte, 32), "n-1": minus(1), "n": minus(0), "n+1": minus(-1), "31 bytes": make([]byte, 31),
		"33 bytes": append([]byte{0}, minus(5)...), "all ones": bytes.Repeat([]byte{0xff}, 32), "empty": nil,
	} {
		if _, err := ParsePrivateKey(raw); !errors.Is(err, ErrPrivateKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, raw := range map[string][]byte{"1": append(make([]byte, 31), 1), "n-2": minus(2)} {
		key, err := ParsePrivateKey(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := VerifyBoth(key.Public(), raw, sign(t, key, raw)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTrap13KeyOfAnotherCurve(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(p256)
	if err != nil {
		t.Fatal(err)
	}
	text := encryptBytes(t, der, "p")
	if _, err := DecryptKeyPEM(text, []byte("p")); !errors.Is(err, ErrKeyFile) {
		t.Fatalf("a NIST key was read: %v", err)
	}
}

// encryptBytes puts any bytes where a key file has its key.
func encryptBytes(t *testing.T, secret []byte, passphrase string) []byte {
	t.Helper()
	return encryptBytesBy(t, keyParameters{salt: Random(16), iv: Random(16), iterations: 1000, prf: oidHMACSHA256, scheme: oidSM4CBC}, secret, passphrase)
}

func encryptBytesBy(t *testing.T, p keyParameters, secret []byte, passphrase string) []byte {
	t.Helper()
	block, err := p.cipher([]byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	padded := padBlocks(secret)
	cipher.NewCBCEncrypter(block, p.iv).CryptBlocks(padded, padded)
	return pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: p.der(padded)})
}

// Row 15: a signature's nonce is nobody's to choose.
func TestTrap15SignaturesDiffer(t *testing.T) {
	key, msg := newKey(t), []byte("same")
	seen := map[Signature]bool{}
	for range 64 {
		s := sign(t, key, msg)
		if seen[s] {
			t.Fatal("the same signature twice: the nonce repeats")
		}
		seen[s] = true
	}
}

// Row 16 and the fuzzing of the library: IVs and lengths that make it panic, rounds that keep a core busy.
func TestTrap16KeyFiles(t *testing.T) {
	shortIV := unhex("3081fc305706092a864886f70d01050d304a302906092a864886f70d01050c301c040876325aee367bd2de02020800300c06082a864886f70d02070500301d060960864801650304012a040c5a4fa7a991dcdef92321d780dd9003ed0481a086ec9fc47bb5b4e8f7e6c005d4ebe2a1ebf381ba7b292d1841ceb4eedc30da19869ea72154221089b0d01a2e47ab4c0ec18d095369e94377a763daf9fafad1fb7d6a0a8bf0f4bced8d6b760416856b6416a7ab895f5ab9d1e0e59f35c00a316322e80bdb0ad1fcca871b3696cbd92159c4504b3d5ba361e658fa8ed699de2f1732194ef9689038c74d09906752f847e796303f0795fa23fc7c28a54e7c085695")
	brokenBlock := unhex("3081fc305706092a864886f70d01050d304a302906092a864886f70d01050c301c040876325aee367bd2de02020800300c06082a864886f70d02073000301d060960864801650304012a04105a4fa7a99130def92321d780dd9003ed0431a086ec9fc47bb5b4e8f7e6c005d4ebe2a1ebf381ba7b292d1841ceb4eedc30da19869ea72154221089b0d01a2e47ab4c0ec1e88d095369e94377a763daf9fafad1fb7d6a0a8bf0f4bced8d6b760416856b6416a7ab895f5ab9d1e0e59f35c00a316322e80bdb0ad1fcca871b3696cbd92159c4504b3d5ba361e658fa8ed699de2f1732194ef9689038c74d09906752f847e796303f0795fa23fc7c28a54e7c0856")
	many := keyParameters{salt: Random(16), iv: Random(16), iterations: 1<<31 - 1, prf: oidHMACSHA256, scheme: oidSM4CBC}
	few := keyParameters{salt: Random(16), iv: Random(16), iterations: 1, prf: oidHMACSHA256, scheme: oidSM4CBC}
	for name, der := range map[string][]byte{
		"IV of 12 bytes": shortIV, "not whole blocks": brokenBlock, "nothing": nil,
		"2³¹-1 rounds": many.der(make([]byte, 160)), "1 round": few.der(make([]byte, 160)),
	} {
		start := time.Now()
		_, err := DecryptKeyPEM(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der}), []byte("p"))
		if !errors.Is(err, ErrKeyFile) || time.Since(start) > time.Second {
			t.Errorf("%s: %v after %s", name, err, time.Since(start))
		}
	}
}

// Row 18: certificates of other algorithms.
func TestTrap18CertificateOfAnotherCurve(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "P-256"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<31, 0), KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseCertificate(der); !errors.Is(err, ErrMalformed) {
		t.Fatal(err)
	}
}

// Row 19: nesting that exhausts the stack of a recursive parser, which nothing can recover from.
func TestTrap19DeepNesting(t *testing.T) {
	const n = 900_000
	bomb := append(bytes.Repeat([]byte{0x30, 0x80}, n), bytes.Repeat([]byte{0, 0}, n)...)
	if _, err := ParseSignedData(bomb); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
	der := []byte{5, 0}
	for range 4000 {
		var b cryptobyte.Builder
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(der) })
		der = b.BytesOrPanic()
	}
	for name, parse := range map[string]func([]byte) error{
		"certificate": func(b []byte) error { _, err := ParseCertificate(b); return err },
		"crl":         func(b []byte) error { _, err := parseCRL(b); return err },
		"signed data": func(b []byte) error { _, err := ParseSignedData(b); return err },
		"signature":   func(b []byte) error { _, err := ParseSignatureDER(b); return err },
	} {
		if err := parse(der); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if err := parse(make([]byte, 17<<20)); err == nil {
			t.Errorf("%s: 17 MiB accepted", name)
		}
		for _, minimal := range []string{"14", "3080", "3082", "308287", ""} {
			if err := parse(unhex(minimal)); err == nil {
				t.Errorf("%s: %s accepted", name, minimal)
			}
		}
	}
}

// Row 22: compressed points.
func TestTrap22CompressedPoints(t *testing.T) {
	good := newKey(t).Public().Bytes()
	for _, prefix := range []byte{0, 1, 2, 3} {
		if _, err := ParsePublicKey(append([]byte{prefix}, good[1:33]...)); !errors.Is(err, ErrPublicKey) {
			t.Errorf("prefix %d: %v", prefix, err)
		}
	}
}

// Range of r and s (GB/T 32918.2, 7.1), which both libraries hold and so must the type.
func TestSignatureRange(t *testing.T) {
	key, msg := newKey(t), []byte("range")
	good := sign(t, key, msg)
	n := order()
	with := func(r, s *big.Int) (b []byte) {
		b = make([]byte, 64)
		r.FillBytes(b[:32])
		s.FillBytes(b[32:])
		return b
	}
	zero := new(big.Int)
	for name, b := range map[string][]byte{
		"r=0": with(zero, good.s()), "s=0": with(good.r(), zero), "r=n": with(n, good.s()), "s=n": with(good.r(), n),
		"r+s=n": with(good.r(), new(big.Int).Sub(n, good.r())), "63 bytes": good[:63], "65 bytes": append(bytes.Clone(good[:]), 0),
		"all ones": bytes.Repeat([]byte{255}, 64), "empty": nil,
	} {
		if _, err := ParseSignature(b); !errors.Is(err, ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
		if len(b) == 64 {
			if err := VerifyBoth(key.Public(), msg, Signature(b)); !errors.Is(err, ErrBadSignature) {
				t.Errorf("%s verifies: %v", name, err)
			}
		}
	}
	negative := []byte{0x30, 6, 2, 1, 0xff, 2, 1, 1}
	if _, err := ParseSignatureDER(negative); !errors.Is(err, ErrBadSignature) {
		t.Errorf("negative r: %v", err)
	}
}

// What the checking library must get right on this processor.
func TestReductionVector(t *testing.T) {
	if err := testSM2Reduction(); err != nil {
		t.Fatal(err)
	}
}

// What the maker makes, the checker reads, and the other way round, on many keys.
func TestImplementationsAgree(t *testing.T) {
	for i := range 150 {
		key, msg := newKey(t), Random(i)
		sig := sign(t, key, msg)
		if err := VerifyBoth(key.Public(), msg, sig); err != nil {
			t.Fatalf("key %x: %v", key.Bytes(), err)
		}
		der, err := key.opens.Sign(rand.Reader, append([]byte("x"), msg...), checker.DefaultSM2SignerOpts)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseSignatureDER(der)
		if err != nil || VerifyBoth(key.Public(), append([]byte("x"), msg...), back) != nil {
			t.Fatalf("the checker's signature: %v", err)
		}
		text := Random(minWrapped + i%(maxWrapped-minWrapped+1))
		wrapped, err := checker.EncryptASN1(rand.Reader, key.public.point, text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := key.Unwrap(ctx, wrapped); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("the checker's ciphertext: %v", err)
		}
		ours, err := Wrap(key.Public(), text)
		if err != nil {
			t.Fatal(err)
		}
		stock := &maker.PrivateKey{PublicKey: *key.Public().forMaker(), D: key.making.D}
		if got, err := maker.DecryptAsn1(stock, ours); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("our ciphertext under the stock curve: %v", err)
		}
		if sum := makerSM3.Sm3Sum(msg); Sum(msg) != Digest(sum) {
			t.Fatal("SM3 differs")
		}
	}
}

func newKey(t testing.TB) *PrivateKey {
	t.Helper()
	key, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, key Signer, msg []byte) Signature {
	t.Helper()
	sig, err := key.Sign(ctx, msg)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}
