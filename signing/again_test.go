package signing

import (
	"context"
	"errors"
	"testing"
	"time"
)

// issuedBy issues a certificate under issuer, or one that issues itself where by is nil.
func issuedBy(t *testing.T, name string, usage Usage, issuer Certificate, by *PrivateKey) (Certificate, *PrivateKey) {
	t.Helper()
	key := newKey(t)
	r := CertificateRequest{Subject: Name{CommonName: name}, Key: key.Public(), Usage: usage, CA: by == nil,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	if by == nil {
		by = key
	}
	c, err := IssueCertificate(context.Background(), r, issuer, by)
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}

// TestRememberedForOneKey: that a certificate was signed by one key is remembered, and says nothing of another.
func TestRememberedForOneKey(t *testing.T) {
	root, key := issuedBy(t, "根", 0, Certificate{}, nil)
	other, _ := issuedBy(t, "根", 0, Certificate{}, nil)
	leaf, _ := issuedBy(t, "签名", UseSign, root, key)
	trust, err := NewTrust(root, other)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := trust.signedBy(leaf, root); err != nil {
			t.Errorf("its own issuer: %v", err)
		}
		if err := trust.signedBy(leaf, other); !errors.Is(err, ErrBadSignature) {
			t.Errorf("another key under the issuer's name: %v", err)
		}
	}
	if n := len(trust.links); n != 1 {
		t.Errorf("%d links are remembered, not the one that is good", n)
	}
}

// TestVerifyAgainLooksAtWhatNobodyRead: a document that was put together, and not read, is not believed.
func TestVerifyAgainLooksAtWhatNobodyRead(t *testing.T) {
	root, key := issuedBy(t, "根", 0, Certificate{}, nil)
	leaf, signer := issuedBy(t, "签名", UseSign, root, key)
	der, err := SignData(context.Background(), signer, []Certificate{leaf}, []byte("保函"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	d, err := ParseSignedData(der)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := NewTrust(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.VerifyAgain(trust, time.Time{}); err != nil {
		t.Errorf("as it was read: %v", err)
	}
	forged := SignedData{Content: []byte("伪造"), Chain: d.Chain, SigningTime: d.SigningTime, Signature: d.Signature}
	if err := forged.VerifyAgain(trust, time.Time{}); !errors.Is(err, ErrBadSignature) {
		t.Errorf("another content under the same signature: %v", err)
	}
}
