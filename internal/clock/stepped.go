package clock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// ErrBackwards is returned when a stepped clock is asked to go back: deadlines that have passed
// stay passed, in every process.
var ErrBackwards = errors.New("演示时钟只能向前拨：请给出晚于当前时刻的时间")

// Mirror carries the offset to whoever else must know it, which is the database (sqlclock.Mirror).
type Mirror func(ctx context.Context, offset time.Duration) error

// Stepped is real time plus an offset kept in a file. Every process of one demonstration opens the
// same file and so shares one clock; when one of them steps it, the others follow at their next
// Now. The offset only grows.
type Stepped struct {
	path string

	mu     sync.Mutex
	offset time.Duration
	read   bool // an offset was read from the file; from then on it only grows
}

// StartStepped makes the clock file at path so that it begins at t, which may lie years in the past: a story is then
// told on the days on which it happened. A file that is there already keeps its offset.
func StartStepped(path string, t time.Time) (*Stepped, error) {
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("lock the clock file: %w", err)
	}
	defer unlock()
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		offset := t.Sub(trueTime()).Truncate(time.Microsecond)
		if err := replaceFile(path, offset.String()+"\n"); err != nil {
			return nil, fmt.Errorf("write the clock file: %w", err)
		}
	}
	return OpenStepped(path)
}

// OpenStepped opens the clock whose offset stands in the file at path. A file that does not exist
// yet means no offset; one that cannot be understood is an error.
func OpenStepped(path string) (*Stepped, error) {
	s := &Stepped{path: path}
	if err := s.reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// Now is real time plus the offset. A file that has become unreadable since leaves the last offset
// standing: time never jumps back.
func (s *Stepped) Now() time.Time {
	return trueTime().Add(s.Offset())
}

// Offset is how far this clock runs ahead of real time.
func (s *Stepped) Offset() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.reload()
	return s.offset
}

// Set steps the clock forward to t; see Advance. Returns ErrBackwards if t has passed.
func (s *Stepped) Set(ctx context.Context, t time.Time, mirror Mirror) error {
	return s.step(ctx, func(time.Duration) time.Duration {
		return t.Sub(trueTime())
	}, mirror)
}

// Advance steps the clock forward by d: the file first, then the mirror. When the process dies in
// between, processes are ahead of the database until the next Sync, which every start performs.
// Returns ErrBackwards if d is negative.
func (s *Stepped) Advance(ctx context.Context, d time.Duration, mirror Mirror) error {
	return s.step(ctx, func(offset time.Duration) time.Duration { return offset + d }, mirror)
}

// Sync hands the present offset to mirror.
func (s *Stepped) Sync(ctx context.Context, mirror Mirror) error {
	return mirror(ctx, s.Offset())
}

func (s *Stepped) step(ctx context.Context, next func(time.Duration) time.Duration, mirror Mirror) error {
	unlock, err := lockFile(s.path + ".lock")
	if err != nil {
		return fmt.Errorf("lock the clock file: %w", err)
	}
	defer unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.reload(); err != nil {
		return err
	}
	offset := next(s.offset).Truncate(time.Microsecond)
	if offset < s.offset {
		return ErrBackwards
	}
	if err := replaceFile(s.path, offset.String()+"\n"); err != nil {
		return fmt.Errorf("write the clock file: %w", err)
	}
	s.offset, s.read = offset, true
	if mirror == nil {
		return nil
	}
	return mirror(ctx, offset)
}

// reload takes over a larger offset from the file. It reads the few bytes each time: file times are
// too coarse to tell two quick steps apart.
func (s *Stepped) reload() error {
	text, err := os.ReadFile(s.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	offset, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("演示时钟文件 %s 的内容不是时长（例如 36h0m0s）：%w", s.path, err)
	}
	if !s.read {
		s.offset, s.read = offset, true
	}
	s.offset = max(s.offset, offset)
	return nil
}

func replaceFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // once renamed, nothing is left to remove
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
