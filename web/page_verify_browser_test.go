package web

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"baohan/guarantee/letter"
	house "baohan/internal/sample"
)

// browser is a real one, or the test is skipped: `make test` then still runs the module in Node.js (cmd/baohan).
func browser(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	t.Parallel() // each has a world and a browser of its own
	path := os.Getenv("BAOHAN_BROWSER")
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path == "" {
			path, _ = exec.LookPath(name)
		}
	}
	if path == "" {
		t.Skip("no Chromium here (apt-get install chromium, or BAOHAN_BROWSER): the page is not tried in a browser")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("lang", "zh-CN"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(options, more...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// visit is one visitor in front of the page.
type visitor struct {
	t   *testing.T
	ctx context.Context
	dir string
}

func (v visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatalf("%v\nthe page says: %s", err, v.text("#status"))
	}
}

func (v visitor) text(selector string) string {
	text, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.querySelector("`+selector+`").innerText`))
	return text
}

// wait asks again when the page that it asked went away: a navigation ends when the new page's context stands, and the
// question may still reach the old one.
func (v visitor) wait(condition string) {
	v.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; {
		_, err := chromedp.Run(v.ctx, chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(2*time.Minute)))
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "context") && !strings.Contains(err.Error(), "navigated") || v.ctx.Err() != nil || time.Now().After(end) {
			v.t.Fatalf("%s: %v\nthe page says: %s", condition, err, v.text("#status"))
		}
	}
}

// choose hands a file to one of the page's inputs and waits for the answer: what the status says and, if there is a
// verdict, that.
func (v visitor) choose(input, name string, b []byte) (status, verdict string) {
	v.t.Helper()
	file := filepath.Join(v.dir, name)
	if err := os.WriteFile(file, b, 0o600); err != nil {
		v.t.Fatal(err)
	}
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#status").textContent = "", undefined`), chromedp.SetUploadFiles(input, []string{file}))
	v.wait(`((s) => s.textContent !== "" && !s.classList.contains("busy"))(document.querySelector("#status"))`)
	if v.text("#status") == "核对完成。" {
		verdict = v.text("#verdict")
	}
	return v.text("#status"), verdict
}

// shot keeps a picture where somebody may look at it: BAOHAN_SHOTS names the directory.
func (v visitor) shot(name string, width, height int64) {
	v.t.Helper()
	dir := os.Getenv("BAOHAN_SHOTS")
	if dir == "" {
		return
	}
	v.do(chromedp.EmulateViewport(width, height))
	for part, take := range map[string]chromedp.Action[[]byte]{"": chromedp.CaptureScreenshot(), "-whole": chromedp.FullScreenshot(100)} {
		b, err := chromedp.Run(v.ctx, take)
		if err != nil {
			v.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+part+".png"), b, 0o600); err != nil {
			v.t.Fatal(err)
		}
	}
}

