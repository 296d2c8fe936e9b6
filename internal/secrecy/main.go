package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// size is how much of everything a run takes.
type size struct {
	bidders int
	plays   int  // runs of the distinguishing game
	crowds  int  // runs of the game of numbers
	probes  int  // timed requests of each kind
	open    bool // past the deadline, where the search must find what it did not find before
	loud    bool // PostgreSQL logs what it must not
}

func main() {
	var s size
	flag.IntVar(&s.bidders, "bidders", 200, "how many bid")
	flag.IntVar(&s.plays, "plays", 200, "runs of the distinguishing game; 0 leaves it out")
	flag.IntVar(&s.crowds, "crowds", 200, "runs of the game of numbers, under a cover; 0 leaves it out")
	flag.IntVar(&s.probes, "probes", 500, "timed requests of each kind; 0 leaves them out")
	flag.BoolVar(&s.open, "open", true, "go on past the deadline, where the same search must find the names")
	flag.BoolVar(&s.loud, "loud", false, "let PostgreSQL log statements: a leak, which must be found")
	leaks := flag.Bool("leaks", true, "then plant each leak in turn; it must be found")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, s, *leaks, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "secrecy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s size, leaks bool, out io.Writer) error {
	faults, err := examine(ctx, s, out)
	for _, f := range faults {
		fmt.Fprintf(out, "LEAK %s\n", f)
	}
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d leaks", len(faults))
	}
	if !leaks {
		return nil
	}
	return plantAll(ctx, out)
}

// examine raises a platform, has everybody act, and returns every leak that it finds.
func examine(ctx context.Context, s size, out io.Writer) (faults []string, err error) {
	begun := now()
	p, err := newPlatform(ctx, s.loud)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	e := &examination{platform: p, size: s, out: out, locks: seenLocks{}}
	for _, act := range []func(context.Context) error{e.prepare, e.handAllIn, e.play, e.measure, e.newcomers, e.inspect, e.control, e.howMany, e.afterOpening} {
		if err := act(ctx); err != nil {
			return e.faults, err
		}
	}
	e.say("the whole took %.0f s", now().Sub(begun).Seconds())
	return e.faults, nil
}
