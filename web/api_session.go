package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/party"
	"baohan/signing"
)

// here is the input of an operation whose path names nothing.
type here struct{}

func (s *server) challenge(ctx context.Context, _ *here, _ *nothing) (wire.Challenge, error) {
	text, err := s.party.Challenge(ctx)
	return wire.Challenge{Challenge: text, ExpiresAt: s.clock.Now().In(calendar.Shanghai).Add(party.ChallengeLife)}, err
}

// signIn begins a session. The token is in the answer for programs, and for browsers in a cookie that no script reads: what runs
// in a page cannot carry it away.
func (s *server) signIn(ctx context.Context, _ *here, in *wire.SignIn) (wire.Session, error) {
	chain, err := certificates(in.Chain)
	if err != nil {
		return wire.Session{}, err
	}
	token, actor, err := s.party.SignIn(ctx, exchangeOf(ctx).authority, chain, in.Challenge, in.Signature, party.Role(in.Role))
	if err != nil {
		return wire.Session{}, err
	}
	session := wire.Session{ExpiresAt: s.clock.Now().In(calendar.Shanghai).Add(party.SessionLife), Actor: actorOf(actor)}
	if in.Browser {
		exchangeOf(ctx).cookie = s.cookies.set(token)
	} else {
		session.Token = token
	}
	return session, nil
}

// maxChain is how many certificates a chain may have: leaf, two intermediates, root.
const maxChain = 4

func certificates(chain [][]byte) ([]signing.Certificate, error) {
	refused := party.Invalid("certificate.malformed", "/chain", "证书无法识别；请选择 SM2 单位证书（DER，单位证书在前，至多 4 张）")
	if len(chain) == 0 || len(chain) > maxChain {
		return nil, refused
	}
	out := make([]signing.Certificate, 0, len(chain))
	for _, der := range chain {
		c, err := signing.ParseCertificate(der)
		if err != nil {
			return nil, refused
		}
		out = append(out, c)
	}
	return out, nil
}

func (s *server) me(ctx context.Context, _ *here) (wire.Actor, error) {
	return actorOf(exchangeOf(ctx).actor), nil
}

func actorOf(a party.Actor) wire.Actor {
	return wire.Actor{USCC: a.USCC, Name: a.Name, Role: string(a.Role)}
}

// addCertificate registers another certificate of the caller, such as the encryption half of its pair.
func (s *server) addCertificate(ctx context.Context, _ *here, in *wire.AddCertificate) (wire.Actor, error) {
	chain, err := certificates(in.Chain)
	if err != nil {
		return wire.Actor{}, err
	}
	actor := exchangeOf(ctx).actor
	return actorOf(actor), s.party.AddCertificate(ctx, actor, chain)
}

// signOut is a DELETE and needs no key: doing it twice is doing it once.
func (s *server) signOut() {
	op := operation(http.MethodDelete, "sign-out", "/session", "退出登录")
	op.DefaultStatus = http.StatusNoContent
	huma.Register(s.api, op, func(ctx context.Context, _ *here) (*struct{}, error) {
		x := exchangeOf(ctx)
		if err := s.party.SignOut(ctx, x.token); err != nil {
			return nil, s.problemOf(ctx, err)
		}
		x.cookie = s.cookies.drop()
		return nil, nil
	})
}