// A visitor checks files with the network cut: the page has all it needs, and no request leaves it.
func TestVerifyInABrowser(t *testing.T) {
	built(t)
	v := visitor{t, browser(t), t.TempDir()}
	c := newCounter(t)
	server := httptest.NewServer(c.handler)
	defer server.Close()
	i := c.Issue(c.Blind(), "XJSL-2026-000001")
	v.do(chromedp.Navigate(server.URL + "/verify#" + scanOf(i)))
	v.wait(`document.querySelector("#status").innerText.includes("可以断网")`)
	for _, part := range []string{c.CA.Root.Fingerprint().String(), c.Platform.Party.USCC, "本平台公布的根证书"} {
		if !strings.Contains(v.text("main"), part) {
			t.Errorf("the page does not show whom it trusts: %s", part)
		}
	}
	if scan := v.text("#scanned"); !strings.Contains(scan, "XJSL-2026-000001") || !strings.Contains(scan, "800000.00") {
		t.Errorf("the page does not say what was scanned: %s", scan)
	}
	v.shot("ready-1366", 1366, 768)
	v.shot("ready-390", 390, 844)

	before := c.asked.Load()
	v.cut()
	pdf, file := c.pdf(t, i), must(i.File().Canonical())
	flipped := bytes.Clone(pdf)
	flipped[len(flipped)/2] ^= 1
	sheet := c.Signed(c.Centre, must(c.Sheet(i).Canonical()), c.Requirement.End.Deadline.Add(time.Second))
	other := must(c.Issue(c.Blind(), "XJSL-2026-000002").File().Canonical())
	for _, f := range []struct {
		name    string
		b       []byte
		verdict string
		says    []string
	}{
		{"保函.pdf", pdf, "通过", []string{"就是您扫描的那一份", "人民币捌拾万元整", "版面文字", "回执由您指定的平台签署"}},
		{"改动.pdf", flipped, "不通过", []string{"读不出这个文件的编号和摘要"}},
		{"保函.json", file, "通过", []string{"就是您扫描的那一份", "未提供吊销列表"}},
		{"改动.json", bytes.Replace(file, []byte("壹佰万"), []byte("玖佰万"), 1), "不通过", []string{"应为：", "核对不通过"}},
		{"另一份.json", other, "通过", []string{"不是您扫描的那一份"}},
		{"保函.p7s", i.Signed, "有待核实", []string{"是否收到", "就是您扫描的那一份"}},
		{"核验结果表.p7s", sheet, "通过", []string{"存疑清单：共", "由您指定的交易中心签署"}},
		{"空.pdf", nil, "不通过", nil},
	} {
		status, verdict := v.choose("#file", f.name, f.b)
		result := v.text("#result")
		if verdict != f.verdict {
			t.Errorf("%s: %s %s\n%s", f.name, verdict, status, result)
		}
		for _, part := range f.says {
			if !strings.Contains(result, part) {
				t.Errorf("%s: not said: %s\n%s", f.name, part, result)
			}
		}
		if f.name == "保函.pdf" {
			v.print()
		}
		v.shot(f.name+"-1366", 1366, 768)
		v.shot(f.name+"-390", 390, 844)
	}
	v.released(c, i, file)
	v.ownRoot(file)
	v.tooLarge()
	if after := c.asked.Load(); after != before {
		t.Errorf("%d requests went out while files were checked", after-before)
	}
}

// cut lets the page try to reach us, which it has forbidden itself, and then takes the network from it.
func (v visitor) cut() {
	v.t.Helper()
	tried, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`fetch("/roots.pem?left").then(() => "went out", () => "refused")`, chromedp.EvalAwaitPromise))
	if err != nil || tried != "refused" {
		v.t.Errorf("the page can still ask the server: %s %v", tried, err)
	}
	offline := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}}}
	if _, err := chromedp.Call(v.ctx, network.EmulateNetworkConditionsByRule, offline); err != nil {
		v.t.Fatal(err)
	}
}

// released is a visitor who brings the platform's status list of today.
func (v visitor) released(c *counter, i house.Issued, file []byte) {
	v.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	list := c.Signed(c.Platform, must(c.StatusList(now, letter.EndReleased, i).Canonical()), now)
	v.choose("#file", "保函.json", file)
	if _, verdict := v.choose("#list", "状态清单.p7s", list); verdict != "不通过" || !strings.Contains(v.text("#result"), "保函不再有效") {
		v.t.Errorf("a released letter: %s\n%s", verdict, v.text("#result"))
	}
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#list").value = "", undefined`))
	v.choose("#file", "空.json", nil)
}

// ownRoot is a visitor who trusts somebody else.
func (v visitor) ownRoot(file []byte) {
	v.t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#options").open = true, undefined`))
	if _, verdict := v.choose("#file", "保函.json", file); verdict != "通过" {
		v.t.Errorf("under the platform's roots: %s", verdict)
	}
	if _, verdict := v.choose("#roots", "我的根证书.pem", newCounter(v.t).CA.Root.PEM()); verdict != "不通过" || !strings.Contains(v.text("main"), "您选择的根证书（我的根证书.pem）") {
		v.t.Errorf("under a stranger's root: %s", verdict)
	}
	v.shot("own-root-1366", 1366, 768)
	v.shot("own-root-390", 390, 844)
	if status, _ := v.choose("#roots", "不是证书.pem", []byte("no certificate")); !strings.Contains(status, "不是 PEM 证书") {
		v.t.Errorf("no certificate at all: %s", status)
	}
}

func (v visitor) tooLarge() {
	v.t.Helper()
	if status, _ := v.choose("#file", "大.pdf", make([]byte, 64<<20+1)); !strings.Contains(status, "超过 64 MiB") {
		v.t.Errorf("too large: %s", status)
	}
	v.shot("large-390", 390, 844)
}

// print is what comes out of the printer: A4, with the verdict and whom it rests on.
func (v visitor) print() {
	v.t.Helper()
	b, err := chromedp.Run(v.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
	if err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) {
		v.t.Fatal(err)
	}
	if dir := os.Getenv("BAOHAN_SHOTS"); dir != "" {
		_ = os.WriteFile(filepath.Join(dir, "print.pdf"), b, 0o600)
	}
}

