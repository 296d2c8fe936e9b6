package main

import (
	"context"
	"errors"
	"io"
	"os"

	"baohan/client"
	"baohan/client/wire"
)

type bidderOwnFiles struct {
	ID   string `arg:"" help:"投标编号。"`
	File string `help:"要取回的文件的编号；不写则列出全部。" placeholder:"编号"`
	Out  string `help:"写入的文件，不得已经存在。" placeholder:"文件"`
}

// Run lists what the kept copy of the bid says, or fetches a ciphertext and opens it here.
func (c *bidderOwnFiles) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) {
		if c.File != "" {
			return map[string]string{"file": c.Out}, c.fetch(ctx, b)
		}
		all, err := b.OwnFiles(ctx, c.ID)
		list := wire.BidFiles{Items: make([]wire.BidFile, len(all))}
		for i, f := range all {
			list.Items[i] = wire.BidFile{ID: f.ID, Name: f.Name, Size: f.Size, Digest: f.Digest}
		}
		return list, err
	})
}

// fetch leaves no file that is not whole.
func (c *bidderOwnFiles) fetch(ctx context.Context, b *client.Bidder) error {
	if c.Out == "" {
		return errors.New("--out：请写明取回后写入的文件")
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(b.OwnFile(ctx, c.ID, c.File, f), f.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(c.Out))
	}
	return err
}
