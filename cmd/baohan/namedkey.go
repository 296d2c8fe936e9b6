package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"baohan/signing"
	"baohan/signing/tlog"
)

// A namedKey is the key of the transparency log or of a witness: NAME.key, encrypted with the passphrase, and beside it
// NAME.vkey, its public half with the name under which others know it. It has no certificate: whoever trusts it was
// given the line in NAME.vkey.
type namedKey struct {
	tlog.Key
	Signer *signing.PrivateKey
}

const (
	privateHalf = ".key"
	publicHalf  = ".vkey"
)

// loadNamedKey opens a key that makeNamedKey wrote. hint says what to do when there is none.
func loadNamedKey(dir, name string, passphrase []byte, hint string) (k namedKey, err error) {
	path := filepath.Join(dir, name)
	line, err := os.ReadFile(path + publicHalf)
	if errors.Is(err, fs.ErrNotExist) {
		return k, fmt.Errorf("没有 %s：%s", path+publicHalf, hint)
	}
	if err != nil {
		return k, err
	}
	if k.Key, err = parseVerifierKey(string(line)); err != nil {
		return k, fmt.Errorf("%s：%w", path+publicHalf, err)
	}
	text, err := os.ReadFile(path + privateHalf)
	if err != nil {
		return k, err
	}
	if k.Signer, err = signing.DecryptKeyPEM(text, passphrase); err != nil {
		return k, fmt.Errorf("%s：%w", path+privateHalf, err)
	}
	if !k.Signer.Public().Equal(k.Public()) {
		return k, fmt.Errorf("%s 与 %s 不是一对", path+privateHalf, path+publicHalf)
	}
	return k, nil
}

// makeNamedKey makes a key and writes both halves; it overwrites none. The public half is written last: without it
// there is no key yet, and making it can begin again.
func makeNamedKey(dir, name string, passphrase []byte, named func(signing.PublicKey) (tlog.Key, error), options ...signing.KeyOption) (tlog.Key, error) {
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path + publicHalf); err == nil {
		return tlog.Key{}, fmt.Errorf("已有 %s，不会覆盖；请换一个文件名或目录", path+publicHalf)
	}
	private, err := signing.GenerateKey()
	if err != nil {
		return tlog.Key{}, err
	}
	key, err := named(private.Public())
	if err != nil {
		return key, errors.New("名称须为可见的 ASCII 字符，不含空格和加号，不超过 255 个，例如 witness.example.cn/bank")
	}
	text, err := signing.EncryptKeyPEM(private, passphrase, options...)
	if err != nil {
		return key, err
	}
	return key, errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(path+privateHalf, text, 0o600),
		os.WriteFile(path+publicHalf, []byte(key.String()+"\n"), 0o644))
}
