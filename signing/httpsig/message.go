package httpsig

import (
	"fmt"
	"net/http"
	"time"

	"baohan/signing"
)

// Sign adds Content-Digest, Signature-Input and Signature to a request whose body is body, replacing any that are
// there. Set the method, the URL, Host and Idempotency-Key before; changing them after spoils the signature.
func Sign(req *http.Request, body []byte, keyid string, s signing.Signer, now time.Time) error {
	req.Header.Set(fieldDigest, contentDigest(body))
	m, components, err := ofRequest(req)
	if err != nil {
		return err
	}
	return m.sign(req.Context(), req.Header, components, keyid, s, now)
}

// Verify checks the signature of a request whose body was read to its end. It does not know which nonces were seen,
// nor what the key's owner may do.
func Verify(req *http.Request, body []byte, lookup func(keyid string) (signing.PublicKey, error), now time.Time) (Verified, error) {
	h, err := VerifyHead(req, lookup, now)
	if err != nil {
		return Verified{}, err
	}
	return h.Body(body)
}

// VerifyHead checks the signature of a request whose body was not read yet: over all else, and over the digest that the
// body must have. Whoever is not known is refused before it can make us hold its bytes. Nothing is proved until Body
// says so, and neither nonce nor sender may be used before.
func VerifyHead(req *http.Request, lookup func(keyid string) (signing.PublicKey, error), now time.Time) (Head, error) {
	m, required, err := ofRequest(req)
	if err != nil {
		return Head{}, err
	}
	return m.verify(req.Header, required, lookup, now)
}

// SignResponse adds the three fields to the header of the answer to a signed request. The status and the body must be
// the ones that are then written.
func SignResponse(h http.Header, status int, body []byte, req *http.Request, keyid string, s signing.Signer, now time.Time) error {
	if status < 200 || status > 599 {
		return fmt.Errorf("%w: status %d", ErrMalformed, status)
	}
	h.Set(fieldDigest, contentDigest(body))
	m, components, err := ofResponse(status, h, req)
	if err != nil {
		return err
	}
	return m.sign(req.Context(), h, components, keyid, s, now)
}

// VerifyResponse checks that resp, whose body was read to its end, is the signed answer to req as we sent it.
func VerifyResponse(resp *http.Response, body []byte, req *http.Request, lookup func(keyid string) (signing.PublicKey, error), now time.Time) (Verified, error) {
	m, required, err := ofResponse(resp.StatusCode, resp.Header, req)
	if err != nil {
		return Verified{}, err
	}
	h, err := m.verify(resp.Header, required, lookup, now)
	if err != nil {
		return Verified{}, err
	}
	return h.Body(body)
}
