package signing

import (
	"context"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ErrIssue says that a certificate or a revocation list cannot be made of what was given.
var ErrIssue = errors.New("signing: issue")

// CertificateRequest is what IssueCertificate states of a key. With CA the usage is ignored: the certificate may
// issue certificates and revocation lists and nothing else.
type CertificateRequest struct {
	Subject    Name // CommonName at least
	Key        PublicKey
	Usage      Usage
	CA         bool
	PathLength int // how many CAs may stand below a CA
	NotBefore  time.Time
	NotAfter   time.Time // last second of validity
}

// IssueCertificate signs a certificate with the issuer's key under a fresh random serial number of 16 bytes. The
// zero issuer makes a self-signed root. The result is parsed back, and its signature checked, before it leaves.
func IssueCertificate(ctx context.Context, r CertificateRequest, issuer Certificate, s Signer) (Certificate, error) {
	if err := r.check(issuer, s); err != nil {
		return Certificate{}, err
	}
	der, err := signStructure(ctx, r.tbs(issuer, s.Public()), s)
	if err != nil {
		return Certificate{}, err
	}
	c, err := ParseCertificate(der)
	if err != nil {
		return Certificate{}, fmt.Errorf("%w: own certificate: %w", ErrIssue, err)
	}
	return c, nil
}

// Revocation is one line of a revocation list.
type Revocation struct {
	Serial string    `json:"serial"` // as Certificate.Serial gives it
	At     time.Time `json:"at"`     // from when on it counts
	Reason int       `json:"reason"` // RFC 5280, 5.3.1; 0 unspecified, 1 keyCompromise, 6 certificateHold
}

// RevocationList is what IssueCRL states. Numbers of one issuer only grow.
type RevocationList struct {
	Number     int64
	ThisUpdate time.Time
	NextUpdate time.Time
	Revoked    []Revocation
}

// IssueCRL signs a revocation list, in DER. The result is parsed back, and its signature checked, before it leaves.
func IssueCRL(ctx context.Context, l RevocationList, issuer Certificate, s Signer) ([]byte, error) {
	if issuer.IsZero() || !issuer.IsCA() || !issuer.PublicKey().Equal(s.Public()) {
		return nil, fmt.Errorf("%w: the issuer is not a CA with this key", ErrIssue)
	}
	tbs, err := l.tbs(issuer)
	if err != nil {
		return nil, err
	}
	der, err := signStructure(ctx, tbs, s)
	if err != nil {
		return nil, err
	}
	if _, err := parseCRL(der); err != nil {
		return nil, fmt.Errorf("%w: own revocation list: %w", ErrIssue, err)
	}
	return der, nil
}

// signStructure makes SEQUENCE { tbs, SM2 with SM3, signature }.
func signStructure(ctx context.Context, tbs []byte, s Signer) ([]byte, error) {
	sig, err := s.Sign(ctx, tbs)
	if err != nil {
		return nil, err
	}
	if err := Verify(s.Public(), tbs, sig); err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddBytes(algorithmSM2SM3(false))
		b.AddASN1BitString(sig.DER())
	})
	return b.Bytes()
}

func (r CertificateRequest) check(issuer Certificate, s Signer) error {
	switch {
	case r.Subject.CommonName == "":
		return fmt.Errorf("%w: subject without a common name", ErrIssue)
	case r.Key.IsZero():
		return fmt.Errorf("%w: %w", ErrIssue, ErrPublicKey)
	case !r.CA && (r.Usage == 0 || r.Usage&^(UseSign|UseEncrypt) != 0):
		return fmt.Errorf("%w: usage %d", ErrIssue, r.Usage)
	case r.PathLength < 0 || r.PathLength >= maxChain:
		return fmt.Errorf("%w: path length %d", ErrIssue, r.PathLength)
	case !r.NotBefore.Before(r.NotAfter):
		return fmt.Errorf("%w: validity ends before it begins", ErrIssue)
	case issuer.IsZero() && (!r.CA || !r.Key.Equal(s.Public())):
		return fmt.Errorf("%w: a root is a CA that signs its own key", ErrIssue)
	case !issuer.IsZero() && (!issuer.IsCA() || !issuer.PublicKey().Equal(s.Public())):
		return fmt.Errorf("%w: the issuer is not a CA with this key", ErrIssue)
	}
	return nil
}

