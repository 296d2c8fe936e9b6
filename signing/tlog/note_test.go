package tlog_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/signing"
	"baohan/signing/tlog"
)

func signedHead(t testing.TB, c tlog.Checkpoint) tlog.Note {
	t.Helper()
	signer := fixedKey(t, 0)
	return must(c.Sign(ctx, must(tlog.LogKey(c.Origin, signer.Public()))(t), signer))(t)
}

func TestNoteHasOneSpelling(t *testing.T) {
	good := string(signedHead(t, newMemory(3).head(3)).Bytes())
	if n := must(tlog.ParseNote([]byte(good)))(t); string(n.Bytes()) != good {
		t.Fatal("a note is not written as it was read")
	}
	line := good[strings.Index(good, "— "):]
	for name, bad := range map[string]string{
		"empty":               "",
		"no signature":        strings.TrimSuffix(good, line),
		"no blank line":       strings.Replace(good, "\n\n", "\n", 1),
		"no end":              strings.TrimSuffix(good, "\n"),
		"a carriage return":   strings.Replace(good, "\n", "\r\n", 1),
		"a control character": strings.Replace(good, "\n3\n", "\n3\x01\n", 1),
		"not UTF-8":           strings.Replace(good, "\n3\n", "\n3\xff\n", 1),
		"a hyphen":            strings.Replace(good, "— ", "- ", 1),
		"a name with plus":    strings.Replace(good, "— log", "— lo+g", 1),
		"no name":             strings.Replace(good, "— "+origin, "— ", 1),
		"two spaces":          strings.Replace(good, "— "+origin, "— "+origin+" ", 1),
		"not base64":          strings.Replace(good, origin+" ", origin+" *", 1),
		"base64 without end":  strings.Replace(good, "=\n", "\n", 2),
		"id alone":            strings.TrimSuffix(good, line) + "— a " + base64.StdEncoding.EncodeToString(make([]byte, 4)) + "\n",
		"text is a newline":   "\n\n" + line,
		"too many lines":      strings.TrimSuffix(good, line) + strings.Repeat(line, 65),
		"too long":            strings.Repeat("a", 70<<10) + "\n" + good,
	} {
		if _, err := tlog.ParseNote([]byte(bad)); !errors.Is(err, tlog.ErrNote) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := tlog.ParseNote([]byte("a\n\nb\n\n— 某银行 AAAAAAE=\n")); err != nil {
		t.Errorf("an unknown name, and a text with a blank line in it, are notes: %v", err)
	}
}

func TestCheckpointRefuses(t *testing.T) {
	good := newMemory(3).head(3).Text()
	root := strings.Split(good, "\n")[2]
	for name, bad := range map[string]string{
		"no root":         origin + "\n3\n",
		"an extension":    good + "more\n",
		"a leading zero":  strings.Replace(good, "\n3\n", "\n03\n", 1),
		"a sign":          strings.Replace(good, "\n3\n", "\n+3\n", 1),
		"too large":       strings.Replace(good, "\n3\n", "\n9007199254740992\n", 1),
		"no origin":       strings.TrimPrefix(good, origin),
		"a space":         "a b\n3\n" + root + "\n",
		"a short root":    strings.Replace(good, root, base64.StdEncoding.EncodeToString(make([]byte, 31)), 1),
		"base64url":       strings.Replace(good, root, strings.Repeat("_", 43)+"=", 1),
		"a root of none":  strings.Replace(good, "\n3\n", "\n0\n", 1),
		"no last newline": strings.TrimSuffix(good, "\n"),
	} {
		if _, err := tlog.ParseCheckpoint(bad); !errors.Is(err, tlog.ErrCheckpoint) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c := must(tlog.ParseCheckpoint(good))(t); c != newMemory(3).head(3) {
		t.Errorf("read as %v", c)
	}
}

func TestOpenBelievesTheLogAlone(t *testing.T) {
	signer, stranger := fixedKey(t, 0), fixedKey(t, 9)
	key, head := logKey(t, signer), newMemory(3).head(3)
	note := signedHead(t, head)
	if c, _, err := tlog.Open(note.Bytes(), key); err != nil || c != head {
		t.Fatalf("%v, %v", c, err)
	}
	renamed, other := head, must(tlog.LogKey("other.example.cn", signer.Public()))(t)
	renamed.Origin = "other.example.cn"
	foreign := must(renamed.Sign(ctx, other, signer))(t)
	spoilt := tlog.Note{Text: note.Text, Lines: []tlog.Line{note.Lines[0]}}
	spoilt.Lines[0].Signature = slices.Clone(spoilt.Lines[0].Signature)
	spoilt.Lines[0].Signature[40] ^= 1
	for name, c := range map[string]struct {
		note tlog.Note
		keys []tlog.Key
		want error
	}{
		"a stranger's key":                     {note, []tlog.Key{logKey(t, stranger)}, tlog.ErrUnsigned},
		"nobody's key":                         {note, []tlog.Key{{}}, tlog.ErrUnsigned},
		"a witness's key":                      {note, []tlog.Key{witnessKey(t, origin, signer)}, tlog.ErrUnsigned},
		"another log of the same key":          {foreign, []tlog.Key{key}, tlog.ErrUnsigned},
		"another log's name under ours":        {tlog.Note{Text: foreign.Text, Lines: note.Lines}, []tlog.Key{key}, tlog.ErrUnsigned},
		"another log's key, trusted for that":  {note, []tlog.Key{other}, tlog.ErrUnsigned},
		"a spoilt line beside a good one":      {tlog.Note{Text: note.Text, Lines: append(spoilt.Lines, note.Lines...)}, []tlog.Key{key}, tlog.ErrUnsigned},
		"another size under the same line":     {tlog.Note{Text: newMemory(3).head(2).Text(), Lines: note.Lines}, []tlog.Key{key}, tlog.ErrUnsigned},
		"a receipt":                            {must(tlog.Receipt{Origin: origin, Leaf: leafAt(1), By: noon}.Sign(ctx, key, signer))(t), []tlog.Key{key}, tlog.ErrCheckpoint},
		"two logs' lines, the text of another": {tlog.Note{Text: foreign.Text, Lines: append(slices.Clone(foreign.Lines), note.Lines...)}, []tlog.Key{key, other}, tlog.ErrUnsigned},
	} {
		if _, _, err := tlog.Open(c.note.Bytes(), c.keys...); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	both := note
	both.Lines = append(slices.Clone(note.Lines), tlog.Line{Name: "someone.example.cn", ID: 7, Signature: []byte("unknown")})
	if _, _, err := tlog.Open(both.Bytes(), logKey(t, stranger), key); err != nil {
		t.Errorf("an unknown line, and another key, say nothing: %v", err)
	}
	if _, err := head.Sign(ctx, key, stranger); !errors.Is(err, tlog.ErrKey) {
		t.Errorf("signed by a key that is not the one named: %v", err)
	}
	if _, err := renamed.Sign(ctx, key, signer); !errors.Is(err, tlog.ErrCheckpoint) {
		t.Errorf("signed for another log: %v", err)
	}
}

func TestKeyHasOneSpelling(t *testing.T) {
	for _, k := range []tlog.Key{logKey(t, fixedKey(t, 0)), witnessKey(t, witnessName, fixedKey(t, 1))} {
		if got := must(tlog.ParseKey(k.String()))(t); got.String() != k.String() || got.IsWitness() != k.IsWitness() {
			t.Errorf("%v reads as %v", k, got)
		}
	}
	good := logKey(t, fixedKey(t, 0)).String()
	for name, bad := range map[string]string{
		"empty":         "",
		"another name":  "x" + good,
		"another id":    strings.Replace(good, "+", "+0", 1),
		"no key":        good[:strings.LastIndex(good, "+")],
		"half a key":    good[:len(good)-8],
		"another kind":  strings.Replace(good, "/2Jhb2hh", "/2Jhb2hi", 1),
		"a second line": good + "\n",
	} {
		if _, err := tlog.ParseKey(bad); !errors.Is(err, tlog.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "某银行", strings.Repeat("a", 256)} {
		if _, err := tlog.LogKey(name, fixedKey(t, 0).Public()); !errors.Is(err, tlog.ErrKey) {
			t.Errorf("the name %q was taken", name)
		}
	}
	if _, err := tlog.LogKey(origin, signing.PublicKey{}); !errors.Is(err, tlog.ErrKey) {
		t.Error("no key was taken for one")
	}
}

func TestQuorum(t *testing.T) {
	signer := fixedKey(t, 0)
	head := newMemory(3).head(3)
	note := signedHead(t, head)
	var keys []tlog.Key
	var lines []tlog.Line
	for i := range byte(3) {
		w := fixedKey(t, 10+i)
		keys = append(keys, witnessKey(t, fmt.Sprintf("w%d.example.cn", i), w))
		lines = append(lines, must(tlog.Cosign(ctx, head, keys[i], w, noon.Add(time.Duration(i)*time.Hour)))(t))
	}
	later := must(tlog.Cosign(ctx, head, keys[0], fixedKey(t, 10), noon.Add(5*time.Hour)))(t)
	alias := witnessKey(t, "alias.example.cn", fixedKey(t, 10))
	aliased := must(tlog.Cosign(ctx, head, alias, fixedKey(t, 10), noon))(t)
	forged := must(tlog.Cosign(ctx, newMemory(3).head(2), keys[1], fixedKey(t, 11), noon))(t)
	for name, c := range map[string]struct {
		lines []tlog.Line
		want  int
		err   error
	}{
		"nobody":                     {nil, 0, tlog.ErrQuorum},
		"two":                        {lines[:2], 2, nil},
		"one twice":                  {[]tlog.Line{lines[0], later}, 0, tlog.ErrQuorum},
		"one under two names":        {[]tlog.Line{lines[0], aliased}, 0, tlog.ErrQuorum},
		"one and a stranger":         {[]tlog.Line{lines[0], {Name: "w9.example.cn", ID: 1, Signature: lines[1].Signature}}, 0, tlog.ErrQuorum},
		"a word on another head":     {[]tlog.Line{lines[0], lines[2], forged}, 0, tlog.ErrCosignature},
		"all, and one of them twice": {append(slices.Clone(lines), later), 3, nil},
	} {
		n := tlog.Note{Text: note.Text, Lines: append(slices.Clone(note.Lines), c.lines...)}
		policy := tlog.Policy{Log: []tlog.Key{logKey(t, signer)}, Witnesses: append(slices.Clone(keys), alias), Quorum: 2}
		_, seen, err := policy.Open(n.Bytes())
		if !errors.Is(err, c.err) || len(seen) != c.want {
			t.Errorf("%s: %v, %v", name, seen, err)
		}
		if c.want == 3 && !seen[0].At.Equal(noon.Add(5*time.Hour)) {
			t.Errorf("%s: of two times the earlier counts: %v", name, seen[0].At)
		}
	}
	moved := lines[0]
	moved.Signature = slices.Clone(moved.Signature)
	moved.Signature[7]++
	if _, err := keys[0].Sighting(head.Text(), moved); !errors.Is(err, tlog.ErrCosignature) {
		t.Errorf("the time of a cosignature can be changed: %v", err)
	}
}

func TestReceipt(t *testing.T) {
	signer := fixedKey(t, 0)
	key := logKey(t, signer)
	r := tlog.Receipt{Origin: origin, Leaf: leafAt(1), By: noon}
	note := must(r.Sign(ctx, key, signer))(t)
	if got, err := tlog.OpenReceipt(note.Bytes(), key); err != nil || got != r {
		t.Fatalf("%v, %v", got, err)
	}
	if _, err := tlog.OpenReceipt(signedHead(t, newMemory(3).head(3)).Bytes(), key); !errors.Is(err, tlog.ErrReceipt) {
		t.Errorf("a checkpoint is taken for a receipt: %v", err)
	}
	if _, err := tlog.OpenReceipt(note.Bytes(), logKey(t, fixedKey(t, 9))); !errors.Is(err, tlog.ErrUnsigned) {
		t.Errorf("a stranger's receipt: %v", err)
	}
	for _, bad := range []string{"", "by 1", strings.Replace(r.Text(), "by 1", "by 01", 1), strings.Replace(r.Text(), "leaf", "Leaf", 1), r.Text() + "\n"} {
		n := tlog.Note{Text: bad + "\n", Lines: note.Lines}
		if _, err := tlog.OpenReceipt(n.Bytes(), key); err == nil {
			t.Errorf("%q is a receipt", bad)
		}
	}
}
