package signing

import (
	"bytes"
	"encoding/pem"
	"testing"
)

// Each decoder: no panic on any bytes, and what is accepted has no second spelling.

func FuzzParseSignatureDER(f *testing.F) {
	f.Add(Signature{31: 1, 63: 1}.DER())
	f.Add(unhex("3046022100be0ea64e1ec06f0d247093f3ccbbadcfb6260224272f86ddb78326e7cd6c7560022100e9f6ab2fcc48a2cef94838e66b5c7e21fd8e4de25990dd98ca5243f4966f2853"))
	f.Fuzz(func(t *testing.T, der []byte) {
		sig, err := ParseSignatureDER(der)
		if err != nil {
			return
		}
		if !bytes.Equal(sig.DER(), der) {
			t.Fatal("a second encoding")
		}
		if again, err := ParseSignature(sig[:]); err != nil || again != sig {
			t.Fatal("in range as DER and not as r‖s")
		}
	})
}

func FuzzParsePublicKey(f *testing.F) {
	f.Add(unhex(knownPublic))
	f.Add(offCurvePoint())
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := ParsePublicKey(b)
		if err == nil && !bytes.Equal(k.Bytes(), b) {
			t.Fatal("a second encoding")
		}
	})
}

func FuzzUnwrap(f *testing.F) {
	key, err := ParsePrivateKey(unhex(knownKey))
	if err != nil {
		f.Fatal(err)
	}
	w, err := wrappingOf(unhex(knownSealed))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(w.der())
	f.Fuzz(func(t *testing.T, der []byte) {
		w, err := parseWrapping(der)
		if err == nil && !bytes.Equal(w.der(), der) {
			t.Fatal("a second encoding")
		}
		if text, err := key.Unwrap(ctx, der); err == nil && len(text) != len(w.text) {
			t.Fatal("lengths differ")
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	key := goldenKey(f, 1)
	f.Add(golden(f, "envelope.bin"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseEnvelope(b)
		if err == nil && !bytes.Equal(append(e.header(), e.sealed...), b) {
			t.Fatal("a second encoding")
		}
		if _, opened := OpenEnvelope(ctx, key, b, goldenAAD); opened == nil && err != nil {
			t.Fatal("opened what does not parse")
		}
	})
}

func FuzzSealed(f *testing.F) {
	f.Add(golden(f, "sealed.bin"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Sealed
		if s.UnmarshalBinary(b) != nil {
			return
		}
		if again, err := s.MarshalBinary(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("a second encoding, %v", err)
		}
		if head, ciphertext := SplitSealed(b); !bytes.Equal(ciphertext, s.Ciphertext) || len(head)+len(ciphertext) != len(b) {
			t.Fatal("split elsewhere than it is parsed")
		}
		_, _ = s.GiveShare(ctx, goldenKey(t, 0), 0)
	})
}

func FuzzParseCertificate(f *testing.F) {
	root, leaf := goldenCertificate(f, "root.der"), goldenCertificate(f, "leaf.der")
	f.Add(root.Raw())
	f.Add(leaf.Raw())
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := ParseCertificate(der)
		if err != nil {
			return
		}
		if !bytes.Equal(c.Raw(), der) || c.PublicKey().IsZero() || c.Serial() == "" {
			t.Fatal("accepted and not whole")
		}
		trust, err := NewTrust(root)
		if err != nil {
			t.Fatal(err)
		}
		known := bytes.Equal(der, leaf.Raw())
		if err := trust.Verify([]Certificate{c}, UseSign, leaf.NotBefore()); (err == nil) != known {
			t.Fatalf("known %t, verified %v", known, err)
		}
	})
}

func FuzzAddCRL(f *testing.F) {
	root, list := goldenCertificate(f, "root.der"), golden(f, "list.crl")
	f.Add(list)
	f.Fuzz(func(t *testing.T, der []byte) {
		trust, err := NewTrust(root)
		if err != nil {
			t.Fatal(err)
		}
		if l, err := parseCRL(der); err == nil && trust.AddCRL(der) == nil && l.signedBy(root) && !bytes.Equal(der, list) {
			t.Fatal("a forgery is taken")
		}
	})
}

func FuzzParseSignedData(f *testing.F) {
	f.Add(golden(f, "document.p7s"))
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, der []byte) {
		d, err := ParseSignedData(der)
		if err != nil {
			return
		}
		again, err := d.der(d.attributes(d.digest()))
		if err != nil || !bytes.Equal(again, der) {
			t.Fatalf("a second encoding, %v", err)
		}
	})
}

func FuzzDecryptKeyPEM(f *testing.F) {
	key := goldenKey(f, 0)
	block, _ := pem.Decode(golden(f, "key.pem"))
	f.Add(block.Bytes, key.pkcs8())
	f.Fuzz(func(t *testing.T, file, inner []byte) {
		if p, _, err := parseKeyFile(file); err == nil && p.check() != nil {
			t.Fatal("parameters out of bounds")
		}
		if k, err := parsePKCS8(inner); err == nil && len(k.Bytes()) != 32 {
			t.Fatal("accepted and not whole")
		}
	})
}

func FuzzParseCertificatesPEM(f *testing.F) {
	f.Add(append(goldenCertificate(f, "root.der").PEM(), goldenCertificate(f, "leaf.der").PEM()...))
	f.Fuzz(func(t *testing.T, text []byte) {
		if all, err := ParseCertificatesPEM(text); err == nil && len(all) == 0 {
			t.Fatal("nothing accepted")
		}
	})
}
