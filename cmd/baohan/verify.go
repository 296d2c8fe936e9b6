package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/paper"
	"baohan/signing"
)

// maxVerified is the largest file that is looked at, in bytes.
const maxVerified = 64 << 20

// verifyCommand checks a guarantee, a signed verification sheet or a status list offline: it asks no network and no database, and trusts nobody but the roots that it
// is given.
type verifyCommand struct {
	File          string `arg:"" help:"PDF、保函文件（.json）、开立机构的签名数据（.p7s），交易中心签名的核验结果表（.p7s），或者状态清单（.p7s）。"`
	PlatformTrust string `placeholder:"ROOT.pem" help:"签署平台回执的根证书；不给则与 --trust 相同。"`
	Platform      string `placeholder:"USCC" help:"平台运营单位的统一社会信用代码；给出后只认该单位签署的回执。"`
	Centre        string `placeholder:"USCC" help:"交易中心的统一社会信用代码；给出后只认该中心签署的核验结果表。"`
	Deadline      string `placeholder:"2026-12-20T09:30:00+08:00" help:"延期后的投标截止时间；只在标段延期、保函是延期前开立时需要。"`
	Status        string `placeholder:"STATUS.p7s" help:"平台签名的状态清单（GET /api/v1/status-list）：保函是否已经解除、赔付或者到期。只用于保函。"`
	JSON          bool   `name:"json" help:"以 JSON 输出逐项结果。"`

	lists []string  // those that --crl names; revocation must then be known
	now   time.Time // when this is
}

var errNotVerified = errors.New("核对不通过")

// Run prints the report. It ends with 0 only when everything holds, with 1 when something does not, and with 2 when
// what it was given to check with cannot be read.
//
// The roots are those that --trust names, and no others: whoever checks offline says whom he trusts.
func (c verifyCommand) Run(s *Settings, out io.Writer) error {
	c.lists = s.CRL
	clk, err := clockBy(s)
	if err != nil {
		return &ExitError{2, err}
	}
	c.now = clk.Now()
	report, sheet, err := c.verify(s.Trust)
	if err != nil {
		return &ExitError{2, err}
	}
	if c.Status != "" && report.OK && !speaksOfStatus(report) {
		return &ExitError{2, errors.New("--status 只用于保函；这个文件不是保函，请去掉 --status")}
	}
	if sheet != nil && report.OK && !c.JSON {
		if err := sheet.Print(out); err != nil {
			return &ExitError{2, err}
		}
		fmt.Fprintln(out)
	}
	if err := c.print(out, report); err != nil {
		return &ExitError{2, err}
	}
	if !report.OK {
		return &ExitError{1, errNotVerified}
	}
	return nil
}

func speaksOfStatus(r letter.Report) bool {
	return slices.ContainsFunc(r.Lines, func(l letter.Line) bool { return l.Name == "status" })
}

// verify gives the sheet too when the file is one. It is shown only when it holds: nothing forged is printed as a sheet.
func (c verifyCommand) verify(trusted string) (r letter.Report, sheet *letter.SignedSheet, err error) {
	if trusted == "" {
		return r, nil, errors.New("请用 --trust 指明您信任的根证书（PEM，可以有多张）")
	}
	b, err := readBounded(c.File)
	if err != nil {
		return r, nil, err
	}
	trust, err := c.anchors(trusted)
	if err != nil {
		return r, nil, err
	}
	options, err := c.options()
	if err != nil {
		return r, nil, err
	}
	switch {
	case bytes.HasPrefix(b, []byte(paper.Magic)):
		return paper.Verify(b, trust, options...), nil, nil
	case bytes.HasPrefix(b, []byte("{")):
		return letter.VerifyFile(b, trust, options...), nil, nil
	case letter.IsStatusList(b):
		_, r := letter.VerifyStatusList(b, trust, c.now, options...)
		return r, nil, nil
	case letter.IsSheet(b):
		signed, r := letter.VerifySheet(b, trust, options...)
		return r, &signed, nil
	}
	return letter.VerifyP7S(b, trust, options...), nil, nil
}

func (c verifyCommand) options() ([]letter.Option, error) {
	var options []letter.Option
	if c.Platform != "" {
		if err := letter.CheckUSCC(c.Platform); err != nil {
			return nil, fmt.Errorf("--platform：不是统一社会信用代码")
		}
		options = append(options, letter.Platform(c.Platform))
	}
	if c.Centre != "" {
		if err := letter.CheckUSCC(c.Centre); err != nil {
			return nil, fmt.Errorf("--centre：不是统一社会信用代码")
		}
		options = append(options, letter.Centre(c.Centre))
	}
	if c.PlatformTrust != "" {
		t, err := c.anchors(c.PlatformTrust)
		if err != nil {
			return nil, err
		}
		options = append(options, letter.PlatformTrust(t))
	}
	if c.Deadline != "" {
		moved, err := time.Parse(time.RFC3339Nano, c.Deadline)
		if err != nil {
			return nil, errors.New("--deadline：请按 2026-12-20T09:30:00+08:00 的格式填写延期后的投标截止时间")
		}
		options = append(options, letter.Deadline(moved))
	}
	if len(c.lists) > 0 {
		options = append(options, letter.Revocation(c.now))
	}
	if c.Status != "" {
		list, err := readBounded(c.Status)
		if err != nil {
			return nil, err
		}
		options = append(options, letter.Status(list, c.now))
	}
	return options, nil
}

// anchors reads roots and puts every revocation list under them.
func (c verifyCommand) anchors(name string) (*signing.Trust, error) {
	text, err := readBounded(name)
	if err != nil {
		return nil, err
	}
	roots, err := signing.ParseCertificatesPEM(text)
	if err != nil {
		return nil, fmt.Errorf("%s：不是 PEM 证书：%w", name, err)
	}
	trust, err := signing.NewTrust(roots...)
	if err != nil {
		return nil, fmt.Errorf("%s：不能作为根证书：%w", name, err)
	}
	for _, list := range c.lists {
		if err := addLists(trust, list); err != nil {
			return nil, err
		}
	}
	return trust, nil
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxVerified+1))
	if err == nil && len(b) > maxVerified {
		err = fmt.Errorf("%s：文件超过 %d 字节", name, maxVerified)
	}
	return b, err
}

func (c verifyCommand) print(out io.Writer, r letter.Report) error {
	if c.JSON {
		b, err := json.Marshal(r, jsontext.WithIndent("  "))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, string(b))
		return err
	}
	for _, l := range r.Lines {
		fmt.Fprintf(out, "[%s] %s：%s\n", l.Result.Chinese(), l.Title(), l.Words)
		if l.Want != "" && l.Result != letter.ResultPass {
			fmt.Fprintf(out, "         应为：%s\n", l.Want)
		}
		if l.Got != "" {
			fmt.Fprintf(out, "         实为：%s\n", l.Got)
		}
	}
	_, err := fmt.Fprintln(out, r.Words)
	return err
}
