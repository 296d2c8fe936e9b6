package signing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	maker "github.com/tjfoc/gmsm/sm2"
)

// Each benchmark carries a yardstick of the standard library, so that figures from different machines compare.

func BenchmarkSign(b *testing.B) {
	key, msg := newKey(b), Random(256)
	stock := &maker.PrivateKey{PublicKey: *key.Public().forMaker(), D: key.making.D}
	p256 := newP256(b)
	b.Run("SM2, verified before it leaves", func(b *testing.B) {
		for b.Loop() {
			if _, err := key.Sign(ctx, msg); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("SM2, the library on its own curve", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := maker.Sm2Sign(stock, msg, userID, rand.Reader); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("yardstick P-256", func(b *testing.B) {
		for b.Loop() {
			digest := sha256.Sum256(msg)
			if _, err := ecdsa.SignASN1(rand.Reader, p256, digest[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	key, msg := newKey(b), Random(256)
	sig := sign(b, key, msg)
	p256 := newP256(b)
	digest := sha256.Sum256(msg)
	yardstick, err := ecdsa.SignASN1(rand.Reader, p256, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	for name, verify := range map[string]func(PublicKey, []byte, Signature) error{"SM2": Verify, "SM2 by both": VerifyBoth} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := verify(key.Public(), msg, sig); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("yardstick P-256", func(b *testing.B) {
		for b.Loop() {
			digest := sha256.Sum256(msg)
			if !ecdsa.VerifyASN1(&p256.PublicKey, digest[:], yardstick) {
				b.Fatal("refused")
			}
		}
	})
}

func BenchmarkSum(b *testing.B) {
	for _, n := range []int{64, 1 << 10, 1 << 20} {
		data := make([]byte, n)
		b.Run(fmt.Sprintf("SM3 %d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				Sum(data)
			}
		})
		b.Run(fmt.Sprintf("yardstick SHA-256 %d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				sha256.Sum256(data)
			}
		})
	}
}

func BenchmarkSeal(b *testing.B) {
	var holders [3]PublicKey
	for i := range holders {
		holders[i] = newKey(b).Public()
	}
	for _, size := range []int{8192, 65536} {
		b.Run(fmt.Sprintf("two of three, %d", size), func(b *testing.B) {
			for b.Loop() {
				if _, err := SealTwoOfThree(make([]byte, size-padPrefix), nil, size, holders, holders[0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	s := newSeal(b)
	b.Run("give a share", func(b *testing.B) {
		for b.Loop() {
			s.share(b, 0)
		}
	})
	shares := [2]Share{s.share(b, 0), s.share(b, 1)}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Open(s.aad, shares[0], shares[1]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSignedData(b *testing.B) {
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	key := newKey(b)
	root, err := IssueCertificate(ctx, CertificateRequest{Subject: Name{CommonName: "root"}, Key: key.Public(), CA: true,
		NotBefore: at, NotAfter: at.AddDate(1, 0, 0)}, Certificate{}, key)
	if err != nil {
		b.Fatal(err)
	}
	leaf, err := IssueCertificate(ctx, CertificateRequest{Subject: Name{CommonName: "leaf"}, Key: key.Public(), Usage: UseSign,
		NotBefore: at, NotAfter: at.AddDate(1, 0, 0)}, root, key)
	if err != nil {
		b.Fatal(err)
	}
	trust, err := NewTrust(root)
	if err != nil {
		b.Fatal(err)
	}
	der, err := SignData(ctx, key, []Certificate{leaf}, Random(4096), at)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			if _, err := ParseSignedData(der); err != nil {
				b.Fatal(err)
			}
		}
	})
	d, err := ParseSignedData(der)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("verify by both, with chain", func(b *testing.B) {
		for b.Loop() {
			if err := d.Verify(trust, at); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func newP256(b *testing.B) *ecdsa.PrivateKey {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	return key
}
