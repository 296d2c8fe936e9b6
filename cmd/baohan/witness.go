package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"baohan/client"
	"baohan/signing"
	"baohan/signing/tlog"
)

// witnessCommand is a witness on its owner's premises: a bank's or a supervisor's own machine, which knows the platform's
// log by its public API alone (docs/transparency-log.md).
type witnessCommand struct {
	Follow  witnessFollow  `cmd:"" default:"withargs" help:"跟随平台的透明日志并见证（不写子命令即为此）。"`
	Keygen  witnessKeygen  `cmd:"" help:"为见证人生成密钥，打印验证公钥；已有密钥时不覆盖。"`
	Compare witnessCompare `cmd:"" help:"比较两份日志头：日志或见证人有没有签过互相矛盾的两份。"`
}

const (
	witnessName  = "witness" // of its key's files
	noWitnessKey = "没有见证人的密钥；请先运行 baohan witness keygen --name 见证人名称"
	// exitRefused tells scripts that the log contradicted itself: people must look, and trying again helps nobody.
	exitRefused = 3
)

type witnessFollow struct {
	Platform string        `help:"平台地址。" required:"" placeholder:"https://…"`
	Log      []string      `help:"日志的验证公钥（translog.vkey 的内容），事先从平台以外的途径得到；更换密钥时新旧都写，逗号分隔。" required:"" placeholder:"公钥"`
	Key      string        `help:"密钥目录中见证人密钥的文件名（不带扩展名）。" default:"witness"`
	File     string        `help:"保存上次见证的日志头的文件；丢了它就不能证明日志没有回滚。不设则为数据目录下的 witness/last.note。" placeholder:"文件"`
	Every    time.Duration `help:"多久看一次日志。" default:"1m" placeholder:"时长"`
	Once     bool          `help:"只看一次就结束。"`
}

// Run follows until it is asked to stop, or until the log contradicts itself: then it ends with 3 and has signed
// nothing. Whoever starts it again gets the same answer, until people have looked.
func (c *witnessFollow) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) error {
	w, source, err := c.open(s)
	if err != nil {
		return err
	}
	unlock, err := lockFile(w.File + ".lock")
	if err != nil {
		return fmt.Errorf("%s 正由另一个见证进程使用；一个文件只能有一个见证人：%w", w.File, err)
	}
	defer unlock()
	fmt.Fprintf(out, "见证人 %s 跟随日志 %s（%s）\n", w.Key.Name(), w.Log[0].Name(), c.Platform)
	tick := time.NewTicker(c.Every)
	defer tick.Stop()
	for {
		err := countersign(ctx, w, source, out)
		if refusal, ok := errors.AsType[*tlog.Refusal](err); ok {
			return &ExitError{exitRefused, refusal}
		}
		if c.Once {
			return err
		}
		if err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "not countersigned; tried again at the next turn", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// open is the witness with its key and its memory, and the log as it is seen from outside.
func (c *witnessFollow) open(s *Settings) (*tlog.Witness, *client.Log, error) {
	if c.Every < 100*time.Millisecond {
		return nil, nil, fmt.Errorf("every：%v 太短，至少 100ms", c.Every)
	}
	keys, err := logKeys("log", c.Log)
	if err != nil {
		return nil, nil, err
	}
	source, err := client.NewLog(client.Platform{Base: c.Platform})
	if err != nil {
		return nil, nil, fmt.Errorf("platform：%s 不是平台地址；请写作 https://主机名（只有本机可用 http）：%w", c.Platform, err)
	}
	me, err := c.me(s)
	if err != nil {
		return nil, nil, err
	}
	clk, err := clockBy(s)
	if err != nil {
		return nil, nil, err
	}
	w := &tlog.Witness{Key: me.Key, Signer: me.Signer, Log: keys, Clock: clk, File: orBelow(c.File, s.Data, filepath.Join("witness", "last.note"))}
	return w, source, os.MkdirAll(filepath.Dir(w.File), 0o700)
}

func (c *witnessFollow) me(s *Settings) (namedKey, error) {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return namedKey{}, err
	}
	me, err := loadNamedKey(s.KeysDir(), c.Key, passphrase, noWitnessKey)
	if err == nil && !me.IsWitness() {
		err = fmt.Errorf("%s 是日志的密钥，不能用来见证", filepath.Join(s.KeysDir(), c.Key))
	}
	return me, err
}

// countersign is one turn: look, check, remember, sign, hand in.
func countersign(ctx context.Context, w *tlog.Witness, source *client.Log, out io.Writer) error {
	before, err := w.Last()
	if err != nil {
		return fmt.Errorf("上次见证的日志头 %s 读不出来，不会自行重新开始；请从备份恢复这个文件，或确认 --log 写的是同一本日志的公钥：%w", w.File, err)
	}
	head, line, err := w.Follow(ctx, source)
	if err != nil {
		return unfollowed(err)
	}
	if err := source.Countersign(ctx, head.Size, line); err != nil {
		return fmt.Errorf("已见证 %d 条，但签名没有交到平台：%w", head.Size, inWords(err))
	}
	if head != before { // the same head again, with the new time, is said to the platform alone
		fmt.Fprintf(out, "%s 见证 %d 条，根 %s\n", clockFace(w.Clock.Now()), head.Size, head.Root)
	}
	return nil
}

// unfollowed says to people why nothing was signed. A refusal has its own words.
func unfollowed(err error) error {
	switch _, refused := errors.AsType[*tlog.Refusal](err); {
	case refused:
		return err
	case errors.Is(err, tlog.ErrUnsigned), errors.Is(err, tlog.ErrNote), errors.Is(err, tlog.ErrCheckpoint):
		return fmt.Errorf("平台给出的不是 --log 所列密钥签的日志头，没有见证；请核对公钥，密钥更换时新旧都写上：%w", err)
	case errors.Is(err, tlog.ErrEncoding):
		return fmt.Errorf("平台给出的证明读不出来，没有见证；下次再试：%w", err)
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("写不进见证文件，没有见证：%w", err)
	}
	return fmt.Errorf("没有取到日志头：%w", inWords(err))
}

// inWords is the platform's refusal as it says it to people.
func inWords(err error) error {
	if p, refused := client.Refused(err); refused {
		return errors.New(p.Detail)
	}
	return err
}

type witnessKeygen struct {
	Name  string `help:"见证人名称，公开，今后不变，例如 witness.example.cn/bank。" required:"" placeholder:"名称"`
	Key   string `help:"密钥目录中的文件名（不带扩展名）。" default:"witness"`
	Light bool   `help:"口令加密用较少的迭代次数，只供演示和测试。"`
}

// Run makes a witness's key. It never leaves this machine; its public half goes to the platform.
func (c *witnessKeygen) Run(s *Settings, out io.Writer) error {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return err
	}
	key, err := makeNamedKey(s.KeysDir(), c.Key, passphrase, func(public signing.PublicKey) (tlog.Key, error) { return tlog.WitnessKey(c.Name, public) },
		lightly(c.Light)...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n请把上面一行交给平台登记（translog-witnesses），也交给要凭您的见证核对的人。\n", key)
	return err
}
