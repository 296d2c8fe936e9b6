//go:build unix

package devpg

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// process is a postmaster that we have started. Its end is seen by everyone who waits for done.
type process struct {
	pid  int
	done chan struct{}
}

// spawn starts the postmaster itself, not a tool that would leave it behind as a daemon. It gets a
// process group of its own: Ctrl-C reaches us first, and the server lives until we have drained.
func (c *cluster) spawn(port int) (*process, error) {
	if err := c.rotateLog(); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(c.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	//nolint:gosec,noctx // the binary is one that find has checked; it lives until Stop, not as long as Start
	cmd := exec.Command(filepath.Join(c.binaries.dir, "postgres"),
		"-D", c.data(), "-p", strconv.Itoa(port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
	cmd.Dir, cmd.Env = c.data(), c.account.environ()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = c.account.attributes()
	cmd.SysProcAttr.Setpgid = true
	dieWithParent(cmd.SysProcAttr)
	return follow(cmd)
}

// follow starts cmd on a thread that stays until cmd has ended: Linux counts the death of the
// thread that started a child as the death of its parent.
func follow(cmd *exec.Cmd) (*process, error) {
	started := make(chan error)
	p := &process{done: make(chan struct{})}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended stands in its log
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// end sends a signal and says whether the process ended in time.
func (p *process) end(signal syscall.Signal, within time.Duration) bool {
	select {
	case <-p.done: // its number may belong to another process by now
		return true
	default:
	}
	_ = syscall.Kill(p.pid, signal) // if it is gone already, done says so
	select {
	case <-p.done:
		return true
	case <-time.After(within):
		return false
	}
}

const logLimit = 8 << 20

func (c *cluster) rotateLog() error {
	if c.logSize() < logLimit {
		return nil
	}
	return os.Rename(c.logPath(), c.logPath()+".1")
}
