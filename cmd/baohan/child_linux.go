package main

import "syscall"

// dieWithUs has the kernel end the child when this process dies, even by SIGKILL.
func dieWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }
