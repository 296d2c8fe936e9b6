package web

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"baohan/tender"
)

// Watching says how many may watch openings and for how long. Zero fields take the defaults.
type Watching struct {
	Life       time.Duration // of one stream, after which its reader connects again; 0 = one hour
	Most       int           // streams of this process; 0 = 2000
	PerAddress int           // streams of one address: a hall may have one for all its people; 0 = 200
	Heartbeat  time.Duration // between two signs of life; 0 = 15 s
	Beat       time.Duration // between two looks into the database for the progress of one lot; 0 = 1 s
	HallBeat   time.Duration // the same for the session of one lot, where people wait for each other; 0 = 100 ms
}

func (w Watching) withDefaults() Watching {
	return Watching{
		Life: or(w.Life, time.Hour), Most: or(w.Most, 2000), PerAddress: or(w.PerAddress, 200),
		Heartbeat: or(w.Heartbeat, 15*time.Second), Beat: or(w.Beat, time.Second), HallBeat: or(w.HallBeat, 100*time.Millisecond),
	}
}

func or[T comparable](v, fallback T) T {
	if v == *new(T) {
		return fallback
	}
	return v
}

var (
	errManyHere = newProblem(http.StatusTooManyRequests, "progress.too_many", "", "从这一地址收看开标进度的连接已达上限；请关闭多余的页面后再试")
	errFull     = newProblem(http.StatusServiceUnavailable, "progress.full", "", "收看开标进度的连接已达本系统上限，请稍后再试；开标不受影响，结果公布后可直接查看开标记录")
)

// bulletin is what there is to tell of one lot: events in their order, or the deadline before which there is none.
type bulletin struct {
	deadline *time.Time // nil: there is something to tell, or there was
	news     []told
}

// told is one event, written out once for all who watch.
type told struct {
	seq   int64
	name  string
	data  []byte
	final bool // nothing follows for which a stream would be kept open
}

// over tells whether the end was told.
func (b bulletin) over() bool {
	return slices.ContainsFunc(b.news, func(t told) bool { return t.final })
}

// attended tells whether whoever watches is taken to sit before it: from the time on at which bidders sign in to an opening,
// nobody is sent away from one because he only watches. Before it, a page that was left open is no use of a session.
func (b bulletin) attended(now time.Time) bool {
	return b.deadline == nil || !now.Before(b.deadline.Add(-tender.SignInFrom))
}

// progress is the channel that anybody may watch, without a name.
const progress = "progress"

// channel is one kind of stream: what it tells, and how often the database is asked.
type channel struct {
	name string
	beat time.Duration
	read func(ctx context.Context, lot string, after int64) (bulletin, error)
}

// hub lets all who watch a lot share one reader of the database, and counts them. What a reader of a stream does, or does
// not do, touches neither the opening, which another process holds, nor the others who watch.
type hub struct {
	Watching
	log *slog.Logger

	mu    sync.Mutex
	feeds map[watched]*feed
	from  map[string]int // streams, by address
	open  int
}

// watched is one lot on one channel.
type watched struct{ channel, lot string }

func newHub(w Watching, log *slog.Logger) *hub {
	return &hub{Watching: w.withDefaults(), log: log, feeds: map[watched]*feed{}, from: map[string]int{}}
}

// enter joins the watchers of a lot, or says that there are too many. Who enters leaves, once.
func (h *hub) enter(c channel, lot, address string) (f *feed, leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.from[address] >= h.PerAddress:
		return nil, nil, errManyHere
	case h.open >= h.Most, c.name == progress && h.open >= h.Most-h.Most/4: // a quarter is kept for those who have a place in a hall
		return nil, nil, errFull
	}
	h.open++
	h.from[address]++
	what := watched{c.name, lot}
	f = h.feeds[what]
	if f == nil {
		ctx, stop := context.WithCancel(context.Background())
		f = &feed{stop: stop, changed: make(chan struct{})}
		h.feeds[what] = f
		go h.follow(ctx, f, c, lot)
	}
	f.watchers++
	return f, func() { h.leave(f, what, address) }, nil
}

func (h *hub) leave(f *feed, what watched, address string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	if h.from[address]--; h.from[address] == 0 {
		delete(h.from, address)
	}
	if f.watchers--; f.watchers == 0 {
		f.stop()
		delete(h.feeds, what)
	}
}

// follow reads a lot once a beat as long as somebody watches and something may still come. A database that cannot be asked
// now is asked again at the next beat; those who watch hear its signs of life meanwhile.
func (h *hub) follow(ctx context.Context, f *feed, c channel, lot string) {
	tick := time.NewTicker(c.beat)
	defer tick.Stop()
	for {
		b, err := c.read(ctx, lot, f.last())
		switch {
		case err == nil && f.add(b):
			return
		case err != nil && ctx.Err() == nil:
			h.log.WarnContext(ctx, "the progress of an opening cannot be read now", "cause", quiet(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// feed is what is known of one watched lot.
type feed struct {
	stop     context.CancelFunc
	watchers int // the hub's lock guards it

	mu    sync.Mutex
	known bool
	bulletin
	changed chan struct{} // closed when there is something new to look at
}

// look returns what is known and what is closed when there is more. What it returns never changes.
func (f *feed) look() (b bulletin, known bool, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bulletin, f.known, f.changed
}

func (f *feed) last() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.news); n > 0 {
		return f.news[n-1].seq
	}
	return 0
}

// add takes in what was read, wakes everybody if it is new, and tells whether it was the end.
func (f *feed) add(got bulletin) (end bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh := !f.known || !sameInstant(got.deadline, f.deadline) || len(got.news) > 0
	f.known, f.bulletin = true, bulletin{got.deadline, append(f.news, got.news...)}
	if fresh {
		close(f.changed)
		f.changed = make(chan struct{})
	}
	return f.over()
}

func sameInstant(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
