package tlog_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// docs/transparency-log.md has a script that checks the goldens with OpenSSL, jq and the usual Unix commands alone.
func TestDocumentedScript(t *testing.T) {
	for _, tool := range []string{"openssl", "jq", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: the script of docs/transparency-log.md did not run (apt-get install openssl jq)", tool)
		}
	}
	page := string(must(os.ReadFile("../../docs/transparency-log.md"))(t))
	_, rest, found := strings.Cut(page, "```sh\n")
	script, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("the page has no script")
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir = "testdata"
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := "root " + goldenLog().head(11).Root.String(); !strings.Contains(string(out), want) || strings.Count(string(out), "OK") != 4 {
		t.Errorf("the script says\n%s", out)
	}
}
