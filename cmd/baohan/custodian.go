package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"baohan/signing/devca"
	"baohan/tender/custody"
)

// custodianCommand is a custodian on its owner's premises: the agent itself, and its officer's acts, which reach the
// agent over a socket in the data directory (docs/custodians.md).
type custodianCommand struct {
	Serve     custodianServe     `cmd:"" default:"withargs" help:"运行密钥保管人代理（不写子命令即为此）。"`
	Status    custodianStatus    `cmd:"" help:"经办人：查看各标段、已授权的开标日和正在等待什么。"`
	Authorise custodianAuthorise `cmd:"" help:"经办人：授权某日开标的标段到时自动放行；--remove 收回。"`
	Veto      custodianVeto      `cmd:"" help:"经办人：截止前否决一个标段，到时不放行。"`
	Lift      custodianLift      `cmd:"" help:"经办人：截止前撤销否决。"`
	Desk      custodianDesk      `cmd:"" help:"经办人：在本机开一个网页，查看和办理以上各项。"`
	Give      custodianGive      `cmd:"" help:"经办人：截止后手工放行一个标段。"`
	SignOrder custodianSignOrder `cmd:"" help:"交易中心或行政监督：签署延期令的一半。"`
	Postpone  custodianPostpone  `cmd:"" help:"经办人：交入两方签署的延期令。"`
}

// custodyOf is where an agent keeps the keys of the lots.
func custodyOf(s *Settings) string { return filepath.Join(s.Data, custodyDir) }

type custodianServe struct {
	Holder       int    `help:"三个保管人中的第几个（1 交易中心、2 行政监督、3 平台）。" required:"" placeholder:"序号"`
	Sign         string `help:"密钥目录中长期签名证书和密钥的文件名（不带扩展名）。" default:"sign"`
	PlatformCert string `help:"平台签名证书（PEM），事先交换；只听从它签名的请求。" required:"" type:"existingfile" placeholder:"文件"`
	Centre       string `help:"交易中心的统一社会信用代码：只认它签名的截标清单。" required:"" placeholder:"代码"`
	Supervisor   string `help:"行政监督部门的统一社会信用代码：延期令须由它与交易中心共同签署；不设则不接受延期。" placeholder:"代码"`
	Mode         string `help:"automatic：已授权日期的标段到时自动放行；hand：每个标段都由经办人手工放行。" enum:"automatic,hand" default:"automatic"`
	KeepDays     int    `help:"截止后多少日销毁标段密钥，并签署销毁记录；0 为不销毁。" default:"180" placeholder:"日"`
	Light        bool   `help:"口令加密用较少的迭代次数，只供演示和测试。"`
}

// Run is the agent until it is asked to stop.
func (c *custodianServe) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) error {
	edge, err := newEdge(s)
	if err != nil {
		return err
	}
	agent, lists, err := c.agent(s, log)
	if err != nil {
		return err
	}
	platform, err := certificatesIn(c.PlatformCert)
	if err != nil {
		return err
	}
	officer, err := custody.ListenOfficer(ctx, agent.Dir) // and no other agent runs over this directory
	if err != nil {
		return err
	}
	door, err := custody.NewServer(agent, platform[:1], log)
	if err != nil {
		return errors.Join(err, officer.Close())
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return errors.Join(fmt.Errorf("监听 %s：%w", s.Listen, err), officer.Close())
	}
	watching, unwatch := context.WithCancel(ctx)
	defer unwatch()
	go lists.watch(watching, agent.Clock, agent.Chain)
	stop := beside(ctx, agent, officer, log)
	fmt.Fprintf(out, "密钥保管人 %s 已就绪：%s\n", agent.Party.Name, edge.url(listener.Addr()))
	return edge.serve(ctx, listener, door, stop, log)
}

func (c *custodianServe) agent(s *Settings, log *slog.Logger) (*custody.Agent, *lists, error) {
	if c.Holder < 1 || c.Holder > 3 {
		return nil, nil, fmt.Errorf("holder：%d 不是 1、2 或 3", c.Holder)
	}
	if c.Supervisor == c.Centre {
		return nil, nil, errors.New("supervisor 与 centre 须为两个不同的单位：延期令须由两方签署")
	}
	passphrase, err := passphraseOf(s)
	if err != nil {
		return nil, nil, err
	}
	trust, err := anchors(s.TrustFile())
	if err != nil {
		return nil, nil, err
	}
	known, err := openLists(s, trust, log)
	if err != nil {
		return nil, nil, err
	}
	me, err := devca.LoadIdentity(s.KeysDir(), c.Sign, passphrase)
	if err != nil {
		return nil, nil, err
	}
	clk, err := clockBy(s)
	if err != nil {
		return nil, nil, err
	}
	config := custody.Config{Holder: c.Holder - 1, Party: subjectOf(me), Signer: me.Key, Chain: me.Chain, Dir: custodyOf(s), Clock: clk,
		Trust: trust, Centre: c.Centre, Supervisor: c.Supervisor, Automatic: c.Mode == "automatic", KeepFor: time.Duration(c.KeepDays) * 24 * time.Hour}
	agent, err := custody.NewAgent(config) // makes the directory
	if err != nil {
		return nil, nil, err
	}
	agent.Storage, err = custody.StorageKey(filepath.Join(config.Dir, "storage.pem"), passphrase, lightly(c.Light)...)
	return agent, known, err
}

// beside hears the officer and destroys keys on schedule, and returns what stops both.
func beside(ctx context.Context, agent *custody.Agent, officer net.Listener, log *slog.Logger) (stop func(context.Context) error) {
	server := &http.Server{Handler: agent.Officer(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(officer) }() // ends with Shutdown
	ctx, cancel := context.WithCancel(ctx)
	go destroying(ctx, agent, log)
	return func(grace context.Context) error {
		cancel()
		return server.Shutdown(grace)
	}
}

// destroying looks once an hour: a key outlives its time by that much at most.
func destroying(ctx context.Context, agent *custody.Agent, log *slog.Logger) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		n, err := agent.Destroy(ctx)
		if err != nil {
			log.ErrorContext(ctx, "keys not destroyed; the next hour tries again", "error", err)
		}
		if n > 0 {
			log.InfoContext(ctx, "keys destroyed on schedule", "lots", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
