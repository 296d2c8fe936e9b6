package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
	"baohan/signing/devca"
	"baohan/tender/custody"
)

type custodianStatus struct{}

func (custodianStatus) Run(ctx context.Context, s *Settings, out io.Writer) error {
	return instruct(ctx, s, out, custody.Act{Verb: "status"})
}

type custodianAuthorise struct {
	Day    []string `help:"开标日，例如 2026-12-21；可写多个，逗号分隔。" required:"" placeholder:"日期"`
	Remove bool     `help:"收回这些日子的授权。"`
}

func (c *custodianAuthorise) Run(ctx context.Context, s *Settings, out io.Writer) error {
	act := custody.Act{Verb: "authorise"}
	if c.Remove {
		act.Verb = "revoke"
	}
	for _, text := range c.Day {
		day, err := calendar.ParseDate(text)
		if err != nil {
			return fmt.Errorf("day：%q 不是日期，请写作 2026-12-21", text)
		}
		act.Days = append(act.Days, day)
	}
	return instruct(ctx, s, out, act)
}

type custodianVeto struct {
	Lot    string `arg:"" help:"标段编号；重名时写作 项目编号/标段编号。"`
	Reason string `help:"理由，等待开标的人会看到“已否决”，理由留在代理处。" required:"" placeholder:"理由"`
}

func (c *custodianVeto) Run(ctx context.Context, s *Settings, out io.Writer) error {
	return instruct(ctx, s, out, custody.Act{Verb: "veto", Lot: c.Lot, Reason: c.Reason})
}

type custodianLift struct {
	Lot string `arg:"" help:"标段编号。"`
}

func (c *custodianLift) Run(ctx context.Context, s *Settings, out io.Writer) error {
	return instruct(ctx, s, out, custody.Act{Verb: "lift", Lot: c.Lot})
}

type custodianGive struct {
	Lot string `arg:"" help:"标段编号。"`
}

func (c *custodianGive) Run(ctx context.Context, s *Settings, out io.Writer) error {
	return instruct(ctx, s, out, custody.Act{Verb: "give", Lot: c.Lot})
}

// custodianSignOrder signs one half of a postponement: the centre and the supervisor each do it on their own machine,
// with the same words.
type custodianSignOrder struct {
	Project string    `help:"项目编号。" required:"" placeholder:"编号"`
	Lot     string    `help:"标段编号。" required:"" placeholder:"编号"`
	From    time.Time `help:"原投标截止时间。" required:"" placeholder:"时刻"`
	To      time.Time `help:"新的投标截止时间，只能更晚。" required:"" placeholder:"时刻"`
	Reason  string    `help:"理由；两方须一字不差。" required:"" placeholder:"理由"`
	Sign    string    `help:"密钥目录中签名证书和密钥的文件名（不带扩展名）。" default:"sign"`
	Out     string    `help:"写入的文件。" required:"" placeholder:"文件"`
}

func (c *custodianSignOrder) Run(ctx context.Context, s *Settings, out io.Writer) error {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return err
	}
	me, err := devca.LoadIdentity(s.KeysDir(), c.Sign, passphrase)
	if err != nil {
		return err
	}
	clk, err := clockBy(s)
	if err != nil {
		return err
	}
	paper, err := custody.Postponement{Version: 1, Project: c.Project, Lot: c.Lot, From: c.From.In(calendar.Shanghai), To: c.To.In(calendar.Shanghai), Reason: c.Reason}.Canonical()
	if err != nil {
		return err
	}
	p7s, err := signing.SignData(ctx, me.Key, me.Chain, paper, clk.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s 已签署：%s\n", subjectOf(me).Name, paper)
	return os.WriteFile(c.Out, p7s, 0o600)
}

type custodianPostpone struct {
	Centre     string `help:"交易中心签署的一半。" required:"" type:"existingfile" placeholder:"文件"`
	Supervisor string `help:"行政监督签署的一半。" required:"" type:"existingfile" placeholder:"文件"`
}

func (c *custodianPostpone) Run(ctx context.Context, s *Settings, out io.Writer) error {
	centre, first := os.ReadFile(c.Centre)
	supervisor, second := os.ReadFile(c.Supervisor)
	if err := errors.Join(first, second); err != nil {
		return err
	}
	return instruct(ctx, s, out, custody.Act{Verb: "postpone", Order: &custody.Order{Centre: centre, Supervisor: supervisor}})
}

// instruct has the running agent do an act and prints how things stand after it.
func instruct(ctx context.Context, s *Settings, out io.Writer, act custody.Act) error {
	status, err := custody.Instruct(ctx, custodyOf(s), act)
	if err != nil {
		return err
	}
	mode := map[bool]string{true: "已授权日期自动放行", false: "一律手工放行"}[status.Automatic]
	fmt.Fprintf(out, "%s（第 %d 保管人），%s，时钟 %s\n", status.Party.Name, status.Holder+1, mode, clockFace(status.Now))
	var days []string
	for _, d := range status.Days {
		days = append(days, d.String())
	}
	fmt.Fprintf(out, "已授权的开标日：%s\n", cmp.Or(strings.Join(days, "、"), "无"))
	for _, l := range status.Lots {
		fmt.Fprintf(out, "  %s/%s  截止 %s  %s\n", l.Project, l.Lot, clockFace(l.NotBefore), standing(l))
	}
	return nil
}

func clockFace(t time.Time) string { return t.In(calendar.Shanghai).Format("2006-01-02 15:04:05") }

func standing(l custody.LotStatus) string {
	switch {
	case l.Waits != "":
		return l.Waits
	case l.Letters:
		return "投标和保函的份额均已给出"
	case l.Bids:
		return "投标的份额已给出"
	}
	return "可以放行，尚未有人来取"
}
