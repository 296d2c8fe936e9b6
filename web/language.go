package web

import (
	"bytes"
	_ "embed"
	"errors"
	"path"
	"strings"
	"sync"

	"golang.org/x/net/html"

	"baohan/internal/texts"
	"baohan/internal/texts/markup"
)

// Pages are Chinese. A visitor who asks for it (?lang=en, a link in each page's foot) reads English: the page is rendered as
// ever and put into English on its way out, by the catalogue texts/en.po; whole, or not at all. The address says the
// language, so nothing is remembered of the visitor, and an answer may be kept by its address. Who is signed in acts in
// Chinese, which binds.

//go:embed texts/en.po
var englishPO string

// english is the catalogue. That it can be read is for a test.
var english = sync.OnceValue(func() *texts.Catalogue {
	c, err := texts.Open(englishPO)
	if err != nil {
		panic(err)
	}
	return c
})

const (
	inEnglish    = "lang=en"
	englishTexts = "en.po" // as the checking module is given them
)

// asksEnglish tells whether a visitor wants this page in English.
func (v *visit) asksEnglish() bool { return v.QueryParam("lang") == "en" && !v.x.known }

// spoken is the page as it is sent: Chinese, or in English. One that English lacks is Chinese whole, and says so.
func (v *visit) spoken(page []byte) []byte {
	asked := v.asksEnglish()
	if asked {
		if out, err := v.assets.english(page); err == nil {
			return out
		}
	}
	page = []byte(texts.Plain(string(page)))
	if !asked {
		return page
	}
	return bytes.Replace(page, []byte("<main "), []byte(`<p class="page only" lang="en">This page is available in Chinese only.</p><main `), 1)
}

// errNoScript is of a page whose script speaks Chinese only.
var errNoScript = errors.New("web: a script has no English edition")

// english puts a page into English, with the scripts that speak it, and leads on to English pages.
func (a assets) english(page []byte) ([]byte, error) {
	var missing error
	out, err := markup.Rules{Language: "en", Say: english().Say, Link: func(t html.Token, at *html.Attribute) {
		switch name := path.Base(at.Val); {
		case t.Data == "script" && a.spoken[name] == "":
			missing = errNoScript
		case t.Data == "script":
			at.Val = path.Dir(at.Val) + "/" + a.spoken[name]
		case t.Data == "a" && leadsOn(t, at.Val), at.Key == "data-part":
			at.Val = withEnglish(at.Val)
		}
	}}.Rewrite(page)
	return out, errors.Join(err, missing)
}

// leadsOn tells a way to another page of ours, which is not a download.
func leadsOn(t html.Token, to string) bool {
	for _, a := range t.Attr {
		if a.Key == "hreflang" || a.Key == "download" {
			return false
		}
	}
	return strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/assets/") && !strings.HasPrefix(to, prefix+"/") && path.Ext(to) == ""
}

func withEnglish(to string) string {
	to, place, found := strings.Cut(to, "#")
	mark := "?"
	if strings.Contains(to, "?") {
		mark = "&"
	}
	if to += mark + inEnglish; found {
		to += "#" + place
	}
	return to
}

// speak adds the English edition of each script that pages load, and the texts themselves for the checking module. A script
// with a text that has none has no edition.
func (a *assets) speak() {
	a.spoken = map[string]string{}
	for name, one := range a.byName {
		if one.kind != script || strings.HasSuffix(name, ".en.js") {
			continue
		}
		texts, lacks := 0, false
		body := translated(string(one.body), &texts, &lacks)
		switch {
		case texts == 0:
			a.spoken[name] = name
		case !lacks:
			a.spoken[name] = strings.TrimSuffix(name, ".js") + ".en.js"
			one.body = []byte(body)
			a.byName[a.spoken[name]] = one
		}
	}
	a.byName[englishTexts] = asset{kind: "text/plain; charset=utf-8", body: []byte(englishPO)}
}

func translated(js string, found *int, lacks *bool) string {
	return texts.Script(js, func(id string) (string, bool) {
		*found++
		text, ok := english().Of(id)
		*lacks = *lacks || !ok
		return text, ok
	})
}
