package banks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var errNotListed = errors.New("address is not on the allow-list")

// egress is the only way out of this room. The name is checked against the list when it is asked for, the
// address behind the name when it is dialled, so that neither a redirect nor a changed DNS answer leads elsewhere.
type egress struct {
	hosts    []string
	networks []netip.Prefix
	client   *http.Client
}

func newEgress(hosts []string, networks []netip.Prefix, timeout time.Duration) (egress, error) {
	e := egress{networks: networks}
	for _, h := range hosts {
		host, port, err := net.SplitHostPort(h)
		if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || host == "" || h != strings.ToLower(h) {
			return egress{}, fmt.Errorf("allow-list: %q is not host:port in lower case", h)
		}
		e.hosts = append(e.hosts, net.JoinHostPort(host, port))
	}
	dialer := &net.Dialer{Timeout: timeout, Control: e.control}
	e.client = &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Proxy:                  nil, // the environment does not choose where we send
			DialContext:            e.dial(dialer),
			DisableCompression:     true, // the cap on a body counts what was sent
			TLSHandshakeTimeout:    timeout,
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: 32 << 10,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
		},
		// A redirect is an answer like any other that is not 200: a failure.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return e, nil
}

func (e egress) dial(d *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if !slices.Contains(e.hosts, strings.ToLower(address)) {
			return nil, errNotListed
		}
		return d.DialContext(ctx, network, address)
	}
}

// control sees the address that was resolved, immediately before the connection is made.
func (e egress) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return errNotListed
	}
	addr := to.Addr().Unmap().WithZone("")
	if e.private(addr) || public(addr) {
		return nil
	}
	return errNotListed
}

func (e egress) private(addr netip.Addr) bool {
	return slices.ContainsFunc(e.networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// reserved lists what is not an address of anybody on the internet (IANA special-purpose registries), beyond
// what netip itself knows. The forms that carry an IPv4 address inside would lead around the list.
var reserved = func() (all []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}()

func public(addr netip.Addr) bool {
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// address reads an institution's base address: https (http only inside Networks), no user, no query, on the list.
func (e egress) address(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return nil, errNotListed
	}
	port := u.Port()
	switch {
	case u.Scheme == "https":
		port = cmp.Or(port, "443")
	case u.Scheme == "http" && e.local(u.Hostname()):
		port = cmp.Or(port, "80")
	default:
		return nil, errNotListed
	}
	if !slices.Contains(e.hosts, net.JoinHostPort(strings.ToLower(u.Hostname()), port)) {
		return nil, errNotListed
	}
	u.Host, u.Path = net.JoinHostPort(strings.ToLower(u.Hostname()), port), strings.TrimRight(u.Path, "/")
	return u, nil
}

// local tells whether host is written as an address inside Networks: only there may a message travel without TLS.
func (e egress) local(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && e.private(addr.Unmap())
}

// webAddress tells whether s may be shown to an applicant as a link.
func webAddress(s string) bool {
	u, err := url.Parse(strings.ReplaceAll(s, "{application}", "0"))
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()))
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
