//go:build !unix

package main

import "time"

var began = now()

// cpuTime falls back to the wall clock: measure on an idle machine.
func cpuTime() time.Duration { return now().Sub(began) }
