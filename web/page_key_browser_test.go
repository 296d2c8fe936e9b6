package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus"

	"baohan/client"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

const pin = "口令 Kouling-4711"

// keyDesk is a life whose platform has a page with forms that need a certificate.
type keyDesk struct {
	*life
	visitor
	url  string
	html string // of the page's main part

	mu    sync.Mutex
	asked []string // everything that the browser sent: method, address, headers and body
	acts  map[string]int
}

func newKeyDesk(t *testing.T) *keyDesk {
	t.Helper()
	if _, err := os.Stat("assets/built/key.wasm.br"); err != nil {
		t.Skip("the signing module is not built here: make wasm")
	}
	d := &keyDesk{visitor: visitor{t, browser(t), t.TempDir()}, life: newLife(t), acts: map[string]int{}}
	config := d.desks
	config.Registry, config.Published = prometheus.NewRegistry(), Published{Roots: []signing.Certificate{d.ca.Root}}
	inner, a := must(New(config)), must(loadAssets(files))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			d.mu.Lock()
			d.acts[r.URL.Path]++
			d.mu.Unlock()
		}
		if r.URL.Path != "/" && r.URL.Path != "/done" {
			inner.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>试</title><link rel="icon" href="/assets/%s/icon.svg"><link rel="stylesheet" href="/assets/%[1]s/site.css">`+
			`<script src="/assets/%[1]s/key.js" defer></script></head><body><main><h1>试</h1>%s<div id="into"></div></main></body></html>`, a.edition, d.html)
	}))
	t.Cleanup(server.Close)
	d.url = server.URL
	d.record()
	return d
}

// record keeps all that the page and its workers send, as the browser itself tells it.
func (d *keyDesk) record() {
	if _, err := chromedp.Call(d.ctx, network.Enable, network.EnableParams{}); err != nil {
		d.visitor.t.Fatal(err)
	}
	err := chromedp.Listen(d.ctx, func(e any) {
		if r, ok := e.(*network.EventRequestWillBeSent); ok {
			text := r.Request.Method + " " + r.Request.URL + " " + fmt.Sprint(r.Request.Headers)
			for _, part := range r.Request.PostDataEntries {
				text += "\n" + string(part.Bytes)
			}
			d.mu.Lock()
			d.asked = append(d.asked, text)
			d.mu.Unlock()
		}
	})
	if err != nil {
		d.visitor.t.Fatal(err)
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
		d.visitor.t.Fatal(err)
	}
	return name
}

func (d *keyDesk) js(text string) {
	d.do(chromedp.Evaluate[chromedp.Void](text + ", undefined"))
}

// visits opens the page with a form in it.
func (d *keyDesk) visits(html string) {
	d.html = html
	d.do(chromedp.Navigate(d.url + "/"))
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

const signInForm = `<form data-act="sign-in" data-says="以投标人身份登录" data-into="#into"><input type="hidden" name="role" value="bidder"><input type="hidden" name="go" value="/done"><button>登录</button></form>`

// signsIn is a bidder that signs in with its file.
func (d *keyDesk) signsIn(p person) {
	d.visits(signInForm)
	d.press()
	d.chooses(d.keyFile(p))
	d.types(pin)
	d.wait(`location.pathname === "/done" || document.querySelector("#key-error")?.innerText`)
	if at := d.text("#key-error"); at != "" {
		d.visitor.t.Fatal(at)
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

// clean holds that neither key nor passphrase nor the file went out, in any of the ways in which they could be written.
func (d *keyDesk) clean(p person) {
	t := d.visitor.t
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.asked) < 5 {
		t.Errorf("only %d requests were seen", len(d.asked))
	}
	secrets := map[string][]byte{"the passphrase": []byte(pin), "the signing key": p.sign.Key.Bytes(), "the encryption key": p.encrypt.Key.Bytes(),
		"the file": []byte("ENCRYPTED PRIVATE KEY")}
	for _, text := range d.asked {
		t.Logf("%.300s", text)
		for name, s := range secrets {
			for _, form := range []string{string(s), base64.StdEncoding.EncodeToString(s), base64.RawURLEncoding.EncodeToString(s), fmt.Sprintf("%x", s)} {
				if strings.Contains(text, form) {
					t.Errorf("%s went out: %.200s", name, text)
				}
			}
		}
	}
}

var (
	_ = bytes.Equal
	_ = context.Background
	_ = letter.Fen(0)
	_ = party.Bidder
)
