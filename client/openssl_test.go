package client_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// unlockedBy runs the published commands over a copy and a key, in a directory of their own.
func (w *world) unlockedBy(c wire.Copy, key *signing.PrivateKey) (map[string][]byte, string, error) {
	w.t.Helper()
	for _, tool := range []string{"openssl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			w.t.Skip(tool + " is not installed: the published commands cannot be run here")
		}
	}
	dir := w.t.TempDir()
	text, err := signing.EncryptKeyPEM(key, []byte("of no importance"), signing.WithIterations(10_000))
	if err != nil {
		w.t.Fatal(err)
	}
	saved, err := wire.Write(c)
	if err != nil {
		w.t.Fatal(err)
	}
	for name, b := range map[string][]byte{"copy.json": saved, "key.pem": text} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out")
	cmd := exec.Command("sh", "../docs/unlock-with-openssl.sh", filepath.Join(dir, "copy.json"), filepath.Join(dir, "key.pem"), out)
	cmd.Env = append(os.Environ(), "PASSPHRASE=of no importance", "PASSIN=env:PASSPHRASE")
	said, err := cmd.CombinedOutput()
	found := map[string][]byte{}
	for _, name := range []string{"reveal.json", "letter.p7s", "salt"} {
		found[name], _ = os.ReadFile(filepath.Join(out, name))
	}
	return found, string(said), err
}

// The emergency path needs no program of ours either: OpenSSL and jq open the owner's copy, of both modes, also after a
// renewal, and come to the same bytes.
func TestOpenSSLUnlocksTheOwnersCopy(t *testing.T) {
	for _, mode := range []letter.Mode{letter.ModeBlind, letter.ModeFull} {
		w := newWorld(t)
		d := w.prepared(w.bidder(), mode)
		i := w.issue(d, nil)
		c := w.undertakingCopy(d, i)
		check := func(key *signing.PrivateKey) {
			t.Helper()
			got, said, err := w.unlockedBy(c, key)
			if err != nil || !bytes.Equal(got["reveal.json"], d.Submission.Reveal) || !bytes.Equal(got["letter.p7s"], i.Signed) || !bytes.Equal(got["salt"], i.Salt) {
				t.Errorf("%s: %v\n%s", mode, err, said)
			}
		}
		check(w.Bidders[0].Encrypt.Key)
		w.rewrapping(d.ID, &c, nil)
		renewed := w.Member(w.Bidders[0].Party.Name, 20)
		me := identity(w.Bidders[0])
		me.Open, me.OpenChain = renewed.Encrypt.Key, renewed.Encrypt.Chain
		b, err := client.NewBidder(w.platform, me, w.copies)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Rewrap(t.Context(), d.ID, w.Bidders[0].Encrypt.Key); err != nil {
			t.Fatal(err)
		}
		check(renewed.Encrypt.Key)
		for name, key := range map[string]*signing.PrivateKey{"the platform": w.Platform.Encrypt.Key, "a custodian": w.CustodianKeys[0]} {
			if got, _, err := w.unlockedBy(c, key); err == nil || len(got["letter.p7s"]) > 0 {
				t.Errorf("%s: %s opened it", mode, name)
			}
		}
	}
}
