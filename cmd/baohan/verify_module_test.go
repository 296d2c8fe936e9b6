package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/verify"
	"baohan/internal/clock"
)

// module is the page's checking module, run by Node.js; skipped where one of them is missing. `make test` makes it.
func module(t testing.TB) *exec.Cmd {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node.js is not installed: the checking module is not run outside a browser")
	}
	const dir = "../../web/assets/built/"
	if _, err := os.Stat(dir + "verify.wasm.br"); err != nil {
		t.Skip("the checking module is not built here: make wasm")
	}
	return exec.CommandContext(t.Context(), node, "../verify/testdata/run.mjs", dir+"wasm_exec.js", dir+"verify.wasm.br")
}

// request is one line to run.mjs, and reply one from it.
type request struct {
	File     string       `json:"file"`
	Question verify.Asked `json:"question"`
	Times    int          `json:"times"`
}

type reply struct {
	Answer  verify.Answer `json:"answer"`
	Fastest float64       `json:"fastest"`
}

func ask(t testing.TB, requests []request) []reply {
	t.Helper()
	var in bytes.Buffer
	for _, r := range requests {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(b, '\n'))
	}
	cmd := module(t)
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var replies []reply
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var r reply
		if err := json.Unmarshal(lines.Bytes(), &r, json.RejectUnknownMembers(true)); err != nil {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		replies = append(replies, r)
	}
	if len(replies) != len(requests) {
		t.Fatalf("%d answers to %d questions", len(replies), len(requests))
	}
	return replies
}

// corpus writes every kind of file that is checked, genuine and not.
func (d desk) corpus() []string {
	d.t.Helper()
	d.platform()
	if code, said := d.pdf(d.at("letter.json")); code != 0 {
		d.t.Fatal(said)
	}
	pdf, err := os.ReadFile(d.at("letter.pdf"))
	if err != nil {
		d.t.Fatal(err)
	}
	for name, at := range map[string]int{"head.pdf": 3, "early.pdf": len(pdf) / 4, "middle.pdf": len(pdf) / 2, "late.pdf": len(pdf) - 40} {
		b := slices.Clone(pdf)
		b[at] ^= 1
		d.put(name, b)
	}
	d.put("longer.pdf", append(slices.Clone(pdf), '\n'))
	release, err := d.h.Release(d.h.Issue(d.h.Blind(), "XJSL-2026-000003"), d.h.Tenderees[0]).Canonical()
	if err != nil {
		d.t.Fatal(err)
	}
	d.put("release.p7s", d.h.Signed(d.h.Tenderees[0], release, d.h.At))
	d.put("forged.p7s", d.h.Signed(d.h.Tenderees[1], release, d.h.At))
	full, err := d.h.Issue(d.h.Full(), "XJSL-2026-000004").File().Canonical()
	if err != nil {
		d.t.Fatal(err)
	}
	d.put("full.json", full)
	return []string{"letter.json", "letter.p7s", "letter.pdf", "changed.json", "cut.json", "empty", "sheet.p7s", "turned.p7s",
		"head.pdf", "early.pdf", "middle.pdf", "late.pdf", "longer.pdf", "release.p7s", "forged.p7s", "full.json", "root.pem"}
}

// The module in the browser and the command say the same of every file, line by line.
func TestModuleAgreesWithTheCommand(t *testing.T) {
	module(t)
	d := newDesk(t)
	files := d.corpus()
	root, err := os.ReadFile(d.at("root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	given := []struct {
		flags []string
		given verify.Given
	}{
		{nil, verify.Given{}},
		{[]string{"--platform", d.h.Bank.Party.USCC, "--centre", d.h.Bank.Party.USCC}, verify.Given{Platform: d.h.Bank.Party.USCC, Centre: d.h.Bank.Party.USCC}},
	}
	var requests []request
	for _, g := range given {
		g.given.Roots = verify.Source{Name: "root.pem", Data: root}
		for _, name := range files {
			requests = append(requests, request{filepath.Join(d.dir, name), verify.Asked{Given: g.given}, 1})
		}
	}
	replies, passed := ask(t, requests), 0
	for i, r := range replies {
		name, flags := files[i%len(files)], given[i/len(files)].flags
		code, out, errs := d.verify(append([]string{name, "--trust", "root.pem", "--json"}, flags...)...)
		var report letter.Report
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Fatalf("%s: %v %s %s", name, err, out, errs)
		}
		if !sameLines(report.Lines, r.Answer.Lines) || (code == 0) != (r.Answer.Verdict != verify.Failed) || r.Answer.Error != "" {
			t.Errorf("%s %v: the command ends with %d and says %+v\nthe module says %s %+v", name, flags, code, report.Lines, r.Answer.Verdict, r.Answer)
		}
		if code == 0 {
			passed++
		}
	}
	if passed < 6 || passed > len(replies)-6 {
		t.Errorf("%d of %d pass: the files do not tell good from bad", passed, len(replies))
	}
}

func sameLines(command []letter.Line, module []verify.Line) bool {
	return slices.EqualFunc(command, module, func(a letter.Line, b verify.Line) bool {
		if a.Result == letter.ResultPass {
			a.Want = ""
		}
		return a == b.Line && a.Title() == b.Title && a.Result.Chinese() == b.Says
	})
}

// BenchmarkModule is one PDF, checked by the module in Node.js and natively in turn: ms and the ratio of the two.
func BenchmarkModule(b *testing.B) {
	module(b)
	d := newDesk(b)
	d.corpus()
	root, pdf := read(b, d.at("root.pem")), read(b, d.at("letter.pdf"))
	asked := verify.Asked{Given: verify.Given{Roots: verify.Source{Name: "root.pem", Data: root}}}
	in := ask(b, []request{{d.at("letter.pdf"), asked, 20}})[0].Fastest
	for b.Loop() {
		if o, err := verify.Verify(pdf, asked.Given, clock.System().Now()); err != nil || !o.Report.OK {
			b.Fatal(err, o.Report.Words)
		}
	}
	native := float64(b.Elapsed().Microseconds()) / 1000 / float64(b.N)
	b.ReportMetric(in, "ms-in-node")
	b.ReportMetric(native, "ms-native")
	b.ReportMetric(in/native, "ratio")
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
