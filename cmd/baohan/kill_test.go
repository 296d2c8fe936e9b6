package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"baohan/tender"
)

// What a test's own binary, running as the program, is told by its environment: the file that names the point at which it
// ends itself, and the silence that counts as an outage.
const (
	killFile    = "TEST_KILL_FILE"
	outageLimit = "TEST_OUTAGE_LIMIT"
)

// lookFrom is what the environment asks for. Of one order to die one process dies, once: the file is gone before.
func lookFrom(getenv func(string) string) func(*tender.Config) {
	file := getenv(killFile)
	if file == "" {
		return nil
	}
	return func(c *tender.Config) {
		if limit, err := time.ParseDuration(getenv(outageLimit)); err == nil {
			c.Outage = limit
		}
		c.At = func(point string) {
			order, err := os.ReadFile(file)
			if err == nil && string(order) == point && os.Remove(file) == nil {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // not one instruction further
			}
		}
	}
}

// The program has no way to be told to end itself: nothing but a test sets what is called at the points of an opening.
func TestOnlyATestLooksInside(t *testing.T) {
	fset, used := token.NewFileSet(), 0
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, to := range n.Lhs {
					if name := lastName(to); name == "lookInside" || name == "At" && filepath.Base(filepath.Dir(path)) == "baohan" {
						t.Errorf("%s sets %s", fset.Position(n.Pos()), name)
					}
				}
			case *ast.ValueSpec:
				if n.Names[0].Name == "lookInside" && (n.Values != nil || filepath.Base(path) != "system.go") {
					t.Errorf("%s: lookInside is not nil", fset.Position(n.Pos()))
				}
				if n.Names[0].Name == "lookInside" {
					used++
				}
			case *ast.CompositeLit:
				if lastName(n.Type) == "Config" && strings.HasSuffix(typeName(n.Type), "tender.Config") {
					for _, e := range n.Elts {
						if kv, ok := e.(*ast.KeyValueExpr); ok && lastName(kv.Key) == "At" {
							t.Errorf("%s sets tender.Config.At", fset.Position(e.Pos()))
						}
					}
				}
			case *ast.UnaryExpr:
				if n.Op == token.AND && lastName(n.X) == "lookInside" {
					t.Errorf("%s takes its address", fset.Position(n.Pos()))
				}
			}
			return true
		})
		return nil
	})
	if err != nil || used != 1 {
		t.Errorf("lookInside is declared %d times: %v", used, err)
	}
	if lookInside != nil {
		t.Error("it is set in this process, which is not the program")
	}
}

func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func typeName(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		return lastName(s.X) + "." + s.Sel.Name
	}
	return lastName(e)
}

// killing is a theatre whose platform dies on order and is started again at once.
type killing struct {
	*theatre
	t     *testing.T
	order string // the file
	stop  context.CancelFunc
	done  chan struct{}
	died  int
	worst time.Duration // from its death to its first answer
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	if testing.Short() {
		t.Skip("a theatre takes some seconds")
	}
	dir := t.TempDir()
	k := &killing{t: t, order: filepath.Join(dir, "order")}
	for name, value := range map[string]string{asProgram: "1", killFile: k.order, outageLimit: "1m"} {
		t.Setenv(name, value)
	}
	var err error
	if k.theatre, err = newTheatre(t.Context(), dir, slog.New(slog.NewTextHandler(io.Discard, nil))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.close(); err != nil {
			t.Error(err)
		}
	})
	k.watch()
	t.Cleanup(k.rest)
	return k
}

// watch starts the platform again whenever it has died.
func (k *killing) watch() {
	ctx, stop := context.WithCancel(context.Background())
	k.stop, k.done = stop, make(chan struct{})
	go func() {
		defer close(k.done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-k.platform.ended:
			}
			began := time.Now()
			if err := k.platform.be(ctx, true); err != nil && ctx.Err() == nil {
				k.t.Errorf("the platform does not come back: %v", err)
				return
			}
			k.died++
			k.worst = max(k.worst, time.Since(began))
		}
	}()
}

// rest ends the watching: from here on whoever kills starts it again.
func (k *killing) rest() {
	k.stop()
	<-k.done
}

// dieAt has the platform die at the next call of a point.
func (k *killing) dieAt(point string) {
	if point == "" {
		return
	}
	if err := os.WriteFile(k.order+".new", []byte(point), 0o600); err != nil {
		k.t.Fatal(err)
	}
	if err := os.Rename(k.order+".new", k.order); err != nil {
		k.t.Fatal(err)
	}
}

// obeyed tells whether the order to die was carried out.
func (k *killing) obeyed() bool {
	_, err := os.Stat(k.order)
	return os.IsNotExist(err)
}

// times is how often the platform is killed at each point: once in `make test`, 20 times in `make test-long`.
func times() int {
	if os.Getenv("BAOHAN_LONG") != "" {
		return 20
	}
	return 1
}

// TestKilledAtEveryPoint kills the platform's process at every point of an opening, each in a lot of its own, and starts it
// again at once. What then stands is what stands of the lot during which nobody was killed.
func TestKilledAtEveryPoint(t *testing.T) {
	k := newKilling(t)
	points := slices.DeleteFunc(slices.Clone(tender.OpeningPoints), func(p string) bool { return p == "hall_outage" }) // TestKilledForLong
	h := newHouse(k)
	began := time.Now()
	for round := range times() {
		lots := h.prepare(round, len(points)+1)
		t.Logf("round %d: prepared after %.1f s", round+1, time.Since(began).Seconds())
		want := h.play(lots[0], "", round)
		for i, p := range points {
			name := p
			if times() > 1 {
				name = fmt.Sprintf("%s/%d", p, round+1)
			}
			ok := t.Run(name, func(t *testing.T) {
				h.t = t
				got := h.play(lots[i+1], p, round)
				if !k.obeyed() {
					t.Errorf("nobody was killed at %s", p)
					_ = os.Remove(k.order)
				}
				got.compare(t, want)
			})
			h.t = t
			if !ok && t.Context().Err() != nil {
				return
			}
		}
	}
	k.rest()
	if n := len(points) * times(); k.died < n {
		t.Errorf("killed %d times, want %d", k.died, n)
	}
	t.Logf("killed %d times in %.1f s; the longest absence %.1f s", k.died, time.Since(began).Seconds(), k.worst.Seconds())
}
