package web

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus"

	"baohan/client"
	"baohan/signing"
)

const pin = "口令 Kouling-4711"

// keyDesk is a life whose platform has a page with forms that need a certificate, and a browser in front of it. All that the
// browser sends, page and workers, to whomever, goes through one proxy, which keeps it.
type keyDesk struct {
	*life
	visitor
	url  string
	html string // of the page's main part

	mu    sync.Mutex
	asked []string // method, address, headers and body
	acts  map[string]int
	slow  time.Duration // how long a POST takes
	usb   *person       // whose keys the vendor's device has
}

func newKeyDesk(t *testing.T) *keyDesk {
	t.Helper()
	if _, err := os.Stat("assets/built/key.wasm.br"); err != nil {
		t.Skip("the signing module is not built here: make wasm")
	}
	d := &keyDesk{life: newLife(t), acts: map[string]int{}}
	config := d.desks
	config.Registry, config.Published = prometheus.NewRegistry(), Published{Roots: []signing.Certificate{d.ca.Root}}
	inner, edition := must(New(config)), must(loadAssets(files)).edition
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.keep(r)
		switch {
		case r.Host != strings.TrimPrefix(d.url, "http://"):
			http.Error(w, "elsewhere", http.StatusBadGateway)
		case strings.HasPrefix(r.URL.Path, "/vendor/"):
			d.vendor(w, r)
		case r.URL.Path == "/test" || r.URL.Path == "/done":
			d.page(w, edition)
		default:
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	d.url = server.URL
	d.visitor = visitor{t, browser(t, chromedp.ProxyServer(server.URL), chromedp.Flag("proxy-bypass-list", "<-loopback>")), t.TempDir()}
	return d
}

func (d *keyDesk) page(w http.ResponseWriter, edition string) {
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>试</title><link rel="icon" href="/assets/%s/icon.svg"><link rel="stylesheet" href="/assets/%[1]s/site.css"><link rel="stylesheet" href="/assets/%[1]s/pages.css">`+
		`<script src="/assets/%[1]s/key.js" defer></script></head><body><main class="page"><h1>试</h1>%s<div id="into"></div></main></body></html>`, edition, d.html)
}

// keep records a request and hands it on whole.
func (d *keyDesk) keep(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, fmt.Sprint(r.Method, " ", r.Host, r.URL.RequestURI(), " ", r.Header, "\n")+string(body))
	if r.Method == http.MethodPost {
		d.acts[r.URL.Path]++
		time.Sleep(d.slow)
	}
}

func (d *keyDesk) count(path string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.acts[path]
}

// keyFile is p's certificate as a file on its machine.
func (d *keyDesk) keyFile(p person) string {
	text := must(client.WriteKeyFile(p.sign.Key, p.sign.Chain, p.encrypt.Key, p.encrypt.Chain, []byte(pin)))
	name := filepath.Join(d.dir, p.uscc+".baohan.pem")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		d.t.Fatal(err)
	}
	return name
}

func (d *keyDesk) js(text string) {
	d.do(chromedp.Evaluate[chromedp.Void](text + ", undefined"))
}

// visits opens the page with a form in it.
func (d *keyDesk) visits(html string) {
	d.html = html
	d.do(chromedp.Navigate(d.url + "/test"))
	d.wait(`window.baohan?.keys !== undefined`)
}

// press submits the form and waits for the dialog.
func (d *keyDesk) press() {
	d.js(`document.querySelector("form[data-act] button").click()`)
	d.wait(`document.querySelector("#key")?.open === true`)
}

func (d *keyDesk) chooses(file string) {
	d.do(chromedp.SetUploadFiles("#key-choose", []string{file}))
	d.wait(`document.querySelector("#key-who").innerText !== "" || document.querySelector("#key-error").innerText !== ""`)
}

func (d *keyDesk) types(pin string) {
	d.do(chromedp.SetValue("#key-pin", pin))
	d.js(`document.querySelector("#key-go").click()`)
}

const signInForm = `<form data-act="sign-in" data-says="以投标人身份登录" data-into="#into"><input type="hidden" name="role" value="bidder"><input type="hidden" name="to" value="/done"><button>登录</button></form>`

// signsIn is a bidder that signs in with its file.
func (d *keyDesk) signsIn(p person) {
	d.visits(signInForm)
	d.press()
	d.chooses(d.keyFile(p))
	d.types(pin)
	d.wait(`location.pathname === "/done" || document.querySelector("#key-error")?.innerText`)
	if at := d.text("#key-error"); at != "" {
		d.t.Fatal(at)
	}
}

func TestKeyInABrowser(t *testing.T) {
	d := newKeyDesk(t)
	p := d.person("投标人第一建设公司", 61)
	d.visits(signInForm)
	d.press()
	d.chooses(d.keyFile(p))
	if who := d.text("#key-who"); !strings.Contains(who, p.name) || !strings.Contains(who, p.sign.Certificate().Serial()) {
		t.Errorf("whose certificate: %s", who)
	}
	d.shot("key-1366", 1366, 768)
	d.shot("key-390", 390, 844)
	from := time.Now()
	d.types("wrong")
	d.wait(`document.querySelector("#key-error").innerText !== ""`)
	if said := d.text("#key-error"); !strings.Contains(said, "口令不对") {
		t.Errorf("a wrong PIN: %s", said)
	}
	t.Logf("a wrong PIN is told after %s", time.Since(from).Round(time.Millisecond))
	if d.count("/api/v1/session/challenge") != 0 {
		t.Error("a wrong PIN asks the platform for something")
	}
	d.types(pin)
	d.wait(`location.pathname === "/done"`)
	d.wait(`document.querySelector("main").innerText.includes("已登录：` + p.name + `")`)
	if d.count("/api/v1/me/certificates") != 1 {
		t.Error("the encryption certificate was not registered")
	}
	d.clean(p)
}

// clean holds that neither key nor passphrase nor the file went out, in any of the ways in which they could be written, and
// that the browser asked nobody but the platform.
func (d *keyDesk) clean(p person) {
	t := d.t
	d.mu.Lock()
	defer d.mu.Unlock()
	all := strings.Join(d.asked, "\n")
	for _, part := range []string{"/key.wasm", "POST " + strings.TrimPrefix(d.url, "http://") + "/api/v1/session", `"role":"bidder"`} {
		if !strings.Contains(all, part) {
			t.Errorf("the record of requests is not whole: no %s", part)
		}
	}
	secrets := map[string][]byte{"the passphrase": []byte(pin), "the signing key": p.sign.Key.Bytes(), "the encryption key": p.encrypt.Key.Bytes(),
		"the file": []byte("ENCRYPTED PRIVATE KEY")}
	for name, s := range secrets {
		for _, form := range []string{string(s), base64.StdEncoding.EncodeToString(s), base64.RawURLEncoding.EncodeToString(s), fmt.Sprintf("%x", s), url.QueryEscape(string(s))} {
			if at := strings.Index(all, form); at >= 0 {
				t.Errorf("%s went out: …%.200s", name, all[max(0, at-200):])
			}
		}
	}
	for _, text := range d.asked {
		if ownBusiness.MatchString(text) {
			continue
		}
		if !strings.Contains(text, strings.TrimPrefix(d.url, "http://")) {
			t.Errorf("asked elsewhere: %.200s", text)
		}
	}
}

// ownBusiness is what Chromium asks its makers by itself, whatever page is open.
var ownBusiness = regexp.MustCompile(`^[A-Z]+ [a-z0-9.-]+\.(google|googleapis|gvt1)\.com[:/]`)

// vendor is the device behind the page's vendor script: it signs and decrypts with the keys of usb.
func (d *keyDesk) vendor(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	switch r.URL.Path {
	case "/vendor/sign":
		_, _ = w.Write(must(d.usb.sign.Key.Sign(r.Context(), b)).DER())
	case "/vendor/decrypt":
		_, _ = w.Write(must(d.usb.encrypt.Key.Unwrap(r.Context(), b)))
	}
}

// plugIn registers a vendor whose certificates are p's.
func (d *keyDesk) plugIn(p person) {
	pem := func(chain []signing.Certificate) (text string) {
		for _, c := range chain {
			text += string(c.PEM())
		}
		return text
	}
	d.js(fmt.Sprintf(`(() => { const ask = async (what, bytes) => new Uint8Array(await (await fetch("/vendor/" + what, { method: "POST", body: bytes })).arrayBuffer());
		baohan.keys.register({ name: "测试介质", certificates: async () => ({ sign: %q, open: %q }), sign: (b) => ask("sign", b), decrypt: (b) => ask("decrypt", b) }); })()`,
		pem(p.sign.Chain), pem(p.encrypt.Chain)))
}

// usesDevice chooses the vendor's device in the dialog and signs.
func (d *keyDesk) usesDevice() {
	d.js(`(() => { const s = document.querySelector("#key-from"); s.value = "0"; s.dispatchEvent(new Event("change")); })()`)
	d.wait(`document.querySelector("#key-who").innerText !== ""`)
	d.js(`document.querySelector("#key-go").click()`)
}

// ends waits until the dialog is closed, and fails when it says an error.
func (d *keyDesk) ends() {
	d.t.Helper()
	d.wait(`document.querySelector("#key")?.open !== true || document.querySelector("#key-error").innerText !== ""`)
	if said := d.text("#key-error"); said != "" {
		d.t.Fatal(said)
	}
}

// A bidder hands in a bid with a large file from the page, and takes it back with a USB key.
func TestActsInABrowser(t *testing.T) {
	d := newKeyDesk(t)
	p := d.person("投标人第一建设公司", 61)
	letter := d.apply(d.bidder(p))
	d.issue(letter, 1)
	d.signsIn(p)
	large := filepath.Join(d.dir, "技术标.pdf")
	if err := os.WriteFile(large, pdfOf(9<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	d.visits(`<form data-act="bid" data-says="递交投标文件" data-into="#into"><input type="hidden" name="lot" value="` + d.lot.ID + `"><input type="hidden" name="letter" value="` + letter + `">
		<div class="field"><label>报价 <input name="price" value="12,00"></label></div><input name="period_days" value="365"><input name="quality" value="合格"><input name="leader" value="示例经理">
		<input type="file" name="files" id="files" multiple><button>递交</button></form>`)
	d.do(chromedp.SetUploadFiles("#files", []string{large}))
	d.press()
	d.chooses(d.keyFile(p))
	d.js(`document.querySelector("#key-remember").checked = true`)
	d.types(pin)
	d.wait(`document.querySelector("#key-error").innerText !== ""`)
	if fault := d.text(".field.wrong .fault"); !strings.Contains(fault, "金额格式有误") || d.text("#key-error") != fault {
		t.Errorf("the field says %q, the dialog %q", fault, d.text("#key-error"))
	}
	d.js(`document.querySelector("#key-cancel").click()`)
	d.js(`document.querySelector("[name=price]").value = "12,000,000.00"`)
	d.press() // the file that was chosen is still there
	d.wait(`document.querySelector("#key-who").innerText.includes("` + p.name + `")`)
	d.slow = 200 * time.Millisecond
	d.js(`window.seen = []; window.warned = 0; setInterval(() => { const p = document.querySelector("#key-progress"); if (!document.querySelector("#key-working").hidden) seen.push([p.value, p.max, document.querySelector("#key-step").innerText]);
		const e = new Event("beforeunload", { cancelable: true }); dispatchEvent(e); if (e.defaultPrevented) warned++; }, 5)`)
	d.do(chromedp.SetValue("#key-pin", pin))
	d.js(`(() => { const go = document.querySelector("#key-go"), again = document.querySelector("form[data-act] button"); go.click(); go.click(); again.click(); document.querySelector("#key-form").requestSubmit(); })()`)
	d.ends()
	d.slow = 0
	d.wait(`document.querySelector("#into").innerText.includes("投标已经递交")`)
	bids, uploads := d.count("/api/v1/lots/"+d.lot.ID+"/bids"), d.count("/api/v1/bid-files")
	if bids != 1 || uploads != 1 {
		t.Errorf("several clicks made %d bids and %d uploads", bids, uploads)
	}
	d.progressed()
	d.clean(p)

	id := must(chromedp.Run(d.ctx, chromedp.Evaluate[string](`document.querySelector("#into dd").innerText`)))
	d.visits(`<form data-act="withdraw-bid" data-says="撤回投标" data-into="#into"><input type="hidden" name="bid" value="` + id + `"><button>撤回</button></form>`)
	d.usb = &p
	d.plugIn(d.person(p.name, 62))
	d.press()
	d.usesDevice()
	d.wait(`document.querySelector("#key-error").innerText !== ""`)
	if said := d.text("#key-error"); !strings.Contains(said, "登录") {
		t.Errorf("another organisation's device: %s", said)
	}
	d.visits(d.html)
	d.plugIn(p)
	stranger := d.person("别的公司", 63)
	d.usb = &stranger
	d.press()
	d.usesDevice()
	d.wait(`document.querySelector("#key-error").innerText !== ""`)
	if said := d.text("#key-error"); !strings.Contains(said, "它给出的签名与证书不符") || d.count("/api/v1/bids/"+id+"/withdraw") != 0 {
		t.Errorf("a device that signs with another key: %s", said)
	}
	d.usb = &p
	for range 2 { // the second time the statement that was kept is opened by the device, and is the same command
		d.js(`document.querySelector("#key-go").click()`)
		d.ends()
		d.wait(`document.querySelector("#into").innerText.includes("投标已经撤回")`)
		d.js(`document.querySelector("#into").replaceChildren()`)
		d.press()
		d.js(`(() => { const s = document.querySelector("#key-from"); s.value = "0"; s.dispatchEvent(new Event("change")); })()`)
		d.wait(`document.querySelector("#key-who").innerText !== ""`)
	}
	if d.count("/vendor/decrypt") != 1 {
		t.Errorf("the device decrypted %d times", d.count("/vendor/decrypt"))
	}
}

// progressed holds that what the dialog showed was true: it grew, of one total, from encrypting to uploading.
func (d *keyDesk) progressed() {
	t := d.t
	t.Helper()
	type step struct {
		Value, Max float64
		Says       string
	}
	var steps []step
	raw := must(chromedp.Run(d.ctx, chromedp.Evaluate[[][]any](`seen`)))
	for _, s := range raw {
		steps = append(steps, step{s[0].(float64), s[1].(float64), s[2].(string)})
	}
	last, words := 0.0, map[string]int{}
	for _, s := range steps {
		if !strings.Contains(s.Says, "加密") && !strings.Contains(s.Says, "上传") {
			continue
		}
		words[s.Says]++
		if s.Value < last || s.Max != 9<<20+16<<20 {
			t.Errorf("after %.0f: %+v", last, s)
		}
		last = s.Value
	}
	if last <= 9<<20 || words["正在加密“技术标.pdf”"] == 0 || words["正在上传“技术标.pdf”"] == 0 {
		t.Errorf("shown: %.0f %v", last, words)
	}
	if warned := must(chromedp.Run(d.ctx, chromedp.Evaluate[int](`warned`))); warned == 0 {
		t.Error("leaving the page at work warns nobody")
	}
}
