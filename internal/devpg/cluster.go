//go:build unix

package devpg

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// cluster is the directory of one server, locked by this process.
//
//	lock           held while a process uses the directory; names that process
//	password       of the superuser; readable by its owner alone
//	postgres.log   what the server says
//	data/          made by initdb, owned by the account that the server runs as
type cluster struct {
	options  Options
	account  account
	binaries binaries
	dir      string
	password string
	release  func()
}

// openCluster makes the directory ready to be served from: locked, initialised, free of what a
// killed process has left.
func openCluster(ctx context.Context, o Options) (_ *cluster, err error) {
	c := &cluster{options: o}
	if c.account, err = serverAccount(); err != nil {
		return nil, err
	}
	if c.dir, err = place(ctx, o.Dir, c.account); err != nil {
		return nil, err
	}
	if c.release, err = lockDir(c.dir); err != nil {
		return nil, err
	}
	if err := c.prepare(ctx); err != nil {
		c.release()
		return nil, err
	}
	return c, nil
}

func (c *cluster) prepare(ctx context.Context) (err error) {
	if c.binaries, err = c.find(ctx, c.madeBy()); err != nil {
		return err
	}
	if c.password, err = keepPassword(filepath.Join(c.dir, "password")); err != nil {
		return err
	}
	if c.madeBy() == 0 {
		if err := c.initdb(ctx); err != nil {
			return err
		}
	}
	if err := evict(c.data(), c.options.Log); err != nil {
		return err
	}
	return c.writeSettings()
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

// madeBy is the major version that made the data, 0 if there are none yet.
func (c *cluster) madeBy() int {
	text, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if err != nil {
		return 0
	}
	return major(string(text))
}

// place makes the directory. Root may have been given one that the server's account cannot reach
// (below /root, say); then a directory of the same meaning below /var/tmp takes its place.
func place(ctx context.Context, dir string, a account) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := makeDir(dir, a); err != nil {
		return "", err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", err
	}
	if a.reaches(ctx, dir) {
		return dir, nil
	}
	sum := sha256.Sum256([]byte(dir))
	dir = filepath.Join("/var/tmp", "baohan-"+hex.EncodeToString(sum[:8]))
	if err := makeDir(dir, a); err != nil {
		return "", err
	}
	return dir, ownedByUs(dir)
}

func makeDir(dir string, a account) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if !a.drop {
		return nil
	}
	return os.Chmod(dir, 0o711) //nolint:gosec // the server's account must be able to pass through
}

// ownedByUs refuses a directory that somebody else has put where anybody may.
func ownedByUs(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || !ok || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s 不是本账户建立的目录：请删除它后重试", dir)
	}
	return nil
}

// lockDir takes the directory for this process. The kernel gives the lock back when the process
// dies; its children do not inherit it.
func lockDir(dir string) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(f.Name()) // an empty answer is as good as none
		_ = f.Close()
		return nil, fmt.Errorf("数据目录 %s 正被另一个进程使用（进程号 %s）：请先停止它，或换一个目录",
			dir, strings.TrimSpace(string(holder)))
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, fmt.Sprintln(os.Getpid()))); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// keepPassword reads the password, or makes one before there are data that need it.
func keepPassword(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil && len(text) > 0 {
		return string(text), nil
	}
	password := rand.Text()
	return password, writeWhole(path, password, account{})
}

// writeWhole replaces a file so that a crash leaves either the old or the new one.
func writeWhole(path, text string, a account) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // once renamed, nothing is left to remove
	_, err = f.WriteString(text)
	if err := errors.Join(err, a.own(f.Name()), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// initdb makes the data in a directory beside the final one and renames it when it is whole, so
// that a kill in the middle leaves nothing that looks finished.
func (c *cluster) initdb(ctx context.Context) error {
	c.options.Log.Info("making a PostgreSQL data directory")
	fresh, secret := c.data()+".new", filepath.Join(c.dir, "password.initdb")
	defer func() { _ = os.Remove(secret) }() // the password is kept elsewhere
	err := errors.Join(
		os.RemoveAll(fresh),
		os.RemoveAll(c.data()), // without PG_VERSION: nothing of worth
		os.Mkdir(fresh, 0o700),
		c.account.own(fresh),
		writeWhole(secret, c.password, c.account))
	if err != nil {
		return err
	}
	out, err := c.account.command(ctx, filepath.Join(c.binaries.dir, "initdb"), c.initArgs(fresh, secret)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb 失败（%w）：\n%s", err, out)
	}
	include := "\ninclude_if_exists = 'baohan.conf'\n"
	if err := appendTo(filepath.Join(fresh, "postgresql.conf"), include); err != nil {
		return err
	}
	return os.Rename(fresh, c.data())
}

func (c *cluster) initArgs(dir, passwordFile string) []string {
	args := []string{
		"-D", dir, "-U", User, "--pwfile", passwordFile, "-A", "scram-sha-256",
		"-E", "UTF8", "--no-locale",
	}
	if c.options.Ephemeral {
		args = append(args, "--no-sync")
	}
	switch {
	case !c.options.WithoutChecksums:
		args = append(args, "--data-checksums")
	case c.binaries.major >= 18: // where they are the default
		args = append(args, "--no-data-checksums")
	}
	return args
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func (c *cluster) writeSettings() error {
	settings := c.options.settings()
	var text strings.Builder
	text.WriteString("# Written at every start.\n")
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&text, "%s = '%s'\n", name, strings.ReplaceAll(settings[name], "'", "''"))
	}
	return writeWhole(filepath.Join(c.data(), "baohan.conf"), text.String(), c.account)
}
