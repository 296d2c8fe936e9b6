package web

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// limits holds back whoever begins sessions too fast, or has the platform's keys sign too much. It counts by address, in
// real time. The address is that of the connection itself, which no header can change; behind a proxy that was named as trusted it is the last one in
// X-Forwarded-For that no such proxy has, so that what a caller writes there itself counts for nothing.
type limits struct {
	address echo.IPExtractor
	mu      sync.Mutex
	rate    rate.Limit
	of      map[string]*rate.Limiter
}

// cost is what one call takes of its address's allowance. Anybody may make these calls, and each makes a key sign; a
// document is set on pages as well.
var cost = map[string]int{"challenge": 1, "sign-in": 1, "log-receipt": 1, "read-document": 5}

// Bursts of one address, and how many addresses are remembered before all are forgotten at once.
const (
	burst     = 100
	addresses = 10_000
)

func newLimits(perSecond float64, proxies []netip.Prefix) *limits {
	if perSecond == 0 {
		perSecond = 20
	}
	return &limits{address: addressThrough(proxies), rate: rate.Limit(perSecond), of: map[string]*rate.Limiter{}}
}

// addressThrough believes exactly the named proxies: none of the networks that echo trusts by itself.
func addressThrough(proxies []netip.Prefix) echo.IPExtractor {
	trusted := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		p = p.Masked()
		trusted = append(trusted, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(trusted...)
}

// exceeded refuses one call too many: a sign-in, or a signature. The two are counted apart, so that nobody who shares an
// address is kept from signing in by what others download.
func (l *limits) exceeded(op *huma.Operation, r *http.Request) error {
	n, session := cost[op.OperationID], op.OperationID == "challenge" || op.OperationID == "sign-in"
	switch {
	case n == 0:
	case session:
		if !l.limiter(l.address(r)).AllowN(time.Now(), n) {
			return errOften
		}
	case !l.limiter("signs for "+l.address(r)).AllowN(time.Now(), n):
		return errMany
	}
	return nil
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
