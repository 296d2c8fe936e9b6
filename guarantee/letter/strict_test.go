package letter_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"baohan/guarantee/letter"
	"baohan/internal/drawn"
	"baohan/internal/sample"
	"baohan/signing"
)

// Every type refuses every other spelling of the same object, names the member, and repeats no value.
func TestStrict(t *testing.T) {
	for _, k := range kinds {
		b := golden(t, k.name+".json")
		first := string(b[1 : 2+bytes.IndexByte(b[2:], '"')+1]) // the first member's name with its quotes
		bare := strings.Trim(first, `"`)
		for _, c := range []struct {
			name, text, rule string
		}{
			{"empty", "", "syntax"},
			{"nothing", "null", ""},
			{"array", "[]", "type"},
			{"space before", " " + string(b), "canonical"},
			{"newline after", string(b) + "\n", "canonical"},
			{"bytes after", string(b) + "x", "syntax"},
			{"two objects", string(b) + string(b), "syntax"},
			{"byte order mark", "\ufeff" + string(b), "syntax"},
			{"space inside", "{ " + string(b[1:]), "canonical"},
			{"cut", string(b[:len(b)-1]), "syntax"},
			{"unknown member", `{"aaaa":1,` + string(b[1:]), "unknown"},
			{"duplicate member", "{" + first + ":1," + string(b[1:]), ""},
			{"case of a name", "{" + strings.ToUpper(first) + string(b[1+len(first):]), "unknown"},
			{"escaped name", `{"\u00` + fmt.Sprintf("%x", bare[0]) + bare[1:] + `"` + string(b[1+len(first):]), "canonical"},
			{"invalid UTF-8", strings.Replace(string(b), `:"`, ":\"\xff", 1), ""},
			{"unpaired surrogate", strings.Replace(string(b), `:"`, `:"\ud800`, 1), ""},
			{"version 2", strings.Replace(string(b), `"version":1`, `"version":2`, 1), "version"},
			{"version 1.0", strings.Replace(string(b), `"version":1`, `"version":1.0`, 1), ""},
			{"version 1e0", strings.Replace(string(b), `"version":1`, `"version":1e0`, 1), ""},
			{"version as text", strings.Replace(string(b), `"version":1`, `"version":"1"`, 1), "type"},
			{"deep", strings.Repeat(`{"a":`, 20_000), ""},
		} {
			if c.text == string(b) {
				continue // the type has no such member
			}
			_, err := k.again([]byte(c.text))
			f, ok := letter.FieldOf(err)
			if !ok || c.rule != "" && f.Rule != c.rule || f.Message == "" {
				t.Errorf("%s, %s: %v", k.name, c.name, err)
			}
		}
	}
}

// optional are the members that a golden has and need not have: a bid that replaces none, or has no slip, is a bid; a file
// without its amendments is the letter as it was issued.
var optional = map[string][]string{"bid-joint": {"replaces", "cash"}, "file-extended": {"amendments"}}

// A missing member is named, at any depth.
func TestMissingMember(t *testing.T) {
	for _, k := range kinds {
		var whole jsontext.Value = golden(t, k.name+".json")
		for _, member := range members(t, whole) {
			if slices.Contains(optional[k.name], member) {
				continue
			}
			without := drop(t, whole, member)
			_, err := k.again(without)
			f, ok := letter.FieldOf(err)
			if !ok || !strings.HasPrefix(f.Field, member) && f.Field != "" {
				t.Errorf("%s without %s: %v", k.name, member, err)
			}
		}
	}
}

