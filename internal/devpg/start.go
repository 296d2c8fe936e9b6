//go:build unix

package devpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL that can be connected to.
type Server struct {
	// URL to connect with. It holds the password: never log it.
	URL string
	// Pid of the postmaster; 0 if the server is not ours.
	Pid int

	postmaster *process
	release    func()
}

// Start returns a server that accepts connections: the one Options.URL names, or one that runs in
// Options.Dir until Stop or the death of this process. The error is a *MissingError where there is
// no PostgreSQL to run, and says so where another process uses the directory.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.URL != "" {
		return &Server{URL: o.URL}, nil
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c, err := openCluster(ctx, o)
	if err != nil {
		return nil, err
	}
	s, err := c.start(ctx)
	if err != nil {
		c.release()
		return nil, err
	}
	return s, nil
}

// Stop lets running transactions be rolled back, writes a checkpoint and ends the server.
func (s *Server) Stop() error {
	if s.postmaster == nil {
		return nil
	}
	defer s.release()
	if s.postmaster.end(syscall.SIGINT, fastWithin) {
		return nil
	}
	return s.Crash()
}

// Crash ends the server as a power cut would: nothing is flushed, and the next Start recovers from
// the WAL. For tests of durability.
func (s *Server) Crash() error {
	if s.postmaster == nil {
		return nil
	}
	defer s.release()
	if s.postmaster.end(syscall.SIGQUIT, quitWithin) || s.postmaster.end(syscall.SIGKILL, quitWithin) {
		return nil
	}
	return fmt.Errorf("postgres (process %d) does not end", s.Pid)
}

// start runs the postmaster and waits until it answers. A port that the kernel handed out may be
// taken by someone else in between; then another is tried.
func (c *cluster) start(ctx context.Context) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for attempt := 1; ; attempt++ {
		s, err := c.startOnce(ctx)
		if err == nil || attempt == 5 || c.options.Port != 0 || !errors.Is(err, errPortTaken) {
			return s, err
		}
	}
}

func (c *cluster) startOnce(ctx context.Context) (*Server, error) {
	port := c.options.Port
	if port == 0 {
		var err error
		if port, err = freePort(ctx); err != nil {
			return nil, err
		}
	}
	mark := c.logSize()
	p, err := c.spawn(port)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Join(c.binaries.dir, "postgres"), err)
	}
	s := &Server{URL: c.url(port, User), Pid: p.pid, postmaster: p, release: c.release}
	if err := c.ready(ctx, p, port); err != nil {
		p.end(syscall.SIGQUIT, quitWithin)
		return nil, c.explain(err, mark)
	}
	return s, nil
}

var errPortTaken = errors.New("the port is taken")

// explain adds what the server itself said since the log was mark bytes long.
func (c *cluster) explain(err error, mark int64) error {
	said := c.logSince(mark)
	if strings.Contains(said, "could not bind") {
		err = errPortTaken
	}
	return fmt.Errorf("PostgreSQL 未能启动（%w）；日志 %s：\n%s", err, c.logPath(), strings.TrimSpace(said))
}

// ready waits for the server and makes our database in it. Until then it connects to the database
// that initdb has made.
func (c *cluster) ready(ctx context.Context, p *process, port int) error {
	for {
		conn, err := pgx.Connect(ctx, c.url(port, "postgres"))
		if err == nil {
			defer func() { _ = conn.Close(ctx) }()
			return ensureDatabase(ctx, conn)
		}
		select {
		case <-p.done:
			return errors.New("the server has ended")
		case <-ctx.Done():
			return fmt.Errorf("no answer: %w", err)
		case <-time.After(15 * time.Millisecond):
		}
	}
}

func ensureDatabase(ctx context.Context, conn *pgx.Conn) error {
	var there bool
	err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, User).Scan(&there)
	if err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, `create database `+User)
	return err
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	at, err := netip.ParseAddrPort(l.Addr().String())
	return int(at.Port()), err
}

func (c *cluster) url(port int, database string) string {
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable", User, c.password, port, database)
}

func (c *cluster) logPath() string { return filepath.Join(c.dir, "postgres.log") }

func (c *cluster) logSize() int64 {
	info, err := os.Stat(c.logPath())
	if err != nil {
		return 0
	}
	return info.Size()
}

func (c *cluster) logSince(mark int64) string {
	text, err := os.ReadFile(c.logPath())
	if err != nil || int64(len(text)) < mark {
		return ""
	}
	return string(text[mark:])
}
