package signing

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
)

const (
	maxCRL     = 16 << 20 // bytes of DER
	keptCRLs   = 64       // lists kept for one issuer's name; the oldest makes room
	reasonHold = 6        // certificateHold: the one revocation that a later list may take back
)

// crl is one revocation list. Its signature is checked when an issuer of its name turns up in a chain.
type crl struct {
	parsed    *smx509.RevocationList
	signature Signature
	entries   map[string]revocation // by serial number

	mu      sync.Mutex
	checked map[Digest]bool // by fingerprint of the key: whether the signature holds under it
}

type revocation struct {
	at   time.Time
	hold bool
}

// AddCRL takes a revocation list in DER (GB/T 20518-2018, RFC 5280, 5). A list that an anchor signs must verify
// now; one of an intermediate is kept and verified when that intermediate stands in a chain. Delta, indirect and
// partitioned lists are refused: their silence about a certificate means nothing.
func (t *Trust) AddCRL(der []byte) error {
	list, err := parseCRL(der)
	if err != nil {
		return err
	}
	named, good := false, false
	for _, a := range t.anchors {
		if bytes.Equal(a.parsed.RawSubject, list.parsed.RawIssuer) {
			named, good = true, good || list.signedBy(a)
		}
	}
	if named && !good {
		return fmt.Errorf("revocation list of %s: %w", list.parsed.Issuer, ErrBadSignature)
	}
	t.keep(list)
	return nil
}

func (t *Trust) keep(list *crl) {
	t.mu.Lock()
	defer t.mu.Unlock()
	issuer := string(list.parsed.RawIssuer)
	lists := t.crls[issuer]
	if slices.ContainsFunc(lists, func(l *crl) bool { return bytes.Equal(l.parsed.Raw, list.parsed.Raw) }) {
		return
	}
	lists = append(slices.Clone(lists), list)
	slices.SortStableFunc(lists, func(a, b *crl) int { return a.parsed.Number.Cmp(b.parsed.Number) })
	t.crls[issuer] = lists[max(0, len(lists)-keptCRLs):]
}

// of gives the lists that this issuer signed, oldest first.
func (t *Trust) of(issuer Certificate) []*crl {
	t.mu.RLock()
	lists := t.crls[string(issuer.parsed.RawSubject)]
	t.mu.RUnlock()
	var signed []*crl
	for _, l := range lists {
		if l.signedBy(issuer) {
			signed = append(signed, l)
		}
	}
	return signed
}

func (t *Trust) checkRevocation(full []Certificate, at time.Time) error {
	for i, c := range full[:len(full)-1] {
		if since, revoked := t.revokedSince(c, full[i+1]); revoked && !at.Before(since) {
			return fmt.Errorf("%w: %s, since %s", ErrRevoked, c.Subject(), since.Format(time.RFC3339))
		}
	}
	return nil
}

// revokedSince is the earliest instant that any list of the issuer states. A hold counts only while the newest
// list still states it.
func (t *Trust) revokedSince(c, issuer Certificate) (since time.Time, revoked bool) {
	lists := t.of(issuer)
	for i, l := range lists {
		entry, listed := l.entries[string(c.parsed.SerialNumber.Bytes())]
		if !listed || (entry.hold && i < len(lists)-1) {
			continue
		}
		if !revoked || entry.at.Before(since) {
			since, revoked = entry.at, true
		}
	}
	return since, revoked
}

func (t *Trust) covered(issuer Certificate, at time.Time) bool {
	return slices.ContainsFunc(t.of(issuer), func(l *crl) bool {
		return !at.Before(l.parsed.ThisUpdate) && at.Before(l.parsed.NextUpdate)
	})
}

// signedBy asks once for each key and remembers: the answer cannot change.
func (l *crl) signedBy(issuer Certificate) bool {
	if !issuer.may(smx509.KeyUsageCRLSign) {
		return false
	}
	id := issuer.key.Fingerprint()
	l.mu.Lock()
	defer l.mu.Unlock()
	good, known := l.checked[id]
	if !known {
		good = Verify(issuer.key, l.parsed.RawTBSRevocationList, l.signature) == nil
		l.checked[id] = good
	}
	return good
}

func parseCRL(der []byte) (list *crl, err error) {
	defer guard(&err)
	if len(der) > maxCRL {
		return nil, fmt.Errorf("%w: revocation list longer than %d bytes", ErrMalformed, maxCRL)
	}
	signature, err := outerSignature(der)
	if err != nil {
		return nil, fmt.Errorf("revocation list: %w", err)
	}
	parsed, err := smx509.ParseRevocationList(bytes.Clone(der))
	if err != nil {
		return nil, fmt.Errorf("%w: revocation list: %v", ErrMalformed, err)
	}
	if parsed.Number == nil || parsed.Number.Sign() < 0 || !parsed.ThisUpdate.Before(parsed.NextUpdate) {
		return nil, fmt.Errorf("%w: revocation list: number or period", ErrMalformed)
	}
	for _, e := range parsed.Extensions {
		if e.Critical {
			return nil, fmt.Errorf("%w: revocation list: critical extension %s", ErrMalformed, e.Id)
		}
	}
	list = &crl{parsed: parsed, signature: signature, checked: map[Digest]bool{}}
	if err := list.index(); err != nil {
		return nil, err
	}
	return list, nil
}

func (l *crl) index() error {
	l.entries = make(map[string]revocation, len(l.parsed.RevokedCertificateEntries))
	for _, e := range l.parsed.RevokedCertificateEntries {
		for _, ext := range e.Extensions {
			if ext.Critical {
				return fmt.Errorf("%w: revocation list: entry with critical extension %s", ErrMalformed, ext.Id)
			}
		}
		l.entries[string(e.SerialNumber.Bytes())] = revocation{at: revokedAt(e), hold: e.ReasonCode == reasonHold}
	}
	return nil
}

// revokedAt is the revocation date, or the invalidity date when the list states an earlier one (RFC 5280, 5.3.2):
// from then on the key may have been in other hands.
func revokedAt(e smx509.RevocationListEntry) time.Time {
	for _, ext := range e.Extensions {
		var since time.Time
		value := cryptobyte.String(ext.Value)
		if ext.Id.Equal(oidInvalidityDate) && value.ReadASN1GeneralizedTime(&since) && since.Before(e.RevocationTime) {
			return since
		}
	}
	return e.RevocationTime
}
