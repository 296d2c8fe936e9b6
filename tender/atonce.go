package tender

import (
	"runtime"
	"sync"
	"sync/atomic"
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
