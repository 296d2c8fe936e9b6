package main

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

type bidderCheck struct {
	bidderOne
	JSON bool `name:"json" help:"以 JSON 输出逐项结果。"`
}

// Run answers in words whether the letter has arrived safely and still meets what the lot demands; it ends with 1 when
// that cannot be said.
func (c *bidderCheck) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	b, err := p.open(ctx, s)
	if err != nil {
		return err
	}
	report, err := b.Check(ctx, c.ID)
	return reported(out, c.JSON, report, err)
}

func reported(out io.Writer, inJSON bool, report letter.Report, err error) error {
	if err != nil {
		return said(out, nil, err)
	}
	if err := (verifyCommand{JSON: inJSON}).print(out, report); err != nil {
		return err
	}
	if !report.OK {
		return &ExitError{1, errNotVerified}
	}
	return nil
}

type bidderCheckFile struct {
	Lot  string `arg:"" help:"标段在平台的编号。"`
	File string `arg:"" help:"机构交付的保函文件（.json）。" type:"existingfile"`
	JSON bool   `name:"json" help:"以 JSON 输出逐项结果。"`
}

// Run answers the same of a letter that was bought at an institution's own counter.
func (c *bidderCheckFile) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	file, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	b, err := p.open(ctx, s)
	if err != nil {
		return err
	}
	report, err := b.CheckFile(ctx, c.Lot, file)
	return reported(out, c.JSON, report, err)
}

type bidderCopy struct {
	bidderOne
	Dir string `help:"写入的目录：申请编号.copy.json。内容是密文，只有本单位的加密密钥能打开（baohan unlock）。" default:"." placeholder:"目录"`
}

// Run saves the platform's answer: from here on the letter can be opened without the platform.
func (c *bidderCopy) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) {
		saved, err := b.Copy(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		text, err := wire.Write(saved)
		if err != nil {
			return nil, err
		}
		name := filepath.Join(c.Dir, c.ID+".copy.json")
		return map[string]string{"file": name}, os.WriteFile(name, text, 0o600)
	})
}

type bidderRewrap struct {
	bidderOne
	Old string `arg:"" help:"更新前的加密密钥（PEM，口令与密钥目录相同）。" type:"existingfile"`
}

// Run needs both keys: the old one opens, the new one is wrapped to.
func (c *bidderRewrap) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	old, err := keyIn(c.Old, s)
	if err != nil {
		return err
	}
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) {
		if err := b.Rewrap(ctx, c.ID, old); err != nil {
			return nil, err
		}
		return b.Application(ctx, c.ID)
	})
}

type bidderRekeep struct {
	Key string `arg:"" help:"能打开现有存底的密钥：更新前的加密密钥，或恢复密钥 encrypt-recovery.key（PEM，口令与密钥目录相同）。" type:"existingfile"`
}

// Run encrypts all papers of one's own anew, to the present key and the recovery key. It asks nobody.
func (c *bidderRekeep) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	key, err := keyIn(c.Key, s)
	if err != nil {
		return err
	}
	b, err := p.client(s)
	if err != nil {
		return err
	}
	if err := b.Rekeep(ctx, "", key); err != nil {
		return err
	}
	return said(out, map[string]string{"done": "本机存底已全部改用现在的加密密钥和恢复密钥加密"}, nil)
}

// warn tells the bidder before it applies, and so before it pays, that ceiling and end nearly name the lot.
func warn(say io.Writer, q wire.Quote) {
	if q.Caution != "" {
		_, _ = io.WriteString(say, "注意："+q.Caution+"\n")
	}
}

type bidderPresentCopy struct {
	Lot  string `arg:"" help:"标段在平台的编号。"`
	File string `arg:"" help:"保函文件（.json）：baohan bidder letter 或 baohan unlock 写成的，一个字节也不要改。" type:"existingfile"`
}

// Run shows the very file that the bidder kept: it proves itself.
func (c *bidderPresentCopy) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	file, err := readBounded(c.File)
	if err != nil {
		return err
	}
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) { return b.PresentCopy(ctx, c.Lot, file) })
}

type bidderIncidents struct {
	Lot string `arg:"" help:"标段在平台的编号。"`
}

func (c *bidderIncidents) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) { return b.Incidents(ctx, c.Lot) })
}
