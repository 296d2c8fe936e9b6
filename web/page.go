package web

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"baohan/party"
	"baohan/signing"
	"baohan/web/view"
)

// A visit is one person in front of one page.
type visit struct {
	*server
	echo.Context
	ctx  context.Context
	x    *exchange
	id   string     // of the object that the path names; "" when it names none
	was  url.Values // the form, when it was refused and is shown again
	said *view.Fault

	files map[string]chosen // that came with the form, by the name of their field
}

// show reads what stands on a page.
type show func(*visit) (templ.Component, error)

// act does what a form asks, and says where the person goes then.
type act func(v *visit, form url.Values, cmd party.Command) (next string, err error)

// page mounts a page. Who may look at it is the row of the guard's table that operation names: the one of the API that
// reads the same, or one of the page's own (pageRules).
func (s *server) page(path, operation string, show show) {
	s.mounted[Route{http.MethodGet, path}] = operation
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, path, func(c echo.Context) error {
		v, err := s.arrive(c, operation)
		if err != nil {
			return s.turnedAway(v, err)
		}
		return s.answerWith(v, show)
	})
}

// deed mounts a form that needs no certificate's signature. When it is refused, the page that it stood on is shown again,
// with what was typed and the reason beside its field.
func (s *server) deed(path, operation string, do act, again show) {
	s.mounted[Route{http.MethodPost, path}] = operation
	s.echo.POST(path, func(c echo.Context) error {
		v, err := s.arrive(c, operation)
		if err != nil {
			return s.turnedAway(v, err)
		}
		form, err := v.read()
		if err != nil {
			return s.turnedAway(v, err)
		}
		if !v.shown(form) {
			return s.turnedAway(v, errAnother)
		}
		next, err := do(v, form, v.command(form))
		if err == nil {
			return c.Redirect(http.StatusSeeOther, next)
		}
		if v.was = form; !v.refused(err) || again == nil {
			return s.turnedAway(v, err)
		}
		return s.answerWith(v, again)
	})
}

// arrive proves who is there and asks the guard.
func (s *server) arrive(c echo.Context, operation string) (*visit, error) {
	r := c.Request()
	v := &visit{server: s, Context: c, ctx: r.Context(), x: exchangeOf(r.Context())}
	if names := c.ParamNames(); len(names) > 0 {
		v.id = c.Param(names[0])
	}
	v.x.operation, v.x.pattern = operation, c.Path()
	if !s.isHere(r) {
		return v, errHost
	}
	if err := once(r.URL.Query()); err != nil {
		return v, err
	}
	greet := s.identify
	if r, _ := ruleOf(operation); r.open() {
		greet = s.greet
	}
	if err := greet(v.x, r); err != nil {
		return v, err
	}
	if err := s.permit(v.ctx, operation, v.x, v.id); err != nil {
		return v, err
	}
	if names := c.ParamNames(); len(names) > 0 && names[0] == "lot" && !isID(v.id) { // of what is public the guard asks nothing
		return v, absent()
	}
	return v, nil
}

// mostForm is how large a posted form may be, in bytes. Files go another way: they are sealed in the browser first.
const mostForm = 256 << 10

func (v *visit) read() (url.Values, error) {
	r := v.Request()
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		return v.readFiles()
	}
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, errMedia
	}
	r.Body = http.MaxBytesReader(v.Response(), r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		return nil, errTooLarge
	}
	return tidied(r.PostForm), nil
}

// tidied is a form with one value for each field, without what the keyboard leaves around it.
func tidied(form url.Values) url.Values {
	for name := range form {
		form.Set(name, strings.ReplaceAll(strings.TrimSpace(form.Get(name)), "\r\n", "\n"))
	}
	return form
}

// command makes a form one command by the key that was drawn when it was shown: a second click, a reload, and a connection
// that broke all say the same again.
func (v *visit) command(form url.Values) party.Command {
	return party.Command{Actor: v.x.actor, Key: "page-" + form.Get("key"),
		Digest: signing.MAC(v.commandKey, "baohan/command/1", []byte(http.MethodPost), []byte(v.Request().URL.EscapedPath()), []byte(form.Encode()))}
}

// refused keeps why, to be shown beside the field. What is not a refusal is not shown so.
func (v *visit) refused(err error) bool {
	r, ok := party.RefusalOf(err)
	if !ok || r.Kind == party.KindUnauthentic || r.Kind == party.KindNotFound {
		return false
	}
	v.said = &view.Fault{Field: strings.TrimPrefix(r.Field, "/"), Message: r.Message}
	return true
}

// deedOf is a form of this page, with what was typed and why it was refused, if it is this form that was sent.
func (v *visit) deedOf(d view.Deed) *view.Deed {
	if v.was != nil && v.Request().URL.Path == d.Action {
		d.Was, d.Fault = v.was, v.said
	}
	return &d
}

// frame is the shell around this page.
func (v *visit) frame(title string) view.Frame {
	f := view.Frame{Title: title, Assets: v.assetPath, Path: v.Request().URL.Path, Now: v.clock.Now(), Demo: v.demo != nil}
	if v.x.known {
		f.Who = &view.Who{Name: v.x.actor.Name, USCC: v.x.actor.USCC, Role: v.x.actor.Role, Mark: v.mark(), Idle: v.party.Idle}
	}
	return f
}

// signing is the frame of a page with an act that a certificate signs.
func (v *visit) signing(title string) view.Frame {
	f := v.frame(title)
	f.Key = true
	return f
}

func (s *server) answerWith(v *visit, show show) error {
	page, err := show(v)
	if to := (*elsewhere)(nil); errors.As(err, &to) {
		return v.Redirect(http.StatusSeeOther, to.to)
	}
	if err != nil {
		return s.turnedAway(v, err)
	}
	code := http.StatusOK
	if v.said != nil {
		code = http.StatusUnprocessableEntity
	}
	return v.write(code, page)
}

func (v *visit) write(code int, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(view.Marked(v.ctx, v.mark()), &b); err != nil {
		return err
	}
	body := v.spoken(b.Bytes())
	h := v.Response().Header()
	h.Set("Content-Security-Policy", peoplePolicy)
	// Without it the server tells the length of short answers only, and of one about as long as that by the digits of the clock.
	h.Set("Content-Length", strconv.Itoa(len(body)))
	return v.HTMLBlob(code, body)
}

// peoplePolicy is that of a page with forms: it runs our scripts and the signing module, sends forms to us, and loads nothing
// from anywhere else.
const peoplePolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// turnedAway answers a person who came for nothing: to the sign-in when nobody is known, else with what is the matter.
func (s *server) turnedAway(v *visit, err error) error {
	var p *problem
	if !errors.As(err, &p) {
		p = s.problemOf(v.ctx, err)
	}
	if p.Status == http.StatusUnauthorized {
		said := url.Values{}
		if p.Code == party.CodeIdle {
			said.Set("over", "idle")
		}
		if reads(v.Request().Method) {
			said.Set("to", v.Request().URL.RequestURI())
		}
		return v.Redirect(http.StatusSeeOther, strings.TrimSuffix("/sign-in?"+said.Encode(), "?"))
	}
	title, message := "没有办成", p.Detail
	if p.Status == http.StatusNotFound {
		title, message = "没有这个页面", "这个页面不存在，或者您现在的身份不能查看。请核对网址，或者从首页重新进入；需要换单位身份的，请先退出再登录。"
	}
	return v.write(p.Status, view.Refused(v.frame(title), message, view.Link{Href: "/", Text: "回首页"}))
}
