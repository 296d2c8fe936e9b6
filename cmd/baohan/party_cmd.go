package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"baohan/party"
	"baohan/signing"
)

// partyCommand are the operator's acts about whom it admitted, on the platform's own console: what a stolen token or a
// withdrawn licence asks for at once. Letters stay in force whatever happens here.
type partyCommand struct {
	Suspend           suspendCommand           `cmd:"" help:"停用一个单位：不能登录，不能发送报文；已开立的保函不受影响。"`
	Resume            resumeCommand            `cmd:"" help:"恢复一个已停用的单位。"`
	RemoveCertificate removeCertificateCommand `cmd:"" help:"永久停用一张证书，例如遗失的证书介质；用它登录的会话随即失效。"`
}

type suspendCommand struct {
	node
	USCC string `arg:"" help:"统一社会信用代码。"`
}

// Run suspends as the operator.
func (c *suspendCommand) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) error {
	return c.act(ctx, s, log, out, deed{"suspend", "已停用单位", c.USCC, func(d *party.Desk, by party.Actor) error {
		return d.Suspend(ctx, by, c.USCC)
	}})
}

type resumeCommand struct {
	node
	USCC string `arg:"" help:"统一社会信用代码。"`
}

// Run resumes as the operator.
func (c *resumeCommand) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) error {
	return c.act(ctx, s, log, out, deed{"resume", "已恢复单位", c.USCC, func(d *party.Desk, by party.Actor) error {
		return d.Resume(ctx, by, c.USCC)
	}})
}

type removeCertificateCommand struct {
	node
	Fingerprint string `arg:"" help:"证书的 SM3 指纹（64 位十六进制），或证书文件（PEM）。"`
}

// Run removes as the operator.
func (c *removeCertificateCommand) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) error {
	fingerprint, err := fingerprintOf(c.Fingerprint)
	if err != nil {
		return err
	}
	return c.act(ctx, s, log, out, deed{"remove-certificate", "已停用证书", fingerprint.String(), func(d *party.Desk, by party.Actor) error {
		return d.RemoveCertificate(ctx, by, fingerprint)
	}})
}

// deed is one act of the operator on an organisation or a certificate.
type deed struct {
	verb string // for the log
	done string // for people
	on   string
	do   func(*party.Desk, party.Actor) error
}

// act has whoever opened the key directory act as the operator, and says so in the log beside the row.
func (n *node) act(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer, d deed) (err error) {
	r, err := n.open(ctx, s, "party", log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	by, err := r.operator(ctx)
	if err != nil {
		return err
	}
	if err := d.do(r.party, by); err != nil {
		return err
	}
	log.InfoContext(ctx, "the operator acted", "act", d.verb, "on", d.on, "operator", by.USCC, "certificate", by.Certificate.String())
	_, err = fmt.Fprintf(out, "%s %s\n", d.done, d.on)
	return err
}

// fingerprintOf reads a fingerprint, or takes that of the first certificate in a file.
func fingerprintOf(text string) (fingerprint signing.Digest, err error) {
	if err = fingerprint.UnmarshalText([]byte(text)); err == nil {
		return fingerprint, nil
	}
	if _, err := os.Stat(text); err != nil {
		return fingerprint, fmt.Errorf("fingerprint：%q 既不是 64 位十六进制的 SM3 指纹，也不是证书文件", text)
	}
	chain, err := certificatesIn(text)
	if err != nil {
		return fingerprint, err
	}
	return chain[0].Fingerprint(), nil
}
