package web

import (
	"net/http"
	"net/url"
	"strings"
)

// cookies says how a browser keeps its session. Over TLS the name begins with __Host-, which binds it to this host,
// the whole path and TLS; the plain name is for http on a loopback address and nowhere else.
type cookies struct{ secure bool }

func (c cookies) name() string {
	if c.secure {
		return "__Host-baohan"
	}
	return "baohan"
}

// set makes the header that begins a session in a browser. It says no age: a cookie without one is not written to the disk and
// goes with the browser, so that the next at the machine does not find it. How long a session lives the server knows.
func (c cookies) set(token string) string { return c.cookie(token, 0) }

// drop makes the header that ends it.
func (c cookies) drop() string { return c.cookie("", -1) }

func (c cookies) cookie(value string, age int) string {
	return (&http.Cookie{Name: c.name(), Value: value, Path: "/", MaxAge: age,
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode}).String()
}

// bearer returns the session token of a request and whether a browser sent it by itself, as a cookie.
func (c cookies) bearer(r *http.Request) (token string, byCookie bool) {
	if h := r.Header.Get("Authorization"); h != "" {
		token, _ = strings.CutPrefix(h, "Bearer ")
		return token, false
	}
	if cookie, err := r.Cookie(c.name()); err == nil {
		return cookie.Value, true
	}
	return "", false
}

// foreign tells whether a browser sent r on behalf of another site (CSRF). SameSite=Strict is the first wall, this
// the second. A request that says nothing of where it comes from is foreign too: programs use Bearer.
func foreign(r *http.Request, secure bool) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site != "same-origin"
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || origin.Host == "" {
		return true
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	return origin.Scheme != scheme || origin.Host != r.Host
}

// reads tells the methods that change nothing.
func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }
