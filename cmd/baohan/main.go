// Command baohan is the platform: one binary that serves, works, migrates, demonstrates and
// verifies. It holds settings and wiring, nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"baohan/internal/heap"
)

// commands are what baohan can be told to do, each in a file of its own: a struct with
// Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) error, of which a command
// takes the arguments that it needs.
type commands struct {
	Settings `embed:"" group:"设置"`

	Demo     demoCommand     `cmd:"" help:"在本机演示：平台、三家测试机构、演示时钟；--once 把全过程走一遍并核对。"`
	Serve    serveCommand    `cmd:"" help:"运行平台：答复请求，并执行后台任务。"`
	Work     workCommand     `cmd:"" help:"只执行后台任务；可与 serve 分开运行多个。"`
	Migrate  migrateCommand  `cmd:"" help:"把数据库结构升级到本版本。"`
	Admit    admitCommand    `cmd:"" help:"准入单位、登记证书、接入担保机构。"`
	Party    partyCommand    `cmd:"" help:"停用、恢复单位，停用证书。"`
	Translog translogCommand `cmd:"" help:"透明日志：生成密钥、由叶重建树。"`
	Files    filesCommand    `cmd:"" help:"文件库：生成、更换密钥。"`
	CA       caCommand       `cmd:"" name:"ca" help:"开发用证书机构（无法律效力）。"`

	Keyfile     keyfileCommand     `cmd:"" help:"做一个证书文件，供在平台的网页上签名用。"`
	Bidder      bidderCommand      `cmd:"" help:"投标人：询价、申请、核对自己的保函、投标。"`
	BidList     bidListCommand     `cmd:"" help:"交易中心的投标系统：截止后把导出的投标清单（CSV）签名并提交。"`
	Incident    incidentCommand    `cmd:"" help:"应急：交易中心登记、行政监督认定无法解封的保函。"`
	Custodian   custodianCommand   `cmd:"" help:"密钥保管人：在其所有者处独立运行的代理，及其经办人的操作。"`
	Witness     witnessCommand     `cmd:"" help:"透明日志的见证人：由银行或监督部门在自己的机器上运行。"`
	SandboxBank sandboxBankCommand `cmd:"" help:"测试机构：银行、保险公司或担保公司的模拟，独立进程。"`

	Clock clockCommand `cmd:"" help:"拨动演示时钟。"`

	Reference settingsCommand `cmd:"" name:"settings" help:"打印全部设置及其说明。"`
	Verify    verifyCommand   `cmd:"" help:"离线核对一份保函（PDF、签名、证书链、文本、金额、承诺值和回执），或者核对并打印一份核验结果表。"`
	Audit     auditCommand    `cmd:"" help:"离线审计透明日志：用转储和平台以外的日志头，指出第一处被改动、缺失或插入的条目。"`
	PDF       pdfCommand      `cmd:"" name:"pdf" help:"把保函、解除通知或者书面付款通知做成由平台签名的 PDF。"`
	Unlock    unlockCommand   `cmd:"" help:"投标人离线打开自己的保函副本：只用自己的加密密钥，不需要平台。"`
	Version   versionCommand  `cmd:"" help:"打印版本。"`
}

func main() {
	heap.Roomy()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code: 0 when all went well, 1 when the command failed, 2 when it was not
// understood.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	var c commands
	left := -1 // what kong would have left the process with, after --help
	file := &settingsFile{}
	parser, err := newParser(&c, file, out, errs, func(code int) { left = code })
	if err != nil {
		fmt.Fprintln(errs, err)
		return 2
	}
	chosen, err := parse(parser, file, args, os.Environ())
	if left >= 0 {
		return left
	}
	if err != nil {
		fmt.Fprintln(errs, "baohan:", err)
		return 2
	}
	log, err := newLogger(errs, c.LogFormat, c.LogLevel)
	if err != nil {
		fmt.Fprintln(errs, "baohan:", err)
		return 2
	}
	chosen.BindTo(ctx, (*context.Context)(nil))
	chosen.BindTo(out, (*io.Writer)(nil))
	if err := chosen.Run(&c.Settings, log); err != nil {
		fmt.Fprintln(errs, "baohan:", err)
		return exitCode(err)
	}
	return 0
}

func newParser(c *commands, file *settingsFile, out, errs io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("baohan"),
		kong.Description("电子投标保函平台。设置的来源依次为：命令行、BAOHAN_ 环境变量、--config 文件、默认值。"),
		kong.Writers(out, errs),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Resolvers(file))
}

// parse refuses what it does not know wherever it comes from: a setting that is misspelt would
// otherwise be one that silently does not hold.
func parse(parser *kong.Kong, file *settingsFile, args, environ []string) (*kong.Context, error) {
	if err := unknownVariable(parser.Model, environ); err != nil {
		return nil, err
	}
	chosen, err := parser.Parse(args)
	if file.fault != nil {
		return nil, file.fault
	}
	return chosen, err
}

// An ExitError ends the program with a code of its own; scripts tell outcomes apart by it.
type ExitError struct {
	Code int
	Err  error
}

func (e *ExitError) Error() string { return e.Err.Error() }

func (e *ExitError) Unwrap() error { return e.Err }

func exitCode(err error) int {
	if e, ok := errors.AsType[*ExitError](err); ok {
		return e.Code
	}
	return 1
}

func newLogger(w io.Writer, format, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log-level：%q 不是 debug、info、warn 或 error", level)
	}
	options := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}
