package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/internal/story"
)

// asProgram makes the test's own binary be the program: a demonstration starts its processes from it.
const asProgram = "TEST_BINARY_IS_BAOHAN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		lookInside = lookFrom(os.Getenv)
		main()
	}
	long = os.Getenv("BAOHAN_LONG")
	_ = os.Unsetenv("BAOHAN_LONG")
	os.Exit(m.Run())
}

func TestDemoOnce(t *testing.T) {
	dir, _ := demo(t)
	s := summaryOf(t, dir)
	if s.Failed != 0 || s.Checks < 60 || s.Steps < 20 {
		t.Errorf("summary: %d steps, %d checks, %d failed", s.Steps, s.Checks, s.Failed)
	}
	ends := map[string]int{}
	for _, g := range s.Guarantees {
		ends[g.State]++
		verified(t, dir, g)
	}
	for _, lot := range []string{"CSRC-2019-01-YH", "ZYGS-2020-02-3", "ZYGS-2020-10-1"} {
		var out, errs bytes.Buffer
		sheet := filepath.Join(dir, "sheet-"+lot+".p7s")
		if code := run(t.Context(), []string{"verify", sheet, "--trust", filepath.Join(dir, "root.pem")}, &out, &errs); code != 0 || !bytes.Contains(out.Bytes(), []byte("核验结果表（第 1 版）")) {
			t.Errorf("the sheet of %s: verify ends with %d\n%s%s", lot, code, out.Bytes(), errs.Bytes())
		}
	}
	if len(s.Guarantees) != 8 || ends["released"] != 5 || ends["paid_out"] != 1 || ends["expired"] != 2 {
		t.Errorf("the guarantees end as %v; want five released, one paid out, two expired", ends)
	}
}

// TestDemoTender tells the second story: two lots opened remotely, one of them failed. make test tells each story once, this
// one with its kills.
func TestDemoTender(t *testing.T) {
	onlyLong(t)
	dir, out := demo(t, "--story", "tender")
	tenderIsTold(t, dir)
	if n := bytes.Count(out, []byte("仍密封")); n != 4 { // two letters of the failed lot, looked at twice
		t.Errorf("the letters of the failed lot are said to be sealed %d times, want 4\n%s", n, out)
	}
}

// TestDemoTenderSurvivesKills tells it while the platform is killed as bidders decrypt, as one objects and as letters are
// released by one signature.
func TestDemoTenderSurvivesKills(t *testing.T) {
	dir, out := demo(t, "--story", "tender", "--kill")
	tenderIsTold(t, dir)
	if n := bytes.Count(out, []byte("SIGKILL 后重新就绪")); n != 4 {
		t.Errorf("the platform was killed %d times, want 4\n%s", n, out)
	}
}

// tenderIsTold holds what the story leaves behind: the ends of its letters, and the papers that prove it without the platform.
func tenderIsTold(t *testing.T, dir string) {
	t.Helper()
	s := summaryOf(t, dir)
	if s.Failed != 0 || s.Checks < 180 || s.Steps != 32 {
		t.Errorf("summary: %d steps, %d checks, %d failed", s.Steps, s.Checks, s.Failed)
	}
	ends := map[string]int{}
	for _, g := range s.Guarantees {
		ends[g.Lot+" "+g.State]++
		verified(t, dir, g)
	}
	want := map[string]int{"CSRC-2026-01-1 released": 3, "CSRC-2026-01-1 paid_out": 1, "CSRC-2026-01-2 issued": 2}
	if !maps.Equal(ends, want) {
		t.Errorf("the guarantees end as %v, want %v", ends, want)
	}
	papers := map[string]string{"sheet-CSRC-2026-01-1.p7s": "核验结果表（第 2 版）", "record-CSRC-2026-01-1.pdf": "开标记录表（第 1 版）"}
	for i := range 6 {
		papers[fmt.Sprintf("record-CSRC-2026-01-1-%d.p7s", i)] = "开标记录表（第 1 版）"
	}
	for name, words := range papers {
		var out, errs bytes.Buffer
		if code := run(t.Context(), []string{"verify", filepath.Join(dir, name), "--trust", filepath.Join(dir, "root.pem")}, &out, &errs); code != 0 || !bytes.Contains(out.Bytes(), []byte(words)) {
			t.Errorf("%s: verify ends with %d\n%s%s", name, code, out.Bytes(), errs.Bytes())
		}
	}
	proofs, err := os.ReadFile(filepath.Join(dir, "log-CSRC-2026-01-1.json"))
	if err != nil || bytes.Count(proofs, []byte(`"inclusion"`)) < 11 {
		t.Errorf("the log's proofs of the lot: %v, %d bytes", err, len(proofs))
	}
}

// TestDemoSurvivesKills tells the same story while the platform is killed three times.
func TestDemoSurvivesKills(t *testing.T) {
	onlyLong(t)
	dir, out := demo(t, "--kill")
	if s := summaryOf(t, dir); s.Failed != 0 || len(s.Guarantees) != 8 {
		t.Errorf("summary: %d failed, %d guarantees", s.Failed, len(s.Guarantees))
	}
	if n := bytes.Count(out, []byte("SIGKILL 后重新就绪")); n != 3 {
		t.Errorf("the platform was killed %d times, want 3\n%s", n, out)
	}
}

func onlyLong(t *testing.T) {
	t.Helper()
	if long == "" {
		t.Skip("make test-long tells each story with and without kills")
	}
}

// demo runs the program as its user does and returns the folder that it left behind and what it printed.
func demo(t *testing.T, more ...string) (string, []byte) {
	t.Helper()
	if testing.Short() {
		t.Skip("a demonstration takes some seconds")
	}
	dir := t.TempDir()
	began := time.Now()
	args := append([]string{"demo", "--once", "--out", dir, "--script", "../../docs/verify-with-openssl.sh"}, more...)
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(foreign(os.Environ()), asProgram+"=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	if lines := regexp.MustCompile(`(?m)^✓ \d+ `).FindAll(out.Bytes(), -1); len(lines) < 20 {
		t.Errorf("only %d steps are printed:\n%s", len(lines), out.Bytes())
	}
	t.Logf("told in %.1f s", time.Since(began).Seconds())
	return dir, out.Bytes()
}

func summaryOf(t *testing.T, dir string) (s story.Summary) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &s, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	return s
}

// verified checks what a stranger would: both files of a letter, with the root that lies beside them.
func verified(t *testing.T, dir string, g story.Guarantee) {
	t.Helper()
	for _, ending := range []string{".json", ".p7s", ".pdf"} {
		var out, errs bytes.Buffer
		file := filepath.Join(dir, g.Number+ending)
		if code := run(t.Context(), []string{"verify", file, "--trust", filepath.Join(dir, "root.pem")}, &out, &errs); code != 0 {
			t.Errorf("%s%s: verify ends with %d\n%s%s", g.Number, ending, code, out.Bytes(), errs.Bytes())
		}
	}
	if !slices.Contains([]letter.Fen{800_000_00, 120_000_00, 500_000_00, 400_000_00}, g.Amount) {
		t.Errorf("%s is over %s yuan", g.Number, g.Amount)
	}
}
