package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"baohan/internal/clock"
	"baohan/internal/clock/sqlclock"
	"baohan/internal/story"
)

type demoCommand struct {
	Once   bool   `help:"走完全过程就结束；全部核对成立时退出码为 0。不加则留下平台和机构，供您以各方身份操作。" xor:"stay"`
	Empty  bool   `help:"不走全过程，只启动平台和机构。" xor:"what,stay"`
	Kill   bool   `help:"中途三次用 SIGKILL 终止平台进程再启动。" xor:"what"`
	Out    string `help:"结果写入的目录：每份保函的 .json 和 .p7s、证书、root.pem、summary.json。不设则为数据目录下的 demo。" placeholder:"目录"`
	Script string `help:"用 OpenSSL 复核保函的脚本；没有就略过这一步。" default:"docs/verify-with-openssl.sh" placeholder:"文件"`
}

// Run starts a whole platform with three institutions on a stepped clock, tells the story of two tenders in it, and
// leaves it to whoever started it.
func (c *demoCommand) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) (err error) {
	if c.Out == "" {
		c.Out = filepath.Join(s.Data, "demo")
	}
	dir, forget, err := c.dir(s)
	if err != nil {
		return err
	}
	defer forget()
	began := clock.System().Now()
	w, err := newTheatre(ctx, dir, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	fmt.Fprintf(out, "平台和三家测试机构已就绪（%.1f 秒）\n", clock.System().Now().Sub(began).Seconds())
	if !c.Empty {
		if err := c.tell(ctx, w, out); err != nil || c.Once {
			return err
		}
	}
	w.explain(out)
	<-ctx.Done()
	return nil
}

// dir is where the demonstration keeps everything. It begins anew each time and is gone when it has ended.
func (c *demoCommand) dir(s *Settings) (dir string, forget func(), err error) {
	above := os.TempDir()
	if !c.Once {
		if above, err = filepath.Abs(s.Data); err != nil {
			return "", nil, err
		}
	}
	if err := os.MkdirAll(above, 0o700); err != nil {
		return "", nil, err
	}
	dir, err = os.MkdirTemp(above, "demo-*")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

func (c *demoCommand) tell(ctx context.Context, w *theatre, out io.Writer) error {
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	stage := w.stage(c.Out, out)
	if _, err := os.Stat(c.Script); err == nil {
		stage.Script = c.Script
	}
	if c.Kill {
		stage.Kill = w.killPlatform
	}
	summary, err := story.Tell(ctx, stage)
	if err := errors.Join(err, summary.Write(c.Out)); err != nil {
		return fmt.Errorf("%w\n平台日志：%s", err, w.platform.lastWords())
	}
	if summary.Failed > 0 {
		return fmt.Errorf("%d 项核对不成立", summary.Failed)
	}
	fmt.Fprintf(out, "全部成立：%d 步，%d 项核对，%d 份保函；文件在 %s\n", summary.Steps, summary.Checks, len(summary.Guarantees), c.Out)
	return nil
}

// stage is the theatre as the story sees it.
func (w *theatre) stage(out string, print io.Writer) story.Stage {
	return story.Stage{
		Base: w.base, Trust: w.trust, Platform: w.house.Platform, Clock: w.clock, Cast: w.cast, Centre: story.Member{Party: w.house.Centre, Sign: w.centre},
		Desks:  w.desks,
		Folder: filepath.Join(w.dir, "copies"), Out: out, Print: print,
		Step:   func(ctx context.Context, t time.Time) error { return w.clock.Set(ctx, t, sqlclock.Mirror(w.pool)) },
		Search: w.search,
	}
}

// search looks in every table, and in what the platform and the database wrote into their logs.
func (w *theatre) search(ctx context.Context, needles []story.Needle) ([]string, error) {
	rows, err := story.Search(ctx, w.pool, needles)
	if err != nil {
		return nil, err
	}
	lines, err := story.SearchFiles([]string{filepath.Join(w.postgres, "postgres.log"), w.platform.log}, needles)
	return append(rows, lines...), err
}

func (w *theatre) explain(out io.Writer) {
	fmt.Fprintf(out, "演示平台：%s/api/v1   （接口说明 docs/api-guide.md、docs/openapi.yaml）\n", w.base)
	fmt.Fprintf(out, "演示时钟：%s，现在是 %s\n", filepath.Join(w.dir, "clock"), w.clock.Now().In(shanghai).Format("2006-01-02 15:04"))
	fmt.Fprintf(out, "拨动时钟：BAOHAN_DATABASE_URL='%s' baohan clock --clock-file %s --to 2019-12-27T10:00:00+08:00\n", w.server.URL, filepath.Join(w.dir, "clock"))
	fmt.Fprintf(out, "证书和密钥：%s（文件名为统一社会信用代码；口令在 %s）\n\n", filepath.Join(w.dir, "parties"), filepath.Join(w.dir, "passphrase"))
	for _, m := range w.cast.All() {
		fmt.Fprintf(out, "  %s  %-8s  %s\n", m.Party.USCC, w.cast.Role(m), m.Party.Name)
		if desk := w.desks[m.Party.USCC]; desk != "" {
			fmt.Fprintf(out, "      收银台 %s/cashier/申请编号   待办 %s/operator/queue   账簿 %s/books\n", desk, desk, desk)
		}
	}
	fmt.Fprintln(out, "\n按 Ctrl-C 结束。")
}
