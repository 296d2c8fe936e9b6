package page_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"baohan/internal/sample"
)

var update = flag.Bool("update", false, "make a new golden: the text of a version is final, so only for a new version")

// The golden lies with package paper, which must hold it for genuine for ever and has nothing to make it with.
func TestMakeGolden(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	w := newWorld()
	b := w.guarantee(t, sample.NewLog("log.example.cn").Logged(w.Issue(w.Blind(), "XJSL-2026-000001")))
	for name, content := range map[string][]byte{"guarantee-1.pdf": b, "root-1.pem": w.CA.Root.PEM()} {
		if err := os.WriteFile(filepath.Join("../paper/testdata", name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
