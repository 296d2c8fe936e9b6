package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/signing"
	"baohan/signing/devca"
)

// caCommand is a certification authority for development. What it certifies has no legal effect; production brings
// certificates of a licensed 电子认证服务机构 (电子签名法16).
type caCommand struct {
	Init  caInitCommand  `cmd:"" help:"建立开发用根证书，并生成平台、交易中心、三个保管人和透明日志的密钥。"`
	Issue caIssueCommand `cmd:"" help:"为一个单位签发开发用证书（签名或加密），密钥写入文件。"`
}

// caDir is where the development authority keeps its own keys, beside the platform's.
func caDir(s *Settings) string { return filepath.Join(s.Data, "ca") }

type caInitCommand struct {
	Platform   string `help:"平台运营单位，写作 名称/统一社会信用代码。" required:"" placeholder:"名称/代码"`
	Centre     string `help:"交易中心。" required:"" placeholder:"名称/代码"`
	Supervisor string `help:"行政监督部门。" required:"" placeholder:"名称/代码"`
	Log        string `help:"透明日志的名称，公开，今后不变，例如 log.example.cn/2026。" default:"localhost/baohan" placeholder:"名称"`
	Light      bool   `help:"口令加密用较少的迭代次数：启动快，只供演示和测试。"`
}

// Run makes the authority, if there is none, and a key directory.
func (c *caInitCommand) Run(s *Settings, out io.Writer) error {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return err
	}
	own, err := c.parties()
	if err != nil {
		return err
	}
	clk, err := clockBy(s)
	if err != nil {
		return err
	}
	at := clk.Now()
	ca, err := authority(s, passphrase, at, lightly(c.Light)...)
	if err != nil {
		return err
	}
	if err := makeKeys(s.KeysDir(), passphrase, ca, own, cmp.Or(c.Log, devLog), at, lightly(c.Light)...); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "密钥目录：%s\n根证书：%s\n", s.KeysDir(), filepath.Join(s.KeysDir(), "root.pem"))
	return err
}

func (c *caInitCommand) parties() (h house, err error) {
	for text, to := range map[string]*letter.Party{c.Platform: &h.Platform, c.Centre: &h.Centre, c.Supervisor: &h.Supervisor} {
		if *to, err = parseParty(text); err != nil {
			return h, err
		}
	}
	if h.Platform.USCC == h.Centre.USCC || h.Platform.USCC == h.Supervisor.USCC || h.Centre.USCC == h.Supervisor.USCC {
		return h, errors.New("平台、交易中心和行政监督须为三个不同的单位：三把钥匙不能在同一家手里")
	}
	return h, nil
}

type caIssueCommand struct {
	Party string `arg:"" help:"单位，写作 名称/统一社会信用代码。"`
	Use   string `help:"证书用途。" enum:"sign,encrypt" default:"sign"`
	Dir   string `help:"写入的目录。" default:"." placeholder:"目录"`
	Name  string `help:"文件名（不带扩展名）。" required:"" placeholder:"名字"`
	Light bool   `help:"口令加密用较少的迭代次数，只供演示和测试。"`
}

// Run makes a key with its certificate: NAME.key, encrypted with the passphrase, and NAME.pem.
func (c *caIssueCommand) Run(s *Settings, out io.Writer) error {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return err
	}
	p, err := parseParty(c.Party)
	if err != nil {
		return err
	}
	clk, err := clockBy(s)
	if err != nil {
		return err
	}
	at := clk.Now()
	ca, err := devca.Load(caDir(s), passphrase)
	if err != nil {
		return fmt.Errorf("开发用证书机构：%w（请先运行 baohan ca init）", err)
	}
	use := map[string]signing.Usage{"sign": signing.UseSign, "encrypt": signing.UseEncrypt}[c.Use]
	if err := certify(ca, p, use, at, c.Dir, c.Name, passphrase, lightly(c.Light)...); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, filepath.Join(c.Dir, c.Name+".pem"))
	return err
}

