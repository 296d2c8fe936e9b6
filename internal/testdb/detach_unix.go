//go:build unix

package testdb

import (
	"os/exec"
	"syscall"
)

// detach keeps Ctrl-C from reaching the one who clears up after it.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
