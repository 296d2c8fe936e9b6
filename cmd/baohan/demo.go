package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/clock"
	"baohan/internal/clock/sqlclock"
	"baohan/internal/story"
	"baohan/tender/custody"
)

type demoCommand struct {
	Once    bool   `help:"走完全过程就结束；全部核对成立时退出码为 0。不加则留下平台和机构，供您以各方身份操作。" xor:"stay"`
	Bidding bool   `help:"只发布第一标段，停在投标截止之前，供您以各方身份操作。" xor:"what,stay"`
	Story   string `help:"讲哪一个：guarantee 讲三个标段里保函的一生，tender 讲一个两标段项目的不见面开标，从签到到索赔、解除。" enum:"guarantee,tender" default:"guarantee"`
	Kill    bool   `help:"中途几次用 SIGKILL 终止平台进程再启动。" xor:"what"`
	Out     string `help:"结果写入的目录：每份保函的 .json、.p7s 和 .pdf，核验结果表、开标记录表（.p7s、.pdf），状态清单、证书、root.pem、summary.json。不设则为数据目录下的 demo。" placeholder:"目录"`
	Script  string `help:"用 OpenSSL 复核保函的脚本；没有就略过这一步。" default:"docs/verify-with-openssl.sh" placeholder:"文件"`
}

// Run starts a whole platform with three custodians, three institutions and two witnesses on a stepped clock, tells a story in it, and
// leaves it to whoever started it.
func (c *demoCommand) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) (err error) {
	if c.Bidding && c.Story != "guarantee" {
		return errors.New("--bidding 停在第一标段截止之前，只用于 --story guarantee；请去掉其中一个")
	}
	if c.Out == "" {
		c.Out = filepath.Join(s.Data, "demo")
	}
	dir, forget, err := c.dir(s)
	if err != nil {
		return err
	}
	defer forget()
	began := clock.System().Now()
	w, err := newTheatre(ctx, dir, story.PlotOf(c.Story), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	fmt.Fprintf(out, "平台、三个密钥保管人、三家测试机构和两个见证人已就绪（%.1f 秒）\n", clock.System().Now().Sub(began).Seconds())
	if c.Bidding {
		err = story.Publish(ctx, w.stage(c.Out, out))
	} else {
		err = c.tell(ctx, w, out)
	}
	if err != nil || c.Once {
		return err
	}
	if !c.Bidding {
		if err := w.trial(ctx, c.Out, out); err != nil {
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
	if err := w.print(ctx, c.Out); err != nil {
		return err
	}
	fmt.Fprintf(out, "全部成立：%d 步，%d 项核对，%d 份保函；文件在 %s\n", summary.Steps, summary.Checks, len(summary.Guarantees), c.Out)
	return nil
}

// stage is the theatre as the story sees it.
func (w *theatre) stage(out string, print io.Writer) story.Stage {
	return story.Stage{
		Base: w.base, Trust: w.trust, Platform: w.house.Platform, Clock: w.clock, Cast: w.cast, Plot: w.plot, Centre: story.Member{Party: w.house.Centre, Sign: w.centre},
		Supervisor: story.Member{Party: w.house.Supervisor, Sign: w.supervisor}, Operator: story.Member{Party: w.house.Platform, Sign: w.operator}, Spoil: w.spoil,
		Certificates: w.signs, Log: w.logKey, Witnesses: w.witnessKeys, Custodians: strings.Split(w.pins(), ","), Desks: w.desks,
		Folder: filepath.Join(w.dir, "copies"), Out: out, Print: print,
		Step:   func(ctx context.Context, t time.Time) error { return w.clock.Set(ctx, t, sqlclock.Mirror(w.pool)) },
		Search: w.search, Custodian: w.custodianIs, Institution: w.institutionIs,
	}
}

// spoil changes one byte past the guards of its table; doing it again undoes it.
func (w *theatre) spoil(ctx context.Context, guarantee string) error {
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE guarantee SET letter = set_byte(letter, 400, get_byte(letter, 400) # 1) WHERE id = @id`, pgx.NamedArgs{"id": guarantee})
		return err
	})
}

// trial publishes a lot for whoever wants to take the parts himself; two of three custodians have authorised its day.
func (w *theatre) trial(ctx context.Context, out string, print io.Writer) error {
	deadline, err := story.Trial(ctx, w.stage(out, print))
	if err := errors.Join(err, w.admitClerks(ctx)); err != nil {
		return err
	}
	for holder := range 2 {
		if _, err := custody.Instruct(ctx, filepath.Join(w.own(holder), custodyDir), custody.Act{Verb: "authorise", Days: []calendar.Date{calendar.DateOf(deadline)}}); err != nil {
			return err
		}
	}
	return nil
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

// explain says how to act as each party. Everything lies below one directory, which is gone when the demonstration
// has ended.
func (w *theatre) explain(out io.Writer) {
	next := story.FirstDeadline
	if now := w.clock.Now(); now.After(next) {
		next = now.AddDate(0, 0, 7).In(calendar.Shanghai)
	}
	fmt.Fprintf(out, "\n在浏览器里打开 %s/demo，点一下就能以各方身份操作。\n", w.base)
	fmt.Fprintf(out, "\n演示平台 %[1]s/api/v1（docs/api-guide.md、docs/openapi.yaml），核验保函 %[1]s/verify，演示时钟 %[2]s\n\n", w.base,
		w.clock.Now().In(calendar.Shanghai).Format("2006-01-02 15:04"))
	for _, m := range w.cast.All() {
		fmt.Fprintf(out, "  %s  %-11s  %s\n", m.Party.USCC, w.cast.Role(m), m.Party.Name)
		if desk := w.desks[m.Party.USCC]; desk != "" {
			fmt.Fprintf(out, "      收银台 %s/cashier/申请编号   待办 %s/operator/queue   账簿 %s/books\n", desk, desk, desk)
		}
	}
	bidder := w.cast.Bidders[0].Party.USCC
	fmt.Fprintf(out, `
证书和密钥在 %[1]s/parties，文件名为统一社会信用代码。在另一个终端里：

  export BAOHAN_DATA=%[1]s BAOHAN_KEYS=%[1]s/parties BAOHAN_TRUST=%[1]s/keys/root.pem
  export BAOHAN_PASSPHRASE_FILE=%[1]s/passphrase BAOHAN_CLOCK_FILE=%[1]s/clock BAOHAN_DATABASE_URL='%[2]s'
  baohan bidder --platform %[3]s --platform-cert %[1]s/keys/platform.pem --custodians %[6]s \
    --sign %[4]s --encrypt %[4]s-encrypt lots
  baohan clock --to %[5]s

三个密钥保管人各为一个进程，数据在 %[1]s/custodian-1 至 3；经办人在其机器上操作，例如：

  BAOHAN_DATA=%[1]s/custodian-2 baohan custodian status

透明日志的两个见证人各为一个进程，数据在 %[1]s/witness-1 至 2。凭日志头审计数据库中的整本日志：

  baohan audit --head %[1]s/witness-1/witness/last.note --log "$(cat %[1]s/keys/translog.vkey)"

按 Ctrl-C 结束。
`, w.dir, w.server.URL, w.base, bidder, next.Format(time.RFC3339), w.pins())
}
