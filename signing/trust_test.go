package signing_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"baohan/signing"
	"baohan/signing/devca"
)

func TestTrustVerify(t *testing.T) {
	ca, stranger := newCA(t), newCA(t)
	trust := trustOf(t, ca)
	id, enc, foreign := issue(t, ca, signing.UseSign), issue(t, ca, signing.UseEncrypt), issue(t, stranger, signing.UseSign)
	leaf, mid := id.Chain[0], id.Chain[1]
	for name, c := range map[string]struct {
		chain []signing.Certificate
		use   signing.Usage
		at    time.Time
		want  error
	}{
		"good":                      {id.Chain, signing.UseSign, noon, nil},
		"good with root":            {[]signing.Certificate{leaf, mid, ca.Root}, signing.UseSign, noon, nil},
		"first second":              {id.Chain, signing.UseSign, leaf.NotBefore(), nil},
		"last second":               {id.Chain, signing.UseSign, leaf.NotAfter().Add(time.Second - 1), nil},
		"before":                    {id.Chain, signing.UseSign, leaf.NotBefore().Add(-1), signing.ErrNotYetValid},
		"after":                     {id.Chain, signing.UseSign, leaf.NotAfter().Add(time.Second), signing.ErrExpired},
		"encrypt with signing":      {id.Chain, signing.UseEncrypt, noon, signing.ErrKeyUsage},
		"sign with encryption":      {enc.Chain, signing.UseSign, noon, signing.ErrKeyUsage},
		"both with one":             {enc.Chain, signing.UseSign | signing.UseEncrypt, noon, signing.ErrKeyUsage},
		"no use":                    {id.Chain, 0, noon, signing.ErrKeyUsage},
		"unknown use":               {id.Chain, 8, noon, signing.ErrKeyUsage},
		"a CA as signer":            {[]signing.Certificate{mid}, signing.UseSign, noon, signing.ErrKeyUsage},
		"empty":                     {nil, signing.UseSign, noon, signing.ErrUntrusted},
		"zero certificate":          {[]signing.Certificate{{}}, signing.UseSign, noon, signing.ErrMalformed},
		"intermediate is missing":   {[]signing.Certificate{leaf}, signing.UseSign, noon, signing.ErrUntrusted},
		"another root":              {foreign.Chain, signing.UseSign, noon, signing.ErrUntrusted}, // the same name, another key identifier
		"another's intermediate":    {[]signing.Certificate{leaf, foreign.Chain[1]}, signing.UseSign, noon, signing.ErrUntrusted},
		"wrong order":               {[]signing.Certificate{mid, leaf}, signing.UseSign, noon, signing.ErrUntrusted},
		"a leaf that issues":        {[]signing.Certificate{leaf, leaf}, signing.UseSign, noon, signing.ErrUntrusted},
		"nine certificates":         {append([]signing.Certificate{leaf}, mid, mid, mid, mid, mid, mid, mid, mid), signing.UseSign, noon, signing.ErrUntrusted},
		"after the CA, before leaf": {id.Chain, signing.UseSign, ca.Root.NotBefore().Add(-day), signing.ErrNotYetValid},
	} {
		if err := trust.Verify(c.chain, c.use, c.at); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// chainOf issues certificates under one another: each request's issuer is the one before it.
func chainOf(t *testing.T, requests ...signing.CertificateRequest) (chain []signing.Certificate) {
	t.Helper()
	var issuer signing.Certificate
	var by *signing.PrivateKey
	for _, r := range requests {
		key, err := signing.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		if by == nil {
			by = key
		}
		r.Key = key.Public()
		if r.NotBefore.IsZero() {
			r.NotBefore, r.NotAfter = noon.Add(-day), noon.Add(day)
		}
		if issuer, err = signing.IssueCertificate(ctx, r, issuer, by); err != nil {
			t.Fatal(err)
		}
		by = key
		chain = append([]signing.Certificate{issuer}, chain...)
	}
	return chain
}

func authority(name string, pathLength int) signing.CertificateRequest {
	return signing.CertificateRequest{Subject: signing.Name{CommonName: name}, CA: true, PathLength: pathLength}
}

func TestTrustPathLength(t *testing.T) {
	leaf := signing.CertificateRequest{Subject: bank, Usage: signing.UseSign}
	for name, c := range map[string]struct {
		lengths []int
		want    error
	}{
		"2, 1, 0": {[]int{2, 1, 0}, nil}, "0": {[]int{0}, nil}, "1, 0": {[]int{1, 0}, nil}, "7, 7, 7": {[]int{7, 7, 7}, nil},
		"0, 0": {[]int{0, 0}, signing.ErrConstraint}, "1, 1, 1": {[]int{1, 1, 1}, signing.ErrConstraint},
		"2, 0, 0": {[]int{2, 0, 0}, signing.ErrConstraint},
	} {
		var requests []signing.CertificateRequest
		for i, n := range c.lengths {
			requests = append(requests, authority("CA "+strings.Repeat("I", i), n))
		}
		chain := chainOf(t, append(requests, leaf)...)
		trust, err := signing.NewTrust(chain[len(chain)-1])
		if err != nil {
			t.Fatal(err)
		}
		if err := trust.Verify(chain, signing.UseSign, noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err := trust.Verify(chain[:len(chain)-1], signing.UseSign, noon); !errors.Is(err, c.want) {
			t.Errorf("%s without its root: %v", name, err)
		}
	}
}

// An expired or premature authority spoils the chain, the anchor included.
func TestTrustValidityOfAll(t *testing.T) {
	leaf := signing.CertificateRequest{Subject: bank, Usage: signing.UseSign}
	for name, c := range map[string]struct {
		from, to time.Duration
		want     error
	}{"expired": {-3 * day, -2 * day, signing.ErrExpired}, "not yet valid": {day, 2 * day, signing.ErrNotYetValid}} {
		for position := range 2 {
			requests := []signing.CertificateRequest{authority("root", 1), authority("mid", 0), leaf}
			requests[position].NotBefore, requests[position].NotAfter = noon.Add(c.from), noon.Add(c.to)
			chain := chainOf(t, requests...)
			trust, err := signing.NewTrust(chain[2])
			if err != nil {
				t.Fatal(err)
			}
			if err := trust.Verify(chain[:2], signing.UseSign, noon); !errors.Is(err, c.want) {
				t.Errorf("%s, position %d: %v", name, position, err)
			}
		}
	}
}

func TestTrustAnchors(t *testing.T) {
	ca := newCA(t)
	if _, err := signing.NewTrust(); !errors.Is(err, signing.ErrUntrusted) {
		t.Errorf("no anchor: %v", err)
	}
	if _, err := signing.NewTrust(issue(t, ca, signing.UseSign).Certificate()); !errors.Is(err, signing.ErrConstraint) {
		t.Errorf("a leaf as anchor: %v", err)
	}
	pinned, err := signing.NewTrust(newCA(t).Root, ca.Intermediate)
	if err != nil {
		t.Fatal(err)
	}
	if err := pinned.Verify(issue(t, ca, signing.UseSign).Chain[:1], signing.UseSign, noon); err != nil {
		t.Errorf("an intermediate as anchor: %v", err)
	}
	if len(pinned.Anchors()) != 2 {
		t.Error("anchors")
	}
}

func TestRevocation(t *testing.T) {
	ca := newCA(t)
	trust, id, other := trustOf(t, ca), issue(t, ca, signing.UseSign), issue(t, ca, signing.UseSign)
	verify := func(id devca.Identity, at time.Time) error { return trust.Verify(id.Chain, signing.UseSign, at) }
	if err := trust.RevocationKnown(id.Chain, noon); !errors.Is(err, signing.ErrRevocationUnknown) {
		t.Errorf("no list: %v", err)
	}
	if err := trust.AddCRL(crl(t, ca, id.Certificate(), noon, 1)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want error }{
		"before":      {verify(id, noon.Add(-time.Second)), nil},
		"from then":   {verify(id, noon), signing.ErrRevoked},
		"after":       {verify(id, noon.Add(day)), signing.ErrRevoked},
		"another":     {verify(other, noon.Add(day)), nil},
		"half known":  {trust.RevocationKnown(id.Chain, noon.Add(day)), signing.ErrRevocationUnknown},
		"wholly":      {trust.RevocationKnown([]signing.Certificate{id.Chain[1]}, noon), signing.ErrRevocationUnknown},
		"stale lists": {trust.RevocationKnown(id.Chain, noon.Add(8*day)), signing.ErrRevocationUnknown},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	root, err := ca.RootCRL(1, noon, noon.Add(7*day))
	if err != nil {
		t.Fatal(err)
	}
	if err := trust.AddCRL(root); err != nil {
		t.Fatal(err)
	}
	if err := trust.RevocationKnown(id.Chain, noon.Add(day)); err != nil {
		t.Errorf("both lists: %v", err)
	}
}

// A hold ends when a later list leaves it out; a revocation never does.
func TestRevocationHold(t *testing.T) {
	ca := newCA(t)
	trust, held := trustOf(t, ca), issue(t, ca, signing.UseSign)
	revoked := issue(t, ca, signing.UseSign)
	for _, list := range []signing.RevocationList{
		{Number: 3, Revoked: []signing.Revocation{{Serial: held.Certificate().Serial(), At: noon, Reason: 6}, {Serial: revoked.Certificate().Serial(), At: noon}}},
		{Number: 9},
	} {
		before := trust.Verify(held.Chain, signing.UseSign, noon)
		list.ThisUpdate, list.NextUpdate = noon, noon.Add(day)
		der := issueList(t, ca, list)
		for range 2 { // the same list twice is one list
			if err := trust.AddCRL(der); err != nil {
				t.Fatal(err)
			}
		}
		after := trust.Verify(held.Chain, signing.UseSign, noon)
		switch {
		case list.Number == 3 && (before != nil || !errors.Is(after, signing.ErrRevoked)):
			t.Errorf("hold: %v, then %v", before, after)
		case list.Number == 9 && after != nil:
			t.Errorf("released: %v", after)
		}
		if err := trust.Verify(revoked.Chain, signing.UseSign, noon); !errors.Is(err, signing.ErrRevoked) {
			t.Errorf("after list %d: %v", list.Number, err)
		}
	}
}

// issueList makes a list that devca's own bookkeeping would not.
func issueList(t *testing.T, ca *devca.CA, list signing.RevocationList) []byte {
	t.Helper()
	der, err := ca.Sign(list)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestAddCRLRefusals(t *testing.T) {
	ca, imposter := newCA(t), newCA(t)
	trust, id := trustOf(t, ca), issue(t, ca, signing.UseSign)
	forgedRoot, err := imposter.RootCRL(1, noon, noon.Add(day))
	if err != nil {
		t.Fatal(err)
	}
	if err := trust.AddCRL(forgedRoot); !errors.Is(err, signing.ErrBadSignature) {
		t.Errorf("a list under the root's name with another key: %v", err)
	}
	imposter.Revoke(id.Certificate(), noon.Add(-day), 1)
	forged, err := imposter.CRL(noon.Add(-day), noon.Add(day))
	if err != nil {
		t.Fatal(err)
	}
	if err := trust.AddCRL(forged); err != nil {
		t.Fatalf("a list of an intermediate not seen yet is kept: %v", err)
	}
	if err := trust.Verify(id.Chain, signing.UseSign, noon); err != nil {
		t.Errorf("a list that the intermediate did not sign revokes: %v", err)
	}
	good := crl(t, ca, id.Certificate(), noon, 1)
	for i := range good {
		changed := append([]byte(nil), good...)
		changed[i] ^= 1
		fresh := trustOf(t, ca)
		if err := fresh.AddCRL(changed); err == nil && fresh.Verify(id.Chain, signing.UseSign, noon.Add(day)) != nil {
			t.Errorf("byte %d of a list does not count", i)
		}
	}
	for name, bad := range map[string][]byte{"nothing": nil, "trailing": append(append([]byte{}, good...), 0), "a certificate": ca.Root.Raw()} {
		if err := trust.AddCRL(bad); !errors.Is(err, signing.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTrustInManyGoroutines(t *testing.T) {
	ca := newCA(t)
	trust, id := trustOf(t, ca), issue(t, ca, signing.UseSign)
	d, err := signing.ParseSignedData(signData(t, id, []byte("x"), noon))
	if err != nil {
		t.Fatal(err)
	}
	lists := make([][]byte, 4)
	for i := range lists {
		lists[i] = crl(t, ca, issue(t, ca, signing.UseSign).Certificate(), noon, 0)
	}
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			if err := trust.AddCRL(lists[g]); err != nil {
				t.Error(err)
			}
			for range 5 {
				if err := d.Verify(trust, noon); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestIssueRefusals(t *testing.T) {
	ca := newCA(t)
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	good := signing.CertificateRequest{Subject: bank, Key: key.Public(), Usage: signing.UseSign, NotBefore: noon, NotAfter: noon.Add(day)}
	for name, change := range map[string]func(*signing.CertificateRequest){
		"no name": func(r *signing.CertificateRequest) { r.Subject.CommonName = "" },
		"no key":  func(r *signing.CertificateRequest) { r.Key = signing.PublicKey{} },
		"no use":  func(r *signing.CertificateRequest) { r.Usage = 0 },
		"period":  func(r *signing.CertificateRequest) { r.NotAfter = r.NotBefore },
		"path":    func(r *signing.CertificateRequest) { r.PathLength = 8 },
		"root":    func(*signing.CertificateRequest) {}, // no issuer, and no CA
	} {
		r := good
		change(&r)
		if _, err := signing.IssueCertificate(context.Background(), r, signing.Certificate{}, key); !errors.Is(err, signing.ErrIssue) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := signing.IssueCertificate(ctx, good, ca.Intermediate, key); !errors.Is(err, signing.ErrIssue) {
		t.Errorf("under a CA without its key: %v", err)
	}
	list := signing.RevocationList{Number: 1, ThisUpdate: noon, NextUpdate: noon.Add(day)}
	if _, err := signing.IssueCRL(ctx, list, ca.Intermediate, key); !errors.Is(err, signing.ErrIssue) {
		t.Errorf("a list without the CA's key: %v", err)
	}
}

func TestTrustBadSignature(t *testing.T) {
	ca := newCA(t)
	id := issue(t, ca, signing.UseSign)
	raw := id.Certificate().Raw()
	i := bytes.Index(raw, []byte("91430100"))
	raw[i] = '8'
	forged, err := signing.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	for name, chain := range map[string][]signing.Certificate{
		"leaf":            {forged, ca.Intermediate},
		"under an anchor": {forged},
	} {
		trust, err := signing.NewTrust(ca.Root, ca.Intermediate)
		if err != nil {
			t.Fatal(err)
		}
		if err := trust.Verify(chain, signing.UseSign, noon); !errors.Is(err, signing.ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is critical and not enforced here must not pass: name constraints, extended key usage, things unknown.
func TestTrustCriticalExtensions(t *testing.T) {
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	other := signing.OtherKey(key)
	template := &smx509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "root"}, NotBefore: noon.Add(-day), NotAfter: noon.Add(day),
		KeyUsage: smx509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true, SignatureAlgorithm: smx509.SM2WithSM3, MaxPathLen: -1}
	root, err := smx509.CreateCertificate(rand.Reader, template, template, &other.PublicKey, other)
	if err != nil {
		t.Fatal(err)
	}
	anchor, err := signing.ParseCertificate(root)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := signing.NewTrust(anchor)
	if err != nil {
		t.Fatal(err)
	}
	issued := func(change func(*smx509.Certificate)) error {
		leaf := &smx509.Certificate{SerialNumber: big.NewInt(8), Subject: pkix.Name{CommonName: "leaf"}, NotBefore: noon.Add(-day),
			NotAfter: noon.Add(day), KeyUsage: smx509.KeyUsageDigitalSignature, SignatureAlgorithm: smx509.SM2WithSM3}
		change(leaf)
		der, err := smx509.CreateCertificate(rand.Reader, leaf, template, &other.PublicKey, other)
		if err != nil {
			t.Fatal(err)
		}
		c, err := signing.ParseCertificate(der)
		if err != nil {
			return err
		}
		return trust.Verify([]signing.Certificate{c}, signing.UseSign, noon)
	}
	extension := func(critical bool, id ...int) func(*smx509.Certificate) {
		return func(c *smx509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: id, Critical: critical, Value: []byte{0x30, 0}}}
		}
	}
	for name, c := range map[string]struct {
		change func(*smx509.Certificate)
		want   error
	}{
		"none":                    {func(*smx509.Certificate) {}, nil},
		"unknown, not critical":   {extension(false, 1, 2, 156, 1), nil},
		"unknown, critical":       {extension(true, 1, 2, 156, 1), signing.ErrConstraint},
		"extended usage critical": {extension(true, 2, 5, 29, 37), signing.ErrConstraint},
		"no key usage":            {func(c *smx509.Certificate) { c.KeyUsage = 0 }, signing.ErrKeyUsage},
		"name said twice": {func(c *smx509.Certificate) {
			c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: []int{2, 5, 4, 3}, Value: "a"}, {Type: []int{2, 5, 4, 3}, Value: "b"}}
		}, signing.ErrMalformed},
		"names constrained": {func(c *smx509.Certificate) {
			c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"example.cn"}
		}, signing.ErrConstraint},
	} {
		if err := issued(c.change); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
