package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"baohan/guarantee/calendar"
	"baohan/internal/clock"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/httpsig"
	"baohan/web/view"
)

// Demo is the demonstration's way in: everybody's certificate with its PIN, for whoever asks, and the hand on its clock. New
// refuses it anywhere but on a loopback address with a stepped clock, where nothing is real.
type Demo struct {
	Actors []DemoActor
	Desks  []view.Link // the custodians' own pages
	Step   func(ctx context.Context, to time.Time) error
}

// DemoActor is somebody of the demonstration.
type DemoActor struct {
	view.DemoActor
	File      []byte // the key file, encrypted with the PIN
	Sign      signing.Signer
	Chain     []signing.Certificate
	OpenChain []signing.Certificate // empty: none
}

var errDemo = errors.New("web: the demonstration's certificates are given out on a loopback address with a stepped clock only")

// check refuses a demonstration's way in to a platform that is not one.
func (d *Demo) check(c Config) error {
	if d == nil {
		return nil
	}
	if _, stepped := c.Clock.(*clock.Stepped); !stepped || !c.PlainHTTP {
		return errDemo
	}
	return nil
}

// demoPages are there in a demonstration alone.
func (s *server) demoPages() {
	if s.demo == nil {
		return
	}
	s.page("/demo", "page-public", (*visit).demoPage)
	s.echo.GET("/demo/keys/:key", func(c echo.Context) error {
		a := s.demo.actor(c.Param("key"))
		if a == nil || !s.isHere(c.Request()) {
			return echo.ErrNotFound
		}
		return c.Blob(http.StatusOK, "application/x-pem-file", a.File)
	})
	s.echo.POST("/demo/enter", s.enterDemo)
	s.echo.POST("/demo/clock", s.stepDemo)
}

func (d *Demo) actor(key string) *DemoActor {
	for i := range d.Actors {
		if d.Actors[i].Key == key {
			return &d.Actors[i]
		}
	}
	return nil
}

func (v *visit) demoPage() (templ.Component, error) {
	lots, err := v.tender.Lots(v.ctx, "", pageSize)
	if err != nil {
		return nil, err
	}
	all := make([]view.DemoActor, len(v.demo.Actors))
	for i, a := range v.demo.Actors {
		all[i] = a.DemoActor
	}
	return view.Demo(v.frame("演示：选一个身份"), all, v.demo.Desks, lots), nil
}

// demonstrate reads a form of the demonstration's page, and of no other site's.
func (s *server) demonstrate(c echo.Context) (*visit, url.Values, error) {
	v := &visit{server: s, Context: c, ctx: c.Request().Context(), x: exchangeOf(c.Request().Context())}
	v.x.operation, v.x.pattern = "page-public", c.Path()
	if !s.isHere(c.Request()) {
		return v, nil, errHost
	}
	if foreign(c.Request(), false) {
		return v, nil, errForeign
	}
	form, err := v.read()
	return v, form, err
}

// enterDemo signs in with the demonstration's own certificate, as the person would with his.
func (s *server) enterDemo(c echo.Context) error {
	v, form, err := s.demonstrate(c)
	if err != nil {
		return s.turnedAway(v, err)
	}
	a := s.demo.actor(form.Get("key"))
	if a == nil {
		return s.turnedAway(v, absent())
	}
	token, err := s.enterAs(v.ctx, httpsig.Authority(c.Request()), a)
	if err != nil {
		return s.turnedAway(v, err)
	}
	v.x.cookie = s.cookies.set(token)
	return c.Redirect(http.StatusSeeOther, "/")
}

func (s *server) enterAs(ctx context.Context, authority string, a *DemoActor) (token string, err error) {
	challenge, err := s.party.Challenge(ctx)
	if err != nil {
		return "", err
	}
	sig, err := a.Sign.Sign(ctx, party.SignInText(authority, challenge, a.Role))
	if err != nil {
		return "", err
	}
	token, actor, err := s.party.SignIn(ctx, authority, a.Chain, challenge, sig, a.Role)
	if err != nil || len(a.OpenChain) == 0 {
		return token, err
	}
	return token, s.party.AddCertificate(ctx, actor, a.OpenChain)
}

// stepDemo moves the demonstration's clock forward, never back.
func (s *server) stepDemo(c echo.Context) error {
	v, form, err := s.demonstrate(c)
	if err != nil {
		return s.turnedAway(v, err)
	}
	to, err := time.ParseInLocation("2006-01-02T15:04:05", form.Get("to"), calendar.Shanghai)
	if d, short := time.ParseDuration(form.Get("by")); short == nil {
		to, err = s.clock.Now().Add(d), nil
	}
	if err != nil || to.Before(s.clock.Now()) {
		return s.turnedAway(v, party.Invalid("demo.clock", "to", "演示时钟只能向前拨；请选一个以后的时间"))
	}
	if err := s.demo.Step(v.ctx, to); err != nil {
		return s.turnedAway(v, err)
	}
	return c.Redirect(http.StatusSeeOther, "/demo")
}
