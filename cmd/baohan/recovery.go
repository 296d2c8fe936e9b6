package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"baohan/signing"
)

// A bidder's own papers are encrypted to its encryption key and to a second key of its own, the recovery key (恢复密钥):
// a lost USB key then loses nothing. The private half belongs offline; to encrypt, the public half is enough.
// They are named after the encryption key: several bidders may share one directory.
const (
	recoveryPrivate = "-recovery.key"
	recoveryPublic  = "-recovery.pub"
)

// recoveryKey reads the public half, and makes a pair when there is none; name is the encryption key's path without
// extension. After a crash between the two files the public half is made again from the private one.
func recoveryKey(name string, passphrase []byte, say io.Writer) (signing.PublicKey, error) {
	text, err := os.ReadFile(name + recoveryPublic)
	if errors.Is(err, fs.ErrNotExist) {
		return makeRecovery(name, passphrase, say)
	}
	if err != nil {
		return signing.PublicKey{}, err
	}
	var key signing.PublicKey
	if err := key.UnmarshalText(text); err != nil {
		return key, fmt.Errorf("%s：%w", name+recoveryPublic, err)
	}
	return key, nil
}

func makeRecovery(name string, passphrase []byte, say io.Writer) (signing.PublicKey, error) {
	key, err := existingRecovery(name+recoveryPrivate, passphrase)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = newRecovery(name+recoveryPrivate, passphrase)
	}
	if err != nil {
		return signing.PublicKey{}, fmt.Errorf("恢复密钥：%w", err)
	}
	text, err := key.Public().MarshalText()
	if err == nil {
		err = os.WriteFile(name+recoveryPublic, text, 0o600)
	}
	if err != nil {
		return signing.PublicKey{}, fmt.Errorf("恢复密钥：%w", err)
	}
	fmt.Fprintf(say, "恢复密钥在 %s（口令与密钥目录相同）：请把它移到离线介质妥善保管，并从本机删除。加密证书丢失时，用它打开本机存底。\n", name+recoveryPrivate)
	return key.Public(), nil
}

func existingRecovery(name string, passphrase []byte) (*signing.PrivateKey, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return signing.DecryptKeyPEM(text, passphrase)
}

// newRecovery writes the private half whole before anything is encrypted to it.
func newRecovery(name string, passphrase []byte) (*signing.PrivateKey, error) {
	key, err := signing.GenerateKey()
	if err != nil {
		return nil, err
	}
	text, err := signing.EncryptKeyPEM(key, passphrase)
	if err != nil {
		return nil, err
	}
	tmp := name + ".new"
	if err := os.WriteFile(tmp, text, 0o600); err != nil {
		return nil, err
	}
	return key, os.Rename(tmp, name)
}
