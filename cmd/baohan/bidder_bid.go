package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

type bidderBid struct {
	Lot        string   `arg:"" help:"标段在平台的编号。"`
	Price      string   `required:"" help:"投标报价，元，两位小数，如 11980000.00。" placeholder:"元"`
	PeriodDays int      `required:"" help:"工期（交货期），日历天。" placeholder:"天"`
	Quality    string   `help:"质量目标。" default:"合格" placeholder:"文字"`
	Leader     string   `required:"" help:"项目负责人姓名。" placeholder:"姓名"`
	Field      []string `help:"招标文件要求唱标的其他内容，如 --field 费率=3.5%%；可重复。" placeholder:"名称=内容" sep:"none"`
	Letter     string   `help:"保函的编号：在平台申请的，是申请编号；在机构柜台买的，是保函文件里的编号（check-file 会告诉您）。不设则为现金保证金。" placeholder:"编号"`

	ShortLetter bool `help:"明知标段延期后这份保函不再够用，仍用它投标：开标时“有效期”一项存疑。"`

	CashReference string    `help:"现金保证金的缴款识别号：虚拟子账号，或银行流水号。" placeholder:"号码"`
	CashAmount    string    `help:"已缴的现金保证金，元。" placeholder:"元"`
	CashPayer     string    `help:"付款的基本账户：户名。" placeholder:"户名"`
	CashAccount   string    `help:"付款的基本账户：账号。" placeholder:"账号"`
	CashBank      string    `help:"付款的基本账户：开户行。" placeholder:"开户行"`
	CashPaidAt    time.Time `help:"付款时刻，例如 2026-12-18T09:30:00+08:00。" placeholder:"时刻"`

	File []string `help:"投标文件，如 --file 商务标.pdf；可重复，每个至多约 256 MB。先在本机加密，再上传密文。" type:"existingfile" placeholder:"文件" sep:"none"`

	Agreement string   `help:"联合体协议文件。" type:"existingfile" placeholder:"文件"`
	Partner   []string `help:"联合体成员（牵头人除外），如 --partner 名称=统一社会信用代码；可重复。" placeholder:"名称=代码" sep:"none"`
	Consent   []string `help:"各成员签名的同意书，次序与 --partner 一致；可重复。" type:"existingfile" placeholder:"文件" sep:"none"`
}

// also is what the command line says beside the terms.
func (c *bidderBid) also() (out []client.BidOption, err error) {
	if c.CashReference != "" {
		amount, err := letter.ParseYuan(c.CashAmount)
		if err != nil {
			return nil, fmt.Errorf("--cash-amount：请填写以元为单位、两位小数的金额：%w", err)
		}
		slip := letter.CashSlip{Payer: letter.Account{Name: c.CashPayer, Number: c.CashAccount, Bank: c.CashBank}, Amount: amount,
			Reference: c.CashReference, PaidAt: c.CashPaidAt}
		if err := slip.Check(); err != nil {
			return nil, err
		}
		out = append(out, client.WithCash(slip))
	}
	if c.ShortLetter {
		out = append(out, client.WithShortLetter())
	}
	if len(c.File) > 0 {
		out = append(out, client.WithPaths(c.File...), client.WithProgress(uploading(os.Stderr)))
	}
	if len(c.Partner) == 0 {
		return out, nil
	}
	partners, err := partnersOf(c.Partner)
	if err != nil {
		return nil, err
	}
	agreement, err := digestOfFile(c.Agreement)
	if err != nil {
		return nil, fmt.Errorf("--agreement：%w", err)
	}
	consents := make([][]byte, len(c.Consent))
	for i, name := range c.Consent {
		if consents[i], err = os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	return append(out, client.InConsortium(agreement, partners, consents)), nil
}

// partnersOf reads 名称=代码.
func partnersOf(all []string) ([]letter.Party, error) {
	out := make([]letter.Party, len(all))
	for i, p := range all {
		name, code, _ := strings.Cut(p, "=")
		out[i] = letter.Party{Name: name, USCC: code}
		if err := out[i].Check(); err != nil {
			return nil, fmt.Errorf("--partner %s：%w", p, err)
		}
	}
	return out, nil
}

func digestOfFile(name string) (d signing.Digest, err error) {
	b, err := os.ReadFile(name)
	return signing.Sum(b), err
}

// bidderConsent is what a partner runs, and gives to the lead.
type bidderConsent struct {
	Lot       string   `arg:"" help:"标段在平台的编号。"`
	Agreement string   `required:"" help:"联合体协议文件。" type:"existingfile" placeholder:"文件"`
	Member    []string `required:"" help:"全部成员，牵头人在前，如 --member 名称=统一社会信用代码；可重复。" placeholder:"名称=代码" sep:"none"`
	Out       string   `required:"" help:"写入同意书（.p7s）的文件，交给牵头人。开标前请勿给他人。" placeholder:"文件"`
}

// Run signs that this organisation bids in the consortium. Nothing is sent to the platform.
func (c *bidderConsent) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	members, err := partnersOf(c.Member)
	if err != nil {
		return err
	}
	agreement, err := digestOfFile(c.Agreement)
	if err != nil {
		return err
	}
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) {
		lot, err := b.Lot(ctx, c.Lot)
		if err != nil {
			return nil, err
		}
		paper, err := b.Consent(ctx, lot, members, agreement)
		if err != nil {
			return nil, err
		}
		return map[string]string{"consent": c.Out}, os.WriteFile(c.Out, paper, 0o600)
	})
}

