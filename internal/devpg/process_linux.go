package devpg

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// seesBackends: occupants lists the backends as well.
const seesBackends = true

// dieWithParent asks the kernel for a fast shutdown of the child when this process dies, however it
// dies.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// occupants lists every process of a server that works in the data directory: the postmaster and
// its backends, which outlive it for a moment.
func occupants(data string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		cwd, err := os.Readlink("/proc/" + e.Name() + "/cwd")
		if err == nil && cwd == data && isPostgres(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func isPostgres(pid int) bool {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	return err == nil && strings.HasPrefix(string(name), "postgres")
}
