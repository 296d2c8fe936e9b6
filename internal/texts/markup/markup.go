// Package markup puts a page into another language on its way out: every text between two tags, and every attribute that is
// Chinese. What texts.Own marks, and what stands in an element whose lang is Chinese, stays as it is.
// A page is put into the other language whole, or not at all.
package markup

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/net/html"

	"baohan/internal/texts"
)

// ErrUnsaid is of a page with a text that the language lacks. It does not repeat the text, which may be somebody's name.
var ErrUnsaid = errors.New("markup: a text has no translation")

// Rules say how a page is rewritten.
type Rules struct {
	Language string                                // of the page that comes out, for its lang
	Say      func(string) (string, bool)           // a text with the space around it
	Link     func(t html.Token, a *html.Attribute) // changes an address (href, src, data-part) if it likes; may be nil
}

// Rewrite puts a page, or a part of one, into another language.
func (r Rules) Rewrite(page []byte) ([]byte, error) {
	w := writer{Rules: r, z: html.NewTokenizer(bytes.NewReader(page))}
	for {
		kind := w.z.Next()
		raw := bytes.Clone(w.z.Raw()) // reading the token lowers names in place
		switch kind {
		case html.ErrorToken:
			return w.b.Bytes(), w.err // the end: what is read is in memory
		case html.TextToken:
			w.text(raw)
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(raw, w.z.Token())
		case html.EndTagToken:
			w.end(w.z.Token().Data)
			w.b.Write(raw)
		default:
			w.b.Write(raw)
		}
		if w.err != nil {
			return nil, w.err
		}
	}
}

type writer struct {
	Rules
	z    *html.Tokenizer
	b    bytes.Buffer
	err  error
	in   string // the element whose content is no markup: script, style, title, textarea, noscript
	kept string // the element that keeps its Chinese
	deep int    // how many elements of that name are open in it
}

// void elements have no end.
var void = map[string]bool{"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true, "link": true, "meta": true, "source": true, "track": true, "wbr": true}

func (w *writer) start(raw []byte, t html.Token) {
	own := len(w.kept) > 0
	if own && t.Data == w.kept && t.Type == html.StartTagToken {
		w.deep++
	}
	if !own && keeps(t) && !void[t.Data] && t.Type == html.StartTagToken {
		w.kept, w.deep = t.Data, 1
	}
	switch t.Data {
	case "script", "style", "title", "textarea", "noscript":
		if t.Type == html.StartTagToken {
			w.in = t.Data
		}
	}
	if own {
		w.b.Write(raw)
		return
	}
	before := t.String()
	for i := range t.Attr {
		w.attribute(t, &t.Attr[i])
	}
	if after := t.String(); after != before {
		raw = []byte(after)
	}
	w.b.Write(raw)
}

func (w *writer) attribute(t html.Token, a *html.Attribute) {
	switch {
	case t.Data == "html" && a.Key == "lang":
		a.Val = w.Language
	case keeps(t):
	case a.Key == "href", a.Key == "src", a.Key == "data-part":
		if w.Link != nil {
			w.Link(t, a)
		}
	case texts.Chinese(a.Val):
		said, ok := w.Say(a.Val)
		if !ok {
			w.err = ErrUnsaid
		}
		a.Val = texts.Plain(said)
	default:
		a.Val = texts.Plain(a.Val)
	}
}

func (w *writer) end(name string) {
	if name == w.in {
		w.in = ""
	}
	if name == w.kept {
		if w.deep--; w.deep == 0 {
			w.kept = ""
		}
	}
}

func (w *writer) text(raw []byte) {
	if plain := texts.Plain(string(raw)); w.kept != "" || len(plain) == len(raw) && !texts.Chinese(plain) {
		w.b.WriteString(plain)
		return
	}
	switch w.in {
	case "script", "style":
		if w.b.Write(raw); texts.Chinese(string(raw)) {
			w.err = ErrUnsaid
		}
		return
	case "noscript": // markup, for a browser without scripts
		inner, err := w.Rewrite(raw)
		w.err = err
		w.b.Write(inner)
		return
	}
	said, ok := w.Say(html.UnescapeString(string(raw)))
	if !ok {
		w.err = ErrUnsaid
		return
	}
	if w.in != "" { // a title has no elements
		w.b.WriteString(html.EscapeString(texts.Plain(said)))
		return
	}
	for _, run := range texts.Runs(said) {
		if run.Chinese {
			w.b.WriteString(`<span lang="zh-CN">` + html.EscapeString(run.Text) + `</span>`)
		} else {
			w.b.WriteString(html.EscapeString(run.Text))
		}
	}
}

// keeps tells an element whose content is not ours to translate.
func keeps(t html.Token) bool {
	for _, a := range t.Attr {
		if a.Key == "lang" && t.Data != "html" && strings.HasPrefix(a.Val, "zh") {
			return true
		}
	}
	return false
}
