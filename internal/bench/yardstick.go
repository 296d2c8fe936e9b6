package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// yardstick commits single small rows: the least that a durable fact costs on this server.
type yardstick struct {
	config *pgxpool.Config
	dir    string
}

const (
	yardstickFor   = 2 * time.Second
	yardstickTable = `CREATE TABLE yardstick (id bigserial PRIMARY KEY, ref text NOT NULL, amount bigint NOT NULL, at timestamptz NOT NULL DEFAULT now())`
	yardstickRow   = `INSERT INTO yardstick (ref, amount) VALUES ($1, $2)`
	yardstickFile  = "\\set amount random(1, 1000000)\nINSERT INTO yardstick (ref, amount) VALUES ('yardstick', :amount);\n"
)

func newYardstick(ctx context.Context, p *platform) (*yardstick, error) {
	if _, err := p.pool.Exec(ctx, yardstickTable); err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(p.server.URL)
	if err != nil {
		return nil, err
	}
	y := &yardstick{config: config, dir: p.dir}
	return y, os.WriteFile(y.script(), []byte(yardstickFile), 0o600)
}

func (y *yardstick) script() string { return filepath.Join(y.dir, "yardstick.sql") }

// inserts commits rows by this many clients, each on a connection of its own with the statement prepared.
func (p *platform) inserts(ctx context.Context, y *yardstick, clients int) (cost, error) {
	conns := make([]*pgx.Conn, clients)
	for i := range conns {
		conn, err := pgx.ConnectConfig(ctx, y.config.ConnConfig)
		if err != nil {
			return cost{}, err
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		if _, err := conn.Exec(ctx, yardstickRow, "warm", 0); err != nil {
			return cost{}, err
		}
		conns[i] = conn
	}
	return p.costOf(func() (int, error) { return insertOn(ctx, conns) })
}

func insertOn(ctx context.Context, conns []*pgx.Conn) (int, error) {
	var wg sync.WaitGroup
	var rows atomic.Int64
	errs, begun := make([]error, len(conns)), now()
	for i, conn := range conns {
		wg.Go(func() {
			for errs[i] == nil && now().Sub(begun) < yardstickFor {
				_, errs[i] = conn.Exec(ctx, yardstickRow, "yardstick", rows.Add(1))
			}
		})
	}
	wg.Wait()
	return int(rows.Load()), errors.Join(errs...)
}

var tps = regexp.MustCompile(`tps = ([\d.]+)`)

// pgbench does the same with PostgreSQL's own tool; 0 where it is missing.
func (y *yardstick) pgbench(ctx context.Context, clients int) (float64, error) {
	tool, err := exec.LookPath("pgbench")
	if err != nil {
		return 0, nil //nolint:nilerr // the tool is a cross-check, not a need
	}
	c := y.config.ConnConfig
	cmd := exec.CommandContext(ctx, tool, "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(clients, 2)),
		"-T", strconv.Itoa(int(yardstickFor.Seconds())), "-f", y.script(), "-h", c.Host, "-p", strconv.Itoa(int(c.Port)), "-U", c.User, c.Database)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+c.Password)
	said, err := cmd.CombinedOutput()
	found := tps.FindSubmatch(said)
	if err != nil || found == nil {
		return 0, fmt.Errorf("pgbench: %w\n%s", err, said)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
