package web

import (
	"net"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"
)

// limits holds back whoever begins sessions too fast. It counts by the address of the connection itself, which no
// header can change, and in real time. Behind a proxy all callers are one address: set the rate for all of them.
type limits struct {
	mu   sync.Mutex
	rate rate.Limit
	of   map[string]*rate.Limiter
}

// Bursts of one address, and how many addresses are remembered before all are forgotten at once.
const (
	burst     = 100
	addresses = 10_000
)

func newLimits(perSecond float64) *limits {
	if perSecond == 0 {
		perSecond = 20
	}
	return &limits{rate: rate.Limit(perSecond), of: map[string]*rate.Limiter{}}
}

// exceeded tells whether r is one sign-in too many.
func (l *limits) exceeded(op *huma.Operation, r *http.Request) bool {
	if op.OperationID != "challenge" && op.OperationID != "sign-in" {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return !l.limiter(host).Allow()
}

func (l *limits) limiter(address string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.of) >= addresses {
		clear(l.of)
	}
	if l.of[address] == nil {
		l.of[address] = rate.NewLimiter(l.rate, burst)
	}
	return l.of[address]
}
