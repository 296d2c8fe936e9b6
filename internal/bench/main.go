package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"

	"baohan/internal/heap"
)

func main() {
	heap.Roomy() // as the platform has it
	part := flag.String("part", "", "signing, pdf, callback, opening or log; all but log if empty")
	dir := flag.String("dir", "", "where the database lies during the run; a temporary directory if empty. It must be a disk, not memory")
	letters := flag.Int("letters", 0, "with -part opening: open one lot of so many letters, at most 10000, and nothing else; it takes minutes to hand them in")
	times := flag.Int("times", 1, "with -letters: open it so many times, each in a copy of its own")
	statements := flag.Bool("statements", false, "list every SQL statement of a callback, and those that cost most of an opening, with its time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, options{*part, *dir, *letters, *times, *statements}, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	part, dir  string
	letters    int
	times      int
	statements bool
}

func run(ctx context.Context, o options, out io.Writer) error {
	switch o.part {
	case "signing":
		return benchSigning(ctx, out)
	case "pdf":
		heading(out)
		return benchPDF(ctx, out)
	case "callback":
		heading(out)
		return benchCallback(ctx, o.dir, o.statements, out)
	case "opening":
		heading(out)
		if o.letters > 0 {
			return benchLot(ctx, o.dir, o.letters, max(1, o.times), out)
		}
		return benchOpening(ctx, o.dir, openingSizes, o.statements, out)
	case "log":
		heading(out)
		return benchLog(ctx, o.dir, logSize, out)
	case "":
		heading(out)
		if err := signingOnOneCore(ctx, out); err != nil {
			return err
		}
		if err := benchPDF(ctx, out); err != nil {
			return err
		}
		if err := benchCallback(ctx, o.dir, o.statements, out); err != nil {
			return err
		}
		return benchOpening(ctx, o.dir, openingSizes, o.statements, out)
	}
	return fmt.Errorf("no part %q", o.part)
}

// signingOnOneCore runs the signing part as a process that is bound to one core, so that OpenSSL, its child, is
// measured on the very same; where nothing can bind it, it runs unbound.
func signingOnOneCore(ctx context.Context, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	taskset, err := exec.LookPath("taskset")
	if err != nil || exec.CommandContext(ctx, taskset, "-c", "0", "true").Run() != nil {
		return benchSigning(ctx, out)
	}
	cmd := exec.CommandContext(ctx, taskset, "-c", "0", self, "-part", "signing")
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	return cmd.Run()
}
