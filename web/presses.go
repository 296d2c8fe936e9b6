package web

import (
	"context"
	"net/http"
	"runtime"
	"time"
)

// presses bounds how many documents are set at once: half the cores, so that an opening or a demand is served however many
// people, from however many addresses, download.
type presses chan struct{}

// pressPatience is how long a reader waits for a free one.
const pressPatience = 10 * time.Second

var errPresses = newProblem(http.StatusServiceUnavailable, "document.busy", "", "正在制作的 PDF 已达本系统上限；请稍后再试，或者先下载保函文件（.json），内容相同")

func newPresses() presses { return make(presses, max(1, runtime.GOMAXPROCS(0)/2)) }

// print runs set when its turn comes. Who has waited for patience, or has gone away, is refused.
func (p presses) print(ctx context.Context, patience time.Duration, set func() ([]byte, error)) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case p <- struct{}{}:
		defer func() { <-p }()
		return set()
	case <-ctx.Done():
		return nil, errPresses
	}
}
