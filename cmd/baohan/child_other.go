//go:build !linux

package main

import "syscall"

// dieWithUs can do nothing here: a child of a process that was killed must be ended by hand.
func dieWithUs(*syscall.SysProcAttr) {}
