package signing_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/emmansun/gmsm/pkcs7"
	"github.com/emmansun/gmsm/smx509"

	"baohan/signing"
	"baohan/signing/devca"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.FixedZone("", 8*3600))
	day  = 24 * time.Hour
	bank = signing.Name{CommonName: "某某银行股份有限公司长沙分行", Organization: "某某银行股份有限公司", OrganizationID: "91430100MA4L000000"}
)

func newCA(t testing.TB) *devca.CA {
	t.Helper()
	ca, err := devca.New("测试 CA", noon.AddDate(-1, 0, 0), 5)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issue(t testing.TB, ca *devca.CA, use signing.Usage) devca.Identity {
	t.Helper()
	id, err := ca.Issue(bank, use, noon.Add(-30*day), noon.Add(30*day))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func trustOf(t testing.TB, ca *devca.CA) *signing.Trust {
	t.Helper()
	trust, err := ca.Trust()
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

func signData(t testing.TB, id devca.Identity, content []byte, at time.Time) []byte {
	t.Helper()
	der, err := signing.SignData(ctx, id.Key, id.Chain, content, at)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestCertificateFields(t *testing.T) {
	ca := newCA(t)
	id := issue(t, ca, signing.UseSign)
	c := id.Certificate()
	if c.Subject() != bank || c.Issuer().CommonName != "测试 CA" {
		t.Errorf("subject %s, issuer %s", c.Subject(), c.Issuer())
	}
	if !c.CanSign() || c.CanEncrypt() || c.IsCA() || len(c.Serial()) != 32 {
		t.Errorf("usage or serial %s", c.Serial())
	}
	enc := issue(t, ca, signing.UseEncrypt).Certificate()
	both := issue(t, ca, signing.UseEncrypt|signing.UseSign).Certificate()
	if enc.CanSign() || !enc.CanEncrypt() || !both.CanSign() || !both.CanEncrypt() || !ca.Root.IsCA() || ca.Root.CanSign() {
		t.Error("usages")
	}
	if !c.NotBefore().Equal(noon.Add(-30*day)) || !c.NotAfter().Equal(noon.Add(30*day)) {
		t.Errorf("%s to %s", c.NotBefore(), c.NotAfter())
	}
	back, err := signing.ParseCertificate(c.Raw())
	if err != nil || !back.Equal(c) || back.Fingerprint() != signing.Sum(c.Raw()) {
		t.Fatal(err)
	}
	var zero signing.Certificate
	if !zero.IsZero() || zero.CanSign() || zero.IsCA() || zero.Raw() != nil || zero.Serial() != "" || !zero.NotAfter().IsZero() {
		t.Error("the zero certificate claims something")
	}
	mangle := c.Raw()
	mangle[20] ^= 1
	if again := c.Raw(); bytes.Equal(mangle, again) {
		t.Error("Raw hands out the certificate's own memory")
	}
}

func TestCertificateBytes(t *testing.T) {
	ca := newCA(t)
	trust := trustOf(t, ca)
	id := issue(t, ca, signing.UseSign)
	raw := id.Certificate().Raw()
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		c, err := signing.ParseCertificate(changed)
		if err != nil {
			continue
		}
		if err := trust.Verify([]signing.Certificate{c, ca.Intermediate}, signing.UseSign, noon); err == nil {
			t.Errorf("byte %d does not count", i)
		}
	}
	for name, bad := range map[string][]byte{
		"trailing": append(bytes.Clone(raw), 0), "cut": raw[:len(raw)-1], "nothing": nil, "long": make([]byte, 17<<10),
	} {
		if _, err := signing.ParseCertificate(bad); !errors.Is(err, signing.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPEM(t *testing.T) {
	ca := newCA(t)
	id := issue(t, ca, signing.UseSign)
	text := append(append([]byte("\n"), id.Certificate().PEM()...), ca.Intermediate.PEM()...)
	chain, err := signing.ParseCertificatesPEM(text)
	if err != nil || len(chain) != 2 || !chain[0].Equal(id.Certificate()) {
		t.Fatal(err)
	}
	key, err := signing.EncryptKeyPEM(id.Key, []byte("p"), signing.WithIterations(1000))
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"nothing": nil, "a key": key, "a key after": append(bytes.Clone(text), key...),
		"text before": append([]byte("Subject: x\n"), text...), "text after": append(bytes.Clone(text), "x"...),
		"65 certificates": bytes.Repeat(id.Certificate().PEM(), 65),
	} {
		if _, err := signing.ParseCertificatesPEM(bad); !errors.Is(err, signing.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSignedData(t *testing.T) {
	ca := newCA(t)
	trust, id := trustOf(t, ca), issue(t, ca, signing.UseSign)
	content := []byte(`{"number":"BH2026"}`)
	for name, chain := range map[string][]signing.Certificate{
		"without root": id.Chain, "with root": append(append([]signing.Certificate{}, id.Chain...), ca.Root),
	} {
		der, err := signing.SignData(ctx, id.Key, chain, content, noon.Add(123*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		d, err := signing.ParseSignedData(der)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.Content, content) || !d.SigningTime.Equal(noon) || !d.Signer().Equal(id.Certificate()) ||
			len(d.Chain) != len(chain) || !bytes.Equal(d.Raw, der) {
			t.Errorf("%s: %+v", name, d)
		}
		for i, c := range chain {
			if !d.Chain[i].Equal(c) {
				t.Errorf("%s: certificate %d is not in its place", name, i)
			}
		}
		for _, received := range []time.Time{{}, noon, noon.Add(time.Hour)} {
			if err := d.Verify(trust, received); err != nil {
				t.Errorf("%s, received %s: %v", name, received, err)
			}
		}
	}
	if _, err := signing.ParseSignedData(signData(t, id, nil, noon)); err != nil {
		t.Errorf("empty content: %v", err)
	}
}

// One flipped bit anywhere is refused, whichever byte it is in.
func TestSignedDataEveryByteCounts(t *testing.T) {
	ca := newCA(t)
	trust, id := trustOf(t, ca), issue(t, ca, signing.UseSign)
	chain := append(append([]signing.Certificate{}, id.Chain...), ca.Root)
	der, err := signing.SignData(ctx, id.Key, chain, []byte("content"), noon)
	if err != nil {
		t.Fatal(err)
	}
	for i := range der {
		for _, flip := range []byte{1, 0x80, 0xff} {
			changed := bytes.Clone(der)
			changed[i] ^= flip
			if d, err := signing.ParseSignedData(changed); err == nil && d.Verify(trust, noon) == nil {
				t.Errorf("byte %d of %d, flip %02x: accepted", i, len(der), flip)
			}
		}
	}
	for n := range der {
		if _, err := signing.ParseSignedData(der[:n]); err == nil {
			t.Errorf("the first %d bytes are accepted", n)
		}
	}
	if _, err := signing.ParseSignedData(append(bytes.Clone(der), 0)); !errors.Is(err, signing.ErrMalformed) {
		t.Errorf("trailing byte: %v", err)
	}
}

func TestSignedDataTimes(t *testing.T) {
	ca := newCA(t)
	trust, id := trustOf(t, ca), issue(t, ca, signing.UseSign)
	parse := func(at time.Time) signing.SignedData {
		d, err := signing.ParseSignedData(signData(t, id, []byte("x"), at))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := parse(noon)
	for name, c := range map[string]struct {
		received time.Time
		want     error
	}{
		"five minutes before": {noon.Add(-5 * time.Minute), nil},
		"a second more":       {noon.Add(-5*time.Minute - time.Second), signing.ErrSigningTime},
		"after the leaf":      {noon.Add(31 * day), signing.ErrExpired},
		"unknown":             {time.Time{}, nil},
	} {
		if err := d.Verify(trust, c.received); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	list := crl(t, ca, id.Certificate(), noon.Add(time.Hour), 1)
	if err := trust.AddCRL(list); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		received time.Time
		want     error
	}{
		"received before the revocation":    {noon.Add(time.Minute), nil},
		"received after, signed before":     {noon.Add(time.Hour), signing.ErrRevoked},
		"unknown receipt, signed before it": {time.Time{}, nil},
	} {
		if err := d.Verify(trust, c.received); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := parse(noon.Add(2*time.Hour)).Verify(trust, time.Time{}); !errors.Is(err, signing.ErrRevoked) {
		t.Errorf("signed after the revocation: %v", err)
	}
}

func crl(t testing.TB, ca *devca.CA, c signing.Certificate, at time.Time, reason int) []byte {
	t.Helper()
	ca.Revoke(c, at, reason)
	list, err := ca.CRL(at, at.Add(7*day))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestSignDataRefusals(t *testing.T) {
	ca := newCA(t)
	id, enc := issue(t, ca, signing.UseSign), issue(t, ca, signing.UseEncrypt)
	other := issue(t, newCA(t), signing.UseSign)
	for name, c := range map[string]struct {
		key   signing.Signer
		chain []signing.Certificate
		at    time.Time
		want  error
	}{
		"another's certificate": {other.Key, id.Chain, noon, signing.ErrSignedData},
		"no chain":              {id.Key, nil, noon, signing.ErrSignedData},
		"zero certificate":      {id.Key, []signing.Certificate{{}}, noon, signing.ErrMalformed},
		"encryption key":        {enc.Key, enc.Chain, noon, signing.ErrKeyUsage},
		"expired":               {id.Key, id.Chain, noon.Add(31 * day), signing.ErrExpired},
		"not yet valid":         {id.Key, id.Chain, noon.Add(-31 * day), signing.ErrNotYetValid},
		"gap in the chain":      {id.Key, []signing.Certificate{id.Chain[0], ca.Root}, noon, signing.ErrUntrusted},
		"another CA's chain":    {id.Key, []signing.Certificate{id.Chain[0], other.Chain[1]}, noon, signing.ErrUntrusted},
		"root first":            {id.Key, []signing.Certificate{ca.Root, id.Chain[0]}, noon, signing.ErrUntrusted},
	} {
		if _, err := signing.SignData(ctx, c.key, c.chain, []byte("x"), c.at); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := signing.SignData(ctx, id.Key, id.Chain, make([]byte, 65<<20), noon); !errors.Is(err, signing.ErrSignedData) {
		t.Errorf("too long: %v", err)
	}
	if _, err := signing.SignData(ctx, liar{id.Key}, id.Chain, []byte("x"), noon); !errors.Is(err, signing.ErrBadSignature) {
		t.Errorf("a device that signs wrongly: %v", err)
	}
}

// liar signs something else than it is asked to.
type liar struct{ signing.Signer }

func (l liar) Sign(ctx context.Context, _ []byte) (signing.Signature, error) {
	return l.Signer.Sign(ctx, []byte("something else"))
}

// The independent implementation of GB/T 35275 reads ours, with the chain.
func TestTrap20SignedDataReadByTheOtherImplementation(t *testing.T) {
	ca := newCA(t)
	id := issue(t, ca, signing.UseSign)
	p7, err := pkcs7.Parse(signData(t, id, []byte("content"), noon))
	if err != nil {
		t.Fatal(err)
	}
	if string(p7.Content) != "content" || len(p7.Certificates) != 2 {
		t.Fatalf("content %q, %d certificates", p7.Content, len(p7.Certificates))
	}
	root, err := smx509.ParseCertificate(ca.Root.Raw())
	if err != nil {
		t.Fatal(err)
	}
	pool := smx509.NewCertPool()
	pool.AddCert(root)
	if err := p7.VerifyWithChainAtTime(pool, &noon); err != nil {
		t.Fatal(err)
	}
}

// Rows 20 and 21: documents of other shapes, though their signatures may be good, have no second life here.
func TestTrap21OnlyOneShapeOfSignedData(t *testing.T) {
	ca := newCA(t)
	id := issue(t, ca, signing.UseSign)
	leaf, err := smx509.ParseCertificate(id.Certificate().Raw())
	if err != nil {
		t.Fatal(err)
	}
	parent, err := smx509.ParseCertificate(ca.Intermediate.Raw())
	if err != nil {
		t.Fatal(err)
	}
	build := func(change func(*pkcs7.SignedData, *pkcs7.SignerInfoConfig)) []byte {
		sd, err := pkcs7.NewSMSignedData([]byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		var config pkcs7.SignerInfoConfig
		change(sd, &config)
		if err := sd.AddSignerChain(leaf, signing.OtherKey(id.Key), []*smx509.Certificate{parent}, config); err != nil {
			t.Fatal(err)
		}
		der, err := sd.Finish()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	oid := []int{1, 2, 3, 4}
	extra := []pkcs7.Attribute{{Type: oid, Value: "x"}}
	for name, der := range map[string][]byte{
		"an unsigned attribute": build(func(_ *pkcs7.SignedData, c *pkcs7.SignerInfoConfig) { c.ExtraUnsignedAttributes = extra }),
		"a fourth attribute":    build(func(_ *pkcs7.SignedData, c *pkcs7.SignerInfoConfig) { c.ExtraSignedAttributes = extra }),
		"a stray certificate": build(func(sd *pkcs7.SignedData, _ *pkcs7.SignerInfoConfig) {
			sd.AddCertificate(mustParse(t, issue(t, ca, signing.UseSign)))
		}),
		"no certificate": build(func(_ *pkcs7.SignedData, c *pkcs7.SignerInfoConfig) { c.SkipCertificates = true }),
		"algorithm 501":  bytes.ReplaceAll(signData(t, id, []byte("c"), noon), []byte{0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d, 1}, []byte{0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d, 2}),
	} {
		if _, err := signing.ParseSignedData(der); !errors.Is(err, signing.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := signing.ParseSignedData(swapCertificates(t, signData(t, id, []byte("c"), noon), id)); !errors.Is(err, signing.ErrMalformed) {
		t.Errorf("certificates in another order: %v", err)
	}
}

func mustParse(t *testing.T, id devca.Identity) *smx509.Certificate {
	t.Helper()
	c, err := smx509.ParseCertificate(id.Certificate().Raw())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// swapCertificates exchanges the two certificates of a document. Nothing signs their order.
func swapCertificates(t *testing.T, der []byte, id devca.Identity) []byte {
	t.Helper()
	a, b := id.Chain[0].Raw(), id.Chain[1].Raw()
	ab, ba := append(bytes.Clone(a), b...), append(bytes.Clone(b), a...)
	for _, pair := range [][2][]byte{{ab, ba}, {ba, ab}} {
		if bytes.Contains(der, pair[0]) {
			return bytes.Replace(der, pair[0], pair[1], 1)
		}
	}
	t.Fatal("the certificates are not side by side")
	return nil
}
