package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

const passphrase = "correct horse"

// key writes an encrypted key file.
func (d desk) key(name string, k *signing.PrivateKey) {
	d.t.Helper()
	text, err := signing.EncryptKeyPEM(k, []byte(passphrase), signing.WithIterations(1000))
	if err != nil {
		d.t.Fatal(err)
	}
	d.put(name, text)
}

// answer is what the platform's …/copy says of a letter, as a file.
func (d desk) answer(name string, i sample.Issued, key *signing.PrivateKey) {
	d.t.Helper()
	id := i.Draft.Application.Application
	record, err := letter.Record{Reveal: i.Draft.RevealBytes, Key: key.Bytes()}.Canonical()
	if err != nil {
		d.t.Fatal(err)
	}
	sealed, err := signing.SealTwoOfThree(record, letter.RecordAAD(id, 1), letter.RecordSize, d.h.Keys.Public(), d.h.Bidders[0].Encrypt.Key.Public())
	if err != nil {
		d.t.Fatal(err)
	}
	padded, err := letter.Pad(i.Signed, letter.LetterSize)
	if err != nil {
		d.t.Fatal(err)
	}
	c := wire.Copy{ID: id, RecordVersion: 1, Record: sealed, Receipt: i.ReceiptP7S}
	if c.Undertaking, err = signing.SealTo(padded, letter.PartAAD(id, "undertaking"), key.Public()); err != nil {
		d.t.Fatal(err)
	}
	text, err := wire.Write(c)
	if err != nil {
		d.t.Fatal(err)
	}
	d.put(name, text)
}

func (d desk) unlock(args ...string) (int, string) {
	d.t.Helper()
	var out, errs bytes.Buffer
	d.t.Setenv("BAOHAN_PASSPHRASE", passphrase)
	code := run(d.t.Context(), append([]string{"unlock", "--keys", d.dir, "--dir", d.dir}, args...), &out, &errs)
	return code, out.String() + errs.String()
}

func (d desk) at(name string) string { return filepath.Join(d.dir, name) }

// The owner opens a saved answer with its key and nothing else, is told in words what holds, and gets a file that
// verifies by itself. Any other key opens nothing and writes nothing.
func TestUnlock(t *testing.T) {
	d := newDesk(t)
	i := d.h.Issue(d.h.Blind(), "XJSL-2026-000007")
	fresh, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	d.answer("saved.json", i, fresh)
	d.key("encrypt.key", d.h.Bidders[0].Encrypt.Key)
	d.key("platform.key", d.h.Platform.Encrypt.Key)
	d.key("custodian.key", d.h.CustodianKeys[1])
	for _, other := range []string{"platform.key", "custodian.key"} {
		if code, said := d.unlock(d.at("saved.json"), "--key", d.at(other)); code != 2 || !strings.Contains(said, "打不开") {
			t.Errorf("%s: %d\n%s", other, code, said)
		}
	}
	if _, err := os.Stat(d.at("XJSL-2026-000007.json")); err == nil {
		t.Fatal("a letter was written before anyone could open it")
	}
	code, said := d.unlock(d.at("saved.json"), "--platform", d.h.Platform.Party.USCC)
	if code != 0 || !strings.Contains(said, "各项核对通过") || !strings.Contains(said, "开标前请勿给他人") {
		t.Fatalf("%d\n%s", code, said)
	}
	if code, out, errs := d.verify("XJSL-2026-000007.json", "--trust", "root.pem"); code != 0 {
		t.Errorf("what was written does not verify: %s%s", out, errs)
	}
	if code, said := d.unlock(d.at("saved.json"), "--platform", d.h.Bank.Party.USCC); code != 1 || !strings.Contains(said, "核对不通过") {
		t.Errorf("another platform's receipt: %d\n%s", code, said)
	}
	if code, said := d.unlock(d.at("letter.json")); code != 2 {
		t.Errorf("something that is no answer: %d\n%s", code, said)
	}
}

// With the encryption key lost, the recovery key opens what the client kept, and that opens the platform's answer.
func TestUnlockAfterALoss(t *testing.T) {
	d := newDesk(t)
	var told bytes.Buffer
	public, err := recoveryKey(d.at("encrypt"), []byte(passphrase), &told)
	if err != nil || !strings.Contains(told.String(), "离线") {
		t.Fatalf("%v: %s", err, told.String())
	}
	if again, err := recoveryKey(d.at("encrypt"), []byte(passphrase), &told); err != nil || !again.Equal(public) {
		t.Fatalf("a second recovery key: %v", err)
	}
	if err := os.Remove(d.at("encrypt" + recoveryPublic)); err != nil { // a crash between the two files
		t.Fatal(err)
	}
	if again, err := recoveryKey(d.at("encrypt"), []byte(passphrase), &told); err != nil || !again.Equal(public) {
		t.Fatalf("after a crash: %v", err)
	}
	i := d.h.Issue(d.h.Blind(), "XJSL-2026-000008")
	fresh, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	d.answer("saved.json", i, fresh)
	draft, err := wire.Write(client.Draft{ID: i.Draft.Application.Application,
		Submission: wire.Submission{Reveal: i.Draft.RevealBytes, Application: i.Draft.Signed, Key: fresh.Bytes()}})
	if err != nil {
		t.Fatal(err)
	}
	name := i.Draft.Application.Application + ".draft"
	sealed, err := signing.SealTo(draft, []byte("baohan/own-copy/1/"+name), d.h.Bidders[0].Encrypt.Key.Public(), public)
	if err != nil {
		t.Fatal(err)
	}
	d.put(name, sealed)
	if code, said := d.unlock(d.at(name), "--key", d.at("encrypt"+recoveryPrivate)); code != 2 || !strings.Contains(said, "--copy") {
		t.Errorf("a draft alone holds no letter: %d\n%s", code, said)
	}
	if code, said := d.unlock(d.at(name), "--key", d.at("encrypt"+recoveryPrivate), "--copy", d.at("saved.json")); code != 0 {
		t.Errorf("%d\n%s", code, said)
	}
	d.put("renamed.draft", sealed)
	if code, said := d.unlock(d.at("renamed.draft"), "--key", d.at("encrypt"+recoveryPrivate), "--copy", d.at("saved.json")); code != 2 {
		t.Errorf("under another name: %d\n%s", code, said)
	}
}
