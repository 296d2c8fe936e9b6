package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/page"
	"baohan/signing"
	"baohan/signing/devca"
)

// pdfCommand makes the PDF of a guarantee, a release, a demand or a verification sheet, and signs the rendering with the platform's key. The
// platform signs no rendering of what does not hold: the file is verified first.
type pdfCommand struct {
	File string `arg:"" help:"保函文件（.json），受益人签名的解除通知、书面付款通知（.p7s），或者交易中心签名的核验结果表（.p7s）。" type:"existingfile"`
	Out  string `help:"写到哪个文件；不给则与原文件同名，扩展名为 .pdf。" placeholder:"文件"`
}

// Run ends with 1 when the file does not hold, and with 2 when it cannot be read or the PDF cannot be written.
func (c pdfCommand) Run(ctx context.Context, s *Settings, out io.Writer) error {
	desk, err := openPrinter(s)
	if err != nil {
		return &ExitError{2, err}
	}
	b, err := readBounded(c.File)
	if err != nil {
		return &ExitError{2, err}
	}
	if report := desk.verified(b); !report.OK {
		if err := (verifyCommand{}).print(out, report); err != nil {
			return &ExitError{2, err}
		}
		return &ExitError{1, errNotVerified}
	}
	made, err := c.make(ctx, s, desk.platform, b)
	if err != nil {
		return &ExitError{2, err}
	}
	name := c.Out
	if name == "" {
		name = strings.TrimSuffix(c.File, filepath.Ext(c.File)) + ".pdf"
	}
	if err := os.WriteFile(name, made, 0o600); err != nil {
		return &ExitError{2, err}
	}
	_, err = fmt.Fprintf(out, "已写入 %s（%d 字节）。核对：baohan verify %s --trust 根证书.pem\n", name, len(made), name)
	return err
}

// printer is what of the key directory signs renderings.
type printer struct {
	platform devca.Identity
	trust    *signing.Trust
}

func openPrinter(s *Settings) (p printer, err error) {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return p, err
	}
	if p.trust, err = anchors(s.TrustFile()); err != nil {
		return p, err
	}
	p.platform, err = devca.LoadIdentity(s.KeysDir(), platformName, passphrase)
	return p, err
}

// verified is what anybody would find, this platform being the one that must have received the letter.
func (p printer) verified(b []byte) letter.Report {
	if bytes.HasPrefix(b, []byte("{")) {
		return letter.VerifyFile(b, p.trust, letter.Platform(p.platform.Certificate().Subject().OrganizationID))
	}
	if letter.IsSheet(b) {
		_, r := letter.VerifySheet(b, p.trust)
		return r
	}
	return letter.VerifyPaper(b, p.trust)
}

func (c pdfCommand) make(ctx context.Context, s *Settings, platform devca.Identity, b []byte) ([]byte, error) {
	clk, err := clockBy(s)
	if err != nil {
		return nil, err
	}
	verify, err := s.VerifyURL()
	if err != nil {
		return nil, err
	}
	by, at := page.Signatory{Key: platform.Key, Chain: platform.Chain, Verify: verify}, clk.Now()
	if bytes.HasPrefix(b, []byte("{")) {
		return page.Guarantee(ctx, b, by, at)
	}
	signed, err := signing.ParseSignedData(b)
	if err != nil {
		return nil, err
	}
	if letter.IsSheet(b) {
		return page.Verification(ctx, b, by, at)
	}
	if _, err := letter.ParseRelease(signed.Content); err == nil {
		return page.Release(ctx, b, by, at)
	}
	return page.Demand(ctx, b, by, at)
}
