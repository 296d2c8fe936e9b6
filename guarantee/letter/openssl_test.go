package letter_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/signing/devca"
)

const script = "../../docs/verify-with-openssl.sh"

// openssl runs the published script over a file and a root, and a status list if there is one.
func openssl(t *testing.T, file, root []byte, suffix string, lists ...[]byte) (string, bool) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: the published commands cannot be run here")
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"letter" + suffix: file, "root.pem": root} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{script, filepath.Join(dir, "letter"+suffix), filepath.Join(dir, "root.pem")}
	for _, b := range lists {
		args = append(args, filepath.Join(dir, "list.p7s"))
		if err := os.WriteFile(args[len(args)-1], b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), "sh", args...).CombinedOutput()
	return string(out), err == nil
}

// A third party with OpenSSL and nothing of ours comes to the same answer.
func TestOpenSSLAccepts(t *testing.T) {
	h := sample.New(present)
	root := h.CA.Root.PEM()
	blind, full := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Full(), "XJSL-2026-000002")
	for _, i := range []sample.Issued{blind, full} {
		out, ok := openssl(t, encoded(t, i.File()), root, ".json")
		if !ok || strings.Count(out, "通过") != 5 || !strings.Contains(out, i.Undertaking.Application.Commitment.String()) ||
			!strings.Contains(out, i.Receipt.Digest.String()) || !strings.Contains(out, h.Bank.Party.USCC) {
			t.Errorf("%s:\n%s", i.Undertaking.Number, out)
		}
	}
	if out, ok := openssl(t, blind.Signed, root, ".p7s"); !ok {
		t.Error(out)
	}
	if out, ok := openssl(t, golden(t, "file-blind.json"), golden(t, "root.pem"), ".json"); !ok {
		t.Errorf("golden: %s", out)
	}
}

// The verification sheet of an opening is checked the same way, and alone: nothing of the platform is asked.
func TestOpenSSLAcceptsTheSheet(t *testing.T) {
	h := sample.New(present)
	p7s := h.Signed(h.Centre, canonicalOf(t, sheetOf(h)), h.Requirement.End.Deadline.Add(time.Second))
	if out, ok := openssl(t, p7s, h.CA.Root.PEM(), ".p7s"); !ok || !strings.Contains(out, "核验结果表的签名") || !strings.Contains(out, h.Centre.Party.USCC) {
		t.Error(out)
	}
	turned := bytes.Replace(p7s, []byte(`"result":"doubtful"`), []byte(`"result":"passedxx"`), 1)
	if out, ok := openssl(t, turned, h.CA.Root.PEM(), ".p7s"); ok || !strings.Contains(out, "摘要不符") {
		t.Error(out)
	}
}

// So is each signature under an opening record; the digest of the content says that they are of one record.
func TestOpenSSLAcceptsTheOpeningRecord(t *testing.T) {
	h := sample.New(present)
	r := openingRecord(h)
	for _, by := range []sample.Member{h.Agent, h.Bidders[2]} {
		p7s := h.Signed(by, canonicalOf(t, r), r.At)
		if out, ok := openssl(t, p7s, h.CA.Root.PEM(), ".p7s"); !ok || !strings.Contains(out, "开标记录表的签名") || !strings.Contains(out, by.Party.USCC) ||
			!strings.Contains(out, "内容摘要 "+r.Digest().String()) {
			t.Error(out)
		}
		turned := bytes.Replace(p7s, []byte(`"state":"decrypted"`), []byte(`"state":"withdrawn"`), 1)
		if out, ok := openssl(t, turned, h.CA.Root.PEM(), ".p7s"); ok || !strings.Contains(out, "摘要不符") {
			t.Error(out)
		}
	}
}

func TestOpenSSLRefuses(t *testing.T) {
	h := sample.New(present)
	i, other := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Blind(), "XJSL-2026-000002")
	root := h.CA.Root.PEM()
	elsewhere, err := devca.New("别的根证书", present.AddDate(-1, 0, 0), 5)
	if err != nil {
		t.Fatal(err)
	}
	sameName, err := devca.New("示例根证书", present.AddDate(-2, 0, 0), 20)
	if err != nil {
		t.Fatal(err)
	}
	file := func(change func(*letter.File)) []byte {
		f := i.File()
		change(&f)
		return letter.Encode(f)
	}
	replace := func(b []byte, old, new string) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	for name, c := range map[string]struct {
		file, root []byte
		suffix     string
		words      string
	}{
		"another root":            {i.Signed, elsewhere.Root.PEM(), ".p7s", "根证书"},
		"a root of the same name": {i.Signed, sameName.Root.PEM(), ".p7s", "不由上一级签发"},
		"changed content":         {replace(i.Signed, "XJSL-2026-000001", "XJSL-2026-000009"), root, ".p7s", "摘要不符"},
		"changed signature":       {append(bytes.Clone(i.Signed[:len(i.Signed)-1]), i.Signed[len(i.Signed)-1]^1), root, ".p7s", "签名不成立"},
		"an encryption key":       {encryptionSigned(t, h, i), root, ".p7s", "用途"},
		"changed text":            {file(func(f *letter.File) { f.Undertaking.Number = "XJSL-2026-000009" }), root, ".json", "与签名内容不同"},
		"changed amount":          {file(func(f *letter.File) { f.Reveal.Amount++ }), root, ".json", "承诺值"},
		"another receipt":         {file(func(f *letter.File) { f.Receipt = other.ReceiptP7S }), root, ".json", "摘要"},
		"another reveal record":   {file(func(f *letter.File) { f.Reveal = other.Draft.Reveal }), root, ".json", "承诺值"},
	} {
		out, ok := openssl(t, c.file, c.root, c.suffix)
		if ok || c.words != "" && !strings.Contains(out, c.words) {
			t.Errorf("%s: %v\n%s", name, ok, out)
		}
	}
}

// encryptionSigned is a letter under which stands a certificate that may only encrypt. Our own maker refuses to make
// one, so the certificate's bytes are exchanged in the finished document: OpenSSL sees the key usage only after the
// signature, which is why the key is the same.
func encryptionSigned(t *testing.T, h *sample.House, i sample.Issued) []byte {
	t.Helper()
	old := h.Bank.Sign.Certificate()
	new := old
	for tries := 0; tries < 200 && (new.Equal(old) || len(new.Raw()) != len(old.Raw())); tries++ { // lengths of signatures vary
		chain, err := h.CA.Certify(old.Subject(), old.PublicKey(), signing.UseEncrypt, old.NotBefore(), old.NotAfter())
		if err != nil {
			t.Fatal(err)
		}
		new = chain[0]
	}
	b := bytes.Replace(i.Signed, old.Raw(), new.Raw(), 1)
	oldSerial, newSerial := decodeHex(t, old.Serial()), decodeHex(t, new.Serial())
	return bytes.ReplaceAll(b, oldSerial, newSerial)
}

func decodeHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The commands that the page explains are those that the test runs.
func TestPageShowsTheScript(t *testing.T) {
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/verify-with-openssl.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for i, block := range strings.Split(string(page), "```") {
		if i%2 == 0 || !strings.HasPrefix(block, "sh\n") {
			continue
		}
		for line := range strings.Lines(strings.TrimPrefix(block, "sh\n")) {
			if line = strings.TrimSpace(line); line != "" && !strings.Contains(string(text), line) {
				t.Errorf("the script does not have %q", line)
			}
			shown++
		}
	}
	if shown < 10 {
		t.Errorf("the page shows %d lines", shown)
	}
}

// OpenSSL alone finds a released letter on the status list, and believes none but the platform's of these days.
func TestOpenSSLReadsTheStatusList(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	h := sample.New(now.AddDate(0, 0, -60))
	i, other := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Full(), "XJSL-2026-000002")
	signed := func(by sample.Member, at time.Time, ended ...sample.Issued) []byte {
		return h.Signed(by, canonicalOf(t, h.StatusList(at, letter.EndReleased, ended...)), at)
	}
	for name, c := range map[string]struct {
		list  []byte
		whole bool // the guarantee file, whose receipt says who the platform is; else the signed data alone
		ok    bool
		words string
	}{
		"in force":   {signed(h.Platform, now, other), true, true, "未列为失效"},
		"the bank's": {signed(h.Bank, now, other), true, false, "签署人"},
		"released":   {signed(h.Platform, now.AddDate(0, 0, -40), i, other), false, false, "解除"},
		"stale":      {signed(h.Platform, now.AddDate(0, 0, -3)), false, true, "已经过时"},
		"too old":    {signed(h.Platform, now.AddDate(0, 0, -40), other), false, false, "30 天"},
		"tomorrow's": {signed(h.Platform, now.AddDate(0, 0, 1), other), false, false, "在将来"},
		"changed":    {bytes.Replace(signed(h.Platform, now, i), []byte("released"), []byte("releasex"), 1), false, false, "摘要不符"},
	} {
		file := i.Signed
		if c.whole {
			file = encoded(t, i.File())
		}
		out, ok := openssl(t, file, h.CA.Root.PEM(), ".file", c.list)
		if ok != c.ok || !strings.Contains(out, c.words) {
			t.Errorf("%s: %v\n%s", name, ok, out)
		}
	}
	if out, ok := openssl(t, signed(h.Platform, now, i), h.CA.Root.PEM(), ".p7s"); !ok || !strings.Contains(out, "状态清单的签名") {
		t.Error(out)
	}
}
