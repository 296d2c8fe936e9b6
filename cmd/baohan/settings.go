package main

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Settings are everything that an operator can set for the whole program. Each has a flag, an
// environment variable and a key in the JSON file, all of one name; `baohan settings` prints them.
type Settings struct {
	Config string `help:"JSON 设置文件；其中不认识的键是错误。" env:"BAOHAN_CONFIG" type:"existingfile" placeholder:"文件"`

	Data        string `help:"数据目录：密钥、演示数据库、演示时钟。" env:"BAOHAN_DATA" default:".baohan" placeholder:"目录"`
	DatabaseURL string `help:"PostgreSQL 地址。不设则在数据目录中启动一个（仅供开发和演示）。" env:"BAOHAN_DATABASE_URL,DATABASE_URL" placeholder:"postgres://…"`
	DatabaseMax int32  `help:"数据库连接数上限。" env:"BAOHAN_DATABASE_MAX" default:"16" placeholder:"个"`

	Listen         string   `help:"监听地址。没有证书时只能是本机回环地址。" env:"BAOHAN_LISTEN" default:"127.0.0.1:8080" placeholder:"主机:端口"`
	Hosts          []string `help:"对外的主机名（可带端口），逗号分隔；以其他主机名来的请求被拒绝。不设则为监听地址。" env:"BAOHAN_HOSTS" placeholder:"主机"`
	PublicURL      string   `help:"平台对外的网址，如 https://bh.example.cn。设了它，PDF 上的二维码打开该网址的 /verify 页，由看的人核对；不设则二维码只是文字。" env:"BAOHAN_PUBLIC_URL" name:"public-url" placeholder:"网址"`
	TrustedProxies []string `help:"前置代理所在的网段，逗号分隔：只采信从这些网段转来的 X-Forwarded-For，用于按来源限制登录和下载签名文件的次数。经代理接入而不设，则所有来访者合用一份限额。" env:"BAOHAN_TRUSTED_PROXIES" placeholder:"网段"`
	TLSProxy       bool     `help:"TLS 由本机的前置代理（例如国密网关）终止：平台仍只监听本机回环地址，登录用只走 TLS 的 Cookie，应答要求浏览器今后只用 HTTPS；没有带着 X-Forwarded-Proto: https 来的请求一律拒绝。代理须自己写这个头（覆盖来访者写的），并原样转发 Host；须同时设置 hosts、trusted-proxies 和 custodians。" env:"BAOHAN_TLS_PROXY" name:"tls-proxy"`
	TLSCert        string   `help:"服务器证书链（PEM）。" env:"BAOHAN_TLS_CERT" name:"tls-cert" placeholder:"文件"`
	TLSKey         string   `help:"服务器证书的私钥（PEM）。" env:"BAOHAN_TLS_KEY" name:"tls-key" placeholder:"文件"`
	MetricsToken   string   `help:"读取 /metrics 的令牌；不设则没有 /metrics。" env:"BAOHAN_METRICS_TOKEN" placeholder:"令牌"`

	Idle time.Duration `help:"网页登录多久没有使用即自动退出；正在填写的表单、开标前一小时起打开着的开标进度和开标大厅都算使用，程序接口的登录不受影响。1 分钟至 8 小时；0 为不自动退出。各进程须相同。" env:"BAOHAN_IDLE" default:"30m" placeholder:"时长"`

	WatchLife       time.Duration `help:"一条开标进度连接最长保持多久；到时断开，收看者的程序自动接着收看。" env:"BAOHAN_WATCH_LIFE" default:"1h" placeholder:"时长"`
	WatchMax        int           `help:"本进程最多同时有多少条开标进度和开标会事件连接；超过的得到 503。每条占一个文件句柄：进程的句柄上限（ulimit -n）须比它至少大 500，不足时启动日志有警告。" env:"BAOHAN_WATCH_MAX" default:"2000" placeholder:"条"`
	WatchPerAddress int           `help:"同一来源地址最多同时有多少条这样的连接；超过的得到 429。开标大厅里的人可能共用一个地址，一个页面占一条。" env:"BAOHAN_WATCH_PER_ADDRESS" default:"200" placeholder:"条"`

	Files string `help:"文件库：目录，或 s3://桶名?region=地区 形式的网址（须用 -tags s3 构建的程序）。索赔文件和应急证据加密后存在这里，须与数据库一起备份（docs/files.md）；各进程须相同。不设则为数据目录下的 files。" env:"BAOHAN_FILES" placeholder:"目录或网址"`

	Keys           string   `help:"密钥目录（加密保存）。不设则为数据目录下的 keys。" env:"BAOHAN_KEYS" placeholder:"目录"`
	PassphraseFile string   `help:"打开密钥目录的口令所在的文件。" env:"BAOHAN_PASSPHRASE_FILE" placeholder:"文件"`
	Passphrase     string   `help:"打开密钥目录的口令。命令行会被其他用户看到：请用环境变量或口令文件。" env:"BAOHAN_PASSPHRASE" placeholder:"口令"`
	Trust          string   `help:"认可的根证书（PEM，可含多张）。不设则为密钥目录下的 root.pem。" env:"BAOHAN_TRUST" placeholder:"文件"`
	CRL            []string `help:"认可机构的证书吊销列表（DER 或 PEM），逗号分隔。运行中的进程至多一分钟检查一次文件有无更新：不能采信的列表记入日志，原有的列表继续有效。" env:"BAOHAN_CRL" name:"crl" placeholder:"文件"`

	ClockFile  string        `help:"演示时钟的文件。生产环境不设：设了它，规则按演示时间判断。" env:"BAOHAN_CLOCK_FILE" placeholder:"文件"`
	DemoRoles  string        `help:"演示各方证书所在的目录，由 baohan demo 写入；/demo 页据此给出一键登录。只能与演示时钟、本机回环地址同用，否则拒绝启动。" env:"BAOHAN_DEMO_ROLES" placeholder:"目录"`
	SweepEvery time.Duration `help:"多久检查一次到期和遗漏的事项。" env:"BAOHAN_SWEEP_EVERY" default:"1m" placeholder:"时长"`

	StatusEvery time.Duration `help:"多久公布一份状态清单（哪些已公开的保函不再有效，docs/status-list.md），有没有变化都一样；1 分钟至 24 小时，各进程须相同。" env:"BAOHAN_STATUS_EVERY" default:"1h" placeholder:"时长"`

	Cover int `help:"掩护行：每小时让投标记录总共增加多少行，不足时由平台补入无人的记录，使读数据库的人看不出投标数量（docs/secrecy.md）。每行约占 77 KB；最多 3600。各进程须相同；0 为不掩护。" env:"BAOHAN_COVER" default:"0" placeholder:"行"`

	TranslogBatch     int           `help:"透明日志每个节拍写入多少片叶，不足的以虚叶补满；公开，按最忙的一天定，不常改（docs/transparency-log.md）。各进程须相同。" env:"BAOHAN_TRANSLOG_BATCH" default:"64" placeholder:"片"`
	TranslogEvery     time.Duration `help:"透明日志的节拍。各进程须相同。" env:"BAOHAN_TRANSLOG_EVERY" default:"1m" placeholder:"时长"`
	TranslogWithin    time.Duration `help:"日志回执的承诺：叶交入后最迟多久在签名的日志头之下。" env:"BAOHAN_TRANSLOG_WITHIN" default:"15m" placeholder:"时长"`
	TranslogOld       []string      `help:"日志以前的验证公钥，逗号分隔：更换密钥之后仍认它们签过的日志头。现用的密钥在密钥目录的 translog.key 和 translog.vkey 中。" env:"BAOHAN_TRANSLOG_OLD" placeholder:"公钥"`
	TranslogWitnesses []string      `help:"见证人的验证公钥，逗号分隔；只收他们的见证签名。" env:"BAOHAN_TRANSLOG_WITNESSES" placeholder:"公钥"`
	TranslogQuorum    int           `help:"叶在日志里的证明优先取至少有这么多见证人签过的日志头；0 为取最新的日志头。" env:"BAOHAN_TRANSLOG_QUORUM" default:"0" placeholder:"个"`

	LogFormat string `help:"日志格式：text 或 json。" env:"BAOHAN_LOG_FORMAT" enum:"text,json" default:"text" placeholder:"格式"`
	LogLevel  string `help:"日志级别：debug、info、warn 或 error。" env:"BAOHAN_LOG_LEVEL" default:"info" placeholder:"级别"`
}