func (r CertificateRequest) tbs(issuer Certificate, issuerKey PublicKey) []byte {
	issuerName := r.Subject.der()
	if !issuer.IsZero() {
		issuerName = issuer.parsed.RawSubject
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1Int64(2) })
		b.AddASN1BigInt(newSerial())
		b.AddBytes(algorithmSM2SM3(false))
		b.AddBytes(issuerName)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addTime(b, r.NotBefore)
			addTime(b, r.NotAfter)
		})
		b.AddBytes(r.Subject.der())
		b.AddBytes(spkiOf(r.Key))
		b.AddASN1(explicit(3), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { r.addExtensions(b, keyID(issuer, issuerKey)) })
		})
	})
	return b.BytesOrPanic()
}

func (r CertificateRequest) addExtensions(b *cryptobyte.Builder, authority []byte) {
	addExtension(b, oidBasicConstraints, true, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			if r.CA {
				b.AddASN1Boolean(true)
				b.AddASN1Int64(int64(r.PathLength))
			}
		})
	})
	addExtension(b, oidKeyUsage, true, func(b *cryptobyte.Builder) { b.AddBytes(r.keyUsage()) })
	addExtension(b, oidSubjectKeyID, false, func(b *cryptobyte.Builder) { b.AddASN1OctetString(keyID(Certificate{}, r.Key)) })
	addExtension(b, oidAuthorityKeyID, false, func(b *cryptobyte.Builder) { addAuthority(b, authority) })
}

// keyUsage is the DER BIT STRING of RFC 5280, 4.2.1.3: bit 0 is the highest of the first byte.
func (r CertificateRequest) keyUsage() []byte {
	var bits byte
	if r.CA {
		bits = 1<<2 | 1<<1 // keyCertSign, cRLSign
	} else {
		if r.Usage&UseSign != 0 {
			bits |= 1<<7 | 1<<6 // digitalSignature, nonRepudiation
		}
		if r.Usage&UseEncrypt != 0 {
			bits |= 1<<5 | 1<<4 | 1<<3 // keyEncipherment, dataEncipherment, keyAgreement
		}
	}
	unused := byte(0)
	for bits>>unused&1 == 0 {
		unused++
	}
	return []byte{byte(cbasn1.BIT_STRING), 2, unused, bits}
}

func (l RevocationList) tbs(issuer Certificate) ([]byte, error) {
	if l.Number < 0 || !l.ThisUpdate.Before(l.NextUpdate) {
		return nil, fmt.Errorf("%w: number or period of the revocation list", ErrIssue)
	}
	serials := make([]*big.Int, len(l.Revoked))
	for i, r := range l.Revoked {
		serial, ok := new(big.Int).SetString(r.Serial, 16)
		if !ok || serial.Sign() <= 0 {
			return nil, fmt.Errorf("%w: serial number %q", ErrIssue, r.Serial)
		}
		serials[i] = serial
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddBytes(algorithmSM2SM3(false))
		b.AddBytes(issuer.parsed.RawSubject)
		addTime(b, l.ThisUpdate)
		addTime(b, l.NextUpdate)
		if len(l.Revoked) > 0 {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { l.addEntries(b, serials) })
		}
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addExtension(b, oidAuthorityKeyID, false, func(b *cryptobyte.Builder) { addAuthority(b, keyID(issuer, issuer.key)) })
				addExtension(b, oidCRLNumber, false, func(b *cryptobyte.Builder) { b.AddASN1Int64(l.Number) })
			})
		})
	})
	return b.Bytes()
}

func (l RevocationList) addEntries(b *cryptobyte.Builder, serials []*big.Int) {
	for i, r := range l.Revoked {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(serials[i])
			addTime(b, r.At)
			if r.Reason == 0 {
				return
			}
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addExtension(b, oidCRLReason, false, func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(r.Reason)) })
			})
		})
	}
}

// keyID is the issuer's own subject key identifier, else the first 20 bytes of SM3 of the key.
func keyID(issuer Certificate, key PublicKey) []byte {
	if !issuer.IsZero() && len(issuer.parsed.SubjectKeyId) > 0 {
		return issuer.parsed.SubjectKeyId
	}
	id := key.Fingerprint()
	return id[:20]
}

// newSerial is positive and 16 bytes long: the top bit clear, the next one set.
func newSerial() *big.Int {
	b := Random(16)
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b)
}

func addAuthority(b *cryptobyte.Builder, id []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(id) })
	})
}

func addExtension(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, critical bool, value func(*cryptobyte.Builder)) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1(cbasn1.OCTET_STRING, value)
	})
}

func explicit(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

// addTime is UTCTime from 1950 through 2049 and GeneralizedTime outside (RFC 5280, 4.1.2.5), in whole seconds.
func addTime(b *cryptobyte.Builder, t time.Time) {
	t = t.UTC().Truncate(time.Second)
	if t.Year() >= 1950 && t.Year() < 2050 {
		b.AddASN1UTCTime(t)
		return
	}
	b.AddASN1GeneralizedTime(t)
}
