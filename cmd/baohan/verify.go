package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/verify"
)

// verifyCommand checks a guarantee, a signed verification sheet, an opening record or a status list offline: it asks no network and no database, and trusts nobody but the roots that it
// is given.
type verifyCommand struct {
	File          string `arg:"" help:"PDF、保函文件（.json）、开立机构的签名数据（.p7s）、受益人签名的单据（.p7s），交易中心签名的核验结果表（.p7s），主持人或者投标人签名的开标记录表（.p7s），或者状态清单（.p7s）。"`
	PlatformTrust string `placeholder:"ROOT.pem" help:"签署平台回执的根证书；不给则与 --trust 相同。"`
	Platform      string `placeholder:"USCC" help:"平台运营单位的统一社会信用代码；给出后只认该单位签署的回执。"`
	Centre        string `placeholder:"USCC" help:"交易中心的统一社会信用代码；给出后只认该中心签署的核验结果表。"`
	Deadline      string `placeholder:"2026-12-20T09:30:00+08:00" help:"延期后的投标截止时间；只在标段延期、保函是延期前开立时需要。"`
	Status        string `placeholder:"STATUS.p7s" help:"平台签名的状态清单（GET /api/v1/status-list）：保函是否已经解除、赔付或者到期。只用于保函。"`
	Log           string `placeholder:"KEYS.txt" help:"您信任的透明日志和见证人的验证公钥，一行一把；给出后核对保函所附的日志证明。"`
	Quorum        int    `default:"-1" placeholder:"N" help:"与 --log 同用：至少要有几个见证人的签名；不给则要求列出的全部。"`
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
	o, err := c.verify(s.Trust)
	if err != nil {
		return &ExitError{2, err}
	}
	if c.Status != "" && o.Report.OK && !speaksOfStatus(o.Report) {
		return &ExitError{2, errors.New("--status 只用于保函；这个文件不是保函，请去掉 --status")}
	}
	if printed := o.Kind == verify.Sheet || o.Kind == verify.Record; printed && o.Report.OK && !c.JSON {
		if err := o.Print(out); err != nil {
			return &ExitError{2, err}
		}
		fmt.Fprintln(out)
	}
	if err := c.print(out, o.Report); err != nil {
		return &ExitError{2, err}
	}
	if !o.Report.OK {
		return &ExitError{1, errNotVerified}
	}
	return nil
}

func speaksOfStatus(r letter.Report) bool {
	return slices.ContainsFunc(r.Lines, func(l letter.Line) bool { return l.Name == "status" })
}

// verify reads what the command line names; what is checked, and how, is package verify's.
func (c verifyCommand) verify(trusted string) (o verify.Outcome, err error) {
	if trusted == "" {
		return o, errors.New("请用 --trust 指明您信任的根证书（PEM，可以有多张）")
	}
	b, err := readBounded(c.File)
	if err != nil {
		return o, err
	}
	given := verify.Given{Platform: c.Platform, Centre: c.Centre, Deadline: c.Deadline, Quorum: c.Quorum, Lists: make([]verify.Source, len(c.lists))}
	if given.Roots, err = sourceOf(trusted); err != nil {
		return o, err
	}
	if c.PlatformTrust != "" {
		if given.PlatformRoots, err = sourceOf(c.PlatformTrust); err != nil {
			return o, err
		}
	}
	for i, list := range c.lists {
		if given.Lists[i], err = sourceOf(list); err != nil {
			return o, err
		}
	}
	if c.Status != "" {
		if given.Status, err = sourceOf(c.Status); err != nil {
			return o, err
		}
	}
	if c.Log != "" {
		if given.Log, err = sourceOf(c.Log); err != nil {
			return o, err
		}
	}
	return verify.Verify(b, given, c.now)
}

func sourceOf(name string) (verify.Source, error) {
	b, err := readBounded(name)
	return verify.Source{Name: name, Data: b}, err
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, verify.MaxSize+1))
	if err == nil && len(b) > verify.MaxSize {
		err = fmt.Errorf("%s：文件超过 %d 字节", name, verify.MaxSize)
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
