package web

import (
	"context"
	"log/slog"
	"net/http"
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
	Beat       time.Duration // between two looks into the database for one lot; 0 = 1 s
}

func (w Watching) withDefaults() Watching {
	return Watching{
		Life: or(w.Life, time.Hour), Most: or(w.Most, 2000), PerAddress: or(w.PerAddress, 200),
		Heartbeat: or(w.Heartbeat, 15*time.Second), Beat: or(w.Beat, time.Second),
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

// hub lets all who watch a lot share one reader of the database, and counts them. What a reader of a stream does, or does
// not do, touches neither the opening, which another process holds, nor the others who watch.
type hub struct {
	Watching
	read func(ctx context.Context, lot string, seq int64) (tender.Hall, error)
	log  *slog.Logger

	mu    sync.Mutex
	feeds map[string]*feed // by lot
	from  map[string]int   // streams, by address
	open  int
}

func newHub(w Watching, read func(context.Context, string, int64) (tender.Hall, error), log *slog.Logger) *hub {
	return &hub{Watching: w.withDefaults(), read: read, log: log, feeds: map[string]*feed{}, from: map[string]int{}}
}

// enter joins the watchers of a lot, or says that there are too many. Who enters leaves, once.
func (h *hub) enter(lot, address string) (f *feed, leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.from[address] >= h.PerAddress:
		return nil, nil, errManyHere
	case h.open >= h.Most:
		return nil, nil, errFull
	}
	h.open++
	h.from[address]++
	f = h.feeds[lot]
	if f == nil {
		ctx, stop := context.WithCancel(context.Background())
		f = &feed{stop: stop, changed: make(chan struct{})}
		h.feeds[lot] = f
		go h.follow(ctx, f, lot)
	}
	f.watchers++
	return f, func() { h.leave(f, lot, address) }, nil
}

func (h *hub) leave(f *feed, lot, address string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	if h.from[address]--; h.from[address] == 0 {
		delete(h.from, address)
	}
	if f.watchers--; f.watchers == 0 {
		f.stop()
		delete(h.feeds, lot)
	}
}

// follow reads a lot once a beat as long as somebody watches and something may still come. A database that cannot be asked
// now is asked again at the next beat; those who watch hear its signs of life meanwhile.
func (h *hub) follow(ctx context.Context, f *feed, lot string) {
	tick := time.NewTicker(h.Beat)
	defer tick.Stop()
	for {
		hall, err := h.read(ctx, lot, f.last())
		switch {
		case err == nil && f.add(hall):
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

	mu      sync.Mutex
	known   bool
	hall    tender.Hall
	changed chan struct{} // closed when there is something new to look at
}

// look returns what is known and what is closed when there is more. What it returns never changes.
func (f *feed) look() (hall tender.Hall, known bool, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hall, f.known, f.changed
}

func (f *feed) last() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.hall.News); n > 0 {
		return f.hall.News[n-1].Seq
	}
	return 0
}

// add takes in what was read, wakes everybody if it is new, and tells whether it was the end.
func (f *feed) add(got tender.Hall) (end bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh := !f.known || got.Closed != f.hall.Closed || !got.Deadline.Equal(f.hall.Deadline) || len(got.News) > 0
	news := append(f.hall.News, got.News...)
	f.known, f.hall = true, tender.Hall{Deadline: got.Deadline, Closed: got.Closed, News: news}
	if fresh {
		close(f.changed)
		f.changed = make(chan struct{})
	}
	return len(news) > 0 && news[len(news)-1].Final()
}
