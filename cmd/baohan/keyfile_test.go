package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"baohan/client"
)

// The file that the command makes opens with its own passphrase and is the organisation of the directory.
func TestKeyfile(t *testing.T) {
	d := newDesk(t)
	d.atDesk()
	d.put("pin", []byte("另一个口令\n"))
	keyfile := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := run(t.Context(), append([]string{"keyfile", "--data", d.dir, "--keys", d.dir, "--light"}, args...), &out, &out)
		return code, out.String()
	}
	if code, said := keyfile("--out", d.at("own.pem"), "--pin-file", d.at("pin")); code != 0 || !strings.Contains(said, d.h.Bidders[0].Party.Name) {
		t.Fatal(code, said)
	}
	text := read(t, d.at("own.pem"))
	if _, err := client.ReadKeyFile(text, []byte(passphrase)); !errors.Is(err, client.ErrPIN) {
		t.Errorf("opens with the directory's passphrase: %v", err)
	}
	me, err := client.ReadKeyFile(text, []byte("另一个口令"))
	if err != nil || me.Party != d.h.Bidders[0].Party || me.Open == nil || !me.Sign.Public().Equal(d.h.Bidders[0].Sign.Key.Public()) {
		t.Errorf("%+v %v", me.Party, err)
	}
	if info, err := os.Stat(d.at("own.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if code, said := keyfile("--out", d.at("own.pem")); code == 0 || !bytes.Equal(read(t, d.at("own.pem")), text) {
		t.Errorf("another file was written over: %s", said)
	}
	if code, said := keyfile("--out", d.at("signing.pem"), "--encrypt", ""); code != 0 {
		t.Fatal(said)
	}
	if me, err := client.ReadKeyFile(read(t, d.at("signing.pem")), []byte(passphrase)); err != nil || me.Open != nil {
		t.Errorf("%+v %v", me.Party, err)
	}
}

// A file that everybody may take away and try at leisure has a passphrase that stands it.
func TestWeakPIN(t *testing.T) {
	for pin, weak := range map[string]bool{"": true, "123456": true, "12345678": true, "1234567890123": true, "abc1234": true,
		"12345678901234": false, "abcd1234": false, "另一个口令": false} {
		if err := weakPIN([]byte(pin)); (err != nil) != weak {
			t.Errorf("%q: %v", pin, err)
		}
	}
}
