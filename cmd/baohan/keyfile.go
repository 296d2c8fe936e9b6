package main

import (
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

// passphraseUnless is the directory's own passphrase when no other is named.
func passphraseUnless(file string, own []byte) string {
	if file != "" {
		return ""
	}
	return string(own)
}
