package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// timed is what a stranger's stopwatch says about one reading.
type timed struct {
	path     string
	medians  [2]time.Duration // exists, does not exist
	z        float64          // rank test of the two; beyond ±3 it would be a find
	control  float64          // the same of two groups that both do not exist: what the machine does by itself
	differ   int              // answers about what exists that are not, byte for byte, the answer about what does not
	requests int
}

// timing asks, in random order, for records that exist, for others that do not, and for a control group that does
// not either.
func (p *platform) timing(ctx context.Context, c caller, pattern string, exists []string, n int) (t timed, err error) {
	groups := [3][]time.Duration{}
	reference := ""
	order := rand.New(rand.NewPCG(uint64(now().UnixNano()), 1))
	for i := range n {
		for _, group := range order.Perm(3) {
			id := freshID()
			if group == 0 {
				id = exists[i%len(exists)]
			}
			begun := now()
			a, err := p.get(ctx, c, fmt.Sprintf(pattern, id))
			if err != nil {
				return t, err
			}
			groups[group] = append(groups[group], now().Sub(begun))
			text := fmt.Sprint(a.status, len(a.header), string(a.body))
			if group != 0 {
				reference = text
			} else if reference != "" && text != reference {
				t.differ++
			}
			t.requests++
		}
	}
	t.path = pattern
	t.medians = [2]time.Duration{median(groups[0]), median(groups[1])}
	t.z, t.control = ranked(groups[0], groups[1]), ranked(groups[2], groups[1])
	return t, nil
}

func median(d []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(d))
	return s[len(s)/2]
}

// ranked is the standard score of the rank-sum test (Mann, Whitney): 0 when neither group is slower.
func ranked(a, b []time.Duration) float64 {
	u := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	return (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}
