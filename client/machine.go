package client

import (
	"errors"
	"net/http"
	"time"

	"baohan/signing"
	"baohan/signing/httpsig"
)

// machine signs every request itself, without a session, and believes no answer that the platform did not sign.
type machine struct {
	me       Identity
	platform []signing.Certificate // pinned; more than one while a key is being replaced
}

func (m *machine) sign(req *http.Request, body []byte) error {
	withoutCookie(req)
	// Freshness of a message is real time, whatever day the papers inside say.
	return httpsig.Sign(req, body, m.me.Chain[0].Fingerprint().String(), m.me.Sign, time.Now())
}

func (m *machine) check(req *http.Request, res *http.Response, body []byte) error {
	_, err := httpsig.VerifyResponse(res, body, req, pinned(m.platform), time.Now())
	return err
}

var errKey = errors.New("client: signed with a key that is not the platform's")

// pinned finds a key among the certificates that were exchanged beforehand.
func pinned(certs []signing.Certificate) httpsig.Lookup {
	return func(keyid string) (signing.PublicKey, error) {
		for _, c := range certs {
			if c.Fingerprint().String() == keyid {
				return c.PublicKey(), nil
			}
		}
		return signing.PublicKey{}, errKey
	}
}
