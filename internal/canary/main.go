// Command canary takes one guard at a time out of a copy of the code and demands that the test which watches over it
// fails. A check that cannot fail proves nothing; a canary that survives names the promise that nobody watches.
//
// It changes no file: the compiler is given the changed text by overlay. Run it from the top of the repository.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// canary is one guard and the test that must miss it.
type canary struct {
	Promise string // I1 … I16, see docs/promises.md
	What    string // the fault that is planted
	File    string
	Old     string // stands exactly once in File
	New     string
	Package string
	Test    string // -run pattern
}

func main() {
	only := flag.String("only", "", "plant only the canaries whose promise or file contains this")
	flag.Parse()
	survived := 0
	for _, c := range canaries {
		if *only != "" && !strings.Contains(c.Promise+" "+c.File, *only) {
			continue
		}
		err := c.plant()
		if err != nil {
			survived++
			fmt.Printf("SURVIVED %-4s %s: %v\n", c.Promise, c.What, err)
			continue
		}
		fmt.Printf("caught   %-4s %s (%s)\n", c.Promise, c.What, c.Test)
	}
	if survived > 0 {
		fmt.Printf("%d canaries survived\n", survived)
		os.Exit(1)
	}
}

// plant compiles the changed file into the test and returns nil when the test fails, as it must.
func (c canary) plant() error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	if n := strings.Count(string(text), c.Old); n != 1 {
		return fmt.Errorf("its guard stands %d times in %s; bring the canary up to date", n, c.File)
	}
	dir, err := os.MkdirTemp("", "canary")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := write(dir, c.File, strings.Replace(string(text), c.Old, c.New, 1))
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(context.Background(), "go", "test", "-count=1", "-overlay", overlay, "-run", c.Test, c.Package).CombinedOutput()
	switch {
	case err == nil:
		return fmt.Errorf("%s %s passes without the guard", c.Package, c.Test)
	case !strings.Contains(string(out), "--- FAIL"):
		return fmt.Errorf("the test did not run:\n%s", out)
	}
	return nil
}

// write puts the changed text beside an overlay file that maps the original to it.
func write(dir, file, text string) (overlay string, err error) {
	changed := filepath.Join(dir, filepath.Base(file))
	if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
		return "", err
	}
	original, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, b, 0o600)
}
