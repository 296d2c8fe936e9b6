package letter_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// The engineers of a bid system make a signed list with OpenSSL and a script, and no program of ours.
func TestBidListWithOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: the published script cannot be run here")
	}
	now := time.Now()
	h := sample.New(now)
	dir := t.TempDir()
	key, err := signing.EncryptKeyPEM(h.Centre.Sign.Key, []byte("口令"), signing.WithIterations(10_000))
	if err != nil {
		t.Fatal(err)
	}
	var chain []byte
	for _, c := range append(h.Centre.Sign.Chain, h.CA.Root) {
		chain = append(chain, c.PEM()...)
	}
	most := h.BidList("")
	most.Bids = manyBids(3000)
	for name, list := range map[string]letter.BidList{"three bids": h.BidList(sample.ID(7)), "three thousand": most} {
		content := canonicalOf(t, list)
		for file, b := range map[string][]byte{"list.json": content, "chain.pem": chain, "key.enc": key} {
			if err := os.WriteFile(filepath.Join(dir, file), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("sh", "-c", `openssl pkey -in key.enc -passin pass:口令 -out key.pem && sh "$1" list.json chain.pem key.pem >list.p7s`, "sh", absolute(t, "../../docs/bid-list-with-openssl.sh"))
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		p7s, err := os.ReadFile(filepath.Join(dir, "list.p7s"))
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signing.ParseSignedData(p7s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := signed.Verify(h.Trust, now.Add(time.Minute)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(signed.Content, content) || signed.Signer().Subject().OrganizationID != h.Centre.Party.USCC {
			t.Errorf("%s: signed by %s", name, signed.Signer().Subject())
		}
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	a, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
