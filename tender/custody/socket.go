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
	"path/filepath"
	"time"
)

// maxSocket is the longest path that a Unix socket may have everywhere.
const maxSocket = 100

// reach is a path to the socket that is short enough. A longer one is reached through the open directory, where the
// system can do that; done lets go of it.
func reach(dir string) (path string, done func() error, err error) {
	if path = Socket(dir); len(path) <= maxSocket {
		return path, func() error { return nil }, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	path = Socket(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return "", nil, errors.Join(fmt.Errorf("数据目录的路径过长（%s 超过 %d 字节）：请换一个较短的目录", Socket(dir), maxSocket), f.Close())
	}
	return path, f.Close, nil
}

// ListenOfficer opens the officer's door. A socket that a killed agent left behind is replaced.
func ListenOfficer(ctx context.Context, dir string) (net.Listener, error) {
	path, done, err := reach(dir)
	if err != nil {
		return nil, err
	}
	l, err := listenAt(ctx, path)
	return l, errors.Join(err, done())
}

var errRunning = errors.New("这个数据目录已有一个保管人代理在运行；一个目录只能有一个")

func listenAt(ctx context.Context, path string) (net.Listener, error) {
	if c, err := new(net.Dialer).DialContext(ctx, "unix", path); err == nil {
		return nil, errors.Join(errRunning, c.Close())
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // by then the path may lead elsewhere; what is left behind is replaced
	}
	return l, os.Chmod(path, 0o600)
}

func overSocket(ctx context.Context, dir string, body []byte) (answer []byte, err error) {
	path, done, err := reach(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
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
