package main

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing/devca"
)

// incidentCommand is the emergency rule (应急) at the desk of a clerk of the centre or of a supervisor: its key stays in
// its own key directory. Everything it prints is JSON.
type incidentCommand struct {
	Platform     string `help:"平台地址。" required:"" placeholder:"网址"`
	PlatformCert string `help:"平台签名证书（PEM）：副本中的平台回执只认同一单位签署的。" required:"" type:"existingfile" placeholder:"文件"`
	Sign         string `help:"密钥目录中签名证书和密钥的文件名（不带扩展名）。" default:"sign"`
	As           string `help:"以何种身份：centre（交易中心）、supervisor（行政监督）、beneficiary（招标人）、agent（代理机构）。" required:"" enum:"centre,supervisor,beneficiary,agent" placeholder:"身份"`

	List     incidentList     `cmd:"" help:"列出一个标段的应急事件。"`
	Show     incidentShow     `cmd:"" help:"查看一件应急事件：证据、出示的副本、认定、复核结果。"`
	Fetch    incidentFetch    `cmd:"" help:"下载一件应急事件的全部证据和副本；副本可用 baohan verify 离线核对。"`
	Report   incidentReport   `cmd:"" help:"交易中心登记应急事件。"`
	Evidence incidentEvidence `cmd:"" help:"交易中心补充一份证据文件。"`
	Withdraw incidentWithdraw `cmd:"" help:"交易中心撤销尚未认定的应急事件。"`
	Decide   incidentDecide   `cmd:"" help:"行政监督部门签名认定：先在本机逐份核对副本，再签名。"`
	Close    incidentClose    `cmd:"" help:"行政监督部门签名结案：自动复核办不到时用。"`
}

// ask signs in, asks, and prints the answer.
func (c *incidentCommand) ask(ctx context.Context, s *Settings, out io.Writer, question func(*client.Staff) (any, error)) error {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return err
	}
	id, err := devca.LoadIdentity(s.KeysDir(), c.Sign, passphrase)
	if err != nil {
		return err
	}
	platform, _, err := platformBy(s, c.Platform, c.PlatformCert)
	if err != nil {
		return err
	}
	staff, err := client.NewStaff(platform, client.Identity{Party: subjectOf(id), Sign: id.Key, Chain: id.Chain})
	if err != nil {
		return err
	}
	if _, err := staff.SignIn(ctx, c.As); err != nil {
		return err
	}
	v, err := question(staff)
	return said(out, v, err)
}

type incidentList struct {
	Lot string `arg:"" help:"标段在平台的编号。"`
}

func (c *incidentList) Run(ctx context.Context, p *incidentCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(k *client.Staff) (any, error) { return k.Incidents(ctx, c.Lot) })
}

// incidentOne is a verb on one incident.
type incidentOne struct {
	ID string `arg:"" help:"应急事件编号。"`
}

type incidentShow struct{ incidentOne }

func (c *incidentShow) Run(ctx context.Context, p *incidentCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(k *client.Staff) (any, error) { return k.Incident(ctx, c.ID) })
}

type incidentFetch struct {
	incidentOne
	Dir string `help:"写入的目录：证据以其摘要为名，副本为 保函的申请编号.json。" default:"." placeholder:"目录"`
}

// Run names evidence by its digest: a name that somebody gave a file is no path of ours.
func (c *incidentFetch) Run(ctx context.Context, p *incidentCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(k *client.Staff) (any, error) {
		in, err := k.Incident(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(c.Dir, 0o700); err != nil {
			return nil, err
		}
		return c.all(ctx, k, in)
	})
}

func (c *incidentFetch) all(ctx context.Context, k *client.Staff, in wire.Incident) (map[string]string, error) {
	files := map[string]string{}
	for _, e := range in.Evidence {
		f, err := k.Evidence(ctx, in.ID, e.Digest)
		if err != nil {
			return nil, err
		}
		name := filepath.Join(c.Dir, e.Digest.String())
		if err := os.WriteFile(name, f.Content, 0o600); err != nil {
			return nil, err
		}
		files[name] = e.Name
	}
	for _, x := range in.Letters {
		b, err := k.PresentedCopy(ctx, in.ID, x.ID)
		if err != nil {
			return nil, err
		}
		name := filepath.Join(c.Dir, x.ID+".json")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			return nil, err
		}
		files[name] = x.Number
	}
	return files, nil
}

type incidentReport struct {
	Lot   string `arg:"" help:"标段在平台的编号。"`
	Cause string `help:"情形：clear_letter（无法取得明文保函）、software（软件或数据库故障）、hardware（服务器故障或断电）、attack（病毒或攻击）、other（其他）。" required:"" enum:"clear_letter,software,hardware,attack,other" placeholder:"情形"`
	Words string `help:"何时发生了什么、已查明的原因。" required:"" placeholder:"说明"`
}

func (c *incidentReport) Run(ctx context.Context, p *incidentCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(k *client.Staff) (any, error) {
		return k.ReportIncident(ctx, c.Lot, letter.Cause(c.Cause), c.Words)
	})
}

type incidentEvidence struct {
	incidentOne
	File string `arg:"" help:"证据文件，不超过 8 MB。" type:"existingfile"`
}

func (c *incidentEvidence) Run(ctx context.Context, p *incidentCommand, s *Settings, out io.Writer) error {
	content, err := readBounded(c.File)
	if err != nil {
		return err
	}
	return p.ask(ctx, s, out, func(k *client.Staff) (any, error) { return k.AddEvidence(ctx, c.ID, filepath.Base(c.File), content) })
}

type incidentWithdraw struct{ incidentOne }

func (c *incidentWithdraw) Run(ctx context.Context, p *incidentCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(k *client.Staff) (any, error) { return k.WithdrawIncident(ctx, c.ID) })
}

type incidentDecide struct {
	incidentOne
	Decision string   `arg:"" help:"accept（认可）或 dismiss（不予认可）。" enum:"accept,dismiss"`
	Words    string   `help:"认定的理由。" required:"" placeholder:"理由"`
	Letter   []string `help:"只认定这些保函（申请编号，逗号分隔）；不设则为已出示副本的全部保函。" placeholder:"编号"`
}

// Run signs what it has just read, and nothing that came after.
func (c *incidentDecide) Run(ctx context.Context, p *incidentCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(k *client.Staff) (any, error) {
		in, err := k.Incident(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		return k.DecideIncident(ctx, in, c.Decision, c.Words, c.Letter)
	})
}

type incidentClose struct {
	incidentOne
	Reason string `help:"为何不能由平台自动复核、为何可以结案。" required:"" placeholder:"理由"`
}

func (c *incidentClose) Run(ctx context.Context, p *incidentCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(k *client.Staff) (any, error) {
		in, err := k.Incident(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		return k.CloseIncident(ctx, in, c.Reason)
	})
}
