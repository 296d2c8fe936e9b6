package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"baohan/internal/clock"
	"baohan/web/view"
)

// Demo is the demonstration's way in: everybody's key file and its PIN, handed to whoever asks. New refuses it anywhere but
// on a loopback address with a stepped clock, where nothing is real.
type Demo struct {
	Actors []view.DemoActor
	Files  map[string][]byte // key file by the actor's Key
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
	s.page("/demo", "page-public", func(v *visit) (templ.Component, error) {
		return view.Demo(v.signing("演示：选一个身份"), s.demo.Actors), nil
	})
	s.echo.GET("/demo/keys/:key", func(c echo.Context) error {
		file, ok := s.demo.Files[c.Param("key")]
		if !ok {
			return echo.ErrNotFound
		}
		return c.Blob(http.StatusOK, "application/x-pem-file", file)
	})
}
