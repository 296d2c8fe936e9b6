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

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// unlockCommand opens the owner's own copy on the owner's side (应急): no platform, no network, no clock. What comes
// out is a file that proves itself, and the command says in words what holds of it.
type unlockCommand struct {
	File     string `arg:"" help:"平台 …/copy 接口的答复（JSON，可用 baohan bidder copy 保存），或本机存底：申请编号.letter、申请编号.draft。" type:"existingfile"`
	Key      string `help:"加密密钥（PEM，以口令加密）。不设则为密钥目录下的 encrypt.key；加密证书丢失时给恢复密钥 encrypt-recovery.key。" placeholder:"文件"`
	Copy     string `help:"给 .draft 时：平台 …/copy 接口的答复，用存底打开它。" type:"existingfile" placeholder:"文件"`
	Platform string `help:"平台运营单位的统一社会信用代码；给出后只认该单位签署的回执。" placeholder:"USCC"`
	Dir      string `help:"写入的目录：保函编号.json 和 .p7s。开标前请勿给他人。" default:"." placeholder:"目录"`
}

// Run writes the letter whatever the checks say, because it is the owner's, and ends with 1 when one of them fails.
func (c unlockCommand) Run(ctx context.Context, s *Settings, out io.Writer) error {
	file, err := c.open(ctx, s)
	if errors.Is(err, client.ErrNotIssued) {
		err = errors.New("这份申请名下尚未开立保函；申请记录可以打开，但还没有保函可取")
	}
	if err != nil {
		return &ExitError{2, err}
	}
	name, err := writeLetter(c.Dir, file)
	if err != nil {
		return &ExitError{2, err}
	}
	o, err := (verifyCommand{File: name + ".json", Platform: c.Platform}).verify(s.TrustFile())
	if err != nil {
		return &ExitError{2, err}
	}
	if err := (verifyCommand{}).print(out, o.Report); err != nil {
		return &ExitError{2, err}
	}
	fmt.Fprintf(out, "已写入 %s.json 和 %s.p7s。其中写明项目、标段和金额：开标前请勿给他人。\n", name, name)
	if !o.Report.OK {
		return &ExitError{1, errNotVerified}
	}
	return nil
}

func (c unlockCommand) open(ctx context.Context, s *Settings) (letter.File, error) {
	key, err := c.key(s)
	if err != nil {
		return letter.File{}, err
	}
	b, err := readBounded(c.File)
	if err != nil {
		return letter.File{}, err
	}
	if bytes.HasPrefix(b, []byte("{")) {
		return unlocked(ctx, b, key)
	}
	name := filepath.Base(c.File)
	plain, err := client.OpenCopy(ctx, name, b, key)
	if err != nil {
		return letter.File{}, fmt.Errorf("%s：用这把密钥打不开（文件名须保持原样）：%w", c.File, err)
	}
	switch {
	case strings.HasSuffix(name, ".letter"):
		return letter.ParseFile(plain)
	case strings.HasSuffix(name, ".draft"):
		return c.byDraft(ctx, plain)
	}
	return letter.File{}, fmt.Errorf("%s：不是保函的存底；请给 .letter 或 .draft", c.File)
}

func unlocked(ctx context.Context, answer []byte, key signing.Decrypter) (letter.File, error) {
	var saved wire.Copy
	if err := wire.ReadAnswer(answer, &saved); err != nil {
		return letter.File{}, fmt.Errorf("不是平台 …/copy 接口的答复：%w", err)
	}
	file, err := client.Unlock(ctx, saved, key)
	if errors.Is(err, signing.ErrUnwrap) || errors.Is(err, signing.ErrOpen) {
		return file, fmt.Errorf("用这把密钥打不开：须是申请时登记的加密证书的密钥，或重新包裹时的新密钥（%w）", err)
	}
	return file, err
}

func (c unlockCommand) byDraft(ctx context.Context, plain []byte) (letter.File, error) {
	var draft client.Draft
	if err := wire.Read(plain, &draft); err != nil {
		return letter.File{}, err
	}
	if c.Copy == "" {
		return letter.File{}, errors.New("存底里有揭示记录和记录私钥，没有保函本身；请用 --copy 给出平台 …/copy 接口的答复")
	}
	answer, err := readBounded(c.Copy)
	if err != nil {
		return letter.File{}, err
	}
	var saved wire.Copy
	if err := wire.ReadAnswer(answer, &saved); err != nil {
		return letter.File{}, fmt.Errorf("%s：不是平台 …/copy 接口的答复：%w", c.Copy, err)
	}
	return client.UnlockByDraft(ctx, saved, draft)
}

// key reads the one key that is needed.
func (c unlockCommand) key(s *Settings) (*signing.PrivateKey, error) {
	return keyIn(orBelow(c.Key, s.KeysDir(), "encrypt.key"), s)
}

// keyIn reads an encrypted private key.
func keyIn(name string, s *Settings) (*signing.PrivateKey, error) {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return nil, err
	}
	text, err := readBounded(name)
	if err != nil {
		return nil, err
	}
	key, err := signing.DecryptKeyPEM(text, passphrase)
	if err != nil {
		return nil, fmt.Errorf("%s：%w", name, err)
	}
	return key, nil
}

// writeLetter writes the letter in clear, for its owner's eyes, and returns the files' name without extension.
func writeLetter(dir string, file letter.File) (string, error) {
	text, err := file.Canonical()
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, file.Undertaking.Number)
	return name, errors.Join(os.WriteFile(name+".json", text, 0o600), os.WriteFile(name+".p7s", file.Signed, 0o600))
}
