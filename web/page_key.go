package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// introduce mounts what the signing module (cmd/key) must know before it signs: whom it talks to, by which anchors, and what
// time it is here. It is the same for everybody.
func (s *server) introduce(p Published, chain []signing.Certificate) {
	said := wire.Published{Platform: letter.Party{Name: chain[0].Subject().Organization, USCC: chain[0].Subject().OrganizationID},
		Centre: p.Centre, Certificates: ders(chain[:1]), Roots: ders(p.Roots)}
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, "/platform.json", func(c echo.Context) error {
		now := said
		now.Now = s.clock.Now().In(calendar.Shanghai)
		body, err := wire.Write(now)
		if err != nil {
			return err
		}
		still(c, applicationJSON, pagePolicy, "no-store", body)
		return nil
	})
}

func ders(certificates []signing.Certificate) [][]byte {
	all := [][]byte{}
	for _, c := range certificates {
		all = append(all, c.Raw())
	}
	return all
}
