package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"baohan/internal/blobs"
)

// noFilesKey is what to do when the key directory is of before there was a store for files.
const noFilesKey = "密钥目录中没有文件库的密钥：请运行 baohan files key 生成一把"

// openFiles opens the store of files that the settings name, and holds it against the keys: another platform's, or one
// whose key is gone, is refused before anything is written.
func openFiles(ctx context.Context, location string, keys [][]byte) (*blobs.Store, error) {
	if len(keys) == 0 {
		return nil, errors.New(noFilesKey)
	}
	k, err := blobs.NewKeys(keys[0], keys[1:]...)
	if err != nil {
		return nil, fmt.Errorf("%s 中文件库的密钥：%w", secretsFile, err)
	}
	files, err := blobs.Open(ctx, location, k)
	if errors.Is(err, blobs.ErrKeyUnknown) {
		return nil, fmt.Errorf("文件库是用密钥目录中没有的密钥写的：请检查 files 和 keys 是否属于同一平台，或恢复换下的密钥：%w", err)
	}
	return files, err
}

// filesCommand is what an operator does to the store of files beside running it (docs/files.md).
type filesCommand struct {
	Key filesKeyCommand `cmd:"" help:"给文件库生成一把新密钥：今后写入的文件用它，以前的密钥留着读以前的文件。"`
}

type filesKeyCommand struct{}

// Run puts a new key in front of the store's keys. No key is taken away: files of its time would not open any more.
func (filesKeyCommand) Run(s *Settings, out io.Writer) error {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return err
	}
	k := &keyring{Dir: s.KeysDir(), passphrase: passphrase}
	if err := k.loadSecrets(); err != nil {
		return err
	}
	k.Secrets.Files = append([][]byte{blobs.NewKey()}, k.Secrets.Files...)
	if err := k.writeSecrets(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "文件库现有 %d 把密钥，新写入的文件用最新的一把。请把密钥目录复制到所有节点，备份，再重新启动全部进程。\n", len(k.Secrets.Files))
	return err
}

// writeSecrets replaces the sealed secrets: a crash leaves the old ones or the new.
func (k *keyring) writeSecrets() error {
	storage, err := k.storage()
	if err != nil {
		return err
	}
	sealed, err := k.Secrets.seal(storage.Public())
	if err != nil {
		return err
	}
	path := filepath.Join(k.Dir, secretsFile)
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(sealed)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
