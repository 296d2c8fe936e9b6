package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"baohan/client/wire"
	"baohan/signing"
	"baohan/signing/httpsig"
)

// person asks in a session that its certificate opened. Its answers are believed as far as TLS goes; what matters
// among them carries its own signature.
type person struct {
	*conn
	Platform
	me Identity

	mu    sync.Mutex
	token string
}

func newPerson(p Platform, me Identity) (*person, error) {
	if err := me.check(); err != nil {
		return nil, err
	}
	who := &person{Platform: p, me: me}
	c, err := newConn(p, who)
	if err != nil {
		return nil, err
	}
	who.conn = c
	return who, nil
}

func (p *person) sign(req *http.Request, _ []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.Cookie && p.ShownTo != "":
		req.Header.Set(wire.ShownTo, p.ShownTo)
	case p.token != "" && !p.Cookie:
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	return nil
}

func (p *person) check(*http.Request, *http.Response, []byte) error { return nil }

// signIn proves by the certificate who is there and begins a session in role.
func (p *person) signIn(ctx context.Context, role string) (wire.Actor, error) {
	var c wire.Challenge
	if err := p.post(ctx, "/session/challenge", newID(), struct{}{}, &c); err != nil {
		return wire.Actor{}, err
	}
	at, err := url.Parse(p.Base)
	if err != nil {
		return wire.Actor{}, fmt.Errorf("client: sign in: %w", err)
	}
	sig, err := p.me.Sign.Sign(ctx, wire.SignInText(httpsig.Authority(&http.Request{Host: at.Host}), c.Challenge, role))
	if err != nil {
		return wire.Actor{}, fmt.Errorf("client: sign in: %w", err)
	}
	var s wire.Session
	in := wire.SignIn{Challenge: c.Challenge, Chain: raw(p.me.Chain), Signature: sig, Role: role, Browser: p.Cookie}
	if err := p.post(ctx, "/session", newID(), in, &s); err != nil {
		return wire.Actor{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.token = s.Token
	return s.Actor, nil
}

// registerEncryption puts the encryption certificate on record, to which own copies are sealed. Doing it again
// changes nothing.
func (p *person) registerEncryption(ctx context.Context) error {
	if p.me.Open == nil {
		return nil
	}
	return p.post(ctx, "/me/certificates", "certificate-"+p.me.OpenChain[0].Fingerprint().String()[:32],
		wire.AddCertificate{Chain: raw(p.me.OpenChain)}, nil)
}

func raw(chain []signing.Certificate) [][]byte {
	ders := make([][]byte, len(chain))
	for i, c := range chain {
		ders[i] = c.Raw()
	}
	return ders
}

// WhoAmI asks in whose session this is, and in what role.
func (p *person) WhoAmI(ctx context.Context) (wire.Actor, error) {
	var a wire.Actor
	return a, p.get(ctx, "/me", &a)
}
