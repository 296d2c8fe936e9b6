package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"baohan/client/wire"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/httpsig"
)

var (
	errNobody  = party.Unauthentic("session.missing", "请先登录；程序接口请对请求签名")
	errTwoWays = party.Unauthentic("session.ambiguous", "同一请求只能用一种方式证明身份：登录会话或请求签名；请去掉其一")
	errForeign = party.Forbidden("session.foreign_site", "请求来自其他网站，已拒绝；请在本平台页面内操作")
	errForged  = party.Unauthentic("signature.invalid", "请求签名不成立或与内容、地址不符；请按接口文档重新签名")
	errStale   = party.Unauthentic("signature.expired", "请求签名已过期或时间不准；请校准时钟后重新签名")
)

// nonceSlack is how much longer than the signature a nonce is kept, for clocks that differ.
const nonceSlack = 10 * time.Minute

// identify proves by a session who sent r; a request without one is nobody's, which public operations accept.
func (s *server) identify(x *exchange, r *http.Request) error {
	token, byCookie := s.cookies.bearer(r)
	if token == "" {
		return nil
	}
	if byCookie && !reads(r.Method) && foreign(r, s.cookies.secure) {
		return errForeign
	}
	actor, err := s.sessionOf(x, r, token, byCookie)
	if err != nil {
		return err
	}
	if shown := r.Header.Get(wire.ShownTo); byCookie && shown != "" && shown != s.markOf(actor) {
		return errAnother
	}
	x.actor, x.known, x.token, x.paged = actor, true, token, byCookie
	return nil
}

// unattended is the header of what a page asks by itself, while perhaps nobody sits before it. A stream, which a browser begins
// anew by itself, can have none.
const unattended = "Baohan-Unattended"

func (s *server) sessionOf(x *exchange, r *http.Request, token string, byCookie bool) (party.Actor, error) {
	if !byCookie {
		return s.party.Session(r.Context(), token)
	}
	return s.party.PageSession(r.Context(), token, r.Header.Get(unattended) == "" && !streams(x.operation))
}

// endBefore ends the session that a browser still had when it begins another: nobody holds it any more.
func (s *server) endBefore(r *http.Request, x *exchange) {
	token, byCookie := s.cookies.bearer(r)
	if !byCookie || token == x.token || foreign(r, s.cookies.secure) {
		return
	}
	if err := s.party.SignOut(r.Context(), token); err != nil {
		s.log.WarnContext(r.Context(), "the session before was not ended; it ends with its time", "request", x.id, "cause", quiet(err))
	}
}

func httpsigned(r *http.Request) bool {
	return len(r.Header.Values("Signature")) > 0 || len(r.Header.Values("Signature-Input")) > 0
}

// signedHead verifies a request signature over all but the body, which nobody has read yet. Freshness is counted in
// real time. One request proves itself in one way.
func (s *server) signedHead(r *http.Request) (*machine, error) {
	if token, _ := s.cookies.bearer(r); token != "" {
		return nil, errTwoWays
	}
	m := &machine{sender: sender{server: s, ctx: r.Context()}}
	var err error
	if m.head, err = httpsig.VerifyHead(r, m.key, time.Now()); err != nil {
		return nil, m.unproved(err)
	}
	return m, nil
}

// machine is a sender whose head is proved and whose body is still to come.
type machine struct {
	sender
	head httpsig.Head
}

// complete holds the body, exactly as it came, against the signed digest, spends the nonce, and only then names the
// sender. A crash after that costs the sender a new signature, never a second effect; a body that was cut costs nothing.
func (m *machine) complete(x *exchange) error {
	proved, err := m.head.Body(x.body)
	if err != nil {
		return m.unproved(err)
	}
	if err := m.party.UseNonce(m.ctx, m.actor.USCC, proved.Nonce, proved.Expires.Add(nonceSlack)); err != nil {
		return err
	}
	x.actor, x.known, x.signed = m.actor, true, true
	return nil
}

// sender looks up who signs, and keeps what went wrong on our side apart from what is wrong with the request.
type sender struct {
	*server
	ctx    context.Context
	actor  party.Actor
	failed error
}

func (s *sender) key(keyid string) (signing.PublicKey, error) {
	var fingerprint signing.Digest
	if err := fingerprint.UnmarshalText([]byte(keyid)); err != nil {
		return signing.PublicKey{}, err
	}
	who, certificate, err := s.party.ByFingerprint(s.ctx, fingerprint)
	if err != nil {
		if _, refused := party.RefusalOf(err); !refused {
			s.failed = err
		}
		return signing.PublicKey{}, err
	}
	s.actor = who
	return certificate.PublicKey(), nil
}

// unproved tells a sender whose clock is wrong from everybody else. An unknown key and a bad signature are one
// answer; a database that cannot be asked is not the sender's fault.
func (s *sender) unproved(err error) error {
	switch {
	case s.failed != nil:
		return s.failed
	case errors.Is(err, httpsig.ErrExpired), errors.Is(err, httpsig.ErrFuture), errors.Is(err, httpsig.ErrLifetime):
		return errStale
	}
	return errForged
}

// signAnswer puts the platform's signature on the answer to a signed request, bound to that request. An answer that
// cannot be signed is not given: the sender would not believe it, and asks again with the same key.
func (s *server) signAnswer(a *answer, r *http.Request) {
	err := httpsig.SignResponse(a.header, a.status(), a.body.Bytes(), r, s.keyid, s.platform, time.Now())
	if err != nil {
		a.replace(s.unknown(r.Context(), err))
	}
}
