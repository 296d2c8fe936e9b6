package signing_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"baohan/signing"
	"baohan/signing/devca"
)

func TestDetached(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)
	ca, err := devca.New("示例根证书", at.AddDate(-1, 0, 0), 10)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := ca.Trust()
	if err != nil {
		t.Fatal(err)
	}
	who, err := ca.Issue(signing.Name{CommonName: "示例平台", Organization: "示例平台"}, signing.UseSign, at.AddDate(0, -1, 0), at.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	digest := signing.Sum([]byte("content that stands elsewhere"))
	size, err := signing.DetachedSize(who.Chain, at)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		der, err := signing.SignDetached(context.Background(), who.Key, who.Chain, digest, at)
		if err != nil || len(der) > size || len(der) < size-8 {
			t.Fatalf("%d bytes of at most %d: %v", len(der), size, err)
		}
		d, err := signing.ParseDetached(der, digest)
		if err != nil || d.Verify(trust, at) != nil || len(d.Content) != 0 || !d.SigningTime.Equal(at) {
			t.Fatalf("%+v: %v", d, err)
		}
		if _, err := signing.ParseDetached(der, signing.Sum([]byte("other content"))); !errors.Is(err, signing.ErrDigestMismatch) {
			t.Errorf("other content: %v", err)
		}
		if _, err := signing.ParseSignedData(der); !errors.Is(err, signing.ErrMalformed) {
			t.Errorf("taken for a document with its content: %v", err)
		}
		if _, err := signing.ParseDetached(append(bytes.Clone(der), 0), digest); !errors.Is(err, signing.ErrMalformed) {
			t.Errorf("a byte too many: %v", err)
		}
	}
	attached, err := signing.SignData(context.Background(), who.Key, who.Chain, []byte("content"), at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signing.ParseDetached(attached, signing.Sum([]byte("content"))); err == nil {
		t.Error("a document with its content passes as detached")
	}
	if _, err := signing.SignDetached(context.Background(), who.Key, who.Chain, signing.Digest{}, at); !errors.Is(err, signing.ErrSignedData) {
		t.Errorf("nothing to sign: %v", err)
	}
	if _, err := signing.ParseDetached(attached, signing.Digest{}); !errors.Is(err, signing.ErrMalformed) {
		t.Errorf("nothing to hold against: %v", err)
	}
}
