package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"baohan/internal/health"
	"baohan/party"
	"baohan/web"
)

// How long a process that was asked to stop lets requests and jobs finish.
const stopWithin = 20 * time.Second

type serveCommand struct {
	node
	NoWork bool `help:"只答复请求，不执行后台任务（另有 baohan work 进程时）。" env:"BAOHAN_NO_WORK"`
}

// Run answers the API, and works jobs beside it, until it is asked to stop.
func (c *serveCommand) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) (err error) {
	edge, err := newEdge(s)
	if err != nil {
		return err
	}
	if edge.overTLS() && len(c.Custodians) == 0 {
		return errors.New("对外服务须用 custodians 指明三个密钥保管人代理（docs/custodians.md）：三把钥匙都在本机时，只能在本机回环地址上演示")
	}
	r, err := c.open(ctx, s, "serve", log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	handler, err := edge.handler(ctx, r.system, log)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("监听 %s：%w", s.Listen, err)
	}
	if !c.NoWork {
		if err := r.work(ctx); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	fmt.Fprintf(out, "保函平台已就绪：%s\n", edge.url(listener.Addr()))
	return edge.serve(ctx, listener, handler, r.rest, log)
}

// edge is how the outside reaches us.
type edge struct {
	settings *Settings
	proxies  []netip.Prefix
	tls      *tls.Config // nil: plain http, on this machine only
}

func newEdge(s *Settings) (*edge, error) {
	proxies, err := prefixes("trusted-proxies", s.TrustedProxies)
	if err != nil {
		return nil, err
	}
	e := &edge{settings: s, proxies: proxies}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return nil, errors.New("tls-cert 和 tls-key 须同时设置")
	}
	if s.TLSProxy && (s.TLSCert != "" || len(s.Hosts) == 0 || len(proxies) == 0) {
		return nil, errors.New("tls-proxy 须与 hosts（对外的主机名）和 trusted-proxies（代理所在的网段）同时设置，且不设 tls-cert")
	}
	if s.TLSCert == "" {
		return e, errors.Join(onThisMachine(s.Listen), e.nameNoOther())
	}
	pair, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("服务器证书：%w", err)
	}
	e.tls = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	return e, nil
}

// overTLS tells whether callers reach us over TLS, ours or that of a proxy on this machine.
func (e *edge) overTLS() bool { return e.tls != nil || e.settings.TLSProxy }

// nameNoOther refuses names that lead here from other machines as long as nobody says that TLS stands before us: behind a proxy
// that nobody has named, sessions would lie in cookies that go out in clear.
func (e *edge) nameNoOther() error {
	if e.settings.TLSProxy {
		return nil
	}
	for _, host := range e.settings.Hosts {
		name := host
		if h, _, err := net.SplitHostPort(host); err == nil {
			name = h
		}
		if !ofThisMachine(name) {
			return fmt.Errorf("hosts：%s 不是本机的名字，而 TLS 不知由谁终止；由本机的前置代理终止的，请设置 tls-proxy，否则设置 tls-cert 和 tls-key", host)
		}
	}
	return nil
}

func ofThisMachine(host string) bool {
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// onThisMachine refuses to carry letters over a network in clear.
func onThisMachine(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("listen：%q 不是 主机:端口", listen)
	}
	if ofThisMachine(host) {
		return nil
	}
	return errors.New("没有服务器证书时只能监听本机回环地址：请设置 tls-cert 和 tls-key，或监听 127.0.0.1")
}

// besides is what a process opens besides streams: connections to the database, other readers, files.
const besides = 500

// handler is the API until ctx ends; then what streams ends, so that the server can.
func (e *edge) handler(ctx context.Context, s *system, log *slog.Logger) (http.Handler, error) {
	if e.settings.WatchLife <= 0 || e.settings.WatchMax <= 0 || e.settings.WatchPerAddress <= 0 {
		return nil, errors.New("watch-life、watch-max、watch-per-address 须大于零")
	}
	if s.party.Idle = e.settings.Idle; s.party.Idle != 0 && (s.party.Idle < time.Minute || s.party.Idle > party.SessionLife) {
		return nil, errors.New("idle 须为 1 分钟至 8 小时，或者 0")
	}
	if have, want := mostOpen(), uint64(e.settings.WatchMax)+besides; have > 0 && have < want { //nolint:gosec // it is greater than zero
		log.WarnContext(ctx, "this process may not open as many files as watch-max streams need: raise its limit (ulimit -n, LimitNOFILE) or lower watch-max",
			"limit", have, "needed", want)
	}
	hosts := e.settings.Hosts
	if len(hosts) == 0 {
		hosts = []string{e.settings.Listen}
	}
	verify, err := e.settings.VerifyURL()
	if err != nil {
		return nil, err
	}
	demo, err := loadDemo(e.settings, s.clock, s.pool)
	if err != nil {
		return nil, err
	}
	return web.New(web.Config{Demo: demo, Party: s.party, Tender: s.tenders, Guarantee: s.guarantees, Banks: s.banks, Jobs: s.jobs, Translog: s.translog, Clock: s.clock,
		Platform: s.Keys.Platform.Key, PlatformChain: s.Keys.Platform.Chain, CommandKey: s.Keys.Secrets.Command,
		Hosts: hosts, Proxies: e.proxies, PlainHTTP: !e.overTLS(), TLSProxy: e.settings.TLSProxy, MetricsToken: e.settings.MetricsToken, Log: log,
		Watching: web.Watching{Life: e.settings.WatchLife, Most: e.settings.WatchMax, PerAddress: e.settings.WatchPerAddress}, Stopping: ctx.Done(),
		Published: web.Published{Roots: s.Keys.Trust.Anchors(), Centre: subjectOf(s.Keys.Centre), URL: verify},
		Healthz:   health.Live(), Readyz: health.Ready(log, append(health.Database(s.pool), s.writer.check(),
			health.Check{Name: "status-list", Alarm: true, Run: s.guarantees.StatusOverdue})...)})
}

func (e *edge) url(at net.Addr) string {
	if e.tls == nil {
		return "http://" + at.String()
	}
	return "https://" + at.String()
}

// serve answers until ctx ends; then no new request or job is begun and those under way may finish. A request that
// is broken off after that was either committed or never happened: its caller asks again with the same key.
func (e *edge) serve(ctx context.Context, l net.Listener, h http.Handler, stopJobs func(context.Context) error, log *slog.Logger) error {
	server := &http.Server{
		Handler:           h,
		TLSConfig:         e.tls,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() {
		if e.tls != nil {
			failed <- server.ServeTLS(l, "", "")
			return
		}
		failed <- server.Serve(l)
	}()
	select {
	case err := <-failed:
		return errors.Join(err, stopJobs(ctx))
	case <-ctx.Done():
	}
	log.Info("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(server.Shutdown(grace), stopJobs(grace))
}
