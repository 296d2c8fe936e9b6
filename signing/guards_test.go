package signing

import (
	"bytes"
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Here each wall is tried alone where another behind it would hold as well: the one behind belongs to a library.

func TestOwnCurveCheck(t *testing.T) {
	for range 32 {
		b := newKey(t).Public().Bytes()
		if !onCurve(b[1:33], b[33:]) {
			t.Fatalf("a key is said to be off the curve: %x", b)
		}
		b[64] ^= 1
		if onCurve(b[1:33], b[33:]) {
			t.Fatalf("y+1 is said to be on it: %x", b)
		}
	}
	for _, point := range [][]byte{offCurvePoint(), pointOf419()} {
		if onCurve(point[1:33], point[33:]) {
			t.Error("a point of another curve is said to be on it")
		}
		forged := wrapping{point: point, hash: make([]byte, 32), text: []byte{1}}
		if _, err := parseWrapping(forged.der()); !errors.Is(err, ErrUnwrap) {
			t.Error("a ciphertext off the curve reaches the key")
		}
	}
}

func TestBothMustAccept(t *testing.T) {
	for _, c := range []struct {
		one, other bool
		want       error
	}{{true, true, nil}, {true, false, ErrDisagree}, {false, true, ErrDisagree}, {false, false, ErrBadSignature}} {
		if err := agree(c.one, c.other); !errors.Is(err, c.want) {
			t.Errorf("%t, %t: %v", c.one, c.other, err)
		}
	}
}

// A signature spoilt on its way, as by a fault in the arithmetic, would tell the key: it must not leave.
func TestSpoiltSignatureDoesNotLeave(t *testing.T) {
	key, other := newKey(t), newKey(t)
	faulty := &PrivateKey{public: key.public, making: other.making, opens: key.opens}
	if sig, err := faulty.Sign(ctx, []byte("x")); !errors.Is(err, ErrBadSignature) || !sig.IsZero() {
		t.Errorf("%x, %v", sig, err)
	}
}

func TestKeyFileParametersAlone(t *testing.T) {
	good := keyParameters{salt: Random(16), iv: Random(16), iterations: 1000, prf: oidHMACSHA256, scheme: oidSM4CBC}
	shortIV, shortSalt, longSalt := good, good, good
	shortIV.iv, shortSalt.salt, longSalt.salt = Random(12), Random(7), Random(65)
	for name, der := range map[string][]byte{
		"IV of 12 bytes": shortIV.der(make([]byte, 160)), "salt of 7": shortSalt.der(make([]byte, 160)), "salt of 65": longSalt.der(make([]byte, 160)),
		"17 bytes": good.der(make([]byte, 17)), "no bytes": good.der(nil),
		"another cipher": bytes.Replace(good.der(make([]byte, 160)), []byte{0x81, 0x1c, 0xcf, 0x55, 1, 0x68, 2}, []byte{0x81, 0x1c, 0xcf, 0x55, 1, 0x68, 1}, 1),
		"another PRF":    bytes.Replace(good.der(make([]byte, 160)), []byte{0x86, 0xf7, 0x0d, 2, 9}, []byte{0x86, 0xf7, 0x0d, 2, 7}, 1),
		"trailing":       append(good.der(make([]byte, 160)), 0),
	} {
		if _, err := DecryptKeyPEM(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der}), []byte("p")); !errors.Is(err, ErrKeyFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Key files that other tools write: HMAC-SM3 as PRF, AES as cipher.
func TestKeyFilesOfOtherTools(t *testing.T) {
	key := newKey(t)
	for _, prf := range []asn1.ObjectIdentifier{oidHMACSHA256, oidHMACSM3} {
		for _, scheme := range []asn1.ObjectIdentifier{oidSM4CBC, oidAES256CBC} {
			p := keyParameters{salt: Random(8), iv: Random(16), iterations: 2048, prf: prf, scheme: scheme}
			back, err := DecryptKeyPEM(encryptBytesBy(t, p, key.pkcs8(), "p"), []byte("p"))
			if err != nil || !back.Public().Equal(key.Public()) {
				t.Errorf("PRF %v, cipher %v: %v", prf, scheme, err)
			}
		}
	}
}

// Another curve's key without its public half, so that nothing but the OID tells.
func TestKeyOfAnotherCurveByItsOID(t *testing.T) {
	key := newKey(t).Bytes()
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidECPublicKey)
			b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7})
		})
		b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1OctetString(key)
			})
		})
	})
	if _, err := DecryptKeyPEM(encryptBytes(t, b.BytesOrPanic(), "p"), []byte("p")); !errors.Is(err, ErrKeyFile) {
		t.Fatal(err)
	}
}

