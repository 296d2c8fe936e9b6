package main

import (
	"slices"
	"time"
)

// op is one thing that is measured.
type op struct {
	name string
	do   func() error
}

// slice is how much processor time an operation gets in each round.
const slice = 60 * time.Millisecond

// cpuRates runs the operations in turn, round after round, and appends to each its rate per second of processor
// time. In turn, so that what slows the machine for a while slows all of them.
func cpuRates(rounds int, ops []op, rates map[string][]float64) error {
	for range rounds {
		for _, o := range ops {
			rate, err := cpuRate(o)
			if err != nil {
				return err
			}
			rates[o.name] = append(rates[o.name], rate)
		}
	}
	return nil
}

func cpuRate(o op) (float64, error) {
	begun, n := cpuTime(), 0
	for {
		for range 8 {
			if err := o.do(); err != nil {
				return 0, err
			}
		}
		n += 8
		if spent := cpuTime() - begun; spent >= slice {
			return float64(n) / spent.Seconds(), nil
		}
	}
}

// wall is how long do takes.
func wall(do func() error) (time.Duration, error) {
	begun := now()
	err := do()
	return now().Sub(begun), err
}

// now is the machine's clock: for measuring, and for the freshness of signed messages.
func now() time.Time { return time.Now() }

func median[T float64 | time.Duration](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
