package main

import (
	"fmt"
	"os"
	"runtime/pprof"
	"time"
)

var profN int

func profileTMP() func() {
	if os.Getenv("PROF") == "" {
		return func() {}
	}
	profN++
	f, _ := os.Create(fmt.Sprint(os.Getenv("PROF"), ".", profN))
	_ = pprof.StartCPUProfile(f)
	return func() { pprof.StopCPUProfile(); f.Close() }
}

var lastAt time.Time
var lastHere, lastServer time.Duration

func (p *platform) phase(name string) {
	if os.Getenv("PHASES") == "" {
		return
	}
	t, here, server := now(), cpuTime(), p.serverCPU()
	if name != "begin" {
		fmt.Printf("    %-16s %7.0f ms wall %7.0f ms here %7.0f ms server\n", name, ms(t.Sub(lastAt)), ms(here-lastHere), ms(server-lastServer))
	}
	lastAt, lastHere, lastServer = now(), cpuTime(), server
}
