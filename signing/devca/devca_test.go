package devca

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"baohan/signing"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	who  = signing.Name{CommonName: "某建设公司", Organization: "某建设公司", OrganizationID: "91430100MA4L000000"}
	fast = signing.WithIterations(1000)
)

func newCA(t *testing.T) *CA {
	t.Helper()
	ca, err := New("开发 CA", noon, 10)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func verify(t *testing.T, ca *CA, id Identity, use signing.Usage, at time.Time) error {
	t.Helper()
	trust, err := ca.Trust()
	if err != nil {
		t.Fatal(err)
	}
	return trust.Verify(id.Chain, use, at)
}

func TestIssue(t *testing.T) {
	ca := newCA(t)
	for _, use := range []signing.Usage{signing.UseSign, signing.UseEncrypt, signing.UseSign | signing.UseEncrypt} {
		id, err := ca.Issue(who, use, noon, noon.AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(t, ca, id, use, noon.AddDate(0, 6, 0)); err != nil {
			t.Errorf("usage %d: %v", use, err)
		}
		if !id.Key.Public().Equal(id.Certificate().PublicKey()) || id.Certificate().Subject() != who || len(id.KeyID()) != 64 {
			t.Errorf("usage %d: %s", use, id.Certificate().Subject())
		}
		if err := verify(t, newCA(t), id, use, noon); err == nil {
			t.Error("another CA's root vouches for it")
		}
	}
	for name, period := range map[string][2]time.Time{
		"before the CA": {noon.Add(-time.Hour), noon.AddDate(1, 0, 0)}, "after the CA": {noon, noon.AddDate(11, 0, 0)},
	} {
		if _, err := ca.Issue(who, signing.UseSign, period[0], period[1]); err == nil {
			t.Errorf("%s: issued", name)
		}
	}
	for _, years := range []int{0, 31} {
		if _, err := New("x", noon, years); err == nil {
			t.Errorf("%d years", years)
		}
	}
}

func TestRevokeAndNumber(t *testing.T) {
	ca := newCA(t)
	id, err := ca.Issue(who, signing.UseSign, noon, noon.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := ca.Trust()
	if err != nil {
		t.Fatal(err)
	}
	first, err := ca.CRL(noon, noon.AddDate(0, 0, 7))
	if err != nil {
		t.Fatal(err)
	}
	ca.Revoke(id.Certificate(), noon.Add(time.Hour), 1)
	second, err := ca.CRL(noon.Add(time.Hour), noon.AddDate(0, 0, 7))
	if err != nil {
		t.Fatal(err)
	}
	if ca.lists != 2 {
		t.Errorf("number %d", ca.lists)
	}
	for i, want := range []error{nil, signing.ErrRevoked} {
		if err := trust.AddCRL([][]byte{first, second}[i]); err != nil {
			t.Fatal(err)
		}
		if err := trust.Verify(id.Chain, signing.UseSign, noon.Add(2*time.Hour)); !errors.Is(err, want) {
			t.Errorf("list %d: %v", i+1, err)
		}
	}
}

func TestWriteAndLoad(t *testing.T) {
	ca, dir, pass := newCA(t), filepath.Join(t.TempDir(), "ca"), []byte("口令")
	id, err := ca.Issue(who, signing.UseSign, noon, noon.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	ca.Revoke(id.Certificate(), noon, 1)
	if _, err := ca.CRL(noon, noon.AddDate(0, 0, 7)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // writing again over its own files is no harm
		if err := ca.Write(dir, pass, fast); err != nil {
			t.Fatal(err)
		}
	}
	if err := id.Write(dir, "bidder", pass, fast); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{rootKeyFile, caKeyFile, "bidder.key"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
		text, _ := os.ReadFile(filepath.Join(dir, name))
		if !bytes.HasPrefix(text, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----")) {
			t.Errorf("%s is not encrypted", name)
		}
	}
	back, err := Load(dir, pass)
	if err != nil {
		t.Fatal(err)
	}
	if !back.Root.Equal(ca.Root) || !back.Intermediate.Equal(ca.Intermediate) || back.lists != 1 || len(back.revoked) != 1 {
		t.Errorf("%+v", back)
	}
	if again, err := back.Issue(who, signing.UseSign, noon, noon.AddDate(1, 0, 0)); err != nil || verify(t, ca, again, signing.UseSign, noon) != nil {
		t.Errorf("issued after loading: %v", err)
	}
	loaded, err := LoadIdentity(dir, "bidder", pass)
	if err != nil || loaded.KeyID() != id.KeyID() || len(loaded.Chain) != 2 {
		t.Errorf("identity: %v", err)
	}
}

func TestFilesRefused(t *testing.T) {
	ca, dir, pass := newCA(t), t.TempDir(), []byte("p")
	if err := ca.Write(dir, pass, fast); err != nil {
		t.Fatal(err)
	}
	if err := newCA(t).Write(dir, pass, fast); err == nil {
		t.Error("another CA's files were replaced")
	}
	if err := ca.Write(t.TempDir(), nil, fast); !errors.Is(err, signing.ErrPassphrase) {
		t.Errorf("empty passphrase: %v", err)
	}
	if _, err := Load(dir, []byte("wrong")); !errors.Is(err, signing.ErrPassphrase) {
		t.Errorf("wrong passphrase: %v", err)
	}
	if _, err := Load(t.TempDir(), pass); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("empty directory: %v", err)
	}
	swap := func(from, to string) {
		text, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	swap(rootKeyFile, caKeyFile)
	if _, err := Load(dir, pass); err == nil {
		t.Error("a key that is not the certificate's was loaded")
	}
}
