package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every guard that a canary takes out stands in its file, once: one that has moved would else be noticed only by whoever
// runs them all.
func TestGuardsStand(t *testing.T) {
	for _, c := range canaries {
		text, err := os.ReadFile(filepath.Join("..", "..", c.File))
		if err != nil {
			t.Error(err)
			continue
		}
		if n := strings.Count(string(text), c.Old); n != 1 || c.Old == c.New {
			t.Errorf("%s %s: its guard stands %d times in %s", c.Promise, c.What, n, c.File)
		}
	}
}
