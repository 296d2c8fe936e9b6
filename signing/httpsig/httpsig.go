// Package httpsig signs HTTP requests and responses with SM2: RFC 9421 message signatures over RFC 9530 content
// digests, on the types of net/http.
//
// A request's signature covers "@method", "@authority", "@path", "@query", "content-digest" and, when the request
// carries one, "idempotency-key". A response's covers "@status", "content-digest" and "signature";req, the signature
// of the request that it answers, so an answer cannot be given to another question. Parameters are created, expires
// (at most 300 seconds later), nonce, keyid (SM3 fingerprint of the signer's certificate, hexadecimal) and
// tag="baohan", all of them and no others. The algorithm is SM2 with SM3 and follows from the key: a message that
// names one is refused. The signature is r‖s, 64 bytes.
//
// Freshness is judged by real time, never by a stepped clock. A nonce must be accepted once until it expires: who
// calls Verify keeps them.
package httpsig

import (
	"errors"
	"time"
)

const (
	tag         = "baohan"
	label       = "baohan"
	lifetime    = 300 * time.Second // from created to expires, as we sign and as we accept at most
	futureSlack = 30 * time.Second  // by how much a sender's clock may be ahead

	fieldInput     = "Signature-Input"
	fieldSignature = "Signature"
	fieldDigest    = "Content-Digest"
	fieldKey       = "Idempotency-Key"
)

// Why a message is refused. Each error wraps one of these and names the part that is at fault.
var (
	ErrUnsigned   = errors.New("httpsig: not signed")
	ErrMalformed  = errors.New("httpsig: malformed")
	ErrDuplicate  = errors.New("httpsig: stated more than once")
	ErrComponents = errors.New("httpsig: covered components are not the required ones")
	ErrParameters = errors.New("httpsig: signature parameters are not the required ones")
	ErrTag        = errors.New("httpsig: signature is for another purpose")
	ErrKeyID      = errors.New("httpsig: keyid is not a certificate fingerprint")
	ErrFuture     = errors.New("httpsig: created in the future")
	ErrExpired    = errors.New("httpsig: expired")
	ErrLifetime   = errors.New("httpsig: valid for too long")
	ErrDigest     = errors.New("httpsig: content digest does not match the body")
	ErrSignature  = errors.New("httpsig: signature does not hold")
)

// Verified is what a good signature says. KeyID names the certificate that was looked up; Nonce is the caller's to
// refuse when it was seen before Expires.
type Verified struct {
	KeyID   string
	Nonce   string
	Created time.Time
	Expires time.Time
}

// Head is a message whose signature holds and whose body is still to come. The zero Head accepts no body.
type Head struct {
	verified Verified
	digest   string // the sm3 member that the signature covers
}

// Body compares the body, read to its end, with the digest that was signed, and says what the signature says. ErrDigest:
// these are not the signed bytes.
func (h Head) Body(body []byte) (Verified, error) {
	if h.digest != contentDigest(body) {
		return Verified{}, ErrDigest
	}
	return h.verified, nil
}
