package client_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/guarantee/calendar"
	"baohan/internal/sample"
	"baohan/signing"
)

var light = signing.WithIterations(1000)

func keyFile(t testing.TB, w *world) []byte {
	t.Helper()
	m := w.Bidders[0]
	text, err := client.WriteKeyFile(m.Sign.Key, m.Sign.Chain, m.Encrypt.Key, m.Encrypt.Chain, []byte("口令"), light)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// blocks are the PEM blocks of a key file: certificates and keys.
func blocks(text []byte) (certs, keys []string) {
	for _, b := range strings.SplitAfter(string(text), "-----\n-----") {
		b = strings.TrimSuffix(b, "-----")
		if !strings.HasPrefix(b, "-----") {
			b = "-----" + b
		}
		if strings.Contains(b, "ENCRYPTED") {
			keys = append(keys, b)
		} else {
			certs = append(certs, b)
		}
	}
	return certs, keys
}

func TestKeyFileIsReadBack(t *testing.T) {
	w := newWorld(t)
	text := keyFile(t, w)
	m := w.Bidders[0]
	certs, keys := blocks(text)
	crlf := bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	turned := strings.Join(certs, "") + keys[1] + "\n" + keys[0] // the keys are found by their public halves
	for name, text := range map[string][]byte{"as written": text, "with CRLF": crlf, "keys last, in another order": []byte(turned)} {
		me, err := client.ReadKeyFile(text, []byte("口令"))
		if err != nil || me.Party != m.Party || !me.Sign.Public().Equal(m.Sign.Key.Public()) || !me.Open.Public().Equal(m.Encrypt.Key.Public()) ||
			len(me.Chain) != len(m.Sign.Chain) || len(me.OpenChain) != len(m.Encrypt.Chain) {
			t.Errorf("%s: %+v %v", name, me.Party, err)
		}
	}
}

func TestKeyFileIsStrict(t *testing.T) {
	w := newWorld(t)
	text := keyFile(t, w)
	certs, keys := blocks(text)
	other := w.Bidders[1]
	foreign, err := client.WriteKeyFile(other.Sign.Key, other.Sign.Chain, nil, nil, []byte("口令"), light)
	if err != nil {
		t.Fatal(err)
	}
	_, foreignKeys := blocks(foreign)
	all := strings.Join(certs, "")
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"empty":                 {"", client.ErrKeyFile},
		"no PEM":                {"certificate", client.ErrKeyFile},
		"words before":          {"Bag Attributes\n" + string(text), client.ErrKeyFile},
		"words after":           {string(text) + "thank you", client.ErrKeyFile},
		"words between":         {strings.Replace(string(text), "-----\n-----", "-----\nfriendlyName\n-----", 1), client.ErrKeyFile},
		"a key in clear":        {all + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", client.ErrKeyFile},
		"one key short":         {all + keys[0], client.ErrKeyFile},
		"one key too many":      {all + keys[0] + keys[1] + keys[0], client.ErrKeyFile},
		"the same key twice":    {all + keys[0] + keys[0], client.ErrKeyFile},
		"another's key":         {all + keys[0] + foreignKeys[0], client.ErrKeyFile},
		"no certificate":        {keys[0] + keys[1], client.ErrKeyFile},
		"another's certificate": {string(foreign) + strings.Join(certs[len(certs)/2:], "") + keys[1], client.ErrKeyFile},
		"too long":              {string(text) + strings.Repeat("\n", 64<<10), client.ErrKeyFile},
	} {
		if _, err := client.ReadKeyFile([]byte(c.text), []byte("口令")); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := client.ReadKeyFile([]byte(strings.Replace(string(text), keys[0], spoilt(keys[0]), 1)), []byte("口令")); !errors.Is(err, client.ErrKeyFile) && !errors.Is(err, client.ErrPIN) {
		t.Errorf("a spoilt key: %v", err)
	}
	for _, pin := range []string{"", "口", "口令 ", "wrong"} {
		if _, err := client.ReadKeyFile(text, []byte(pin)); !errors.Is(err, client.ErrPIN) {
			t.Errorf("passphrase %q: %v", pin, err)
		}
	}
}

// spoilt changes a line in the middle of the ciphertext.
func spoilt(key string) string {
	lines := strings.Split(key, "\n")
	line := lines[len(lines)/2]
	lines[len(lines)/2] = strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return 'A'
	}, line)
	return strings.Join(lines, "\n")
}

// Whatever is handed to it, the reader ends with a key file, or with an error in words.
func FuzzKeyFile(f *testing.F) {
	m := sample.New(time.Date(2026, 11, 23, 9, 0, 0, 0, calendar.Shanghai)).Bidders[0]
	text, err := client.WriteKeyFile(m.Sign.Key, m.Sign.Chain, m.Encrypt.Key, m.Encrypt.Chain, []byte("口令"), light)
	if err != nil {
		f.Fatal(err)
	}
	certs, keys := blocks(text)
	for _, seed := range []string{string(text), certs[0], keys[0], certs[0] + keys[0], "-----BEGIN ", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := client.ParseKeyFile(text)
		if err != nil {
			if !errors.Is(err, client.ErrKeyFile) {
				t.Fatal(err)
			}
			return
		}
		if file.Party().USCC == "" && len(file.Sign) == 0 {
			t.Fatalf("%+v", file)
		}
		if _, err := file.Unlock([]byte("x")); !errors.Is(err, client.ErrKeyFile) && !errors.Is(err, client.ErrPIN) {
			t.Fatal(err)
		}
	})
}
