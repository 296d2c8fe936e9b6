package translog_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/internal/clock"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// The steps of the writer, in their order.
var steps = []string{"locked", "in the append", "appended", "rechecked", "signed", "recorded"}

const (
	envKill = "TRANSLOG_TEST_KILL_AT"
	envURL  = "TRANSLOG_TEST_URL"
)

// TestMain is also the process that is killed: it steps once and kills itself at the named step.
func TestMain(m *testing.M) {
	if step := os.Getenv(envKill); step != "" {
		fmt.Println(stepAndDie(os.Getenv(envURL), step))
		os.Exit(3) // it should be dead
	}
	os.Exit(m.Run())
}

func stepAndDie(url, at string) error {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	w := &world{pool: pool, clock: clock.NewManual(noon.Add(2 * every))}
	raw := signing.Sum([]byte("translog test key"), []byte{0})
	signer, err := signing.ParsePrivateKey(raw[:])
	if err != nil {
		return err
	}
	if w.key, err = tlog.LogKey(origin, signer.Public()); err != nil {
		return err
	}
	w.signer = &counting{Signer: signer}
	l, err := translog.New(w.config())
	if err != nil {
		return err
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	l.AtStep(func(step string) {
		if step == at {
			_ = self.Kill()
			select {}
		}
	})
	_, err = l.Step(ctx)
	return err
}

// Killed between any two steps, the log goes on as if nothing had been: what was handed in is in it once, nothing is
// in it that was not, its size tells nothing, and the head that was to be signed is the one that is.
func TestKilledAnywhere(t *testing.T) {
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.beat()
			before, handed := w.head(), w.enqueueMany(3)
			w.dieAt(step)
			var intent []byte
			_ = w.pool.QueryRow(t.Context(), `SELECT root FROM log_head WHERE size = $1`, 2*batch).Scan(&intent)
			later := w.enqueue("later")
			w.clock.Advance(every)
			w.takeOver(2 * batch)
			if intent != nil {
				if c := w.head(); !bytes.Equal(c.Root[:], intent) {
					t.Error("another head is signed than the one intended")
				}
			}
			w.grew(before, w.head())
			w.beat()
			w.beat()
			for _, leaf := range append(handed, later) {
				w.proved(leaf.Commitment)
			}
			if n := w.count(`SELECT count(*) FROM log_leaf`); n != 4*batch {
				t.Errorf("%d leaves after four beats", n)
			}
		})
	}
}

func (w *world) dieAt(step string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), must(os.Executable())(w.t), "-test.run=^$")
	cmd.Env = append(os.Environ(), envKill+"="+step, envURL+"="+w.pool.Config().ConnString())
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() == 3 || len(out) > 0 {
		w.t.Fatalf("it lives: %v\n%s", err, out)
	}
}

// takeOver steps until the dead process's lock is free and the head has the size.
func (w *world) takeOver(size uint64) {
	w.t.Helper()
	for range 200 {
		if w.count(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == 0 {
			if _, err := w.log.Step(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
			if w.head().Size == size {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.t.Fatalf("the head stays at %d", w.head().Size)
}
