package web

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"baohan/internal/texts"
	"baohan/signing"
)

// english is a page as a visitor reads it who asked for English. Nothing on it is Chinese but what is marked so.
func (w *world) english(path string, status int) string {
	w.t.Helper()
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	got := w.as("", http.MethodGet, path+mark+inEnglish, nil)
	if got.status != status {
		w.t.Errorf("%s: %d", path, got.status)
	}
	page := string(got.body)
	for _, text := range chineseOf(page) {
		w.t.Errorf("%s in English says %q", path, text)
	}
	if strings.Contains(page, texts.Own("")[:3]) {
		w.t.Errorf("%s has the marks of names", path)
	}
	return page
}

// chineseOf finds what is Chinese outside elements that are marked so, in texts and in attributes.
func chineseOf(page string) (found []string) {
	z, marked, in, title := html.NewTokenizer(strings.NewReader(page)), "", 0, false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return found
		case html.TextToken:
			text := z.Token().Data
			if title && strings.HasSuffix(text, " · Electronic Bid Guarantee Platform") { // behind a name, which a title cannot mark
				text = ""
			}
			if marked == "" && texts.Chinese(text) {
				found = append(found, text)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			title = t.Data == "title"
			for _, a := range t.Attr {
				if marked == "" && a.Key == "lang" && strings.HasPrefix(a.Val, "zh") && t.Data != "html" {
					marked, in = t.Data, 0
				} else if marked == "" && (texts.Chinese(a.Val) || a.Key == "lang" && a.Val != "en") {
					found = append(found, t.Data+" "+a.Key+"="+a.Val)
				}
			}
			if t.Data == marked {
				in++
			}
		case html.EndTagToken:
			if z.Token().Data == marked {
				if in--; in == 0 {
					marked = ""
				}
			}
		default: // comments say nothing
		}
	}
}

// A visitor reads every page that is for visitors in English, and goes on in English; who is signed in reads Chinese.
func TestVisitorsReadEnglish(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	lot := "/lots/" + l.lot.ID
	for path, says := range map[string][]string{
		"/":     {`<html lang="en"`, "Verify a guarantee", `href="/verify?lang=en"`, `href="/lots?lang=en"`, "the Chinese text binds"},
		"/lots": {`<span lang="zh-CN">长沙市城建集团</span>`, `href="` + lot + `?lang=en"`, " d "},
		lot:     {"Security amount", "¥800,000.00", `(in words: <span lang="zh-CN">捌拾万元整</span>)`, "Beneficiary", "2026-"},
	} {
		page := l.english(path, http.StatusOK)
		for _, part := range says {
			if !strings.Contains(page, part) {
				t.Errorf("%s does not say %s\n%s", path, part, page)
			}
		}
	}
	if page := l.english("/lots/"+strings.Repeat("0", 32), http.StatusNotFound); !strings.Contains(page, "There is no such page") {
		t.Error(page)
	}
	if page := l.english("/verify", http.StatusOK); !strings.Contains(page, `data-texts="/assets/`) || !strings.Contains(page, "verify.en.js") {
		t.Error(page)
	}
	const only = "available in Chinese only"
	for _, path := range []string{"/sign-in", "/dev/components"} { // what English lacks is Chinese whole
		if got := string(l.as("", http.MethodGet, path+"?"+inEnglish, nil).body); !strings.Contains(got, `<html lang="zh-CN"`) || !strings.Contains(got, only) {
			t.Errorf("%s: %s", path, got)
		}
	}
	for _, query := range []string{"", "?lang=zh", "?lang=de", "?lang="} {
		if got := string(l.as("", http.MethodGet, lot+query, nil).body); !strings.Contains(got, `<html lang="zh-CN"`) || strings.Contains(got, only) || strings.Contains(got, texts.Own("")[:3]) {
			t.Errorf("%s: %s", query, got)
		}
	}
}

// What English costs: the page /verify, 18 kB, put into English.
func BenchmarkEnglishPage(b *testing.B) {
	v := must(newVerifyPage(files, Published{}, signing.Name{}))
	if v.foreign == nil {
		b.Fatal("the page has no English")
	}
	b.SetBytes(int64(len(v.html)))
	for b.Loop() {
		must(v.assets.english(v.html))
	}
}
