package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall/js"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/internal/clock"
	"baohan/signing"
)

const maxPublished = 1 << 20 // bytes

// platformOf asks the platform what it says of itself. The page came from it, so this trusts nobody that the page does not
// trust already; whoever wants more uses the command (baohan bidder), with anchors and custodians learnt elsewhere.
func platformOf(ctx context.Context, base string, hooks js.Value) (client.Platform, error) {
	p, err := published(ctx, base)
	if err != nil {
		return client.Platform{}, errors.Join(client.ErrNoAnswer, err)
	}
	roots, err := certificates(p.Roots)
	if err != nil {
		return client.Platform{}, err
	}
	trust, err := signing.NewTrust(roots...)
	if err != nil {
		return client.Platform{}, err
	}
	own, err := certificates(p.Certificates)
	return client.Platform{Base: base, Trust: trust, USCC: p.Platform.USCC, Certificates: own, Clock: ahead(p.Now.Sub(clock.System().Now())),
		Cookie: true, Transport: way{hooks}, Spool: newSpool}, err
}

func published(ctx context.Context, base string) (p wire.Published, err error) {
	ctx, done := context.WithTimeout(ctx, time.Minute)
	defer done()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/platform.json", http.NoBody)
	if err != nil {
		return p, err
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return p, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return p, fmt.Errorf("platform.json: %d", res.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxPublished))
	if err != nil {
		return p, err
	}
	return p, wire.ReadAnswer(b, &p)
}

func certificates(ders [][]byte) (all []signing.Certificate, err error) {
	for _, der := range ders {
		c, err := signing.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// ahead is the platform's clock as far as this machine can tell: its own, put right by how far the platform's was ahead when
// it was asked. A person's computer may be days off, and what it signs would be refused.
type ahead time.Duration

func (a ahead) Now() time.Time { return clock.System().Now().Add(time.Duration(a)) }
