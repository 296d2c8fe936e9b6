package web

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// strayChinese finds what stands on a page in Chinese and is not marked so.
const strayChinese = `(() => {
	const chinese = /[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u, found = [];
	const marked = (e) => e.closest("[lang]").lang.startsWith("zh");
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
	for (let n = walk.nextNode(); n; n = walk.nextNode()) {
		if (n.nodeType === Node.TEXT_NODE && chinese.test(n.data) && !marked(n.parentElement)) found.push(n.data);
		if (n.nodeType === Node.ELEMENT_NODE && !marked(n)) for (const a of n.attributes) if (chinese.test(a.value)) found.push(a.name + "=" + a.value);
	}
	return found.join("\n");
})()`

func (w *window) allEnglish() {
	w.t.Helper()
	if found, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](strayChinese)); err != nil || found != "" {
		w.t.Errorf("%s at %s: in Chinese, and not marked so: %s %v", w.name, w.path(), found, err)
	}
}

// A foreign bank scans the code on a guarantee, asks for English, goes offline and verifies it.
func TestVerifyInEnglish(t *testing.T) {
	built(t)
	v := visitor{t, browser(t), t.TempDir()}
	c := newCounter(t)
	server := httptest.NewServer(c.handler)
	defer server.Close()
	i := c.Issue(c.Blind(), "XJSL-2026-000001")
	v.do(chromedp.Navigate(server.URL + "/verify#" + scanOf(i)))
	v.wait(`document.querySelector("#status").innerText.includes("可以断网")`)
	w := &window{t, v.ctx, server.URL, "a foreign bank"}
	w.press("English")
	v.wait(`document.querySelector("#status").innerText.includes("you may disconnect")`)
	w.says("This is the document that you scanned", "XJSL-2026-000001", "the Chinese text binds")
	w.allEnglish()
	w.picture("verify-en-ready")

	before := c.asked.Load()
	v.cut()
	pdf, file := c.pdf(t, i), must(i.File().Canonical())
	for _, f := range []struct {
		name, verdict string
		b             []byte
		says          []string
	}{
		{"guarantee.pdf", "Passed", pdf, []string{"This file is the document that you scanned: number and digest are the same", "RMB 捌拾万元整 (¥", "Amount in words", "Guarantee no.", "Bids close", "payable on demand"}},
		{"altered.json", "Failed", []byte(strings.Replace(string(file), "壹佰万", "玖佰万", 1)), []string{"Expected: ", "do not accept it", "the file's text was altered"}},
		{"signed.p7s", "Open", i.Signed, []string{"Nothing is wrong, but something that matters could not be checked"}},
		{"altered.pdf", "Failed", append(bytes.Clone(pdf), ' '), []string{"superfluous bytes"}},
	} {
		v.choose("#file", f.name, f.b)
		if got := v.text("#verdict"); got != f.verdict || v.text("#status") != "Verified." {
			t.Errorf("%s: %s, %s", f.name, got, v.text("#status"))
		}
		w.says(f.says...)
		w.allEnglish()
		if f.name == "guarantee.pdf" {
			w.picture("verify-en-passed")
		}
	}
	w.picture("verify-en-altered")
	if after := c.asked.Load(); after != before {
		t.Errorf("%d requests went out while files were verified", after-before)
	}
}