// resign replaces what is certified and signs it again, so that only the shape is wrong.
func resign(t *testing.T, tbs []byte, key *PrivateKey) []byte {
	t.Helper()
	der, err := signStructure(ctx, tbs, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestCertificateShapes(t *testing.T) {
	leaf, key := goldenCertificate(t, "leaf.der"), goldenKey(t, 0)
	tbs := leaf.parsed.RawTBSCertificate
	if _, err := ParseCertificate(resign(t, tbs, key)); err != nil {
		t.Fatalf("the unchanged one: %v", err)
	}
	version := []byte{0xa0, 3, 2, 1, 2}
	serial, _ := cbBytes(func(b *cryptobyte.Builder) { b.AddASN1BigInt(leaf.parsed.SerialNumber) })
	negative, _ := cbBytes(func(b *cryptobyte.Builder) { b.AddASN1BigInt(new(big.Int).Neg(leaf.parsed.SerialNumber)) })
	der := leaf.Raw()
	var extra cryptobyte.Builder
	extra.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddBytes(algorithmSM2SM3(false))
		b.AddASN1BitString(leaf.signature.DER())
		b.AddASN1NULL()
	})
	for name, bad := range map[string][]byte{
		"version 2":       resign(t, bytes.Replace(tbs, version, []byte{0xa0, 3, 2, 1, 1}, 1), key),
		"version 1":       resign(t, bytes.Replace(tbs, version, []byte{0xa0, 3, 2, 1, 0}, 1), key),
		"negative serial": resign(t, bytes.Replace(tbs, serial, negative, 1), key),
		"extra element":   extra.BytesOrPanic(),
		"BER length":      append([]byte{0x30, 0x83, 0, der[2], der[3]}, der[4:]...),
	} {
		if _, err := ParseCertificate(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func cbBytes(f func(*cryptobyte.Builder)) ([]byte, error) {
	var b cryptobyte.Builder
	f(&b)
	return b.Bytes()
}

func TestContentThatWasNotSigned(t *testing.T) {
	der := golden(t, "document.p7s")
	changed := bytes.Replace(der, []byte("80000000"), []byte("90000000"), 1)
	if _, err := ParseSignedData(changed); !errors.Is(err, ErrDigestMismatch) {
		t.Errorf("parse: %v", err)
	}
	d, err := ParseSignedData(der)
	if err != nil {
		t.Fatal(err)
	}
	trust := must(NewTrust(goldenCertificate(t, "root.der")))(t)
	for name, change := range map[string]func(*SignedData){
		"content": func(d *SignedData) { d.Content = []byte("another") }, "time": func(d *SignedData) { d.SigningTime = d.SigningTime.Add(time.Hour) },
		"signature": func(d *SignedData) { d.Signature[5] ^= 1 },
	} {
		c := d
		change(&c)
		if err := c.Verify(trust, time.Time{}); !errors.Is(err, ErrBadSignature) {
			t.Errorf("%s changed after parsing: %v", name, err)
		}
	}
	if err := (SignedData{}).Verify(trust, time.Time{}); !errors.Is(err, ErrMalformed) {
		t.Errorf("nothing: %v", err)
	}
}

// authorityWith makes an anchor by the other library, with a key usage of choice and no path length.
func authorityWith(t *testing.T, usage smx509.KeyUsage) (*smx509.Certificate, Certificate) {
	t.Helper()
	return certify(t, &smx509.Certificate{Subject: pkix.Name{CommonName: "issuer"}, KeyUsage: usage, IsCA: true, MaxPathLen: -1}, nil)
}

// certify issues by the other library, always with the same key; without a parent the certificate signs itself.
func certify(t *testing.T, template, parent *smx509.Certificate) (*smx509.Certificate, Certificate) {
	t.Helper()
	template.SerialNumber, template.SignatureAlgorithm = big.NewInt(7), smx509.SM2WithSM3
	template.NotBefore, template.NotAfter, template.BasicConstraintsValid = goldenAt, goldenAt.AddDate(1, 0, 0), true
	if parent == nil {
		parent = template
	}
	key := OtherKey(goldenKey(t, 0))
	der := must(smx509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, key))(t)
	return must(smx509.ParseCertificate(der))(t), must(ParseCertificate(der))(t)
}

// Whoever has a certificate can sign another one; only a CA may.
func TestHolderOfACertificateCannotIssue(t *testing.T) {
	root, anchor := authorityWith(t, smx509.KeyUsageCertSign)
	trust := must(NewTrust(anchor))(t)
	for name, c := range map[string]struct {
		usage smx509.KeyUsage
		ca    bool
		want  error
	}{
		"a CA":                          {smx509.KeyUsageCertSign, true, nil},
		"no CA":                         {smx509.KeyUsageDigitalSignature, false, ErrConstraint},
		"no CA, whatever its usage":     {smx509.KeyUsageDigitalSignature | smx509.KeyUsageCertSign, false, ErrConstraint},
		"a CA that may not sign others": {smx509.KeyUsageDigitalSignature, true, ErrConstraint},
	} {
		parent, holder := certify(t, &smx509.Certificate{Subject: pkix.Name{CommonName: "holder"}, KeyUsage: c.usage, IsCA: c.ca, MaxPathLen: -1}, root)
		_, leaf := certify(t, &smx509.Certificate{Subject: pkix.Name{CommonName: "leaf"}, KeyUsage: smx509.KeyUsageDigitalSignature, MaxPathLen: -1}, parent)
		if err := trust.Verify([]Certificate{leaf, holder}, UseSign, goldenAt.Add(time.Hour)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRevocationListShapes(t *testing.T) {
	parent, anchor := authorityWith(t, smx509.KeyUsageCertSign|smx509.KeyUsageCRLSign)
	_, silent := authorityWith(t, smx509.KeyUsageCertSign)
	list := func(extensions []pkix.Extension, entry []pkix.Extension) []byte {
		der, err := smx509.CreateRevocationList(rand.Reader, &smx509.RevocationList{Number: big.NewInt(1), ThisUpdate: goldenAt,
			NextUpdate: goldenAt.AddDate(0, 1, 0), ExtraExtensions: extensions, SignatureAlgorithm: smx509.SM2WithSM3,
			RevokedCertificateEntries: []smx509.RevocationListEntry{{SerialNumber: big.NewInt(9), RevocationTime: goldenAt.Add(time.Hour), ExtraExtensions: entry}}},
			parent, OtherKey(goldenKey(t, 0)))
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	critical := []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 0}}}
	good := list(nil, nil)
	trust := must(NewTrust(anchor))(t)
	for name, bad := range map[string][]byte{"partitioned": list(critical, nil), "indirect": list(nil, critical)} {
		if err := trust.AddCRL(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := must(NewTrust(silent))(t).AddCRL(good); !errors.Is(err, ErrBadSignature) {
		t.Errorf("by a CA that may not sign lists: %v", err)
	}
	if err := trust.AddCRL(good); err != nil {
		t.Fatal(err)
	}
	early, err := cbBytes(func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(goldenAt) })
	if err != nil {
		t.Fatal(err)
	}
	dated := must(parseCRL(list(nil, []pkix.Extension{{Id: oidInvalidityDate, Value: early}})))(t)
	if at := dated.entries["\x09"].at; !at.Equal(goldenAt) {
		t.Errorf("the key was out from %s, counted from %s", goldenAt, at)
	}
}

// Lists accumulate over years; what is kept is bounded and the newest stay.
func TestRevocationListsAreBounded(t *testing.T) {
	root, key := goldenCertificate(t, "root.der"), goldenKey(t, 0)
	trust := must(NewTrust(root))(t)
	for n := range int64(keptCRLs + 6) {
		der := must(IssueCRL(ctx, RevocationList{Number: n, ThisUpdate: goldenAt, NextUpdate: goldenAt.Add(time.Hour)}, root, key))(t)
		if err := trust.AddCRL(der); err != nil {
			t.Fatal(err)
		}
	}
	lists := trust.of(root)
	if len(lists) != keptCRLs || lists[0].parsed.Number.Int64() != 6 {
		t.Errorf("%d lists, the oldest %s", len(lists), lists[0].parsed.Number)
	}
}

// A name is shown, printed and stored: one with what nobody sees is nobody's.
func TestNamesHideNothing(t *testing.T) {
	parent, _ := authorityWith(t, smx509.KeyUsageCertSign)
	key := OtherKey(goldenKey(t, 0))
	for _, text := range []string{"某银行\x00", "某\u202e银行", "某\u200b银行", "某\n银行", "某\u2028银行"} {
		der, err := smx509.CreateCertificate(rand.Reader, &smx509.Certificate{SerialNumber: big.NewInt(8), Subject: pkix.Name{CommonName: text},
			NotBefore: goldenAt, NotAfter: goldenAt.AddDate(1, 0, 0)}, parent, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseCertificate(der); !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNameForPeople(t *testing.T) {
	for want, n := range map[string]Name{
		"甲": {CommonName: "甲", Organization: "甲"}, "甲 · 乙 (91)": {"甲", "乙", "91"}, "甲 (91)": {CommonName: "甲", OrganizationID: "91"},
	} {
		if n.String() != want {
			t.Errorf("%q, want %q", n, want)
		}
	}
	if !strings.Contains(newKey(t).GoString(), "SM2") {
		t.Error("GoString")
	}
}
