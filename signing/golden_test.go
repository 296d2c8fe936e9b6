package signing

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// update makes the goldens anew: go test ./signing -run TestGoldens -update. What was signed and sealed must stay readable for
// as long as a guarantee can be disputed, so a change that needs it breaks a promise.
var update = flag.Bool("update", false, "make the golden files anew")

const goldenText = `{"number":"BH-2026-0001","amount":80000000}`

var (
	goldenAt  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	goldenAAD = []byte("golden")
)

// goldenKey is the n-th fixed key of the tests: 0 is the standard's own.
func goldenKey(t testing.TB, n byte) *PrivateKey {
	t.Helper()
	raw := unhex(knownKey)
	raw[31] ^= n
	k, err := ParsePrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func golden(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func goldenCertificate(t testing.TB, name string) Certificate {
	t.Helper()
	c, err := ParseCertificate(golden(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGoldens(t *testing.T) {
	if *update {
		writeGoldens(t)
	}
	root, leaf := goldenCertificate(t, "root.der"), goldenCertificate(t, "leaf.der")
	trust, err := NewTrust(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := trust.AddCRL(golden(t, "list.crl")); err != nil {
		t.Fatal(err)
	}
	d, err := ParseSignedData(golden(t, "document.p7s"))
	if err != nil || string(d.Content) != goldenText || !d.Signer().Equal(leaf) || d.Verify(trust, goldenAt) != nil {
		t.Errorf("document: %v", err)
	}
	text, err := OpenEnvelope(ctx, goldenKey(t, 1), golden(t, "envelope.bin"), goldenAAD)
	if err != nil || string(text) != goldenText {
		t.Errorf("envelope: %q, %v", text, err)
	}
	goldenSeal(t)
	key, err := DecryptKeyPEM(golden(t, "key.pem"), []byte("golden"))
	if err != nil || !bytes.Equal(key.Bytes(), unhex(knownKey)) {
		t.Errorf("key file: %v", err)
	}
	if got := MAC([]byte("golden"), "tag", []byte("a"), []byte("b")).String(); got != "f21fd089c17f263e5ce9ab6096b98c06850cbf455cada3291fd379c2a57cd52b" {
		t.Errorf("MAC %s", got)
	}
	if got := TaggedSum("tag", []byte("a"), []byte("b")).String(); got != "ca8ecb47fdeb7a54e78d9550989e1597e52c964b1ee40ab8cf91599a8a261ddf" {
		t.Errorf("TaggedSum %s", got)
	}
}

func goldenSeal(t *testing.T) {
	t.Helper()
	var s Sealed
	if err := s.UnmarshalBinary(golden(t, "sealed.bin")); err != nil {
		t.Fatal(err)
	}
	var shares [3]Share
	for i := range shares {
		var err error
		if shares[i], err = s.GiveShare(ctx, goldenKey(t, byte(i)), i); err != nil {
			t.Fatal(err)
		}
	}
	for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
		if text, err := s.Open(goldenAAD, shares[pair[0]], shares[pair[1]]); err != nil || string(text) != goldenText {
			t.Errorf("seal, holders %v: %q, %v", pair, text, err)
		}
	}
	if text, err := s.OpenOwn(ctx, goldenKey(t, 3), goldenAAD); err != nil || string(text) != goldenText {
		t.Errorf("seal, owner: %q, %v", text, err)
	}
}

func writeGoldens(t *testing.T) {
	t.Helper()
	rootKey, key := goldenKey(t, 0), goldenKey(t, 1)
	certify := func(r CertificateRequest, issuer Certificate) Certificate {
		r.NotBefore, r.NotAfter = goldenAt, goldenAt.AddDate(10, 0, 0)
		return must(IssueCertificate(ctx, r, issuer, rootKey))(t)
	}
	root := certify(CertificateRequest{Subject: Name{CommonName: "根"}, Key: rootKey.Public(), CA: true}, Certificate{})
	leaf := certify(CertificateRequest{Subject: Name{"某银行", "某银行", "91430100MA4L000000"}, Key: key.Public(), Usage: UseSign}, root)
	list := RevocationList{Number: 1, ThisUpdate: goldenAt, NextUpdate: goldenAt.AddDate(0, 1, 0), Revoked: []Revocation{{Serial: "0a", At: goldenAt, Reason: 1}}}
	sealed := must(SealTwoOfThree([]byte(goldenText), goldenAAD, 256,
		[3]PublicKey{rootKey.Public(), key.Public(), goldenKey(t, 2).Public()}, goldenKey(t, 3).Public()))(t)
	for name, content := range map[string][]byte{
		"root.der": root.Raw(), "leaf.der": leaf.Raw(),
		"list.crl":     must(IssueCRL(ctx, list, root, rootKey))(t),
		"document.p7s": must(SignData(ctx, key, []Certificate{leaf, root}, []byte(goldenText), goldenAt))(t),
		"envelope.bin": must(SealTo([]byte(goldenText), goldenAAD, rootKey.Public(), key.Public()))(t),
		"sealed.bin":   must(sealed.MarshalBinary())(t),
		"key.pem":      must(EncryptKeyPEM(rootKey, []byte("golden"), WithIterations(1000)))(t),
	} {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("testdata", name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
