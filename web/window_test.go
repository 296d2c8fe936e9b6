package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	chrome "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"baohan/party"
)

// window is one person's browser, with cookies of its own: several stand beside each other in a test.
type window struct {
	t    *testing.T
	ctx  context.Context
	base string
	name string // in pictures and failures
}

// windowOf opens a browser window in which p is signed in; a zero person is a visitor.
func (w *world) windowOf(chromium context.Context, name string, p person, role party.Role) *window {
	w.t.Helper()
	if err := chromedp.Do(chromium); err != nil { // starts it, the first time
		w.t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	w.t.Cleanup(cancel)
	win := &window{w.t, ctx, w.server.URL, name}
	if p.uscc != "" {
		token := w.signIn(p, role)
		if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "baohan", Value: token, URL: w.server.URL, HTTPOnly: ptr(true), SameSite: network.CookieSameSiteStrict}); err != nil {
			w.t.Fatal(err)
		}
	}
	return win
}

func (w *window) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, steps...); err != nil {
		w.t.Fatalf("%s: %v\nthe page says: %s", w.name, err, w.text("main"))
	}
}

// open goes to a page and waits until it stands.
func (w *window) open(path string) {
	w.t.Helper()
	w.do(chromedp.Navigate(w.base + path))
	w.wait(`document.readyState === "complete" && document.querySelector("main") !== null`)
}

// text is what a person reads in the first element that matches; "" when there is none.
func (w *window) text(selector string) string {
	text, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector)))
	return text
}

// says fails when the page does not say something, at once or within ten seconds.
func (w *window) says(parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		for end := time.Now().Add(10 * time.Second); !strings.Contains(w.text("body"), part); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				w.t.Fatalf("%s: the page does not say %q:\n%s", w.name, part, w.text("body"))
			}
		}
	}
}

// silent fails when the page says something that its reader must not know.
func (w *window) silent(parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if strings.Contains(w.text("body"), part) {
			w.t.Errorf("%s: the page says %q", w.name, part)
		}
	}
}

// wait asks until a condition holds; a page that goes away while it is asked is asked again.
func (w *window) wait(condition string) {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		ok, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		if err == nil && ok {
			return
		}
		if w.ctx.Err() != nil || time.Now().After(end) {
			w.t.Fatalf("%s: %s: %v\nthe page says: %s", w.name, condition, err, w.text("body"))
		}
	}
}

// press clicks the button or link with this text, in view of the person, and waits for the page that follows.
func (w *window) press(text string) {
	w.t.Helper()
	found := fmt.Sprintf(`[...document.querySelectorAll("button, a"), ...document.querySelectorAll("summary")].find((b) => b.innerText.replace(/\s+/g, "") === %q.replace(/\s+/g, "") && b.checkVisibility({ contentVisibilityAuto: true }) && !b.disabled)`, text)
	w.wait(`document.readyState !== "loading" && ` + found)
	w.do(chromedp.Evaluate[chromedp.Void](`(() => { window.leaving = true; ` + found + `.click(); })()`))
	time.Sleep(50 * time.Millisecond)
	w.wait(`document.readyState === "complete" && document.querySelector("main") !== null`)
}

// downloads has the window keep what it downloads in a directory.
func (w *window) downloads(dir string) {
	w.t.Helper()
	if _, err := chromedp.Call(w.ctx, chrome.SetDownloadBehavior, chrome.SetDownloadBehaviorParams{Behavior: chrome.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, BrowserContextID: chromedp.FromContext(w.ctx).BrowserContextID}); err != nil {
		w.t.Fatal(err)
	}
}

// downloaded waits for the file of this kind and names it.
func (w *window) downloaded(dir, kind string) (name string) {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); name == ""; time.Sleep(20 * time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(dir, "*"+kind)); len(found) == 1 {
			name = found[0]
		}
		if time.Now().After(end) {
			w.t.Fatalf("%s: nothing was downloaded", w.name)
		}
	}
	return name
}

// accept says yes to the question that the next press is asked.
func (w *window) accept() {
	w.t.Helper()
	w.do(chromedp.Evaluate[chromedp.Void](`window.confirm = () => true, undefined`))
}

// fill types into the field with this name, as a person does: once it is there to be seen.
func (w *window) fill(name, value string) {
	w.t.Helper()
	field := fmt.Sprintf(`([...document.querySelectorAll('[name=%[1]q]:not([type=radio]):not([type=hidden])')].find((f) => f.checkVisibility({ contentVisibilityAuto: true })) ?? document.querySelector('[name=%[1]q][value=%[2]q]'))`, name, value)
	w.wait(field)
	w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const f = %[1]s;
		if (f.type === "radio" || f.type === "checkbox") { document.querySelector('[name=%[2]q][value=%[3]q]').checked = true; return; }
		f.focus(); f.value = %[3]q; f.dispatchEvent(new Event("input", { bubbles: true })); f.dispatchEvent(new Event("change", { bubbles: true }));
	})()`, field, name, value)))
}

// accessible has axe-core look at the page; what it finds is a failure. Without npm it is not asked.
func (w *window) accessible() {
	w.t.Helper()
	axe, err := os.ReadFile(filepath.Join("npm", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		w.t.Log("axe-core is not here (make wasm fetches it with npm): pages are not checked by it")
		return
	}
	found, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](string(axe)+`;
		axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) =>
			v.id + ": " + v.help + "\n" + v.nodes.slice(0, 5).map((n) => "    " + n.html + "\n    " + n.failureSummary).join("\n")).join("\n"))`, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: axe: %v", w.name, err)
	}
	if found != "" {
		w.t.Errorf("%s at %s: axe-core found\n%s", w.name, w.path(), found)
	}
}

// light fails when a page is heavier than a slow line bears, without the modules, which are
// loaded once, and what an act fetches. A part that is looked at again and again counts once.
func (w *window) light() {
	w.t.Helper()
	bytes, err := chromedp.Run(w.ctx, chromedp.Evaluate[int](`[...new Map([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
		.filter((r) => !r.name.endsWith(".wasm") && !r.name.endsWith("/sealed")).map((r) => [r.name, r.encodedBodySize])).values()].reduce((sum, n) => sum + n, 0)`))
	if err != nil || bytes < 1000 || bytes > mostPage {
		w.t.Errorf("%s at %s: %d bytes, at most %d: %v", w.name, w.path(), bytes, mostPage, err)
	}
}

// mostPage is what a page may weigh with its styles and scripts, in bytes.
const mostPage = 150_000

func (w *window) path() string {
	path, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string](`location.pathname`))
	return path
}

// picture checks the page and keeps how it looks on a desk and on a phone: BAOHAN_SHOTS names the directory.
func (w *window) picture(name string) {
	w.t.Helper()
	w.accessible()
	w.light()
	dir := os.Getenv("BAOHAN_SHOTS")
	if dir == "" {
		return
	}
	for size, d := range map[string][2]int64{"desk": {1366, 768}, "phone": {390, 844}} {
		w.do(chromedp.EmulateViewport(d[0], d[1]))
		b, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+"-"+size+".png"), b, 0o600); err != nil {
			w.t.Fatal(err)
		}
		if wide, _ := chromedp.Run(w.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth + 1`)); wide {
			w.t.Errorf("%s: %s is wider than the window (%s)", w.name, name, size)
		}
	}
	w.do(chromedp.EmulateViewport(1366, 768))
}
