package page_test

import (
	"os/exec"
	"strings"
	"testing"

	"baohan/guarantee/letter/page"
	"baohan/guarantee/letter/paper"
)

// A document whose code opens a page verifies like any other: the code is a picture, the text is the same.
func TestCodeThatOpensAPage(t *testing.T) {
	w, papers := allPapers(t)
	by := w.by
	by.Verify = "https://bh.example.cn/verify"
	i := w.Issue(w.Blind(), "XJSL-2026-000001")
	b, err := page.Guarantee(t.Context(), canonical(t, i.File()), by, w.at)
	if err != nil {
		t.Fatal(err)
	}
	if r := paper.Verify(b, w.Trust); !r.OK {
		t.Errorf("%+v", r)
	}
	s, _, err := paper.Guarantee(canonical(t, i.File()))
	if err != nil {
		t.Fatal(err)
	}
	if plain := papers["blind"]; len(plain.pdf) == 0 || s.Title != plain.sheet.Title {
		t.Error("the text depends on the code")
	}
	if _, err := exec.LookPath("zbarimg"); err != nil {
		t.Skip("zbarimg is not installed: nobody but ourselves reads the code")
	}
	file := saved(t, "code.pdf", b)
	if out, err := exec.CommandContext(t.Context(), tool(t, "pdftoppm"), "-r", "150", "-f", "1", "-l", "3", "-png", file, file).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	out, _ := exec.CommandContext(t.Context(), "sh", "-c", `zbarimg -q --raw "$0"-*.png`, file).Output()
	want := ""
	for _, block := range s.Blocks {
		if block.Close != nil {
			want = by.Verify + "#" + block.Close.Scan.Fragment()
		}
	}
	if strings.TrimSpace(string(out)) != want {
		t.Errorf("the code says %q, want %q", out, want)
	}
}
