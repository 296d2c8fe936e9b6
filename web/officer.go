package web

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"baohan/guarantee/calendar"
	"baohan/tender/custody"
	"baohan/web/view"
)

// Officer is the page of a custodian's officer. It is served on the custodian's own machine, on a loopback address, by a
// process that may open the agent's directory; the platform neither serves nor sees it.
type Officer struct {
	Do       func(context.Context, custody.Act) (custody.Status, error) // asks the agent
	Token    string                                                     // in the address that the command prints: it lets one browser in
	Host     string                                                     // host:port of the listener; no other is answered
	Platform string                                                     // where openings can be watched; may be empty
}

// cookie is named after the port: cookies are not kept apart by it, and several desks may stand on one machine.
func (o Officer) cookie() string { return "officer-" + o.Host[strings.LastIndexByte(o.Host, ':')+1:] }

// Handler is the officer's desk.
func (o Officer) Handler() (http.Handler, error) {
	if len(o.Token) < 32 {
		return nil, errors.New("web: an officer's desk needs a token of 32 characters: without one it lets everybody in")
	}
	a, err := loadAssets(files)
	if err != nil {
		return nil, err
	}
	d := &officerDesk{Officer: o, assets: a}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", d.page)
	mux.HandleFunc("POST /act", d.act)
	mux.HandleFunc("GET /clock", d.clock)
	mux.HandleFunc("GET /assets/{edition}/{name}", d.asset)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		protect(h, "", false)
		h.Set("Content-Security-Policy", peoplePolicy)
		if r.Host != o.Host {
			http.Error(w, "此地址不对外提供服务", http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	}), nil
}

type officerDesk struct {
	Officer
	assets assets
}

// knows tells the browser that the address with the token was opened in.
func (d *officerDesk) knows(r *http.Request) bool {
	c, err := r.Cookie(d.cookie())
	return err == nil && d.is(c.Value)
}

func (d *officerDesk) is(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(d.Token)) == 1
}

func (d *officerDesk) page(w http.ResponseWriter, r *http.Request) {
	if token := r.URL.Query().Get("token"); d.is(token) {
		http.SetCookie(w, &http.Cookie{Name: d.cookie(), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}) //nolint:gosec // http on a loopback address
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	d.show(w, r, nil)
}

func (d *officerDesk) show(w http.ResponseWriter, r *http.Request, refused error) {
	f := view.Frame{Title: "密钥保管人", Assets: "/assets/" + d.assets.edition, Path: "/", Local: true}
	if !d.knows(r) {
		write(w, r, http.StatusForbidden, view.Refused(f, "请用 baohan custodian desk 打印的完整网址打开本页；网址只在这一次运行中有效。", view.Link{}))
		return
	}
	status, err := d.Do(r.Context(), custody.Act{Verb: "status"})
	if err != nil {
		write(w, r, http.StatusServiceUnavailable, view.Refused(f, err.Error(), view.Link{Href: "/", Text: "再试一次"}))
		return
	}
	f.Now, f.Noted = status.Now, noted[r.URL.Query().Get("done")]
	code, fault := http.StatusOK, ""
	if refused != nil {
		code, fault = http.StatusUnprocessableEntity, refused.Error()
	}
	write(w, r, code, view.Officer(f, status, d.Platform, fault))
}

func write(w http.ResponseWriter, r *http.Request, code int, page templ.Component) {
	var b bytes.Buffer
	if err := page.Render(r.Context(), &b); err != nil {
		http.Error(w, "页面没有做成；请刷新", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes()) // whoever has gone asks again
}

// noted says what was done; the words are ours, whatever the address says.
var noted = map[string]string{
	"authorise": "已授权。到了开标时间，代理核对签名的截标清单后自动交出这一天各标段的份额。",
	"revoke":    "已收回授权。到了开标时间，须由您手工交出份额。",
	"veto":      "已否决。截止后代理不会交出这个标段的份额，除非您撤销否决或者手工交出。",
	"lift":      "已撤销否决。",
	"give":      "已放行。平台凭签名的截标清单来取时，代理就交出份额。",
}

// act has the agent do what the officer asks; each of them said twice is said once.
func (d *officerDesk) act(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if !d.knows(r) || foreign(r, false) || r.ParseForm() != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	form := r.PostForm
	act := custody.Act{Verb: form.Get("verb"), Lot: form.Get("lot"), Reason: strings.TrimSpace(form.Get("reason"))}
	if noted[act.Verb] == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var err error
	if act.Days, err = days(form); err == nil {
		_, err = d.Do(r.Context(), act)
	}
	if err != nil {
		d.show(w, r, err)
		return
	}
	http.Redirect(w, r, "/?done="+act.Verb, http.StatusSeeOther)
}

func days(form url.Values) (all []calendar.Date, err error) {
	for _, text := range slices.DeleteFunc(slices.Clone(form["day"]), func(s string) bool { return s == "" }) {
		day, err := calendar.ParseDate(text)
		if err != nil {
			return nil, err
		}
		all = append(all, day)
	}
	return all, nil
}

// clock is the agent's own: what counts here is its time and not the platform's.
func (d *officerDesk) clock(w http.ResponseWriter, r *http.Request) {
	if !d.knows(r) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	status, err := d.Do(r.Context(), custody.Act{Verb: "status"})
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", applicationJSON)
	_, _ = w.Write([]byte(`{"now":"` + status.Now.In(calendar.Shanghai).Format("2006-01-02T15:04:05.000Z07:00") + `"}`))
}

func (d *officerDesk) asset(w http.ResponseWriter, r *http.Request) {
	one, ok := d.assets.byName[r.PathValue("name")]
	if !ok || one.packed || r.PathValue("edition") != d.assets.edition {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", one.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(one.body)
}
