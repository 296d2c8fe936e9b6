package web

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"
)

// download is a file that a page gives.
type download struct {
	name, kind string
	bytes      []byte
}

// paper mounts a file that somebody may take from a page. It is never shown in the page's own place: what another party
// handed in runs nothing here.
func (s *server) paper(path, operation string, give func(*visit) (download, error)) {
	s.mounted[Route{http.MethodGet, path}] = operation
	s.echo.GET(path, func(c echo.Context) error {
		v, err := s.arrive(c, operation)
		if err != nil {
			return s.turnedAway(v, err)
		}
		d, err := give(v)
		if err != nil {
			return s.turnedAway(v, err)
		}
		h := c.Response().Header()
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(d.name))
		return c.Blob(http.StatusOK, d.kind, d.bytes)
	})
}
