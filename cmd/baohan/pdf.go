package main

import (
	"bytes"
	"context"
	"errors"
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

// pdfCommand makes the PDF of a guarantee, a release, a demand, a refusal, a verification sheet or an opening record, and signs the
// rendering with the platform's key. The platform signs no rendering of what does not hold: the file is verified first.
type pdfCommand struct {
	File string   `arg:"" help:"保函文件（.json），受益人签名的解除通知、书面付款通知，开立人签名的拒付通知（.p7s），交易中心签名的核验结果表（.p7s），或者主持人签名的开标记录表（.p7s）。" type:"existingfile"`
	More []string `arg:"" optional:"" help:"投标人、监督对同一份开标记录表的签名（.p7s），可以有多份；只用于开标记录表。" type:"existingfile"`
	Out  string   `help:"写到哪个文件；不给则与原文件同名，扩展名为 .pdf。" placeholder:"文件"`
}

// Run ends with 1 when the file does not hold, and with 2 when it cannot be read or the PDF cannot be written.
func (c pdfCommand) Run(ctx context.Context, s *Settings, out io.Writer) error {
	desk, err := openPrinter(s)
	if err != nil {
		return &ExitError{2, err}
	}
	b, more, err := c.read()
	if err != nil {
		return &ExitError{2, err}
	}
	if report := desk.verified(b, more); !report.OK {
		if err := (verifyCommand{}).print(out, report); err != nil {
			return &ExitError{2, err}
		}
		return &ExitError{1, errNotVerified}
	}
	made, err := c.make(ctx, s, desk.platform, b, more)
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

// read reads the file, and the other signatures under an opening record.
func (c pdfCommand) read() (b []byte, more [][]byte, err error) {
	if b, err = readBounded(c.File); err != nil {
		return nil, nil, err
	}
	if len(c.More) > 0 && !letter.IsOpeningRecord(b) {
		return nil, nil, errors.New("只有开标记录表可以给出多份签名；请一次只给一个文件")
	}
	for _, name := range c.More {
		one, err := readBounded(name)
		if err != nil {
			return nil, nil, err
		}
		more = append(more, one)
	}
	return b, more, nil
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
func (p printer) verified(b []byte, more [][]byte) letter.Report {
	if bytes.HasPrefix(b, []byte("{")) {
		return letter.VerifyFile(b, p.trust, letter.Platform(p.platform.Certificate().Subject().OrganizationID))
	}
	if letter.IsSheet(b) {
		_, r := letter.VerifySheet(b, p.trust)
		return r
	}
	if letter.IsOpeningRecord(b) {
		return letter.VerifyOpeningRecords(append([][]byte{b}, more...), p.trust)
	}
	return letter.VerifyPaper(b, p.trust)
}

func (c pdfCommand) make(ctx context.Context, s *Settings, platform devca.Identity, b []byte, more [][]byte) ([]byte, error) {
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
	if letter.IsOpeningRecord(b) {
		return page.OpeningRecord(ctx, append([][]byte{b}, more...), by, at)
	}
	if _, err := letter.ParseRelease(signed.Content); err == nil {
		return page.Release(ctx, b, by, at)
	}
	if _, err := letter.ParseRefusal(signed.Content); err == nil {
		return page.Refusal(ctx, b, by, at)
	}
	return page.Demand(ctx, b, by, at)
}
