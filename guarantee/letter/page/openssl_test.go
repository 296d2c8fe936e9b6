package page_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"baohan/guarantee/letter/paper"
	"baohan/signing/devca"
)

const script = "../../../docs/verify-with-openssl.sh"

// openssl runs the published script over a document and a root.
func openssl(t *testing.T, file, root []byte) (string, bool) {
	t.Helper()
	tool(t, "openssl")
	out, err := exec.CommandContext(t.Context(), "sh", script, saved(t, "a.pdf", file), saved(t, "root.pem", root)).CombinedOutput()
	return string(out), err == nil
}

// A third party with OpenSSL and nothing of ours comes to the same answer.
func TestOpenSSLAccepts(t *testing.T) {
	w, papers := allPapers(t)
	for name, passes := range map[string]int{"blind with log proof": 6, "release": 2, "verification": 2, "refusal": 2, "sheet": 2, "record": 5} {
		p := papers[name]
		if out, ok := openssl(t, p.pdf, w.CA.Root.PEM()); !ok || strings.Count(out, "通过") != passes || !strings.Contains(out, w.Platform.Party.USCC) ||
			name == "verification" && !strings.Contains(out, "核验结果表的签名和证书链，签名人") {
			t.Errorf("%s: %v\n%s", name, ok, out)
		}
	}
}

func TestOpenSSLRefuses(t *testing.T) {
	w := newWorld()
	i, other := w.Issue(w.Blind(), "XJSL-2026-000001"), w.Issue(w.Blind(), "XJSL-2026-000002")
	good := w.guarantee(t, i.File())
	elsewhere, err := devca.New("别的根证书", present.AddDate(-1, 0, 0), 5)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file, root []byte
		words      string
	}{
		"another root":       {good, elsewhere.Root.PEM(), "根证书"},
		"a flipped bit":      {flipped(good, "/Filter/FlateDecode/Length", 200), w.CA.Root.PEM(), "摘要不符"},
		"swapped attachment": {swapped(t, good, i, other), w.CA.Root.PEM(), "摘要不符"},
		"appended bytes":     {append(bytes.Clone(good), 'x'), w.CA.Root.PEM(), "覆盖"},
		"an update":          {updated(good, "4 0 obj\n<<>>\nendobj\n"), w.CA.Root.PEM(), "覆盖"},
	} {
		if out, ok := openssl(t, c.file, c.root); ok || !strings.Contains(out, c.words) {
			t.Errorf("%s: %v\n%s", name, ok, out)
		}
	}
}

// The commands that are printed on the page work as they are printed.
func TestPrintedCommands(t *testing.T) {
	tool(t, "openssl")
	w := newWorld()
	i := w.Issue(w.Blind(), "XJSL-2026-000001")
	file := canonical(t, i.File())
	s, _, err := paper.Guarantee(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	published, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"保函.pdf": w.guarantee(t, i.File()), "根证书.pem": w.CA.Root.PEM(), "verify-with-openssl.sh": published} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var commands []string
	for _, line := range s.Blocks[len(s.Blocks)-1].Notes {
		if regexp.MustCompile(`^[a-z{]`).MatchString(line) && !strings.HasPrefix(line, "baohan") {
			commands = append(commands, line)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", strings.Join(commands, "\n"))
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || len(commands) != 4 {
		t.Fatalf("%q: %v\n%s", commands, err, out)
	}
	digest := regexp.MustCompile(`(?m)^([0-9a-f]{64}) `).FindSubmatch(out)
	if digest == nil || !strings.Contains(strings.ToLower(string(out)), fmt.Sprintf("[hex dump]:%s", digest[1])) {
		t.Errorf("the digest is not the signed one:\n%s", out)
	}
}
