//go:build !unix

package testdb

import "os/exec"

// detach is never called here: no server is started.
func detach(*exec.Cmd) {}
