package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/internal/story"
	"baohan/tender"
)

// What a test's own binary, running as the program, is told by its environment: the directory in which a file with the name
// of a point is an order to kill there, and the silence that counts as an outage.
const (
	killOrders  = "TEST_KILL_ORDERS"
	outageLimit = "TEST_OUTAGE_LIMIT"
)

// Whom an order kills: this process, all of its connections to the database, or else the processes that it lists.
const (
	killSelf     = "self"
	killBackends = "backends"
	// The test itself puts the processes of the first two custodians in the place of this one.
	killCustodians = "custodians"
	testSession    = "the test itself" // application_name of the connections that are left alone
)

// lookFrom is what the environment asks for. An order is carried out once: its file is gone before.
func lookFrom(getenv func(string) string) func(*tender.Config) {
	dir := getenv(killOrders)
	if dir == "" {
		return nil
	}
	return func(c *tender.Config) {
		if limit, err := time.ParseDuration(getenv(outageLimit)); err == nil {
			c.Outage = limit
		}
		c.At = func(point string) {
			file := filepath.Join(dir, point)
			whom, err := os.ReadFile(file)
			if err == nil && os.Remove(file) == nil {
				obey(string(whom), c.Pool)
			}
		}
	}
}

func obey(whom string, pool *pgxpool.Pool) {
	switch whom {
	case killSelf:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // not one instruction further
	case killBackends:
		_, _ = pool.Exec(context.Background(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name <> $1`, testSession)
	default:
		for _, text := range strings.Fields(whom) {
			if pid, err := strconv.Atoi(text); err == nil && pid > 1 {
				_ = syscall.Kill(pid, syscall.SIGKILL)
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

// killing is a theatre in which whoever dies is started again at once.
type killing struct {
	*theatre
	t      *testing.T
	orders string
	rests  []func()
	mu     sync.Mutex
	died   map[string]int
	pids   map[string]int
	worst  time.Duration // from the platform's death to its first answer
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	if testing.Short() {
		t.Skip("a theatre takes some seconds")
	}
	dir := t.TempDir()
	k := &killing{t: t, orders: filepath.Join(dir, "orders"), died: map[string]int{}, pids: map[string]int{}}
	for name, value := range map[string]string{asProgram: "1", killOrders: k.orders, outageLimit: "1m"} {
		t.Setenv(name, value)
	}
	err := os.Mkdir(k.orders, 0o700)
	if err == nil {
		k.theatre, err = newTheatre(t.Context(), dir, story.Guarantees, slog.New(slog.DiscardHandler))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.close(); err != nil {
			t.Error(err)
		}
	})
	for _, idle := range append(slices.Clone(k.witnesses), k.institutions[1:]...) { // nobody asks them here
		idle.stop()
	}
	k.ownPool()
	k.watch(append([]*child{k.platform}, k.custodians...)...)
	t.Cleanup(k.rest)
	return k
}

// ownPool gives the test connections that no order ends.
func (k *killing) ownPool() {
	k.t.Helper()
	config, err := pgxpool.ParseConfig(k.server.URL)
	if err != nil {
		k.t.Fatal(err)
	}
	config.ConnConfig.RuntimeParams["application_name"] = testSession
	k.pool.Close()
	if k.pool, err = pgxpool.NewWithConfig(k.t.Context(), config); err != nil {
		k.t.Fatal(err)
	}
}

// watch starts each of them again whenever it has died.
func (k *killing) watch(all ...*child) {
	ctx, stop := context.WithCancel(context.Background())
	var each sync.WaitGroup
	for _, c := range all {
		k.note(c)
		each.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-c.ended:
					k.again(ctx, c)
				}
			}
		})
	}
	k.rests = append(k.rests, func() { stop(); each.Wait() })
}

// note keeps the process of a child for whoever orders its death: the child itself belongs to who watches it.
func (k *killing) note(c *child) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pids[c.name] = c.process.Process.Pid
}

// again starts it, three times if it dies before it answers.
func (k *killing) again(ctx context.Context, c *child) {
	began := time.Now()
	var err error
	for range 3 {
		k.mu.Lock()
		k.died[c.name]++
		k.mu.Unlock()
		if err = c.be(ctx, true); err == nil || ctx.Err() != nil {
			k.note(c)
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		k.t.Errorf("%s does not come back: %v", c.name, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if c == k.platform {
		k.worst = max(k.worst, time.Since(began))
	}
}

// rest ends the watching: from here on whoever kills starts it again.
func (k *killing) rest() {
	for _, rest := range k.rests {
		rest()
	}
	k.rests = nil
}

// kill orders a kill at the next call of a point.
func (k *killing) kill(point, whom string) {
	k.t.Helper()
	if whom == killCustodians {
		whom = k.firstTwo()
	}
	ready := filepath.Join(k.orders, "ready")
	if err := errors.Join(os.WriteFile(ready, []byte(whom), 0o600), os.Rename(ready, filepath.Join(k.orders, point))); err != nil {
		k.t.Fatal(err)
	}
}

// firstTwo names the processes of two custodians as they now are.
func (k *killing) firstTwo() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return fmt.Sprint(k.pids[k.custodians[0].name], " ", k.pids[k.custodians[1].name])
}

// obeyed holds that every order was carried out.
func (k *killing) obeyed(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir(k.orders)
	if err != nil || len(left) > 0 {
		t.Errorf("nobody was killed at %v (%v)", left, err)
	}
	for _, f := range left {
		_ = os.Remove(filepath.Join(k.orders, f.Name()))
	}
}

// long is what BAOHAN_LONG said before TestMain took it away: in this process it would be a setting that nobody knows.
var long string

// rounds is how often the platform is killed at each point: once in `make test`, 20 times in `make test-long`, and as often as
// BAOHAN_LONG says if that is more than 1.
func rounds() int {
	n, err := strconv.Atoi(long)
	switch {
	case long == "":
		return 1
	case err == nil && n > 1:
		return n
	}
	return 20
}

// orders are for one lot: the point, and whom to kill there.
type orders map[string]string

// ordersOf are all points, each once. In a quick run two share a lot, in a long one each has a lot of its own.
func ordersOf(points []string) (all []orders) {
	n := len(points)
	if long == "" {
		n = (n + 1) / 2
	}
	for i := range n {
		o := orders{points[i]: killSelf}
		if i+n < len(points) {
			o[points[i+n]] = killSelf
		}
		all = append(all, o)
	}
	return all
}

// TestKilledAtEveryPoint kills the platform's process at every point of an opening and starts it again at once; two
// custodians of three, and the platform's connections to the database, at three points each. What then stands is what
// stands of the lot during which nobody was killed.
func TestKilledAtEveryPoint(t *testing.T) {
	k := newKilling(t)
	points := slices.DeleteFunc(slices.Clone(tender.OpeningPoints), func(p string) bool { return p == "hall_outage" }) // comes below
	h := newHouse(k)
	began := time.Now()
	for round := range rounds() {
		all := append(ordersOf(points), orders{"told_asking": killCustodians}, orders{"letters_listed": killCustodians}, orders{"letters_signed": killCustodians},
			orders{"told_bids": killBackends, "hall_ordered": killBackends, "hall_read": killBackends})
		lots := h.prepare(round, len(all)+2)
		t.Logf("round %d: prepared after %.1f s", round+1, time.Since(began).Seconds())
		want := h.play(lots[0], nil, round)
		for i, o := range all {
			t.Run(fmt.Sprintf("%s/%d", strings.Join(slices.Sorted(maps.Keys(o)), "+"), round+1), func(t *testing.T) {
				h.t = t
				defer k.obeyed(t)
				h.play(lots[i+1], o, round).compare(t, want)
			})
			h.t = t
		}
		if round == rounds()-1 {
			t.Run("for long", func(t *testing.T) { h.t = t; h.outage(lots[len(lots)-1]) })
		}
	}
	k.rest()
	if n := len(points) * rounds(); k.died["platform"] < n {
		t.Errorf("the platform was killed %d times, want %d", k.died["platform"], n)
	}
	if n := 3 * rounds(); k.died["custodian-1"] < n || k.died["custodian-2"] < n {
		t.Errorf("the custodians were killed %v times, want %d", k.died, n)
	}
	t.Logf("killed %v times in %.1f s; the longest absence %.1f s", k.died, time.Since(began).Seconds(), k.worst.Seconds())
}
