//go:build unix && !linux

package devpg

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// seesBackends: occupants cannot tell a backend from any other process.
const seesBackends = false

// dieWithParent can ask for nothing here: an orphan is stopped by the next Start.
func dieWithParent(*syscall.SysProcAttr) {}

// occupants lists the postmaster that works in the data directory.
func occupants(data string) []int {
	out, err := exec.Command("ps", "-axo", "pid=,command=").Output()
	if err != nil {
		return nil
	}
	var pids []int
	for line := range strings.Lines(string(out)) {
		number, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		pid, err := strconv.Atoi(number)
		if err == nil && strings.Contains(command, "postgres -D "+data+" ") {
			pids = append(pids, pid)
		}
	}
	return pids
}
