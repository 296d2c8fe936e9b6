//go:build unix

package devpg

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// evict ends the server that a killed process has left in the data directory, and clears away what
// would keep the next one from starting. The caller holds the directory's lock, so nobody else can
// want that server.
//
// PostgreSQL refuses to start where postmaster.pid names a living process, whatever process that
// is by now (after a reboot it is often another one). The file is removed only when no process of
// a server is left in the directory: two servers on the same files would destroy them.
func evict(data string, log *slog.Logger) error {
	pidFile := filepath.Join(data, "postmaster.pid")
	if _, err := os.Stat(pidFile); err != nil {
		return nil //nolint:nilerr // no file: nothing was left behind
	}
	if endOccupants(data, pidFile, syscall.SIGINT, fastWithin, log) ||
		endOccupants(data, pidFile, syscall.SIGQUIT, quitWithin, log) {
		if seesBackends {
			return os.RemoveAll(pidFile)
		}
		return nil // PostgreSQL looks for backends itself
	}
	return fmt.Errorf("目录 %s 中仍有上次留下的 PostgreSQL 进程 %v：请先结束它们", data, occupants(data))
}

// endOccupants signals the postmaster once and says whether everybody left in time.
func endOccupants(data, pidFile string, signal syscall.Signal, within time.Duration, log *slog.Logger) bool {
	const look = 20 * time.Millisecond
	signalled := false
	for waited := time.Duration(0); waited < within; waited += look {
		left := occupants(data)
		if len(left) == 0 {
			return true
		}
		if pid := postmasterIn(pidFile); !signalled && slices.Contains(left, pid) {
			log.Info("stopping the PostgreSQL that an earlier run left behind", slog.Int("pid", pid))
			signalled = syscall.Kill(pid, signal) == nil
		}
		time.Sleep(look)
	}
	return false
}

func postmasterIn(pidFile string) int {
	text, err := os.ReadFile(pidFile)
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0
	}
	return pid
}
