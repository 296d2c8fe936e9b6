package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// auditCommand replays the whole log out of a dump, or out of a database, against a head that is known outside of the
// log's administration. It needs no key but public ones, and asks the platform nothing.
type auditCommand struct {
	File    string   `arg:"" optional:"" help:"pg_dump 导出的文本（COPY 格式）。不写则审计 database-url 所指的数据库。" type:"existingfile"`
	Head    string   `help:"平台以外保存的日志头：见证人的 last.note，或从平台取得的日志头。" required:"" type:"existingfile" placeholder:"文件"`
	Log     []string `help:"日志的验证公钥；更换过密钥时新旧都写，现用的在前，逗号分隔。" required:"" placeholder:"公钥"`
	Witness []string `help:"见证人的验证公钥，逗号分隔：日志头须有他们的签名。" placeholder:"公钥"`
	Quorum  int      `help:"至少几个见证人签过才采信；0 为全部列出的见证人。" placeholder:"个"`
	Batch   []uint64 `help:"日志每个节拍写入多少片叶；改过的，都写上，逗号分隔：缺了日志头才看得出来。" default:"64" placeholder:"片"`
}

var errAudit = errors.New("审计不通过：日志被改动过")

// Run ends with 0 when every line is the one that was logged, with 1 when it names a line that is not, and with 2 when
// there was nothing that it could read.
func (c *auditCommand) Run(ctx context.Context, s *Settings, out io.Writer) error {
	head, keys, err := c.outside()
	if err != nil {
		return &ExitError{2, err}
	}
	report, err := c.audit(ctx, s, head, keys)
	if err != nil {
		return &ExitError{2, err}
	}
	if report.Fault != nil {
		fmt.Fprintf(out, "%s。\n条目从 0 编号。此前的 %d 条与签了名的日志头一致。\n", report.Fault, report.Vouched)
		return errAudit
	}
	if report.fact != nil {
		fmt.Fprintf(out, "日志本身与日志头一致，但有一行与它不符：%s。\n", report.fact)
		return errAudit
	}
	fmt.Fprintf(out, "审计通过：%d 条与日志头逐条一致，与外部日志头（%d 条）没有矛盾。\n", report.Vouched, head.Size)
	if report.Beyond > 0 {
		fmt.Fprintf(out, "最后一个日志头之后还有 %d 条，没有日志头担保。\n", report.Beyond)
	}
	if c.File == "" {
		fmt.Fprintf(out, "保函和标段的 %d 行记录与各自的叶逐字一致。\n", report.facts)
	} else {
		fmt.Fprintln(out, "转储文件只核对日志本身。恢复到一个数据库里，用 --database-url 指明，还核对保函和标段的每一行记录。")
	}
	return nil
}

// audited is what was found of the log, and of the rows that it commits to.
type audited struct {
	tlog.Report
	facts int
	fact  *guarantee.FactFault
}

// outside is the head that the dump is held against. Without witnesses the log's own signature must do.
func (c *auditCommand) outside() (head tlog.Checkpoint, keys []tlog.Key, err error) {
	trust, err := policyOf(c.Log, c.Witness)
	if err != nil {
		return head, nil, err
	}
	if trust.Quorum = c.Quorum; trust.Quorum == 0 {
		trust.Quorum = len(trust.Witnesses)
	}
	if trust.Quorum < 0 || trust.Quorum > len(trust.Witnesses) {
		return head, nil, fmt.Errorf("quorum：%d 不在 0 至见证人数目 %d 之间", c.Quorum, len(trust.Witnesses))
	}
	note, err := os.ReadFile(c.Head)
	if err != nil {
		return head, nil, err
	}
	head, _, err = trust.Open(note)
	switch {
	case errors.Is(err, tlog.ErrQuorum):
		return head, nil, fmt.Errorf("%s 没有足够的见证人签名：%w", c.Head, err)
	case err != nil:
		return head, nil, fmt.Errorf("%s 不是这些密钥签的日志头；请核对 --log 和 --witness：%w", c.Head, err)
	}
	return head, trust.Log, nil
}

func (c *auditCommand) audit(ctx context.Context, s *Settings, head tlog.Checkpoint, keys []tlog.Key) (a audited, err error) {
	if c.File != "" {
		d, err := translog.OpenDump(c.File)
		if err != nil {
			return a, fmt.Errorf("%s：%w", c.File, err)
		}
		defer func() { _ = d.Close() }()
		a.Report, err = c.replay(d.Dump(), d.Tiles(), head, keys)
		return a, err
	}
	if s.DatabaseURL == "" {
		return a, errors.New("没有要审计的东西：请写出转储文件，或用 --database-url 指明数据库")
	}
	conn, err := pgx.Connect(ctx, s.DatabaseURL)
	if err != nil {
		return a, errors.New("连不上 database-url 所指的数据库：请核对地址、口令，并确认数据库已启动") // pgx's error repeats the password
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}) // one moment of a log that grows
	if err != nil {
		return a, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if a.Report, err = c.replay(translog.Dump(ctx, tx), translog.Tiles(ctx, tx), head, keys); err == nil && a.Fault == nil {
		a.facts, a.fact, err = guarantee.AuditFacts(ctx, tx, a.Vouched+a.Beyond) // a batch may lie between its commit and its head
	}
	return a, err
}

// replay holds the lines against the heads, and then the stored tree against the lines.
func (c *auditCommand) replay(d tlog.Dump, tiles iter.Seq2[translog.Tile, error], head tlog.Checkpoint, keys []tlog.Key) (tlog.Report, error) {
	d.Batches = c.Batch
	report, err := tlog.Audit(d, head, keys...)
	if err != nil || report.Fault != nil {
		return report, err
	}
	report.Fault, err = translog.CheckTiles(tiles, report.Vouched+report.Beyond)
	return report, err
}
