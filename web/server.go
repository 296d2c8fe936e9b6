package web

import (
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"baohan/banks"
	"baohan/guarantee"
	"baohan/guarantee/letter/page"
	"baohan/internal/clock"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/translog"
	"baohan/tender"
)

// Config is what the edge stands on. The desks, the clock, the signer with its chain, Hosts and CommandKey are
// needed; the rest may stay empty.
type Config struct {
	Party     *party.Desk
	Tender    *tender.Desk
	Guarantee *guarantee.Desk
	Banks     *banks.Desk
	Clock     clock.Clock
	Jobs      Jobs          // may be absent: then there is no list of jobs
	Translog  *translog.Log // may be absent: then there is no log

	Platform      signing.Signer        // signs the answers to signed requests
	PlatformChain []signing.Certificate // leaf first; the leaf's fingerprint is the keyid of those signatures
	CommandKey    []byte                // at least 32 bytes: keys the digest that binds an Idempotency-Key to its bytes
	Hosts         []string              // host[:port] by which callers reach us; "*" for any, in tests and demos only
	SignInRate    float64               // challenges and sign-ins per second and address, and as many signatures; 0 = 20
	Proxies       []netip.Prefix        // from which X-Forwarded-For is believed; no others
	PlainHTTP     bool                  // http on a loopback address: no Secure cookie, no HSTS
	TLSProxy      bool                  // TLS ends at a proxy on this machine: what it does not say came over TLS is refused
	Watching      Watching              // of openings
	Stopping      <-chan struct{}       // closed when this process is to end: streams end, their readers come back elsewhere

	Published Published // what the page /verify starts with
	Demo      *Demo     // the demonstration's way in; nil everywhere else

	Healthz, Readyz http.Handler
	Registry        *prometheus.Registry
	MetricsToken    string // Bearer token for GET /metrics; empty = there is no /metrics
	Log             *slog.Logger
}

// server answers the API.
type server struct {
	party     *party.Desk
	tender    *tender.Desk
	guarantee *guarantee.Desk
	banks     *banks.Desk
	clock     clock.Clock
	jobs      Jobs
	translog  *translog.Log
	relations relations

	platform   signing.Signer
	printer    page.Signatory
	status     atomic.Pointer[guarantee.StatusList] // the newest that was read
	presses    presses
	keyid      string
	commandKey []byte
	hosts      []string
	tlsProxy   bool
	cookies    cookies
	limits     *limits
	hub        *hub
	stopping   <-chan struct{}
	meter      *meter
	log        *slog.Logger
	echo       *echo.Echo
	api        huma.API
	assetPath  string // under which pages find what they load
	assets     assets
	mounted    map[Route]string // by which row of the guard's table each page and form is guarded
	demo       *Demo
	readyz     http.Handler // may be nil
}

// New returns the handler of the whole edge. It refuses a configuration that would be open where it looks closed.
func New(c Config) (http.Handler, error) {
	switch {
	case c.Party == nil || c.Tender == nil || c.Guarantee == nil || c.Banks == nil || c.Clock == nil:
		return nil, errors.New("web: a desk or the clock is missing")
	case c.Platform == nil || len(c.PlatformChain) == 0:
		return nil, errors.New("web: the platform's signer and its certificate are needed to sign answers")
	case len(c.CommandKey) < 32:
		return nil, errors.New("web: CommandKey needs at least 32 bytes")
	case len(c.Hosts) == 0:
		return nil, errors.New("web: Hosts says by which names callers reach us; none is given")
	}
	if err := c.Demo.check(c); err != nil {
		return nil, err
	}
	s := describe()
	s.demo, s.readyz = c.Demo, c.Readyz
	s.party, s.tender, s.guarantee, s.banks, s.clock, s.jobs, s.translog = c.Party, c.Tender, c.Guarantee, c.Banks, c.Clock, c.Jobs, c.Translog
	s.relations = standing{s}
	s.platform, s.keyid = c.Platform, c.PlatformChain[0].Fingerprint().String()
	s.printer = page.Signatory{Key: c.Platform, Chain: c.PlatformChain, Verify: c.Published.URL}
	s.presses = newPresses()
	s.commandKey, s.hosts, s.tlsProxy = c.CommandKey, c.Hosts, c.TLSProxy
	s.cookies = cookies{secure: !c.PlainHTTP}
	s.limits = newLimits(c.SignInRate, c.Proxies)
	s.meter = newMeter(c.Registry)
	if c.Log != nil {
		s.log = c.Log
	}
	s.hub, s.stopping = newHub(c.Watching, s.log), c.Stopping
	s.outside(c)
	verify, err := newVerifyPage(files, c.Published, c.PlatformChain[0].Subject())
	if err != nil {
		return nil, err
	}
	s.assets, s.assetPath = verify.assets, "/assets/"+verify.assets.edition
	s.pages(verify)
	s.people()
	s.introduce(c.Published, c.PlatformChain)
	return s.edge(s.echo), nil
}

// describe is a server with its operations registered and nothing behind them: enough to print the contract.
func describe() *server {
	e := echo.New()
	s := &server{log: slog.Default(), echo: e, mounted: map[Route]string{}}
	e.HTTPErrorHandler = s.unrouted
	s.api = humaecho.New(e, contract())
	s.api.UseMiddleware(s.gate)
	s.routes()
	return s
}

// unrouted answers what no operation matched. A path that does not exist and an object that may not be seen are one
// answer; echo's own error and its cause stay inside.
func (s *server) unrouted(err error, c echo.Context) {
	p := absent()
	var known *echo.HTTPError
	switch {
	case !errors.As(err, &known) || known.Code >= http.StatusInternalServerError:
		p = s.unknown(c.Request().Context(), err)
	case known.Code == http.StatusMethodNotAllowed:
		p = newProblem(known.Code, "request.method", "", "此地址不支持该方法；请对照接口文档")
	}
	c.Response().Header().Set("Content-Type", p.ContentType(""))
	c.Response().WriteHeader(p.Status)
	_, _ = c.Response().Write(p.bytes())
}

// outside mounts what is not of the API: health for the machines that watch us, and counts.
func (s *server) outside(c Config) {
	for path, h := range map[string]http.Handler{"/healthz": c.Healthz, "/readyz": c.Readyz} {
		if h != nil {
			s.echo.GET(path, echo.WrapHandler(h))
		}
	}
	if c.MetricsToken == "" {
		return
	}
	want, counts := []byte("Bearer "+c.MetricsToken), s.meter.handler()
	s.echo.GET("/metrics", func(e echo.Context) error {
		if subtle.ConstantTimeCompare([]byte(e.Request().Header.Get("Authorization")), want) != 1 {
			return echo.ErrNotFound
		}
		counts.ServeHTTP(e.Response(), e.Request())
		return nil
	})
}
