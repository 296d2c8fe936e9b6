package web

import (
	"net"
	"net/http"
	"net/netip"
	"sync"

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

// allowance is a kind of call that anybody may make and that makes a key sign. Each is counted by itself: nobody who shares
// an address is kept from signing in by what others download.
type allowance struct {
	name    string
	each    float64  // what one call is worth, in sign-ins: a document is set on pages as well
	refused *problem // said to who makes one too many
}

var (
	sessions  = &allowance{"session", 1, errOften}
	receipts  = &allowance{"receipt", 1, errMany}
	documents = &allowance{"document", 5, errMany}

	rationed = map[string]*allowance{"challenge": sessions, "sign-in": sessions, "log-receipt": receipts, "read-document": documents}
)

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

// exceeded refuses one call too many.
func (l *limits) exceeded(op *huma.Operation, r *http.Request) error {
	a := rationed[op.OperationID]
	if a == nil || l.limiter(l.address(r), a).Allow() {
		return nil
	}
	return a.refused
}

// neighbour is an address as it is counted: of IPv6 the network, since whoever has one has 2^64 addresses.
func neighbour(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || !a.Is6() || a.Is4In6() {
		return address
	}
	return netip.PrefixFrom(a.WithZone(""), 64).Masked().String()
}

func (l *limits) limiter(address string, a *allowance) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.of) >= addresses {
		clear(l.of)
	}
	key := a.name + " " + neighbour(address)
	if l.of[key] == nil {
		l.of[key] = rate.NewLimiter(l.rate/rate.Limit(a.each), int(burst/a.each))
	}
	return l.of[key]
}