func members(t *testing.T, object jsontext.Value) (names []string) {
	t.Helper()
	d := jsontext.NewDecoder(bytes.NewReader(object))
	if _, err := d.ReadToken(); err != nil {
		t.Fatal(err)
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.String())
		if err := d.SkipValue(); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

func drop(t *testing.T, object jsontext.Value, member string) []byte {
	t.Helper()
	var out bytes.Buffer
	d, e := jsontext.NewDecoder(bytes.NewReader(object)), jsontext.NewEncoder(&out)
	if _, err := d.ReadToken(); err != nil {
		t.Fatal(err)
	}
	_ = e.WriteToken(jsontext.BeginObject)
	for d.PeekKind() != '}' {
		name, _ := d.ReadToken()
		kept := name.String() != member
		if kept {
			_ = e.WriteToken(name)
		}
		v, err := d.ReadValue()
		if err != nil {
			t.Fatal(err)
		}
		if kept {
			_ = e.WriteValue(v)
		}
	}
	_ = e.WriteToken(jsontext.EndObject)
	return bytes.TrimSpace(out.Bytes())
}

// No message repeats what was sent.
func TestErrorsKeepSecrets(t *testing.T) {
	h := sample.New(present)
	r := h.Blind().Reveal
	secret := "SECRET1234567890"
	for _, text := range []string{
		strings.Replace(string(canonicalOf(t, r)), r.Application, secret, 1),
		strings.Replace(string(canonicalOf(t, r)), `"amount":80000000`, `"amount":"`+secret+`"`, 1),
		strings.Replace(string(canonicalOf(t, r)), `{"amount"`, `{"`+secret+`":1,"amount"`, 1),
		strings.Replace(string(canonicalOf(t, r)), r.Guarantor.USCC, secret, 1),
	} {
		_, err := letter.ParseReveal([]byte(text))
		if f, ok := letter.FieldOf(err); !ok || strings.Contains(err.Error()+f.Field+f.Message, secret) {
			t.Errorf("%v", err)
		}
	}
}

// An object of any values that hold is written and read to itself, and its digest depends on every one of them.
func TestRevealRoundTrip(t *testing.T) {
	h := sample.New(present)
	base := h.Blind().Reveal
	drawn.Check(t, func(t *rapid.T) {
		r := base
		name := rapid.StringMatching(`[一-龥]{2,20}`)
		r.Random = rapid.SliceOfN(rapid.Byte(), 32, 32).Filter(func(b []byte) bool { return !bytes.Equal(b, make([]byte, 32)) }).Draw(t, "random")
		r.Lot.Name = name.Draw(t, "lot")
		r.Guarantor = letter.Party{Name: name.Draw(t, "name"), USCC: sample.USCC(rapid.IntRange(1, 999_999_999).Draw(t, "code"))}
		r.Amount = letter.Fen(rapid.Int64Range(1, int64(letter.MaxFen)).Draw(t, "amount"))
		r.End.ValidityDays = rapid.IntRange(1, 730).Draw(t, "days")
		b, err := r.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		back, err := letter.ParseReveal(b)
		if err != nil || !bytes.Equal(letter.Encode(back), b) || back.Amount != r.Amount || back.Guarantor != r.Guarantor || !back.End.Equal(r.End) {
			t.Fatalf("%+v read back as %+v, %v", r, back, err)
		}
		at := rapid.IntRange(0, 31).Draw(t, "at")
		back.Random[at] ^= 1
		if letter.Commitment(letter.Encode(back)) == letter.Commitment(b) {
			t.Fatal("another random byte, the same commitment")
		}
	})
}

// Tags keep one kind of bytes from passing for another.
func TestTagsDiffer(t *testing.T) {
	b := []byte("the same bytes")
	seen := map[signing.Digest]int{}
	for i, d := range []signing.Digest{letter.Commitment(b), letter.ApplicationDigest(b), letter.UndertakingDigest(b),
		letter.SaltedDigest(nil, b), letter.SealedDigest(b), letter.ClosingDigest(b), letter.SheetDigest(b), letter.BidListDigest(b), letter.StatusListDigest(b), letter.DemandDigest(b), letter.RecordDigest(b), letter.RecordContentDigest(b), letter.FormDigest(b), signing.Sum(b)} {
		if j, there := seen[d]; there {
			t.Errorf("digests %d and %d of the same bytes are equal", i, j)
		}
		seen[d] = i
	}
	if letter.SaltedDigest([]byte("ab"), []byte("c")) == letter.SaltedDigest([]byte("a"), []byte("bc")) {
		t.Error("the border between salt and letter is not in the digest")
	}
}

func FuzzParse(f *testing.F) {
	for _, k := range kinds {
		f.Add(golden(f, k.name+".json"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range kinds {
			again, err := k.again(b)
			if err == nil && !bytes.Equal(again, b) {
				t.Fatalf("%s: %q is read and written as %q", k.name, b, again)
			}
			if f, ok := letter.FieldOf(err); err != nil && (!ok || f.Message == "") {
				t.Fatalf("%s: %q refused without a field: %v", k.name, b, err)
			}
		}
	})
}

func FuzzVerify(f *testing.F) {
	genuine := [][]byte{golden(f, "file-blind.json"), golden(f, "file-full.json"), golden(f, "undertaking-blind.p7s")}
	for _, b := range genuine {
		f.Add(b)
	}
	roots, err := signing.ParseCertificatesPEM(golden(f, "root.pem"))
	if err != nil {
		f.Fatal(err)
	}
	trust, err := signing.NewTrust(roots...)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ok := letter.VerifyFile(b, trust).OK || letter.VerifyP7S(b, trust).OK
		known := bytes.Equal(b, genuine[0]) || bytes.Equal(b, genuine[1]) || bytes.Equal(b, genuine[2])
		if ok && !known {
			t.Fatalf("passes, and nobody signed it: %q", b)
		}
	})
}
