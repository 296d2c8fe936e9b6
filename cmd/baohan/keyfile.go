package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"baohan/client"
	"baohan/signing/devca"
)

// keyfileCommand makes of a key directory's certificates the one file that a person brings to the platform's pages.
type keyfileCommand struct {
	Sign    string `help:"密钥目录中签名证书和密钥的文件名（不带扩展名）。" default:"sign" placeholder:"名字"`
	Encrypt string `help:"密钥目录中加密证书和密钥的文件名；写成空的则文件里没有加密证书（投标人须有）。" default:"encrypt" placeholder:"名字"`
	Out     string `help:"写入的文件，习惯上以 .baohan.pem 结尾；已有的文件不会被覆盖。" required:"" placeholder:"文件"`
	PIN     string `help:"新文件的口令所在的文件。不设则与密钥目录的口令相同。" name:"pin-file" placeholder:"文件"`
	Light   bool   `help:"口令加密用较少的迭代次数，只供演示和测试。"`
}

// Run writes the file. Whoever has it and its passphrase signs in the organisation's name.
func (c *keyfileCommand) Run(s *Settings, out io.Writer) error {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return err
	}
	pin, err := passphraseOf(&Settings{PassphraseFile: c.PIN, Passphrase: passphraseUnless(c.PIN, passphrase)})
	if err != nil {
		return err
	}
	if weak := weakPIN(pin); weak != nil && !c.Light {
		return weak
	}
	sign, err := devca.LoadIdentity(s.KeysDir(), cmp.Or(c.Sign, "sign"), passphrase)
	if err != nil {
		return err
	}
	var open devca.Identity
	if c.Encrypt != "" {
		if open, err = devca.LoadIdentity(s.KeysDir(), c.Encrypt, passphrase); err != nil {
			return err
		}
	}
	text, err := client.WriteKeyFile(sign.Key, sign.Chain, open.Key, open.Chain, pin, lightly(c.Light)...)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	who := subjectOf(sign)
	_, err = fmt.Fprintf(out, "已写入 %s：%s（%s）。网页签名时选择这个文件并输入口令；私钥在其中，请妥善保管。\n", c.Out, who.Name, who.USCC)
	return err
}

// weakPIN refuses what is guessed in hours by whoever has a copy of the file: he tries as often as he likes, and nobody counts.
// Eight digits are a hundred million guesses at 600,000 rounds each, a day's work of one graphics card.
func weakPIN(pin []byte) error {
	digits := bytes.IndexFunc(pin, func(r rune) bool { return r < '0' || r > '9' }) < 0
	if len(pin) < 8 || digits && len(pin) < 14 {
		return errors.New("口令太弱：文件一旦被人复制，口令可以在别处无限次地试。请用至少 8 个字符、不全是数字的口令（--pin-file）；全用数字的，至少 14 位")
	}
	return nil
}

// passphraseUnless is the directory's own passphrase when no other is named.
func passphraseUnless(file string, own []byte) string {
	if file != "" {
		return ""
	}
	return string(own)
}
