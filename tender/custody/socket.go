package custody

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"time"
)

// maxSocket is the longest path that a Unix socket may have everywhere.
const maxSocket = 100

// ListenOfficer opens the officer's door. A socket that a killed agent left behind is replaced.
func ListenOfficer(ctx context.Context, dir string) (net.Listener, error) {
	path := Socket(dir)
	if len(path) > maxSocket {
		return nil, fmt.Errorf("数据目录的路径过长（%s 超过 %d 字节）：请换一个较短的目录", path, maxSocket)
	}
	if c, err := new(net.Dialer).DialContext(ctx, "unix", path); err == nil {
		return nil, errors.Join(fmt.Errorf("数据目录 %s 已有一个保管人代理在运行", dir), c.Close())
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	return l, os.Chmod(path, 0o600)
}

func overSocket(ctx context.Context, path string, body []byte) ([]byte, error) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://officer/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	return io.ReadAll(io.LimitReader(res.Body, maxAnswer))
}
