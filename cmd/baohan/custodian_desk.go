package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"baohan/signing"
	"baohan/tender/custody"
	"baohan/web"
)

// custodianDesk is the officer's page in a browser: what the other subcommands do, on the same socket.
type custodianDesk struct {
	Address  string `help:"网页的监听地址，只能是本机的回环地址。" default:"127.0.0.1:0" placeholder:"地址"`
	Platform string `help:"平台的网址，网页上据此给出开标页面的链接。" placeholder:"网址"`
}

// Run serves the page until it is asked to stop.
func (c *custodianDesk) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) error {
	url, stop, err := officerDesk(ctx, c.Address, custodyOf(s), c.Platform, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "保管人经办人的网页：%s\n只给本机的经办人使用，网址在本次运行中有效。按 Ctrl-C 结束。\n", url)
	<-ctx.Done()
	return stop()
}

// officerDesk serves the page of the officer of the agent that runs over dir, and says at which address it lets one in.
func officerDesk(ctx context.Context, address, dir, platform string, log *slog.Logger) (url string, stop func() error, err error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return "", nil, fmt.Errorf("address：%q 不是本机的回环地址；请写作 127.0.0.1:端口", address)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("监听 %s：%w", address, err)
	}
	token := hex.EncodeToString(signing.Random(16))
	handler, err := web.Officer{Token: token, Host: l.Addr().String(), Platform: platform,
		Do: func(ctx context.Context, act custody.Act) (custody.Status, error) {
			return custody.Instruct(ctx, dir, act)
		}}.Handler()
	if err != nil {
		return "", nil, errors.Join(err, l.Close())
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	go func() { _ = server.Serve(l) }() // ends with Close
	return "http://" + l.Addr().String() + "/?token=" + token, server.Close, nil
}
