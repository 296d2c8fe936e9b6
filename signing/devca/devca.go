// Package devca is a certification authority for development, demonstration and tests: a root and one intermediate,
// certificates for SM2 keys, revocation lists. Its keys live in memory and in files; nothing that it signs has any
// legal effect. In production certificates come from a licensed 电子认证服务机构 (电子签名法 16–18).
package devca

import (
	"context"
	"fmt"
	"sync"
	"time"

	"baohan/signing"
)

// CA issues under an intermediate, as real ones do: who verifies must bring the chain. Safe for many goroutines.
type CA struct {
	Root         signing.Certificate
	Intermediate signing.Certificate

	rootKey *signing.PrivateKey
	key     *signing.PrivateKey

	mu      sync.Mutex
	revoked []signing.Revocation
	lists   int64 // how many of the intermediate's lists were issued; the number of the last one
}

// Identity is a certificate, the chain that leads from it to the root, and its key.
type Identity struct {
	Key   *signing.PrivateKey
	Chain []signing.Certificate // leaf, intermediate; the root is the verifier's own
}

// Certificate is the identity's own certificate.
func (i Identity) Certificate() signing.Certificate { return i.Chain[0] }

// KeyID is the certificate's fingerprint as signed HTTP messages name it.
func (i Identity) KeyID() string { return i.Chain[0].Fingerprint().String() }

// New makes a CA whose two certificates are valid from `at` for some years (1 to 30).
func New(commonName string, at time.Time, years int) (*CA, error) {
	if years < 1 || years > 30 {
		return nil, fmt.Errorf("devca: %d years, must be 1 to 30", years)
	}
	ca := &CA{}
	until := at.AddDate(years, 0, 0)
	var err error
	if ca.rootKey, ca.Root, err = authority(commonName+" 根", 1, at, until, signing.Certificate{}, nil); err != nil {
		return nil, err
	}
	if ca.key, ca.Intermediate, err = authority(commonName, 0, at, until, ca.Root, ca.rootKey); err != nil {
		return nil, err
	}
	return ca, nil
}

// authority makes a CA certificate; without an issuer's key it signs itself.
func authority(name string, pathLength int, from, until time.Time, issuer signing.Certificate, by *signing.PrivateKey) (*signing.PrivateKey, signing.Certificate, error) {
	key, err := signing.GenerateKey()
	if err != nil {
		return nil, signing.Certificate{}, err
	}
	if by == nil {
		by = key
	}
	c, err := signing.IssueCertificate(context.Background(), signing.CertificateRequest{
		Subject: signing.Name{CommonName: name, Organization: "开发测试用，无法律效力"}, Key: key.Public(),
		CA: true, PathLength: pathLength, NotBefore: from, NotAfter: until,
	}, issuer, by)
	return key, c, err
}

// Issue makes a key and its certificate. Validity beyond the CA's own is refused, for no chain with it could hold.
func (ca *CA) Issue(subject signing.Name, use signing.Usage, notBefore, notAfter time.Time) (Identity, error) {
	key, err := signing.GenerateKey()
	if err != nil {
		return Identity{}, err
	}
	chain, err := ca.Certify(subject, key.Public(), use, notBefore, notAfter)
	return Identity{Key: key, Chain: chain}, err
}

// Certify is Issue for a key that stays with its owner.
func (ca *CA) Certify(subject signing.Name, key signing.PublicKey, use signing.Usage, notBefore, notAfter time.Time) ([]signing.Certificate, error) {
	if notBefore.Truncate(time.Second).Before(ca.Intermediate.NotBefore()) || notAfter.After(ca.Intermediate.NotAfter()) {
		return nil, fmt.Errorf("devca: validity of %s is not within the CA's, %s to %s", subject,
			ca.Intermediate.NotBefore().Format(time.DateOnly), ca.Intermediate.NotAfter().Format(time.DateOnly))
	}
	c, err := signing.IssueCertificate(context.Background(), signing.CertificateRequest{
		Subject: subject, Key: key, Usage: use, NotBefore: notBefore, NotAfter: notAfter,
	}, ca.Intermediate, ca.key)
	if err != nil {
		return nil, err
	}
	return []signing.Certificate{c, ca.Intermediate}, nil
}

// Trust is the root as only anchor.
func (ca *CA) Trust() (*signing.Trust, error) { return signing.NewTrust(ca.Root) }

// Revoke puts a certificate on every list from the next one on.
func (ca *CA) Revoke(c signing.Certificate, at time.Time, reason int) {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	ca.revoked = append(ca.revoked, signing.Revocation{Serial: c.Serial(), At: at, Reason: reason})
}

// CRL issues the intermediate's next revocation list, in DER. Its number is one more than the last one's.
func (ca *CA) CRL(thisUpdate, nextUpdate time.Time) ([]byte, error) {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	der, err := signing.IssueCRL(context.Background(), signing.RevocationList{
		Number: ca.lists + 1, ThisUpdate: thisUpdate, NextUpdate: nextUpdate, Revoked: ca.revoked,
	}, ca.Intermediate, ca.key)
	if err != nil {
		return nil, err
	}
	ca.lists++
	return der, nil
}

// Sign issues a list of the intermediate exactly as stated, for tests of what a real CA may publish.
func (ca *CA) Sign(list signing.RevocationList) ([]byte, error) {
	return signing.IssueCRL(context.Background(), list, ca.Intermediate, ca.key)
}

// RootCRL issues a list of the root, which revokes nothing, so that RevocationKnown can hold for whole chains.
func (ca *CA) RootCRL(number int64, thisUpdate, nextUpdate time.Time) ([]byte, error) {
	return signing.IssueCRL(context.Background(), signing.RevocationList{
		Number: number, ThisUpdate: thisUpdate, NextUpdate: nextUpdate,
	}, ca.Root, ca.rootKey)
}
