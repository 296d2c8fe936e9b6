package web

import (
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// onPaper is what a page is held to before it goes to paper, with the window as wide as the paper: what only a screen can use is
// not there, and nothing is wider than what holds it.
const onPaper = `(() => {
	const seen = (e) => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
	const bad = [...document.querySelectorAll("nav, button, .button, input:not([type=hidden]), select, textarea, .count, .clock, dialog")].filter(seen)
		.map((e) => "is on paper: " + e.outerHTML.slice(0, 120));
	for (const e of document.querySelectorAll("main table, main dl, main pre, main p, main li")) {
		const right = e.getBoundingClientRect().right;
		if (seen(e) && right > document.documentElement.clientWidth + 1) bad.push("is cut at the edge by " + Math.round(right - document.documentElement.clientWidth) + " px: " + e.outerHTML.slice(0, 120));
	}
	return bad.join("\n");
})()`

// counting is how a countdown reads.
var counting = regexp.MustCompile(`\d+ ?天 ?\d+ ?小时|\d+ ?小时 ?\d\d ?分|\d+ ?分 ?\d\d ?秒`)

// printed prints the page as its print button does, and holds the paper to what a clerk would file: BAOHAN_SHOTS keeps it.
func (w *window) printed(name string, wants ...string) {
	w.t.Helper()
	title := w.text("h1")
	width := int64(687)               // A4 without its margins, in CSS pixels
	if w.text(".hall-record") != "" { // across
		width = 1031
	}
	w.do(chromedp.EmulateViewport(width, 900))
	if _, err := chromedp.Call(w.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		w.t.Fatal(err)
	}
	bad, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](onPaper))
	if err != nil || bad != "" {
		w.t.Errorf("%s at %s: %s %v", w.name, w.path(), bad, err)
	}
	if _, err := chromedp.Call(w.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{}); err != nil {
		w.t.Fatal(err)
	}
	w.do(chromedp.EmulateViewport(1366, 768))
	out, err := chromedp.Call(w.ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: ptr(true)})
	if err != nil {
		w.t.Fatal(err)
	}
	dir := os.Getenv("BAOHAN_SHOTS")
	if dir == "" {
		dir = w.t.TempDir()
	}
	file := filepath.Join(dir, name+".pdf")
	if err := os.WriteFile(file, out.Data, 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.filed(file, append(wants, title, "打印自电子投标保函平台"+w.base+w.path(), "第1页，共"))
}

// filed looks at the paper: what it must say, what it must not, and whether a word runs over its edge. Without poppler's
// pdftotext it is not read.
func (w *window) filed(file string, wants []string) {
	w.t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		w.t.Log("pdftotext is not here (apt-get install poppler-utils): what is printed is not read")
		return
	}
	raw, err := exec.CommandContext(w.ctx, "pdftotext", "-bbox", file, "-").Output()
	if err != nil {
		w.t.Fatalf("%s: %v", file, err)
	}
	var paper struct {
		Pages []struct {
			Width float64 `xml:"width,attr"`
			Words []struct {
				Right float64 `xml:"xMax,attr"`
				Text  string  `xml:",chardata"`
			} `xml:"word"`
		} `xml:"body>doc>page"`
	}
	if err := xml.Unmarshal(raw, &paper); err != nil {
		w.t.Fatal(err)
	}
	var all strings.Builder
	for i, p := range paper.Pages {
		for _, x := range p.Words {
			all.WriteString(x.Text)
			if x.Right > p.Width-20 {
				w.t.Errorf("%s, page %d: %q runs to the edge", file, i+1, x.Text)
			}
		}
	}
	text := all.String()
	for _, want := range wants {
		if want = strings.Join(strings.Fields(want), ""); !strings.Contains(text, want) {
			w.t.Errorf("%s does not say %q:\n%s", file, want, text)
		}
	}
	for _, not := range []string{"打印本页", "退出", "证书登录", "跳到正文"} {
		if strings.Contains(text, not) {
			w.t.Errorf("%s says %q", file, not)
		}
	}
	if found := counting.FindString(text); found != "" {
		w.t.Errorf("%s counts down: %s", file, found)
	}
	if len(paper.Pages) == 0 {
		w.t.Error(fmt.Sprint(file, " is empty"))
	}
}
