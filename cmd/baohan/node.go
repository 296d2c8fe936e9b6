package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"baohan/internal/devpg"
)

// node are the settings of a process that runs the rooms: serve, work, admit.
type node struct {
	Allow      []string      `help:"可以向其发送报文的机构接入地址（主机:端口），逗号分隔。" env:"BAOHAN_ALLOW" placeholder:"主机:端口"`
	Networks   []string      `help:"机构可以所在的内部网段，逗号分隔；名单外的内部地址一律不连。" env:"BAOHAN_NETWORKS" placeholder:"网段"`
	Custodians []string      `help:"三个密钥保管人代理，按交易中心、行政监督、平台的顺序，逗号分隔，每个写作 地址=证书文件。不设则三把钥匙都在密钥目录中，只供开发和演示。" env:"BAOHAN_CUSTODIANS" placeholder:"地址=文件"`
	Node       string        `help:"本进程的名字，各进程不同；同名进程重启后接着做被打断的任务。不设则为主机名加命令名。" env:"BAOHAN_NODE" placeholder:"名字"`
	Migrate    bool          `help:"先把数据库结构升级到本版本。自带的开发数据库总是如此。" env:"BAOHAN_MIGRATE"`
	Patience   time.Duration `help:"等待机构应答一份报文的时间。" env:"BAOHAN_PATIENCE" default:"15s" placeholder:"时长"`
}

// mostCover is one row a second; more would be a load of its own.
const mostCover = 3600

// running is an open system, and how to let go of it.
type running struct {
	*system
	server *devpg.Server
	stop   context.CancelFunc // of what watches the revocation lists and the calendar
}

// open starts what the settings ask for: a database of our own if none is named, and the rooms over it.
func (n *node) open(ctx context.Context, s *Settings, command string, log *slog.Logger) (*running, error) {
	networks, err := prefixes("networks", n.Networks)
	if err != nil {
		return nil, err
	}
	if s.Cover < 0 || s.Cover > mostCover {
		return nil, fmt.Errorf("cover：%d 不在 0 至 %d 之间；请填写每小时的行数", s.Cover, mostCover)
	}
	if s.StatusEvery < time.Minute || s.StatusEvery > 24*time.Hour {
		return nil, fmt.Errorf("status-every：%s 不在 1 分钟至 24 小时之间", s.StatusEvery)
	}
	ledger, err := s.translogConfig()
	if err != nil {
		return nil, err
	}
	keys, err := openKeys(s)
	if err != nil {
		return nil, err
	}
	lists, err := openLists(s, keys.Trust, log)
	if err != nil {
		return nil, err
	}
	server, err := database(ctx, s, log)
	if err != nil {
		return nil, err
	}
	sys, err := openSystem(ctx, systemConfig{Database: server.URL, MaxConns: s.DatabaseMax, Keys: keys, Files: s.FilesPlace(), ClockFile: s.ClockFile,
		Migrate: n.Migrate || s.DatabaseURL == "", Node: n.name(command), Sweep: s.SweepEvery, Status: s.StatusEvery, Cover: s.Cover, Timeout: n.Patience,
		Allow: n.Allow, Networks: networks, Custodians: n.Custodians, Translog: ledger, Log: log})
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	ctx, stop := context.WithCancel(ctx)
	go lists.watch(ctx, sys.clock, keys.Platform.Chain)
	go sys.guarantees.KeepCalendar(ctx, time.Minute, func(err error) {
		log.ErrorContext(ctx, "working days are not refreshed; the next minute tries again", "error", err)
	})
	return &running{sys, server, stop}, nil
}

func (r *running) close() error {
	r.stop()
	r.system.close()
	return r.server.Stop()
}

// database is the one that the settings name, or one that runs in the data directory as long as this process does.
func database(ctx context.Context, s *Settings, log *slog.Logger) (*devpg.Server, error) {
	return devpg.Start(ctx, devpg.Options{URL: s.DatabaseURL, Dir: s.PostgresDir(), Log: log})
}

func (n *node) name(command string) string {
	if n.Node != "" {
		return n.Node
	}
	host, err := os.Hostname()
	if err != nil {
		host = "baohan"
	}
	return host + "-" + command
}

func prefixes(setting string, texts []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%s：%q 不是网段；请按 10.1.0.0/16 填写", setting, text)
		}
		out[i] = p
	}
	return out, nil
}
