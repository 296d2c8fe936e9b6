package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// cost is what a number of operations took: time on the wall, and processor time of this process (platform and bank
// alike) and of the database server. On a machine that others use, only the second is ours alone.
type cost struct {
	ops          int
	wall         time.Duration
	here, server time.Duration
}

func (c cost) perSecond() float64    { return float64(c.ops) / c.wall.Seconds() }
func (c cost) perCPUSecond() float64 { return float64(c.ops) / (c.here + c.server).Seconds() }
func (c cost) cores() float64        { return (c.here + c.server).Seconds() / c.wall.Seconds() }

func (c cost) plus(o cost) cost {
	return cost{c.ops + o.ops, c.wall + o.wall, c.here + o.here, c.server + o.server}
}

// costOf measures do, which tells how many operations it did.
func (p *platform) costOf(do func() (int, error)) (c cost, err error) {
	here, server, begun := cpuTime(), p.serverCPU(), now()
	c.ops, err = do()
	c.wall, c.here, c.server = now().Sub(begun), cpuTime()-here, p.serverCPU()-server
	return c, err
}

// tick is the unit of processor time in /proc.
const tick = 10 * time.Millisecond

// serverCPU is the processor time of the postmaster and all its children, those that have ended included; 0 where
// there is no /proc.
func (p *platform) serverCPU() (sum time.Duration) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended in between: its parent has its time
		}
		sum += p.cpuIn(text, filepath.Base(filepath.Dir(file)))
	}
	return sum
}

// cpuIn reads /proc/PID/stat (proc_pid_stat(5)): parent 4, utime 14, stime 15; of children that were waited for, which
// are the postmaster's own affair, cutime 16 and cstime 17.
func (p *platform) cpuIn(stat []byte, pid string) (sum time.Duration) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	postmaster := strconv.Itoa(p.server.Pid)
	counted := [][]byte(nil)
	switch {
	case len(fields) < 15:
	case pid == postmaster:
		counted = fields[11:15]
	case string(fields[1]) == postmaster:
		counted = fields[11:13]
	}
	for _, f := range counted {
		n, _ := strconv.ParseInt(string(f), 10, 64) // the kernel writes nothing else
		sum += time.Duration(n) * tick
	}
	return sum
}

// compare prints both rates of a round against its yardstick.
func compare(out io.Writer, what string, ours, yardstick cost, aim string) {
	line(out, what, ours.perSecond(), yardstick.perSecond(), aim)
	if yardstick.server == 0 {
		return
	}
	line(out, fmt.Sprintf("  per CPU second (had %.1f cores, yardstick %.1f)", ours.cores(), yardstick.cores()),
		ours.perCPUSecond(), yardstick.perCPUSecond(), "")
	n := float64(ours.ops)
	note(out, "  processor time of one: %.2f ms here, bank's share included, %.2f ms PostgreSQL",
		ms(ours.here)/n, ms(ours.server)/n)
}
