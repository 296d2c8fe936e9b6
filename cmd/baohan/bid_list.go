package main

import (
	"bufio"
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
	"baohan/signing/devca"
)

// bidListCommand is the adapter for the bid system that a centre already has: what that system exports becomes the
// signed list on which the lot is opened.
type bidListCommand struct {
	File         string    `arg:"" help:"投标系统导出的 CSV，栏目见 docs/bid-system.md。" type:"existingfile"`
	Lot          string    `help:"标段在平台的编号。" required:"" placeholder:"编号"`
	Platform     string    `help:"平台地址。" required:"" placeholder:"网址"`
	PlatformCert string    `help:"平台签名证书（PEM），事先交换。" required:"" type:"existingfile" placeholder:"文件"`
	Sign         string    `help:"密钥目录中交易中心签名证书和密钥的文件名（不带扩展名）。" default:"sign"`
	ClosedAt     time.Time `help:"投标系统停止接收的时刻，例如 2026-12-21T10:00:00+08:00；不设则为投标截止时间。" placeholder:"时刻"`
	Yes          bool      `help:"不再询问，直接签名并提交。"`
}

var errNotAgreed = errors.New("没有确认，未签名，未提交任何内容")

// Run signs and hands in what it has shown. Doing it again with the same file says the same, and changes nothing.
func (c *bidListCommand) Run(ctx context.Context, s *Settings, out io.Writer) error {
	bids, err := client.ReadBidSheet(c.File, c.Lot)
	if err != nil {
		return fmt.Errorf("%s 有误，未提交任何内容：\n%w", c.File, err)
	}
	system, err := c.open(s)
	if err != nil {
		return err
	}
	lot, err := system.Lot(ctx, c.Lot)
	if err != nil {
		return err
	}
	if c.ClosedAt.IsZero() {
		c.ClosedAt = lot.Deadline
	}
	list, err := system.List(lot, c.ClosedAt, bids)
	if errors.Is(err, client.ErrBidsHere) {
		return errors.New("本标段的投标在平台递交，不需要投标清单；请核对标段编号")
	}
	if err != nil {
		return err
	}
	if system.Early(list) {
		return fmt.Errorf("投标截止时间 %s 未到，不能签署投标清单；请在截止后执行", clockFace(list.Deadline))
	}
	if err := c.show(out, lot, list); err != nil {
		return err
	}
	if !c.Yes && !agreed(os.Stdin, out) {
		return errNotAgreed
	}
	taken, err := system.HandInBidList(ctx, lot.ID, list)
	return said(out, taken, err)
}

func (c *bidListCommand) open(s *Settings) (*client.BidSystem, error) {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return nil, err
	}
	me, err := devca.LoadIdentity(s.KeysDir(), c.Sign, passphrase)
	if err != nil {
		return nil, err
	}
	platform, certificates, err := platformBy(s, c.Platform, c.PlatformCert)
	if err != nil {
		return nil, err
	}
	return client.NewBidSystem(platform, client.Identity{Party: subjectOf(me), Sign: me.Key, Chain: me.Chain}, certificates...)
}

// show says what will be signed. It names no bidder.
func (c *bidListCommand) show(out io.Writer, lot wire.Lot, list letter.BidList) error {
	letters := list.Letters()
	_, err := fmt.Fprintf(out, "将以交易中心的名义签名并提交投标清单：\n  标段 %s %s（%s）\n  投标截止时间 %s，截标时间 %s\n  投标 %d 份，其中指明保函 %d 份，现金或未提交 %d 份\n",
		lot.Lot.Code, lot.Lot.Name, lot.Lot.Project, clockFace(list.Deadline), clockFace(list.ClosedAt), len(list.Bids), letters, len(list.Bids)-letters)
	if err == nil && len(list.Bids) < 3 {
		_, err = fmt.Fprintln(out, "  注意：投标少于三份，提交后本标段开标失败，任何保函都不解封（招标投标法实施条例第四十四条）。")
	}
	return err
}

// agreed asks once. Nobody there to answer is no.
func agreed(in io.Reader, out io.Writer) bool {
	_, _ = fmt.Fprint(out, "清单提交后不能更改。确认无误请输入“是”：")
	answer, _ := bufio.NewReader(in).ReadString('\n')
	answer = strings.TrimSpace(answer)
	_, _ = fmt.Fprintln(out)
	return answer == "是" || strings.EqualFold(answer, "yes")
}
