package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// child is one process of a demonstration: this program again, with settings of its own.
type child struct {
	name    string
	args    []string
	env     []string
	log     string
	ready   string // answered with 200 once it is ready
	process *exec.Cmd
	ended   chan struct{}
	failure error // of Wait, after ended
}

// start runs the child; its output goes to its log. It dies with us, however we die.
func (c *child) start(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	c.process = exec.CommandContext(context.WithoutCancel(ctx), program, c.args...) // it is stopped by stop, not cut off
	c.process.Env = append(foreign(os.Environ()), c.env...)
	c.process.Stdout, c.process.Stderr = log, log
	c.process.SysProcAttr = &syscall.SysProcAttr{}
	dieWithUs(c.process.SysProcAttr)
	if err := c.process.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	c.ended = make(chan struct{})
	go func() {
		c.failure = errors.Join(c.process.Wait(), log.Close())
		close(c.ended)
	}()
	return nil
}

// foreign is the environment without settings of this program: a child takes only what it is given.
func foreign(environ []string) (kept []string) {
	for _, e := range environ {
		if !strings.HasPrefix(e, "BAOHAN_") && !strings.HasPrefix(e, "DATABASE_URL=") {
			kept = append(kept, e)
		}
	}
	return kept
}

// await returns when the child answers, or has died.
func (c *child) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if answers(ctx, c.ready) {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("%s 没有启动：%s", c.name, c.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("%s 一分钟内没有就绪：%s", c.name, c.lastWords())
		case <-tick.C:
		}
	}
}

func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return errors.Join(res.Body.Close()) == nil && res.StatusCode == http.StatusOK
}

// run is a child that does one thing and ends.
func (c *child) run(ctx context.Context) error {
	if err := c.start(ctx); err != nil {
		return err
	}
	select {
	case <-c.ended:
	case <-ctx.Done():
		c.kill()
	}
	if c.failure != nil {
		return fmt.Errorf("%s：%w：%s", c.name, c.failure, c.lastWords())
	}
	return nil
}

// stop asks the child to stop and waits.
func (c *child) stop() {
	if c.process == nil || c.process.Process == nil {
		return
	}
	_ = c.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.ended:
	case <-time.After(stopWithin + 5*time.Second):
		c.kill()
	}
}

// kill ends the child at once, without a word.
func (c *child) kill() {
	_ = c.process.Process.Kill()
	<-c.ended
}

// lastWords is the end of the child's log.
func (c *child) lastWords() string {
	text, err := os.ReadFile(c.log)
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-5):], []byte("\n"))) + "（日志 " + filepath.Base(c.log) + "）"
}

// freePort asks the kernel for a port on this machine.
func freePort(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
