package letter_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// rewrapping and assurance are about a blind letter in force.
func rewrapping(r letter.Receipt) letter.Rewrapping {
	return letter.Rewrapping{Version: 1, Application: r.Application, Record: letter.SealedDigest([]byte("record")),
		Owner: bytes.Repeat([]byte{0x30}, 120), At: r.AcceptedAt}
}

func assurance(r letter.Receipt, app letter.Application) letter.Assurance {
	return letter.Assurance{Version: 1, Application: r.Application, Guarantor: r.Guarantor, Mode: r.Mode, Commitment: r.Commitment,
		Ceiling: app.Ceiling, LatestExpiry: app.LatestExpiry, Record: letter.SealedDigest([]byte("record")), Number: r.Number,
		Digest: r.Digest, AcceptedAt: r.AcceptedAt, At: r.AcceptedAt.Add(time.Hour),
		States: letter.PartStates{Application: "approved", Fee: "paid", Instrument: "issued", Disclosure: "sealed", Verification: "not_done", Release: "none"}}
}

func goldenReceipt(t *testing.T) (letter.Receipt, letter.Application) {
	t.Helper()
	r, err := letter.ParseReceipt(golden(t, "receipt.json"))
	if err != nil {
		t.Fatal(err)
	}
	app, err := letter.ParseApplication(golden(t, "application.json"))
	if err != nil {
		t.Fatal(err)
	}
	return r, app
}

// Each member that does not hold is named.
func TestOwnersObjectsAreChecked(t *testing.T) {
	receipt, app := goldenReceipt(t)
	for field, spoil := range map[string]func(*letter.Rewrapping){
		"version":         func(r *letter.Rewrapping) { r.Version = 2 },
		"application":     func(r *letter.Rewrapping) { r.Application = "x" },
		"record":          func(r *letter.Rewrapping) { r.Record = signing.Digest{} },
		"owner":           func(r *letter.Rewrapping) { r.Owner = nil },
		"owner, too long": func(r *letter.Rewrapping) { r.Owner = make([]byte, 161) },
		"letter_owner":    func(r *letter.Rewrapping) { r.LetterOwner = r.Owner },
		"letter_owner, 2": func(r *letter.Rewrapping) { r.Letter = r.Record },
		"at":              func(r *letter.Rewrapping) { r.At = time.Time{} },
	} {
		r := rewrapping(receipt)
		spoil(&r)
		named(t, field, r.Check())
	}
	for field, spoil := range map[string]func(*letter.Assurance){
		"version":        func(a *letter.Assurance) { a.Version = 0 },
		"application":    func(a *letter.Assurance) { a.Application = "" },
		"guarantor.uscc": func(a *letter.Assurance) { a.Guarantor = "91430100000000013B" },
		"mode":           func(a *letter.Assurance) { a.Mode = "clear" },
		"commitment":     func(a *letter.Assurance) { a.Commitment = signing.Digest{} },
		"ceiling":        func(a *letter.Assurance) { a.Ceiling = 0 },
		"record":         func(a *letter.Assurance) { a.Record = signing.Digest{} },
		"digest":         func(a *letter.Assurance) { a.Digest = signing.Digest{} },
		"accepted_at":    func(a *letter.Assurance) { a.AcceptedAt = time.Time{} },
		"number":         func(a *letter.Assurance) { a.Number = "" },
		"states":         func(a *letter.Assurance) { a.States.Instrument = "" },
		"at":             func(a *letter.Assurance) { a.At = time.Time{} },
		"latest_expiry":  func(a *letter.Assurance) { a.LatestExpiry = letter.Application{}.LatestExpiry },
	} {
		a := assurance(receipt, app)
		spoil(&a)
		named(t, field, a.Check())
	}
}

func named(t *testing.T, field string, err error) {
	t.Helper()
	want, _, _ := strings.Cut(field, ",")
	if f, ok := letter.FieldOf(err); !ok || f.Field != want {
		t.Errorf("%s: %v", field, err)
	}
}

// A letter is in force until 24:00 of its latest expiry, and in no other state than these two.
func TestInForce(t *testing.T) {
	receipt, app := goldenReceipt(t)
	for state, want := range map[string]bool{"none": false, "issuing": false, "issued": true, "amending": true, "released": false,
		"expired": false, "surrendered": false, "paid_out": false, "void": false, "failed": false} {
		a := assurance(receipt, app)
		a.States.Instrument = state
		if a.InForce() != want {
			t.Errorf("%s: %v", state, a.InForce())
		}
	}
	a := assurance(receipt, app)
	a.At = a.LatestExpiry.EndOfDay()
	if !a.InForce() {
		t.Error("over at 24:00:00.000000")
	}
	if a.At = a.At.Add(time.Microsecond); a.InForce() {
		t.Error("in force after its latest expiry")
	}
}

// The commands on the page of bytes give the digests on that page, with OpenSSL and jq and no program of ours.
func TestPageCommandsGiveTheVectors(t *testing.T) {
	for _, tool := range []string{"openssl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed: the published commands cannot be run here")
		}
	}
	page, err := os.ReadFile("../../docs/blind-guarantee.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(page), "```sh\n")
	commands, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("the page shows no commands")
	}
	cmd := exec.Command("sh", "-c", commands)
	cmd.Dir = "testdata"
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var want strings.Builder
	for line := range strings.Lines(string(golden(t, "digests.txt"))) {
		if !strings.HasPrefix(line, "baohan/") { // associated data are texts, there is nothing to compute
			want.WriteString(line)
		}
	}
	if string(out) != want.String() || strings.Count(want.String(), "\n") != 14 {
		t.Errorf("the commands give\n%swant\n%s", out, want.String())
	}
}
