//go:build unix

package main

import "syscall"

// mostOpen is how many files and connections this process may have open; 0: it is not known. The Go runtime has raised it to
// what the system allows.
func mostOpen() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return uint64(limit.Cur) //nolint:unconvert // signed on some systems
}