// KeysDir is where the keys are.
func (s *Settings) KeysDir() string { return orBelow(s.Keys, s.Data, "keys") }

// TrustFile is where the root certificates are.
func (s *Settings) TrustFile() string { return orBelow(s.Trust, s.KeysDir(), "root.pem") }

// FilesPlace is where the files are: a directory or a URL.
func (s *Settings) FilesPlace() string { return orBelow(s.Files, s.Data, "files") }

// VerifyURL is the address of the page on which anybody checks a letter; empty when the platform has none.
func (s *Settings) VerifyURL() (string, error) {
	if s.PublicURL == "" {
		return "", nil
	}
	u, err := url.Parse(s.PublicURL)
	if err == nil && s.PublicURL == u.Scheme+"://"+u.Host && u.Host != "" &&
		(u.Scheme == "https" || u.Scheme == "http" && onThisMachine(u.Host) == nil) {
		return s.PublicURL + "/verify", nil
	}
	return "", fmt.Errorf("public-url：%q 不能用；请按 https://bh.example.cn 填写，后面不带路径（http 只用于本机演示）", s.PublicURL)
}

// PostgresDir is where a server that we start keeps its data.
func (s *Settings) PostgresDir() string { return filepath.Join(s.Data, "postgres") }

func orBelow(set, dir, name string) string {
	if set != "" {
		return set
	}
	return filepath.Join(dir, name)
}

type settingsCommand struct{}

// Run prints the reference of all settings, the same text as docs/settings.md.
func (settingsCommand) Run(k *kong.Kong, out io.Writer) error {
	var text strings.Builder
	text.WriteString("# 设置\n\n来源依次为：命令行、环境变量、`--config` 文件（JSON）、默认值。任何一处出现不认识的名字都是错误。\n")
	for _, f := range settingFlags(k.Model) {
		fmt.Fprintf(&text, "\n## %s\n\n%s\n\n", f.Name, f.Help)
		fmt.Fprintf(&text, "- 命令行 `--%s`，环境变量 `%s`", f.Name, strings.Join(f.Envs, "` 或 `"))
		if f.Name != "config" {
			fmt.Fprintf(&text, "，文件 `%s`", fileKey(f.Name))
		}
		if f.Default != "" {
			fmt.Fprintf(&text, "\n- 默认 `%s`", f.Default)
		}
		text.WriteString("\n")
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// settingFlags are the flags of the program as a whole, in the order of the struct.
func settingFlags(app *kong.Application) []*kong.Flag {
	var flags []*kong.Flag
	for _, f := range app.Flags {
		if f.Name != "help" {
			flags = append(flags, f)
		}
	}
	return flags
}

func fileKey(flag string) string { return strings.ReplaceAll(flag, "-", "_") }