// The platform's newest status list and its log's keys come with the page: a visitor who chooses nothing but the file
// learns whether the letter is in force, with the network cut. A list that is far from this machine's clock refuses no
// letter but those that it names, and the page says why it is not used.
func TestVerifyOffersListAndKeys(t *testing.T) {
	built(t)
	v := visitor{t, browser(t), t.TempDir()}
	c, log := newCounter(t), house.NewLog("log.example.cn")
	server := httptest.NewServer(c.handler)
	defer server.Close()
	i, ended := c.Issue(c.Blind(), "XJSL-2026-000001"), c.Issue(c.Blind(), "XJSL-2026-000002")
	list := func(days int) []byte {
		at := time.Now().UTC().Truncate(time.Second).AddDate(0, 0, days)
		return c.Signed(c.Platform, must(c.StatusList(at, letter.EndReleased, ended).Canonical()), at)
	}
	keys := []byte(`{"log":"` + log.Key.String() + `","old":[],"witnesses":["` + log.Witnesses[0].String() + `"]}`)
	of := offeredFiles{bare: must(i.File().Canonical()), ended: must(ended.File().Canonical()), logged: must(log.Logged(i).Canonical()),
		foreign: must(house.NewLog("log.example.cn").Logged(i).Canonical()), oldList: list(-50)}
	for _, day := range []offeredDay{
		{"today", map[string][]byte{statusPath: list(0), keysPath: keys}, "用本平台公布、随本页载入的状态清单", "未列为失效", "不通过"},
		{"tomorrow", map[string][]byte{statusPath: list(1), keysPath: keys}, "没有采用：状态清单的日期", "平台公布的状态清单没有采用", "不通过"},
		{"old", map[string][]byte{statusPath: list(-50), keysPath: keys}, "没有采用：状态清单是", "平台公布的状态清单没有采用", "不通过"},
		{"broken", map[string][]byte{statusPath: []byte("<html>"), keysPath: []byte("<html>")}, "没有采用：", "平台公布的状态清单没有采用", "通过"},
		{"none", nil, "没有状态清单", "未提供状态清单", "通过"},
	} {
		c.offers = day.offers
		v.do(chromedp.Navigate("about:blank"), chromedp.Navigate(server.URL+"/verify"))
		v.wait(`document.querySelector("#status").innerText.includes("可以断网")`)
		before := c.asked.Load()
		v.offered(day, of)
		if after := c.asked.Load(); after != before {
			t.Errorf("%s: %d requests went out while files were checked", day.name, after-before)
		}
	}
}

const statusPath, keysPath = "/api/v1/status-list", "/api/v1/log/keys"

// offeredDay is what the platform offers on a day, and what the page makes of it.
type offeredDay struct {
	name       string
	offers     map[string][]byte
	page, says string
	refused    string // the verdict of a letter that has ended, and of one with another log's proof
}

type offeredFiles struct{ bare, ended, logged, foreign, oldList []byte }

func (v visitor) offered(day offeredDay, of offeredFiles) {
	v.t.Helper()
	if trust := v.text("#trust-status"); !strings.Contains(trust, day.page) {
		v.t.Errorf("%s: the page says: %s", day.name, trust)
	}
	log := "没有指定日志和见证人的公钥"
	if day.refused == "不通过" {
		log = "平台公布的日志签名"
	}
	for _, f := range []struct {
		name          string
		b             []byte
		verdict, says string
	}{{"已解除.json", of.ended, day.refused, ""}, {"别的日志.json", of.foreign, day.refused, ""}, {"带证明.json", of.logged, "通过", log},
		{"保函.json", of.bare, "通过", day.says}} {
		if _, verdict := v.choose("#file", f.name, f.b); verdict != f.verdict || !strings.Contains(v.text("#result"), f.says) {
			v.t.Errorf("%s, %s: %s, want %s %s\n%s", day.name, f.name, verdict, f.verdict, f.says, v.text("#result"))
		}
	}
	v.shot("offered-"+day.name+"-1366", 1366, 768)
	v.shot("offered-"+day.name+"-390", 390, 844)
	if _, verdict := v.choose("#list", "状态清单.p7s", of.oldList); verdict != "不通过" || !strings.Contains(v.text("#trust-status"), "您选择的 状态清单.p7s") {
		v.t.Errorf("%s: the visitor's own list of old: %s, %s", day.name, verdict, v.text("#trust-status"))
	}
}
