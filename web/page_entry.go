package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"baohan/guarantee/calendar"
	"baohan/party"
	"baohan/web/view"
)

// entryPages are where everybody comes in and goes out.
func (s *server) entryPages() {
	s.page("/", "page-public", (*visit).home)
	s.page("/sign-in", "page-public", (*visit).signInPage)
	s.echo.POST("/sign-out", s.leave)
	s.echo.GET("/clock", s.clockNow)
	s.echo.GET("/session", s.sessionNow)
	if !s.cookies.secure { // development and demonstrations
		s.page("/dev/components", "page-public", func(v *visit) (templ.Component, error) { return view.Components(v.frame("页面组件")), nil })
	}
}

// homes are where each role's day begins.
var homes = map[party.Role]string{}

func (v *visit) home() (templ.Component, error) {
	if to := homes[v.x.actor.Role]; v.x.known && to != "" {
		return nil, &elsewhere{to}
	}
	lots, err := v.tender.Lots(v.ctx, "", 6)
	if err != nil {
		return nil, err
	}
	return view.Home(v.frame("首页"), lots), nil
}

// elsewhere sends a visitor to another page.
type elsewhere struct{ to string }

func (e *elsewhere) Error() string { return "web: see " + e.to }

// signInPage begins a session by a certificate: the challenge is signed in the browser, and the session is the cookie that
// the API sets.
func (v *visit) signInPage() (templ.Component, error) {
	return view.SignIn(v.signing("证书登录"), inside(v.QueryParam("to")), v.QueryParam("over") == "idle"), nil
}

// inside accepts only the address of a page of ours.
func inside(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, "\\") {
		return "/"
	}
	return u.RequestURI()
}

// leave ends the session, and is no command: doing it twice is doing it once.
func (s *server) leave(c echo.Context) error {
	v := &visit{server: s, Context: c, ctx: c.Request().Context(), x: exchangeOf(c.Request().Context())}
	v.x.operation, v.x.pattern = "sign-out", "/sign-out"
	switch {
	case !s.isHere(c.Request()):
		return s.turnedAway(v, errHost)
	case foreign(c.Request(), s.cookies.secure): // a browser keeps the cookie back from it, and would still obey an answer that drops it
		return s.turnedAway(v, errForeign)
	}
	err := s.identify(v.x, c.Request())
	if _, over := party.RefusalOf(err); err != nil && !over { // a session that is over is dropped all the same
		return s.turnedAway(v, err)
	}
	if v.x.known {
		if err := s.party.SignOut(v.ctx, v.x.token); err != nil {
			return s.turnedAway(v, err)
		}
	}
	v.x.cookie = s.cookies.drop()
	return c.Redirect(http.StatusSeeOther, "/")
}

// clockNow is the platform's time, by which pages set theirs.
func (s *server) clockNow(c echo.Context) error {
	x := exchangeOf(c.Request().Context())
	x.operation, x.pattern = "page-public", "/clock"
	return c.JSON(http.StatusOK, map[string]string{"now": s.clock.Now().In(calendar.Shanghai).Format("2006-01-02T15:04:05.000Z07:00")})
}

// sessionNow tells a page whose session the browser holds and how long it lives on when nobody uses it, in seconds. A page asks
// it while somebody types, which uses the session, or by itself, which does not.
func (s *server) sessionNow(c echo.Context) error {
	v := &visit{server: s, Context: c, ctx: c.Request().Context(), x: exchangeOf(c.Request().Context())}
	v.x.operation, v.x.pattern = "page-public", "/session"
	if !s.isHere(c.Request()) {
		return s.turnedAway(v, errHost)
	}
	err := s.identify(v.x, c.Request())
	switch _, over := party.RefusalOf(err); {
	case over || err == nil && !v.x.known:
		return c.JSON(http.StatusUnauthorized, map[string]string{})
	case err != nil:
		return err
	}
	left, pauses := s.party.IdleIn(v.ctx, v.x.token)
	if !pauses {
		left = party.SessionLife
	}
	return c.JSON(http.StatusOK, map[string]any{"mark": v.mark(), "left": int(left.Seconds())})
}
