package testdb

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"

	"baohan/internal/devpg"
)

// ownServer starts a server for this process, once. Nobody calls us when a test process ends, so a
// small shell waits for the end of this process and clears up: its standard input is a pipe whose
// other end we hold and the kernel closes, whatever ends us.
var ownServer = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "baohan-testdb-")
	if err != nil {
		return "", err
	}
	server, err := devpg.Start(context.Background(), devpg.Options{Dir: dir, Ephemeral: true})
	if err != nil {
		return "", fmt.Errorf("%w\n（或设置 %s，指向一个测试用的服务器）", err, EnvURL)
	}
	if err := clearUpAfterUs(server.Pid, dir); err != nil {
		_ = server.Crash() // its data are worth nothing
		return "", err
	}
	return server.URL, nil
})

const clearUp = `
	cat
	kill -QUIT "$1" 2>/dev/null
	n=0; while [ $n -lt 100 ] && kill -0 "$1" 2>/dev/null; do n=$((n+1)); sleep 0.05; done
	rm -rf "$2"`

//nolint:unused // it is there to be kept
var keepOpen *os.File // our end of the pipe; the finaliser of an unreachable file would close it

func clearUpAfterUs(pid int, dir string) error {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return err
	}
	keepOpen = ours
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", clearUp, "sh", strconv.Itoa(pid), dir)
	cmd.Stdin = theirs
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	return theirs.Close()
}
