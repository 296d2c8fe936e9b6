package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baohan/internal/blobs"
	"baohan/signing"
)

// A key directory of before has no key for files: the program says what to do, does it, and later changes the key; what
// was written under the old one still opens. The files of another platform are refused.
func TestFilesKey(t *testing.T) {
	dir, place := t.TempDir(), filepath.Join(t.TempDir(), "files")
	if err := os.MkdirAll(filepath.Join(dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	k := &keyring{Dir: filepath.Join(dir, "keys"), passphrase: []byte("口令")}
	if err := makeSecrets(k.Dir, k.passphrase, signing.WithIterations(1000)); err != nil {
		t.Fatal(err)
	}
	keys := func() [][]byte {
		t.Helper()
		k.Secrets = secrets{}
		if err := k.loadSecrets(); err != nil {
			t.Fatal(err)
		}
		return k.Secrets.Files
	}
	another := keys()
	if len(another) != 1 {
		t.Fatalf("a new key directory has %d keys for files", len(another))
	}
	k.Secrets.Files = nil
	if err := k.writeSecrets(); err != nil {
		t.Fatal(err)
	}
	if _, err := openFiles(t.Context(), place, keys()); err == nil || !strings.Contains(err.Error(), "baohan files key") {
		t.Errorf("no key: %v", err)
	}
	change := func() {
		t.Helper()
		var out bytes.Buffer
		if code := run(t.Context(), []string{"--data", dir, "--passphrase", "口令", "files", "key"}, &out, &out); code != 0 {
			t.Fatal(out.String())
		}
	}
	change()
	tags := k.Secrets.Tags
	files, err := openFiles(t.Context(), place, keys())
	if err != nil || !bytes.Equal(tags, k.Secrets.Tags) {
		t.Fatalf("%v, or the other secrets changed", err)
	}
	ref, err := files.PutBytes(t.Context(), blobs.DemandDocument, []byte("单据"))
	if err != nil {
		t.Fatal(err)
	}
	change()
	if files, err = openFiles(t.Context(), place, keys()); err != nil || len(k.Secrets.Files) != 2 {
		t.Fatal(len(k.Secrets.Files), err)
	}
	if got, err := files.Read(t.Context(), blobs.DemandDocument, ref); err != nil || string(got) != "单据" {
		t.Errorf("after the change: %q, %v", got, err)
	}
	for name, wrong := range map[string][][]byte{"another platform's": another, "without the old": k.Secrets.Files[:1]} {
		if _, err := openFiles(t.Context(), place, wrong); !errors.Is(err, blobs.ErrKeyUnknown) || !strings.Contains(err.Error(), "恢复换下的密钥") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
