package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"baohan/banks/sandbox"
	"baohan/client"
	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/signing/devca"
)

// sandboxBankCommand is an institution to test against, in a process of its own, with keys and a book of its own. It
// takes listen, keys, passphrase, trust and clock-file from the settings; they are the bank's, not the platform's.
type sandboxBankCommand struct {
	Platform     string   `help:"平台地址，例如 http://127.0.0.1:8080。" required:"" placeholder:"网址"`
	PlatformCert string   `help:"平台签名证书（PEM），事先交换。" required:"" type:"existingfile" placeholder:"文件"`
	Sign         string   `help:"密钥目录中签名证书和密钥的文件名（不带扩展名）。" default:"sign"`
	Encrypt      string   `help:"密钥目录中加密证书和密钥的文件名。" default:"encrypt"`
	Second       string   `help:"另一位经办人的签名证书和密钥的文件名：平台要求双人经办时，由它签发和登记付款。" placeholder:"名称"`
	Custodians   []string `help:"认可的三个密钥保管人的统一社会信用代码，逗号分隔；全文密封的保函只密封给这三家。不设则相信平台送来的任何三家。" placeholder:"代码"`
	Stranger     string   `help:"别家的签名证书和密钥的文件名，只用于演练 wrong_key。"`
	Journal      string   `help:"流水文件；不设则为数据目录下的 journal。" placeholder:"文件"`

	Form       letter.Form `help:"许可允许的保函形式。" enum:"independent,accessory,insurance" default:"independent"`
	Place      string      `help:"保函上写明的单据提交地点。" default:"电子投标保函平台"`
	Prefix     string      `help:"保函编号的前缀（大写字母、数字、连字符，1 至 16 位）。" default:"SANDBOX"`
	MaxCeiling string      `help:"受理上限（元）。" default:"10000000.00" placeholder:"元"`
	Rate       int64       `help:"费率，最高金额的百万分之几。" default:"5000" placeholder:"ppm"`
	MinFee     string      `help:"最低保费（元）。" default:"300.00" placeholder:"元"`

	Decision string `help:"承保方式：instant 立即同意、slow 延时、manual 人工、decline 一律拒绝。" enum:"instant,slow,manual,decline" default:"instant"`
	Delay    int    `help:"slow 的延时（秒）。" placeholder:"秒"`
	Fault    string `help:"演练的故障：none、down、twice、changed_amount、wrong_key。" enum:"none,down,twice,changed_amount,wrong_key" default:"none"`
	Operator string `help:"操作员页面的令牌；不设则只限本机访问。" placeholder:"令牌"`
}

// Run is the bank until it is asked to stop.
func (c *sandboxBankCommand) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) (err error) {
	edge, err := newEdge(s)
	if err != nil {
		return err
	}
	config, err := c.config(s, log)
	if err != nil {
		return err
	}
	bank, err := sandbox.Open(config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bank.Close()) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("监听 %s：%w", s.Listen, err)
	}
	stop := working(ctx, bank)
	fmt.Fprintf(out, "测试机构 %s 已就绪：%s\n", config.Me.Party.Name, edge.url(listener.Addr()))
	return edge.serve(ctx, listener, bank.Handler(), stop, log)
}

// working lets the bank work beside its answers, and returns what stops it and waits.
func working(ctx context.Context, bank *sandbox.Bank) (stop func(context.Context) error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- bank.Run(ctx) }()
	return func(grace context.Context) error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-grace.Done():
			return grace.Err()
		}
	}
}

func (c *sandboxBankCommand) config(s *Settings, log *slog.Logger) (sandbox.Config, error) {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return sandbox.Config{}, err
	}
	me, err := identityIn(s.KeysDir(), c.Sign, c.Encrypt, passphrase)
	if err != nil {
		return sandbox.Config{}, err
	}
	platform, certificates, err := platformBy(s, c.Platform, c.PlatformCert)
	if err != nil {
		return sandbox.Config{}, err
	}
	platform.Custodians = c.Custodians
	config := sandbox.Config{Me: me, Form: c.Form, Platform: platform, Certificates: certificates, Journal: c.Journal,
		Place: c.Place, Prefix: c.Prefix, Rate: c.Rate, Operator: c.Operator, Log: log,
		Behaviour: sandbox.Behaviour{Decision: c.Decision, Delay: c.Delay, Fault: c.Fault}}
	if config.Journal == "" {
		config.Journal = filepath.Join(s.Data, "journal")
	}
	if err := os.MkdirAll(filepath.Dir(config.Journal), 0o700); err != nil {
		return config, err
	}
	if config.MaxCeiling, err = letter.ParseYuan(c.MaxCeiling); err != nil {
		return config, fmt.Errorf("max-ceiling：%w", err)
	}
	if config.MinFee, err = letter.ParseYuan(c.MinFee); err != nil {
		return config, fmt.Errorf("min-fee：%w", err)
	}
	if c.Second != "" {
		other, err := devca.LoadIdentity(s.KeysDir(), c.Second, passphrase)
		if err != nil {
			return config, err
		}
		config.Second = &client.Identity{Party: subjectOf(other), Sign: other.Key, Chain: other.Chain, Open: me.Open, OpenChain: me.OpenChain}
	}
	if c.Stranger != "" {
		other, err := devca.LoadIdentity(s.KeysDir(), c.Stranger, passphrase)
		if err != nil {
			return config, err
		}
		config.Stranger = &client.Identity{Party: subjectOf(other), Sign: other.Key, Chain: other.Chain, Open: me.Open, OpenChain: me.OpenChain}
	}
	return config, nil
}

// clockBy is the clock that the settings name.
func clockBy(s *Settings) (clock.Clock, error) {
	if s.ClockFile == "" {
		return clock.System(), nil
	}
	return clock.OpenStepped(s.ClockFile)
}
