package blobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gocloud.dev/blob"
)

// Namer says which of these ids the rows of one room name.
type Namer func(ctx context.Context, ids []string) (named []string, err error)

// orphaned is how old an object is that nobody names before it is removed: far longer than a verb takes between its file
// and its row, and than the clocks of two machines differ.
const orphaned = 24 * time.Hour

// atOnce is how many ids one question names.
const atOnce = 500

// Sweep removes what a crash left: objects older than a day that no row names, and parts of files that were never
// complete. It removes only what opens under a purpose for which a namer answers: what another version of the program or
// another platform wrote stays. Age is by the real clock, because the store's is; it may run at any time, and twice at
// once. It says how many objects it removed, also with an error.
func (s *Store) Sweep(ctx context.Context, namers map[Purpose]Namer) (removed int, err error) {
	for i := range 256 {
		n, err := s.sweepPart(ctx, fmt.Sprintf("%02x/", i), namers)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (s *Store) sweepPart(ctx context.Context, prefix string, namers map[Purpose]Namer) (removed int, err error) {
	before := time.Now().Add(-orphaned)
	objects, ids := s.bucket.List(&blob.ListOptions{Prefix: prefix}), []string{}
	flush := func() error {
		n, err := s.removeUnnamed(ctx, ids, namers)
		ids, removed = ids[:0], removed+n
		return err
	}
	for {
		o, err := objects.Next(ctx)
		if errors.Is(err, io.EOF) {
			return removed, flush()
		}
		if err != nil {
			return removed, fmt.Errorf("blobs: sweep: %w", err)
		}
		if o.IsDir || !o.ModTime.Before(before) {
			continue
		}
		id := strings.TrimPrefix(o.Key, prefix)
		if s.unfinished(id) {
			if err := translate(s.bucket.Delete(ctx, o.Key)); err != nil && !errors.Is(err, ErrNotFound) {
				return removed, err
			}
			removed++
		}
		if !idForm.MatchString(id) || keyOf(id) != o.Key {
			continue
		}
		if ids = append(ids, id); len(ids) == atOnce {
			if err := flush(); err != nil {
				return removed, err
			}
		}
	}
}

// unfinished tells the file that fileblob writes beside its place from every other.
func (s *Store) unfinished(name string) bool {
	id, rest, _ := strings.Cut(name, ".")
	return s.dir != "" && idForm.MatchString(id) && strings.HasSuffix(rest, ".tmp")
}

func (s *Store) removeUnnamed(ctx context.Context, ids []string, namers map[Purpose]Namer) (removed int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	named := map[string]bool{}
	for _, ask := range namers {
		some, err := ask(ctx, ids)
		if err != nil {
			return 0, err
		}
		for _, id := range some {
			named[id] = true
		}
	}
	for _, id := range ids {
		if named[id] {
			continue
		}
		ours, err := s.opensAs(ctx, id, namers)
		if err != nil {
			return removed, err
		}
		if !ours {
			continue
		}
		if err := s.Delete(ctx, id); err != nil && !errors.Is(err, ErrNotFound) {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// opensAs reads the header of an object and says whether it is of one of these purposes.
func (s *Store) opensAs(ctx context.Context, id string, namers map[Purpose]Namer) (bool, error) {
	r, err := s.bucket.NewRangeReader(ctx, keyOf(id), 0, int64(headerSize), nil)
	if err != nil {
		if err = translate(err); errors.Is(err, ErrNotFound) {
			err = nil // another sweep was here
		}
		return false, err
	}
	h, err := readHeader(r)
	if err = errors.Join(err, r.Close()); err != nil {
		if errors.Is(err, ErrBroken) {
			err = nil // not of ours, or no longer: people may want to look at it
		}
		return false, err
	}
	for purpose := range namers {
		if _, err := s.keys.unwrap(h, object{purpose, id}); err == nil {
			return true, nil
		}
	}
	return false, nil
}
