package signing

import (
	"bytes"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// der is EncryptedPrivateKeyInfo (RFC 5958, 3) around the encrypted bytes, PBES2 by RFC 8018.
func (p keyParameters) der(secret []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidPBES2)
			b.AddASN1(cbasn1.SEQUENCE, p.addSchemes)
		})
		b.AddASN1OctetString(secret)
	})
	return b.BytesOrPanic()
}

func (p keyParameters) addSchemes(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidPBKDF2)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(p.salt)
			b.AddASN1Int64(int64(p.iterations))
			addAlgorithm(b, p.prf)
		})
	})
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(p.scheme)
		b.AddASN1OctetString(p.iv)
	})
}

func parseKeyFile(der []byte) (p keyParameters, secret []byte, err error) {
	var info, algorithm, schemes, kdf, kdfParameters, prf, scheme, salt, iv, sealed cryptobyte.String
	var pbes2, pbkdf2 asn1.ObjectIdentifier
	in := cryptobyte.String(der)
	ok := in.ReadASN1(&info, cbasn1.SEQUENCE) && in.Empty() &&
		info.ReadASN1(&algorithm, cbasn1.SEQUENCE) && info.ReadASN1(&sealed, cbasn1.OCTET_STRING) && info.Empty() &&
		algorithm.ReadASN1ObjectIdentifier(&pbes2) && algorithm.ReadASN1(&schemes, cbasn1.SEQUENCE) && algorithm.Empty() &&
		schemes.ReadASN1(&kdf, cbasn1.SEQUENCE) && schemes.ReadASN1(&scheme, cbasn1.SEQUENCE) && schemes.Empty() &&
		kdf.ReadASN1ObjectIdentifier(&pbkdf2) && kdf.ReadASN1(&kdfParameters, cbasn1.SEQUENCE) && kdf.Empty() &&
		kdfParameters.ReadASN1(&salt, cbasn1.OCTET_STRING) && kdfParameters.ReadASN1Integer(&p.iterations) &&
		p.skipKeyLength(&kdfParameters) &&
		kdfParameters.ReadASN1(&prf, cbasn1.SEQUENCE) && kdfParameters.Empty() && prf.ReadASN1ObjectIdentifier(&p.prf) &&
		scheme.ReadASN1ObjectIdentifier(&p.scheme) && scheme.ReadASN1(&iv, cbasn1.OCTET_STRING) && scheme.Empty()
	if !ok || !pbes2.Equal(oidPBES2) || !pbkdf2.Equal(oidPBKDF2) {
		return p, nil, fmt.Errorf("%w: not PBES2 with PBKDF2", ErrKeyFile)
	}
	if len(sealed) == 0 || len(sealed)%16 != 0 {
		return p, nil, fmt.Errorf("%w: encrypted key is not whole blocks", ErrKeyFile)
	}
	p.salt, p.iv = salt, iv
	return p, sealed, p.check()
}

// skipKeyLength passes over the optional key length; the cipher's own length is used and a wrong one does not open.
func (keyParameters) skipKeyLength(in *cryptobyte.String) bool {
	return !in.PeekASN1Tag(cbasn1.INTEGER) || in.SkipASN1(cbasn1.INTEGER)
}

// pkcs8 is PrivateKeyInfo with an ECPrivateKey (RFC 5915) inside.
func (k *PrivateKey) pkcs8() []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		addSM2KeyAlgorithm(b)
		b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1OctetString(k.Bytes())
				b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddASN1BitString(k.public.Bytes()) })
			})
		})
	})
	return b.BytesOrPanic()
}

// parsePKCS8 reads decrypted bytes. What does not even begin like PrivateKeyInfo is a wrong passphrase that left
// good padding by chance; what does, and names another curve, is another kind of key.
func parsePKCS8(der []byte) (*PrivateKey, error) {
	var info, algorithm, octets, key, secret cryptobyte.String
	var version, keyVersion int
	in := cryptobyte.String(der)
	if !in.ReadASN1(&info, cbasn1.SEQUENCE) || !in.Empty() || !info.ReadASN1Integer(&version) || version != 0 ||
		!info.ReadASN1Element(&algorithm, cbasn1.SEQUENCE) {
		return nil, ErrPassphrase
	}
	var sm2 cryptobyte.Builder
	addSM2KeyAlgorithm(&sm2)
	if !bytes.Equal(sm2.BytesOrPanic(), algorithm) {
		return nil, fmt.Errorf("%w: not a key on the SM2 curve", ErrKeyFile)
	}
	if !info.ReadASN1(&octets, cbasn1.OCTET_STRING) || !info.Empty() ||
		!octets.ReadASN1(&key, cbasn1.SEQUENCE) || !octets.Empty() ||
		!key.ReadASN1Integer(&keyVersion) || keyVersion != 1 || !key.ReadASN1(&secret, cbasn1.OCTET_STRING) {
		return nil, fmt.Errorf("%w: private key structure", ErrKeyFile)
	}
	k, err := ParsePrivateKey(secret)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if err := k.checkOptional(key); err != nil {
		return nil, err
	}
	return k, nil
}

// checkOptional reads the rest of ECPrivateKey: a curve and a public half, each of which may be left out and must
// be right when it is there.
func (k *PrivateKey) checkOptional(rest cryptobyte.String) error {
	var curve, public cryptobyte.String
	var hasCurve, hasPublic bool
	var oid asn1.ObjectIdentifier
	var bits []byte
	if !rest.ReadOptionalASN1(&curve, &hasCurve, explicit(0)) || !rest.ReadOptionalASN1(&public, &hasPublic, explicit(1)) || !rest.Empty() {
		return fmt.Errorf("%w: private key structure", ErrKeyFile)
	}
	if hasCurve && (!curve.ReadASN1ObjectIdentifier(&oid) || !curve.Empty() || !oid.Equal(oidSM2Curve)) {
		return fmt.Errorf("%w: not a key on the SM2 curve", ErrKeyFile)
	}
	if hasPublic && (!public.ReadASN1BitStringAsBytes(&bits) || !public.Empty() || !bytes.Equal(bits, k.public.Bytes())) {
		return fmt.Errorf("%w: public half is another key's", ErrKeyFile)
	}
	return nil
}
