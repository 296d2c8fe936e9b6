package signing

import (
	"bytes"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	maxCertificate = 16 << 10 // bytes of DER
	maxChain       = 8        // certificates in one chain
)

// ErrMalformed says that bytes are not what they are said to be, in the one encoding that is accepted.
var ErrMalformed = errors.New("signing: malformed")

// Usage is what a certificate is asked to be good for. GB/T 20518 gives each holder two: one signs, one is
// encrypted to.
type Usage uint8

const (
	// UseSign demands digitalSignature or nonRepudiation.
	UseSign Usage = 1 << iota
	// UseEncrypt demands keyEncipherment, dataEncipherment or keyAgreement.
	UseEncrypt
)

// Certificate is an X.509 v3 certificate for an SM2 key, signed with SM2 and SM3 (GB/T 20518-2018). Only
// ParseCertificate makes one. That it parses says nothing of whether it is to be trusted: that is Trust.
type Certificate struct {
	parsed    *smx509.Certificate
	key       PublicKey
	subject   Name
	issuer    Name
	signature Signature
}

// ParseCertificate reads one DER certificate of at most 16 KiB. It refuses other algorithms, parameters that
// differ inside and outside, a signature or key in any second encoding, and trailing bytes.
func ParseCertificate(der []byte) (c Certificate, err error) {
	defer guard(&err)
	if len(der) > maxCertificate {
		return Certificate{}, fmt.Errorf("%w: certificate longer than %d bytes", ErrMalformed, maxCertificate)
	}
	signature, err := outerSignature(der)
	if err != nil {
		return Certificate{}, fmt.Errorf("certificate: %w", err)
	}
	parsed, err := smx509.ParseCertificate(bytes.Clone(der))
	if err != nil {
		return Certificate{}, fmt.Errorf("%w: certificate: %v", ErrMalformed, err)
	}
	c = Certificate{parsed: parsed, signature: signature}
	if err := c.fill(); err != nil {
		return Certificate{}, err
	}
	return c, nil
}

func (c *Certificate) fill() (err error) {
	p := c.parsed
	if p.Version != 3 || p.SerialNumber.Sign() <= 0 || p.SerialNumber.BitLen() > 160 {
		return fmt.Errorf("%w: certificate: version or serial number", ErrMalformed)
	}
	if !p.NotBefore.Before(p.NotAfter) {
		return fmt.Errorf("%w: certificate: validity", ErrMalformed)
	}
	if c.key, err = parseSPKI(p.RawSubjectPublicKeyInfo); err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	if c.subject, err = nameOf(p.Subject); err != nil {
		return fmt.Errorf("certificate: subject: %w", err)
	}
	if c.issuer, err = nameOf(p.Issuer); err != nil {
		return fmt.Errorf("certificate: issuer: %w", err)
	}
	return nil
}

// Raw is the DER, a copy.
func (c Certificate) Raw() []byte {
	if c.IsZero() {
		return nil
	}
	return bytes.Clone(c.parsed.Raw)
}

// IsZero tells a certificate that ParseCertificate did not make. Its other methods give zero values.
func (c Certificate) IsZero() bool { return c.parsed == nil }

// Equal tells whether both are the same bytes.
func (c Certificate) Equal(other Certificate) bool { return bytes.Equal(c.raw(), other.raw()) }

// PublicKey is the key that the certificate speaks of.
func (c Certificate) PublicKey() PublicKey { return c.key }

// Serial is the serial number in lower-case hexadecimal digits, two a byte.
func (c Certificate) Serial() string {
	if c.IsZero() {
		return ""
	}
	return hex.EncodeToString(c.parsed.SerialNumber.Bytes())
}

// Subject is whose certificate it is.
func (c Certificate) Subject() Name { return c.subject }

// Issuer is who says so.
func (c Certificate) Issuer() Name { return c.issuer }

// NotBefore is the first instant of validity.
func (c Certificate) NotBefore() (t time.Time) {
	if c.IsZero() {
		return t
	}
	return c.parsed.NotBefore
}

// NotAfter is the last second of validity.
func (c Certificate) NotAfter() (t time.Time) {
	if c.IsZero() {
		return t
	}
	return c.parsed.NotAfter
}

// CanSign tells whether the key usage allows signatures on documents and messages.
func (c Certificate) CanSign() bool {
	return c.may(smx509.KeyUsageDigitalSignature | smx509.KeyUsageContentCommitment)
}

// CanEncrypt tells whether the key usage allows encryption to the key.
func (c Certificate) CanEncrypt() bool {
	return c.may(smx509.KeyUsageKeyEncipherment | smx509.KeyUsageDataEncipherment | smx509.KeyUsageKeyAgreement)
}

// IsCA tells whether the certificate may issue others.
func (c Certificate) IsCA() bool {
	return c.may(smx509.KeyUsageCertSign) && c.parsed.BasicConstraintsValid && c.parsed.IsCA
}

