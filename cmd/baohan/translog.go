package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"baohan/internal/health"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// translogName is the log's key in the key directory; devLog is its name until somebody gives it one.
const (
	translogName = "translog"
	devLog       = "localhost/baohan"
)

const noTranslogKey = "没有透明日志的密钥；请先运行 baohan translog keygen --name 日志名称"

// translogConfig is what the settings say of the log. A receipt must leave time for a beat that was missed.
func (s *Settings) translogConfig() (c translog.Config, err error) {
	switch {
	case s.TranslogBatch < 1 || s.TranslogBatch > translog.MaxBatch:
		return c, fmt.Errorf("translog-batch：%d 不在 1 至 %d 之间", s.TranslogBatch, translog.MaxBatch)
	case s.TranslogEvery < time.Second:
		return c, fmt.Errorf("translog-every：%v 太短，至少一秒", s.TranslogEvery)
	case s.TranslogWithin < 2*s.TranslogEvery+time.Minute:
		return c, fmt.Errorf("translog-within：%v 太短，至少为两个节拍再加一分钟（%v）", s.TranslogWithin, 2*s.TranslogEvery+time.Minute)
	}
	c = translog.Config{Batch: s.TranslogBatch, Every: s.TranslogEvery, Within: s.TranslogWithin, Quorum: s.TranslogQuorum}
	if c.Old, err = logKeys("translog-old", s.TranslogOld); err != nil {
		return c, err
	}
	if c.Witnesses, err = witnessKeys("translog-witnesses", s.TranslogWitnesses); err != nil {
		return c, err
	}
	if c.Quorum < 0 || c.Quorum > len(c.Witnesses) {
		return c, fmt.Errorf("translog-quorum：%d 不在 0 至见证人数目 %d 之间", c.Quorum, len(c.Witnesses))
	}
	return c, nil
}

// newTranslog makes the log over the system's pool.
func (s *system) newTranslog() (*translog.Log, error) {
	c := s.Translog
	c.Pool, c.Clock, c.Log = s.pool, s.clock, s.Log
	c.Key, c.Signer = s.Keys.Translog.Key, s.Keys.Translog.Signer
	return translog.New(c)
}

// writer runs the log in a process that works jobs. Of several such processes one writes at a time.
type writer struct {
	log   *translog.Log
	stop  context.CancelFunc
	ended sync.WaitGroup

	mu      sync.Mutex
	stopped error // the log is corrupt: this process writes no more, and says so until people end it
}

// start begins to write, until halt.
func (w *writer) start(ctx context.Context) {
	ctx, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	w.ended.Go(func() {
		err := w.log.Run(ctx)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.stopped = err
	})
	w.ended.Go(func() { w.watch(ctx) })
}

// watch warns long before a receipt's promise is broken. It says nothing of how many wait: this process's log is not
// everybody's, but it is no secret place.
func (w *writer) watch(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		oldest, err := w.log.Oldest(ctx)
		if err == nil && !oldest.IsZero() && w.log.Clock.Now().Sub(oldest) > w.log.Within/2 {
			w.log.Log.ErrorContext(ctx, "leaves have waited for half of what receipts promise; raise translog-batch, or see why the log does not advance")
		}
	}
}

// halt lets the step under way end; what a step leaves unfinished the next process finishes.
func (w *writer) halt() {
	if w.stop != nil {
		w.stop()
		w.ended.Wait()
	}
}

// check is the alarm on /readyz: this process found the log corrupt, or nobody advances it.
func (w *writer) check() health.Check {
	return health.Check{Name: "translog", Alarm: true, Run: func(ctx context.Context) error {
		w.mu.Lock()
		stopped := w.stopped
		w.mu.Unlock()
		if stopped != nil {
			return fmt.Errorf("%w: %w", errStopped, stopped)
		}
		return w.log.Overdue(ctx)
	}}
}

var errStopped = errors.New("the transparency log has stopped and is not written again before this process is restarted")

// work begins the jobs and the log's writer; rest ends both.
func (s *system) work(ctx context.Context) error {
	if err := s.jobs.Start(ctx); err != nil {
		return err
	}
	s.writer.start(ctx)
	return nil
}

func (s *system) rest(ctx context.Context) error {
	s.writer.halt()
	return s.jobs.Stop(ctx)
}

// makeTranslogKey makes the log's key in a key directory.
func makeTranslogKey(dir, name string, passphrase []byte, options ...signing.KeyOption) (tlog.Key, error) {
	return makeNamedKey(dir, translogName, passphrase, func(public signing.PublicKey) (tlog.Key, error) { return tlog.LogKey(name, public) }, options...)
}
