package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/client"
	"baohan/signing"
	"baohan/signing/devca"
)

// bidderCommand is a bidder at its own desk: its keys stay in its own key directory, its papers in its own folder,
// encrypted to its own key. Everything it prints is JSON.
type bidderCommand struct {
	Platform     string   `help:"平台地址。" required:"" placeholder:"网址"`
	PlatformCert string   `help:"平台签名证书（PEM）：只认它签的投标回执；保函回执认同一单位的证书。" required:"" type:"existingfile" placeholder:"文件"`
	Custodians   []string `help:"认可的三个密钥保管人的统一社会信用代码，逗号分隔，须从平台以外得知（docs/custodians.md）。标段的保管人不是这三家，就不申请、不投标。不设则相信公告写的任何三家。" placeholder:"代码"`
	Sign         string   `help:"密钥目录中签名证书和密钥的文件名（不带扩展名）。" default:"sign"`
	Encrypt      string   `help:"密钥目录中加密证书和密钥的文件名。" default:"encrypt"`
	Recovery     string   `help:"恢复密钥的目录；没有就生成一对，请把其中的私钥（…-recovery.key）移到离线介质。不设则为密钥目录。" placeholder:"目录"`
	Copies       string   `help:"存放自己的申请和保函的目录（加密）；不设则为数据目录下的 copies。" placeholder:"目录"`

	Lots      bidderLots      `cmd:"" help:"列出公开的标段。"`
	Quotes    bidderQuotes    `cmd:"" help:"列出各机构对一个标段的报价。"`
	Apply     bidderApply     `cmd:"" help:"申请保函。先存底，再提交。"`
	Resume    bidderResume    `cmd:"" help:"把已存底的申请再提交一次：没有收到应答时用，不会重复。"`
	Show      bidderShow      `cmd:"" help:"查看自己的一份申请。"`
	Agree     bidderAgree     `cmd:"" help:"同意机构实际要求的保费。"`
	Cancel    bidderCancel    `cmd:"" help:"开立前撤单。"`
	Letter    bidderLetter    `cmd:"" help:"打开并核对自己的保函，写成可离线核对的文件。"`
	Check     bidderCheck     `cmd:"" help:"我的保函是否已安全到达、是否仍然满足招标要求。"`
	CheckFile bidderCheckFile `cmd:"" help:"在机构柜台买的保函：文件是否属实、是否满足招标要求，以及投标时写哪个编号。"`
	Copy      bidderCopy      `cmd:"" help:"保存平台上的密封副本；以后不需要平台也能用 baohan unlock 打开。"`
	Rewrap    bidderRewrap    `cmd:"" help:"加密证书更新后，让平台上的副本能用新密钥打开。"`
	Rekeep    bidderRekeep    `cmd:"" help:"加密证书更新或丢失后，把本机存底改用现在的密钥加密。"`
	Bid       bidderBid       `cmd:"" help:"投标。"`
	ResumeBid bidderResumeBid `cmd:"" help:"把已存底的投标再递交一次，取回回执：没有收到可信的回执时用，不会重复。"`
	Replace   bidderReplace   `cmd:"" help:"截止前以新的投标替换原投标，一次完成。"`
	Consent   bidderConsent   `cmd:"" help:"联合体成员签署同意书，交给牵头人。"`
	Withdraw  bidderWithdraw  `cmd:"" help:"截止前撤回投标。"`
	OwnFiles  bidderOwnFiles  `cmd:"" help:"列出自己一份投标的文件，或取回一个。"`
	Opening   bidderOpening   `cmd:"" help:"查看开标结果。"`

	PresentCopy bidderPresentCopy `cmd:"" help:"应急：开标时保函无法解封，向标段的应急事件出示自存的副本。"`
	Incidents   bidderIncidents   `cmd:"" help:"应急：查看本单位出示过副本的应急事件。"`
}

// open signs in.
func (c *bidderCommand) open(ctx context.Context, s *Settings) (*client.Bidder, error) {
	b, err := c.client(s)
	if err != nil {
		return nil, err
	}
	_, err = b.SignIn(ctx)
	return b, err
}

// client is the bidder at its desk; nobody is asked yet.
func (c *bidderCommand) client(s *Settings) (*client.Bidder, error) {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return nil, err
	}
	me, err := identityIn(s.KeysDir(), c.Sign, c.Encrypt, passphrase)
	if err != nil {
		return nil, err
	}
	if me.Recovery, err = recoveryKey(filepath.Join(orBelow(c.Recovery, s.KeysDir(), ""), c.Encrypt), passphrase, os.Stderr); err != nil {
		return nil, err
	}
	platform, _, err := platformBy(s, c.Platform, c.PlatformCert)
	if err != nil {
		return nil, err
	}
	platform.Custodians = c.Custodians
	return client.NewBidder(platform, me, client.Folder(orBelow(c.Copies, s.Data, "copies")))
}

// identityIn reads an organisation's two pairs of keys from a directory.
func identityIn(dir, sign, encrypt string, passphrase []byte) (client.Identity, error) {
	s, err := devca.LoadIdentity(dir, sign, passphrase)
	if err != nil {
		return client.Identity{}, err
	}
	e, err := devca.LoadIdentity(dir, encrypt, passphrase)
	if err != nil {
		return client.Identity{}, err
	}
	return client.Identity{Party: subjectOf(s), Sign: s.Key, Chain: s.Chain, Open: e.Key, OpenChain: e.Chain}, nil
}

// platformBy is what a client knows of the platform: where it is, and its certificate, which must lead to an anchor.
func platformBy(s *Settings, base, certificate string) (client.Platform, []signing.Certificate, error) {
	trust, err := anchors(s.TrustFile())
	if err != nil {
		return client.Platform{}, nil, err
	}
	text, err := os.ReadFile(certificate)
	if err != nil {
		return client.Platform{}, nil, err
	}
	chain, err := signing.ParseCertificatesPEM(text)
	if err != nil {
		return client.Platform{}, nil, fmt.Errorf("%s：%w", certificate, err)
	}
	now, err := clockBy(s)
	if err != nil {
		return client.Platform{}, nil, err
	}
	if err := trust.Verify(chain, signing.UseSign, now.Now()); err != nil {
		return client.Platform{}, nil, fmt.Errorf("%s：%w", certificate, err)
	}
	return client.Platform{Base: base, Trust: trust, USCC: chain[0].Subject().OrganizationID, Clock: now, Certificates: chain[:1]}, chain[:1], nil
}

// said prints an answer, or says what to do about an error.
func said(out io.Writer, v any, err error) error {
	if errors.Is(err, client.ErrUnknown) {
		return fmt.Errorf("%w\n没有收到可信的应答，结果未知：请原样再执行一次，不会重复", err)
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(v, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, string(text))
	return err
}

// ask signs in, asks, and prints the answer.
func (c *bidderCommand) ask(ctx context.Context, s *Settings, out io.Writer, question func(*client.Bidder) (any, error)) error {
	b, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	v, err := question(b)
	return said(out, v, err)
}
