package signing

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Why a chain is not accepted. Each is told apart, because each asks something else of the person who reads it.
var (
	ErrUntrusted   = errors.New("signing: certificate does not lead to a trust anchor")
	ErrExpired     = errors.New("signing: certificate has expired")
	ErrNotYetValid = errors.New("signing: certificate is not yet valid")
	ErrRevoked     = errors.New("signing: certificate is revoked")
	ErrKeyUsage    = errors.New("signing: certificate is not for this use")
	// ErrConstraint says that an issuer in the chain may not issue: no CA, too many below it, or a critical
	// extension that is not understood here.
	ErrConstraint = errors.New("signing: certificate may not issue, or has a critical extension that is not understood")
	// ErrRevocationUnknown says that no list of an issuer in the chain covers the instant.
	ErrRevocationUnknown = errors.New("signing: no revocation list covers this instant")
)

// Trust is a set of anchors and the revocation lists known under them. It is safe for use by many goroutines;
// lists may be added while others verify.
type Trust struct {
	anchors []Certificate
	mu      sync.RWMutex
	crls    map[string][]*crl // by the issuer's name in DER
	links   map[Digest]bool   // the signatures of certificates that were found good, by certificate and issuer's key
}

// maxLinks is how many signatures of certificates are remembered: many more than there are issuers and institutions.
const maxLinks = 4096

// NewTrust takes at least one anchor. Each must be a CA; one that names itself as issuer must be signed by itself.
func NewTrust(roots ...Certificate) (*Trust, error) {
	if len(roots) == 0 {
		return nil, fmt.Errorf("%w: no anchor", ErrUntrusted)
	}
	for _, r := range roots {
		if !r.IsCA() || r.unknownCritical() != "" {
			return nil, fmt.Errorf("%w: anchor %s", ErrConstraint, r.Subject())
		}
		if !r.issuedUnder(r) {
			continue
		}
		if err := r.signedBy(r); err != nil {
			return nil, fmt.Errorf("anchor %s: %w", r.Subject(), err)
		}
	}
	return &Trust{anchors: append([]Certificate(nil), roots...), crls: map[string][]*crl{}, links: map[Digest]bool{}}, nil
}

// Anchors are the certificates that everything is trusted through.
func (t *Trust) Anchors() []Certificate { return append([]Certificate(nil), t.anchors...) }

// Verify checks a chain, leaf first, in the order given: no path is searched for. The last certificate is an
// anchor or is issued by one. Every link's names and signature, the right to issue, path lengths, validity of
// all including the anchor, the leaf's key usage, and revocation as of `at` must hold. The error says which
// certificate and why; a list that is missing or stale is no error here, see RevocationKnown.
func (t *Trust) Verify(chain []Certificate, use Usage, at time.Time) error {
	full, err := t.path(chain, use)
	if err != nil {
		return err
	}
	return t.good(full, at)
}

// path is what of a chain holds at every instant or at none: names, signatures, the right to issue, the leaf's use.
func (t *Trust) path(chain []Certificate, use Usage) ([]Certificate, error) {
	full, err := t.complete(chain)
	if err != nil {
		return nil, err
	}
	if err := checkIssuers(full); err != nil {
		return nil, err
	}
	return full, checkUsage(full[0], use)
}

// good is what of a chain depends on the instant: validity and revocation.
func (t *Trust) good(full []Certificate, at time.Time) error {
	for _, c := range full {
		if err := checkValidity(c, at); err != nil {
			return err
		}
	}
	return t.checkRevocation(full, at)
}

// RevocationKnown tells whether each issuer in the chain has a list here whose period covers `at`. When it does
// not, a chain that verified may since have been revoked unknown to us: say so to people.
func (t *Trust) RevocationKnown(chain []Certificate, at time.Time) error {
	full, err := t.complete(chain)
	if err != nil {
		return err
	}
	for i, c := range full[:len(full)-1] {
		if !t.covered(full[i+1], at) {
			return fmt.Errorf("%w: %s", ErrRevocationUnknown, c.Subject())
		}
	}
	return nil
}

// complete checks names and signatures along the chain and adds the anchor at its end when it is not there.
func (t *Trust) complete(chain []Certificate) ([]Certificate, error) {
	if len(chain) == 0 || len(chain) > maxChain {
		return nil, fmt.Errorf("%w: chain of %d certificates", ErrUntrusted, len(chain))
	}
	for i, c := range chain {
		if c.IsZero() {
			return nil, fmt.Errorf("%w: certificate %d", ErrMalformed, i)
		}
		if i == 0 {
			continue
		}
		if err := checkLink(chain[i-1], c, t.signedBy); err != nil {
			return nil, err
		}
	}
	return t.anchor(chain)
}

func (t *Trust) anchor(chain []Certificate) ([]Certificate, error) {
	last, err := chain[len(chain)-1], error(nil)
	for _, a := range t.anchors {
		if a.Equal(last) {
			return chain, nil
		}
	}
	for _, a := range t.anchors {
		if !last.issuedUnder(a) {
			continue
		}
		if err = t.signedBy(last, a); err == nil {
			return append(chain[:len(chain):len(chain)], a), nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", last.Subject(), err)
	}
	return nil, fmt.Errorf("%w: %s, issued by %s", ErrUntrusted, last.Subject(), last.Issuer())
}

// signedBy is Certificate.signedBy, once for the same bytes and the same key: an opening meets the chain of one bank with
// every letter. What was not good is looked at each time.
func (t *Trust) signedBy(c, issuer Certificate) error {
	link := Sum(issuer.key.Bytes(), c.raw())
	t.mu.RLock()
	known := t.links[link]
	t.mu.RUnlock()
	if known {
		return nil
	}
	err := c.signedBy(issuer)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.links) >= maxLinks {
		clear(t.links)
	}
	t.links[link] = true
	return nil
}

func checkLink(c, issuer Certificate, signedBy func(c, issuer Certificate) error) error {
	if !c.issuedUnder(issuer) {
		return fmt.Errorf("%w: %s is not issued by %s", ErrUntrusted, c.Subject(), issuer.Subject())
	}
	if err := signedBy(c, issuer); err != nil {
		return fmt.Errorf("%s: %w", c.Subject(), err)
	}
	return nil
}

// checkIssuers holds RFC 5280, 6.1.4 (k) to (n): the right to issue and the number of CAs below.
func checkIssuers(full []Certificate) error {
	below := 0 // intermediate CAs under the issuer looked at, those that issued themselves not counted
	for i, c := range full {
		if ext := c.unknownCritical(); ext != "" {
			return fmt.Errorf("%w: %s: extension %s", ErrConstraint, c.Subject(), ext)
		}
		if i == 0 {
			continue
		}
		if limit := c.parsed.MaxPathLen; !c.IsCA() || (limit >= 0 && below > limit) {
			return fmt.Errorf("%w: %s", ErrConstraint, c.Subject())
		}
		if !c.issuedUnder(c) {
			below++
		}
	}
	return nil
}

func checkUsage(leaf Certificate, use Usage) error {
	if use == 0 || use&^(UseSign|UseEncrypt) != 0 {
		return fmt.Errorf("%w: usage %d", ErrKeyUsage, use)
	}
	if (use&UseSign != 0 && !leaf.CanSign()) || (use&UseEncrypt != 0 && !leaf.CanEncrypt()) {
		return fmt.Errorf("%w: %s", ErrKeyUsage, leaf.Subject())
	}
	return nil
}

func checkValidity(c Certificate, at time.Time) error {
	if at.Before(c.NotBefore()) {
		return fmt.Errorf("%w: %s, valid from %s", ErrNotYetValid, c.Subject(), c.NotBefore().Format(time.RFC3339))
	}
	// NotAfter is a whole second that is still valid (RFC 5280, 4.1.2.5).
	if !at.Before(c.NotAfter().Add(time.Second)) {
		return fmt.Errorf("%w: %s, valid to %s", ErrExpired, c.Subject(), c.NotAfter().Format(time.RFC3339))
	}
	return nil
}
