package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"baohan/signing/translog"
)

// translogCommand is what an operator does to the transparency log beside running it (docs/transparency-log.md).
type translogCommand struct {
	Keygen  translogKeygen  `cmd:"" help:"为日志生成密钥，打印验证公钥；已有密钥时不覆盖。"`
	Rebuild translogRebuild `cmd:"" help:"由叶重新算出整棵树；与日志头不符则什么也不改。"`
}

type translogKeygen struct {
	Name  string `help:"日志名称，公开，今后不变，例如 log.example.cn/2026。" required:"" placeholder:"名称"`
	Light bool   `help:"口令加密用较少的迭代次数，只供演示和测试。"`
}

// Run makes the log's key. Another name or another key is another log.
func (c *translogKeygen) Run(s *Settings, out io.Writer) error {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return err
	}
	key, err := makeTranslogKey(s.KeysDir(), c.Name, passphrase, lightly(c.Light)...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n请把上面一行公布，并交给见证人、银行和监督部门：他们凭它认日志头。\n", key)
	return err
}

type translogRebuild struct{ node }

// Run mends a tree that was spoilt; leaves that were spoilt it only finds.
func (c *translogRebuild) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) (err error) {
	r, err := c.open(ctx, s, "translog", log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	switch err := r.translog.RebuildTiles(ctx); {
	case errors.Is(err, translog.ErrBusy):
		return errors.New("另一个进程正在写日志：请稍后再试，或先停下执行后台任务的进程")
	case errors.Is(err, translog.ErrCorrupt):
		return fmt.Errorf("叶与日志头不符，树没有改动；请用 baohan audit 找出被改动的条目：%w", err)
	case err != nil:
		return err
	}
	_, err = fmt.Fprintln(out, "树已由叶重新算出，与日志头一致；请重新启动执行后台任务的进程")
	return err
}