// parseParty reads 名称/统一社会信用代码.
func parseParty(text string) (letter.Party, error) {
	i := len(text) - 19
	if i < 1 || text[i] != '/' {
		return letter.Party{}, fmt.Errorf("%q 须写作 名称/统一社会信用代码", text)
	}
	p := letter.Party{Name: text[:i], USCC: text[i+1:]}
	return p, p.Check()
}

func lightly(light bool) []signing.KeyOption {
	if !light {
		return nil
	}
	return []signing.KeyOption{signing.WithIterations(10_000)}
}

// authority opens the development authority, or makes it: valid for ten years.
func authority(s *Settings, passphrase []byte, at time.Time, options ...signing.KeyOption) (*devca.CA, error) {
	if _, err := os.Stat(filepath.Join(caDir(s), "root.pem")); err == nil {
		return devca.Load(caDir(s), passphrase)
	}
	from, _ := validity(at)
	ca, err := devca.New("保函平台开发用证书机构", from, 10)
	if err != nil {
		return nil, err
	}
	return ca, ca.Write(caDir(s), passphrase, options...)
}

// house says which organisations the platform's own keys belong to.
type house struct{ Platform, Centre, Supervisor letter.Party }

// holders are the three custodians: the centre, the supervisor, and the platform itself.
func (h house) holders() [3]letter.Party { return [3]letter.Party{h.Centre, h.Supervisor, h.Platform} }

// validity is how long certificates made here last.
func validity(at time.Time) (from, until time.Time) {
	from = at.Add(-time.Hour).Truncate(time.Second)
	return from, from.AddDate(9, 0, 0)
}

// makeKeys fills a new key directory with keys certified by ca. The root is written last: a directory without it is
// no key directory yet, and making it can begin again.
func makeKeys(dir string, passphrase []byte, ca *devca.CA, h house, log string, at time.Time, options ...signing.KeyOption) error {
	root := filepath.Join(dir, "root.pem")
	if _, err := os.Stat(root); err == nil {
		return fmt.Errorf("密钥目录 %s 已有密钥，不会覆盖；请换一个目录", dir)
	}
	who := map[string]letter.Party{platformName: h.Platform, centreName: h.Centre}
	for i, name := range custodianNames {
		who[name] = h.holders()[i]
	}
	for name, p := range who {
		if err := certify(ca, p, signing.UseSign, at, dir, name, passphrase, options...); err != nil {
			return err
		}
	}
	if err := makeSecrets(dir, passphrase, options...); err != nil {
		return err
	}
	if _, err := makeTranslogKey(dir, log, passphrase, options...); err != nil {
		return err
	}
	return os.WriteFile(root, ca.Root.PEM(), 0o644)
}

// certify makes a key with its certificate and writes both.
func certify(ca *devca.CA, p letter.Party, use signing.Usage, at time.Time, dir, name string, passphrase []byte, options ...signing.KeyOption) error {
	from, until := validity(at)
	id, err := ca.Issue(signing.Name{CommonName: p.Name, Organization: p.Name, OrganizationID: p.USCC}, use, from, until)
	if err != nil {
		return err
	}
	return id.Write(dir, name, passphrase, options...)
}

func makeSecrets(dir string, passphrase []byte, options ...signing.KeyOption) error {
	storage, err := signing.GenerateKey()
	if err != nil {
		return err
	}
	text, err := signing.EncryptKeyPEM(storage, passphrase, options...)
	if err != nil {
		return err
	}
	sealed, err := secrets{Tags: signing.Random(32), Once: signing.Random(32), Command: signing.Random(32),
		Files: [][]byte{blobs.NewKey()}}.seal(storage.Public())
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(dir, storageName+".key"), text, 0o600),
		os.WriteFile(filepath.Join(dir, secretsFile), sealed, 0o600))
}