// begin reads all that a bid is made of, from the command line and from the notice.
func (c *bidderBid) begin(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) (b *client.Bidder, lot wire.Lot, terms letter.BidTerms, also []client.BidOption, err error) {
	if terms, err = c.terms(); err != nil {
		return nil, lot, terms, nil, err
	}
	if b, err = p.open(ctx, s); err != nil {
		return nil, lot, terms, nil, err
	}
	if lot, err = b.Lot(ctx, c.Lot); err != nil {
		return nil, lot, terms, nil, said(out, nil, err)
	}
	also, err = c.also()
	return b, lot, terms, also, err
}

func (c *bidderBid) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	b, lot, terms, also, err := c.begin(ctx, p, s, out)
	if err != nil {
		return err
	}
	bid, err := b.Bid(ctx, lot, c.Letter, terms, also...)
	if errors.Is(err, client.ErrUnknown) {
		return fmt.Errorf("%w\n没有收到平台签名的投标回执，不能当作已经投标。投标已存底；请在截止前执行 baohan bidder resume-bid %s %s，不会重复", err, lot.ID, bid.ID)
	}
	return said(out, bid, short(err))
}

// short says what to do about a letter that no longer suffices.
func short(err error) error {
	if errors.Is(err, client.ErrShortLetter) {
		return fmt.Errorf("%w\n标段延期后，这份保函依其文本最多顺延到的最迟到期日早于现在的投标有效期，不再够用，什么都没有发送。请为本标段重新申请一份（baohan bidder apply），再用 --letter 写明；明知仍要用它的，加 --short-letter", err)
	}
	return err
}

// terms are what the command line says is offered. They are checked before anything is made of them.
func (c *bidderBid) terms() (letter.BidTerms, error) {
	price, err := letter.ParseYuan(c.Price)
	if err != nil {
		return letter.BidTerms{}, fmt.Errorf("--price：请填写以元为单位、两位小数的金额，如 11980000.00：%w", err)
	}
	t := letter.BidTerms{Price: price, PriceCapital: price.Capital(), PeriodDays: c.PeriodDays, Quality: c.Quality, Leader: c.Leader, Fields: []letter.BidField{}}
	for _, f := range c.Field {
		name, value, _ := strings.Cut(f, "=")
		t.Fields = append(t.Fields, letter.BidField{Name: name, Value: value})
	}
	return t, t.Check()
}

// uploading says at each tenth how far an upload has come.
func uploading(to io.Writer) func(client.FileProgress) {
	told := int64(-1)
	return func(p client.FileProgress) {
		if tenth := p.Sent * 10 / p.Total; tenth != told {
			told = tenth
			_, _ = fmt.Fprintf(to, "上传 %s：%d%%\n", p.Name, tenth*10)
		}
	}
}

type bidderReplace struct {
	Old string `arg:"" help:"被替换的投标编号。"`
	bidderBid
	KeepFile []string `help:"沿用原投标的文件（编号见 own-files），不必重新上传；可重复。不写则新投标只有 --file 的文件。" placeholder:"编号" sep:"none"`
}

// Run replaces a bid in one act: without the platform's receipts the old one may still stand.
func (c *bidderReplace) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	b, lot, terms, also, err := c.begin(ctx, p, s, out)
	if err != nil {
		return err
	}
	if len(c.KeepFile) > 0 {
		also = append(also, client.KeepingFiles(c.KeepFile...))
	}
	bid, err := b.ReplaceBid(ctx, lot, c.Old, c.Letter, terms, also...)
	if errors.Is(err, client.ErrUnknown) {
		return fmt.Errorf("%w\n没有收到平台签名的回执，不能当作已经替换，原投标可能仍然有效。新投标已存底；请在截止前执行 baohan bidder resume-bid %s %s，不会重复", err, lot.ID, bid.ID)
	}
	return said(out, bid, short(err))
}

type bidderResumeBid struct {
	Lot string `arg:"" help:"标段在平台的编号。"`
	ID  string `arg:"" help:"投标编号。"`
}

func (c *bidderResumeBid) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) {
		lot, err := b.Lot(ctx, c.Lot)
		if err != nil {
			return nil, err
		}
		return b.ResumeBid(ctx, lot, c.ID)
	})
}

type bidderWithdraw struct {
	ID string `arg:"" help:"投标编号。"`
}

func (c *bidderWithdraw) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) { return b.WithdrawBid(ctx, c.ID) })
}