// may is false without a key usage extension: what is not granted is refused.
func (c Certificate) may(any smx509.KeyUsage) bool { return !c.IsZero() && c.parsed.KeyUsage&any != 0 }

// Fingerprint is SM3 of the DER.
func (c Certificate) Fingerprint() Digest { return Sum(c.raw()) }

// PEM is the DER as one CERTIFICATE block.
func (c Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.raw()})
}

// ParseCertificatesPEM reads one or more CERTIFICATE blocks, at most 64. Anything else between or after them,
// headers included, is refused.
func ParseCertificatesPEM(text []byte) ([]Certificate, error) {
	var all []Certificate
	for rest := bytes.TrimSpace(text); len(rest) > 0; rest = bytes.TrimSpace(rest) {
		if !bytes.HasPrefix(rest, []byte("-----BEGIN CERTIFICATE-----")) || len(all) == 64 {
			return nil, fmt.Errorf("%w: PEM: expected up to 64 certificates and nothing else", ErrMalformed)
		}
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" || len(block.Headers) > 0 {
			return nil, fmt.Errorf("%w: PEM: certificate %d", ErrMalformed, len(all)+1)
		}
		c, err := ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("PEM: certificate %d: %w", len(all)+1, err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: PEM: no certificate", ErrMalformed)
	}
	return all, nil
}

// signedBy checks the certificate's signature with the issuer's key.
func (c Certificate) signedBy(issuer Certificate) error {
	return Verify(issuer.key, c.parsed.RawTBSCertificate, c.signature)
}

// issuedUnder tells whether the names and key identifiers say that issuer issued c; the signature decides.
func (c Certificate) issuedUnder(issuer Certificate) bool {
	a, s := c.parsed.AuthorityKeyId, issuer.parsed.SubjectKeyId
	return bytes.Equal(c.parsed.RawIssuer, issuer.parsed.RawSubject) && (len(a) == 0 || len(s) == 0 || bytes.Equal(a, s))
}

// unknownCritical names a critical extension that is not enforced here and therefore cannot be accepted.
func (c Certificate) unknownCritical() string {
	for _, e := range c.parsed.Extensions {
		if e.Critical && !e.Id.Equal(oidKeyUsage) && !e.Id.Equal(oidBasicConstraints) && !e.Id.Equal(oidPolicies) {
			return e.Id.String()
		}
	}
	return ""
}

func (c Certificate) raw() []byte {
	if c.IsZero() {
		return nil
	}
	return c.parsed.Raw
}

// outerSignature reads SEQUENCE { tbs, algorithm, BIT STRING }, the shape of certificates and CRLs, and takes the
// only algorithm and the only encoding of a signature that there are here.
func outerSignature(der []byte) (sig Signature, err error) {
	var inner, body, algorithm cryptobyte.String
	var bits []byte
	in := cryptobyte.String(der)
	if !in.ReadASN1(&inner, cbasn1.SEQUENCE) || !in.Empty() ||
		!inner.ReadASN1Element(&body, cbasn1.SEQUENCE) || !inner.ReadASN1Element(&algorithm, cbasn1.SEQUENCE) ||
		!inner.ReadASN1BitStringAsBytes(&bits) || !inner.Empty() {
		return sig, fmt.Errorf("%w: not SEQUENCE { tbs, algorithm, signature }", ErrMalformed)
	}
	accepted := [][]byte{algorithmSM2SM3(false), algorithmSM2SM3(true)}
	if !slices.ContainsFunc(accepted, func(a []byte) bool { return bytes.Equal(a, algorithm) }) {
		return sig, fmt.Errorf("%w: signature algorithm is not SM2 with SM3", ErrMalformed)
	}
	return ParseSignatureDER(bits)
}

func algorithmSM2SM3(null bool) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSM2SM3)
		if null {
			b.AddASN1NULL()
		}
	})
	return b.BytesOrPanic()
}

// spkiOf is SubjectPublicKeyInfo of an SM2 key.
func spkiOf(k PublicKey) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addSM2KeyAlgorithm(b)
		b.AddASN1BitString(k.Bytes())
	})
	return b.BytesOrPanic()
}

func addSM2KeyAlgorithm(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidECPublicKey)
		b.AddASN1ObjectIdentifier(oidSM2Curve)
	})
}

// parseSPKI accepts exactly what spkiOf writes, so that one key has one encoding and no other curve passes.
func parseSPKI(der []byte) (PublicKey, error) {
	if len(der) < publicKeySize {
		return PublicKey{}, ErrPublicKey
	}
	k, err := ParsePublicKey(der[len(der)-publicKeySize:])
	if err != nil || !bytes.Equal(spkiOf(k), der) {
		return PublicKey{}, ErrPublicKey
	}
	return k, nil
}
