package web

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"baohan/party"
	"baohan/tender"
)

// Five hundred streams on one process, half of a session and half of another lot's progress, from five addresses and under the
// limits that hold without settings: every reader is told every event once and in order, whether its line holds or breaks, one
// reader of the database serves all of a lot, nothing is left when they have gone, and what an event takes to arrive is printed
// beside what it takes a lone reader.
func TestFiveHundredWatch(t *testing.T) {
	r := newRemote(t)
	r.serveWith(func(c *Config) {
		c.Watching, c.Proxies = Watching{Beat: 100 * time.Millisecond}, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	session, spot := r.lot, ""
	r.host = r.staff(r.tenderer, "beneficiary")
	r.publishSpot(&spot)
	other := *r.life
	other.lot = must(r.host.Lot(t.Context(), spot))
	r.begin()
	must(r.host.OrderDecryption(t.Context(), session.ID))
	other.closed()
	hall := &crowd{l: r.life, path: "/api/v1/lots/" + session.ID + "/hall/events", token: r.signIn(r.tenderer, party.Beneficiary), sent: map[int64]time.Time{}}
	progress := &crowd{l: r.life, path: other.hallPath(), sent: map[int64]time.Time{}}
	const events = 12
	seen := int64(2) // begun, ordered
	drive := func(readers int) (took [2][]time.Duration) {
		hall.watch(readers, int(seen), seen+events)
		progress.watch(readers, int(seen)-1, seen-1+events)
		asked := r.pool.Stat().AcquireCount()
		time.Sleep(500 * time.Millisecond)
		if n := r.pool.Stat().AcquireCount() - asked; n > 100 {
			t.Errorf("%d readers of each stream ask the database %d times in half a second", readers, n)
		}
		for i := range events {
			if i%2 == 0 {
				must(r.host.Pause(t.Context(), session.ID, "核实情况"))
			} else {
				must(r.host.Resume(t.Context(), session.ID, "继续开标"))
			}
			hall.happened(seen + int64(i) + 1)
			other.tell(tender.StageAsking, int(seen)+i, 10)
			progress.happened(seen + int64(i))
			time.Sleep(37 * time.Millisecond) // not in step with the beat
		}
		seen += events
		return [2][]time.Duration{hall.all(t), progress.all(t)}
	}
	http.DefaultClient.CloseIdleConnections()
	time.Sleep(50 * time.Millisecond)
	before := runtime.NumGoroutine()
	alone, many := drive(1), drive(250)
	r.eventually("every goroutine gone", func() bool {
		http.DefaultClient.CloseIdleConnections()
		return runtime.NumGoroutine() <= before+3
	})
	for i, name := range []string{"session", "progress"} {
		t.Logf("%s: one reader median %s, most %s; 250 readers median %s, p99 %s, most %s; ratio of the medians %.1f", name,
			percentile(alone[i], 50), percentile(alone[i], 100), percentile(many[i], 50), percentile(many[i], 99), percentile(many[i], 100), float64(percentile(many[i], 50))/float64(percentile(alone[i], 50)))
	}
}

// all waits for every reader and returns what the events took; a reader that lost one fails the test.
func (c *crowd) all(t *testing.T) []time.Duration {
	t.Helper()
	c.done.Wait()
	if len(c.lost) > 0 {
		t.Errorf("%s: %d readers lost something, first %s", c.path, len(c.lost), c.lost[0])
	}
	took := c.took
	c.took, c.lost = nil, nil
	clear(c.sent)
	slices.Sort(took)
	return took
}

func percentile(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)-1)*percent/100].Round(100 * time.Microsecond)
}

// crowd is who watches one stream, with the instants at which its events were committed, by their number.
type crowd struct {
	l     *life
	path  string
	token string

	mu   sync.Mutex
	sent map[int64]time.Time
	took []time.Duration // of every event and reader after the first of sent
	lost []string
	done sync.WaitGroup
}

// happened notes that an event is committed from now on.
func (c *crowd) happened(seq int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[seq] = time.Now()
}

// heard is what one reader was told; twice, not in order or never is a loss.
func (c *crowd) heard(reader int, seqs []int64, at []time.Time, until int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, seq := range seqs {
		if seq != int64(i+1) {
			c.lost = append(c.lost, fmt.Sprintf("reader %d was told %v", reader, seqs))
			return
		}
		if sent, ok := c.sent[seq]; ok {
			c.took = append(c.took, max(0, at[i].Sub(sent)))
		}
	}
	if len(seqs) != int(until) {
		c.lost = append(c.lost, fmt.Sprintf("reader %d was told %d of %d", reader, len(seqs), until))
	}
}

// watch has n readers follow the stream up to an event, of which some happened before. Every fifth loses its line after every
// third one that comes and returns with the number of the last. Fifty come from one address, as from a hall or an office.
func (c *crowd) watch(n, from int, until int64) {
	var inside sync.WaitGroup
	inside.Add(n)
	for reader := range n {
		c.done.Go(func() {
			var seqs []int64
			var at []time.Time
			once := sync.OnceFunc(inside.Done)
			for breaks := 0; len(seqs) < int(until) && breaks < int(until); breaks++ {
				cut := int(until)
				if reader%5 == 4 {
					cut = max(len(seqs), from) + 3
				}
				if err := c.listen(reader, &seqs, &at, min(cut, int(until)), once); err != nil {
					c.mu.Lock()
					c.lost = append(c.lost, fmt.Sprintf("reader %d: %v", reader, err))
					c.mu.Unlock()
					once()
					break
				}
			}
			c.heard(reader, seqs, at, until)
		})
	}
	inside.Wait()
}

// listen reads one connection until so many events are known, and hangs up.
func (c *crowd) listen(reader int, seqs *[]int64, at *[]time.Time, until int, once func()) error {
	ctx, hangUp := context.WithCancel(c.l.t.Context())
	defer hangUp()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.l.server.URL+c.path, http.NoBody)
	if err != nil {
		return err
	}
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", 1+reader/50))
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if n := len(*seqs); n > 0 {
		r.Header.Set("Last-Event-ID", strconv.FormatInt((*seqs)[n-1], 10))
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	for lines := bufio.NewReader(res.Body); len(*seqs) < until; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		once() // the server has begun to answer
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			seq, err := strconv.ParseInt(strings.TrimSpace(id), 10, 64)
			if err != nil {
				return err
			}
			*seqs, *at = append(*seqs, seq), append(*at, time.Now())
		}
	}
	return nil
}
