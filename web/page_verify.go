package web

import (
	"bytes"
	"html/template"
	"io/fs"
	"net/http"

	"github.com/labstack/echo/v4"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// Published is what the platform says of itself to whoever checks a letter: the page /verify starts with it, and the
// visitor may put his own in its place.
type Published struct {
	Roots  []signing.Certificate // the trust anchors; may be empty, then the visitor must bring his own
	Centre letter.Party          // who signs verification sheets
	URL    string                // of this page, as the code on a document names it (https://host/verify); empty: the code is plain text
}

// verifyPage is /verify, the same for everybody and for as long as this process runs.
type verifyPage struct {
	assets  assets
	roots   []byte // PEM
	html    []byte
	foreign []byte // in English; nil: it cannot be said
}

var pages = template.Must(template.ParseFS(files, "assets/*.html"))

func newVerifyPage(from fs.FS, p Published, platform signing.Name) (v verifyPage, err error) {
	if v.assets, err = loadAssets(from); err != nil {
		return v, err
	}
	for _, r := range p.Roots {
		v.roots = append(v.roots, r.PEM()...)
	}
	is := verifyWords{"/assets/" + v.assets.edition, v.assets.built(), letter.Party{Name: platform.Organization, USCC: platform.OrganizationID}, p.Centre, ""}
	if v.html, err = is.page(); err != nil {
		return v, err
	}
	is.Texts = is.Assets + "/" + englishTexts
	page, err := is.page()
	if out, unsaid := v.assets.english(page); unsaid == nil {
		v.foreign = out
	}
	return v, err
}

// verifyWords are what the page's template fills in.
type verifyWords struct {
	Assets           string
	Built            bool
	Platform, Centre letter.Party
	Texts            string // of another language, for the module; empty: Chinese
}

func (w verifyWords) page() ([]byte, error) {
	var b bytes.Buffer
	err := pages.ExecuteTemplate(&b, "verify.html", w)
	return b.Bytes(), err
}

// pages mounts what people look at. It is plain HTML: nothing here knows who asks, and nothing that a visitor chooses
// comes to this server.
func (s *server) pages(v verifyPage) {
	read := []string{http.MethodGet, http.MethodHead}
	s.echo.Match(read, "/assets/:edition/:name", v.assets.serve)
	s.echo.Match(read, "/roots.pem", func(c echo.Context) error {
		still(c, "application/x-pem-file", pagePolicy, "no-cache", v.roots)
		return nil
	})
	s.echo.Match(read, "/verify", func(c echo.Context) error {
		page := v.html
		if c.QueryParam("lang") == "en" && v.foreign != nil {
			page = v.foreign
		}
		still(c, "text/html; charset=utf-8", pagePolicy, "no-cache", page)
		return nil
	})
}
