package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"baohan/signing"
	"baohan/tender/custody"
)

// aimed is how long the opening of a small lot, or the search for its bids, may take.
const aimed = time.Second

func printFound(out io.Writer, all []opened, n sizes) {
	took := make([]time.Duration, len(all))
	for i, o := range all {
		took[i] = o.found
	}
	within(out, fmt.Sprintf("find %d bids among %d by their tags, and close : %s", n.small, n.small+n.great+n.beside, aimed), median(took))
}

func within(out io.Writer, name string, took time.Duration) {
	fmt.Fprintf(out, "%-64s %8.0f ms %8.0f ms %8.3f  %s\n", name, ms(took), ms(aimed), took.Seconds()/aimed.Seconds(), "≤ 1")
}

func printOpening(out io.Writer, name string, o opened) {
	if o.took.ops <= openingSizes.small {
		within(out, name+" : "+aimed.String(), o.took.wall)
	} else {
		note(out, "%s: %.1f s", name, o.took.wall.Seconds())
	}
	line(out, "  letters : 3 SM2 decryptions, 2 verifications by both", o.took.perSecond(), o.yardstick.perSecond(), "≥ 0.333")
	if n := float64(o.took.ops); o.took.server > 0 {
		line(out, fmt.Sprintf("  per CPU second (had %.1f cores, yardstick %.1f)", o.took.cores(), o.yardstick.cores()),
			o.took.perCPUSecond(), o.yardstick.perCPUSecond(), "")
		note(out, "  processor time of one letter and its bid: %.2f ms here, custodians included, %.2f ms PostgreSQL",
			ms(o.took.here)/n, ms(o.took.server)/n)
	}
}

// middle is the opening whose time is the median.
func middle(all []opened) opened {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b opened) int { return cmp.Compare(a.took.wall, b.took.wall) })
	return sorted[len(sorted)/2]
}

// listMost sums statements up by their text, the costliest first.
func listMost(out io.Writer, seen []statement) {
	times, took := map[string]int{}, map[string]time.Duration{}
	for _, s := range seen {
		text := fmt.Sprintf("%.90s", strings.Join(strings.Fields(s.sql), " "))
		times[text]++
		took[text] += s.took
	}
	texts := make([]string, 0, len(took))
	for text := range took {
		texts = append(texts, text)
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Compare(took[b], took[a]) })
	for _, text := range texts[:min(len(texts), 20)] {
		fmt.Fprintf(out, "  %6d × %10.3f ms in all  %s\n", times[text], ms(took[text]), text)
	}
}

// sendAway puts each custodian behind its own door on this machine, and the desks before them.
func (h *hall) sendAway(ctx context.Context) (end func(), err error) {
	var servers []*http.Server
	end = func() {
		for _, s := range servers {
			_ = s.Close()
		}
	}
	for i, c := range h.custodians {
		agent, ok := c.(*custody.Agent)
		if !ok {
			return end, fmt.Errorf("custodian %d is not in this process", i+1)
		}
		s, client, err := h.door(ctx, agent)
		if err != nil {
			return end, err
		}
		servers, h.custodians[i] = append(servers, s), client
	}
	return end, h.openDesks(ctx)
}

func (h *hall) door(ctx context.Context, agent *custody.Agent) (*http.Server, *custody.Client, error) {
	platform := h.house.Platform.Sign
	door, err := custody.NewServer(agent, []signing.Certificate{platform.Certificate()}, quiet)
	if err != nil {
		return nil, nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	s := &http.Server{Handler: door, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }() // ends with close
	client, err := custody.NewClient(custody.Remote{Base: "http://" + l.Addr().String(), Certificate: agent.Chain[0],
		Platform: platform.Key, Chain: platform.Chain})
	return s, client, err
}
