package tender

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// atOnce does 0 to n-1, as many at once as there are cores, and returns when all are done. What one does may touch
// nothing that another writes.
func atOnce(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// readPart is how many long rows are asked for at once.
const readPart = 16

// inParts reads many long rows part by part, several parts at once: while one comes, another is looked at. It takes few
// connections of the pool, whatever the machine: others are served meanwhile.
func inParts[T any](ids []string, read func(part []string) ([]T, error)) ([]T, error) {
	parts := slices.Collect(slices.Chunk(ids, readPart))
	found := make([][]T, len(parts))
	var all errgroup.Group
	all.SetLimit(4)
	for i, part := range parts {
		all.Go(func() (err error) {
			found[i], err = read(part)
			return err
		})
	}
	err := all.Wait()
	return slices.Concat(found...), err
}
