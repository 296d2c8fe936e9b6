package signing

import (
	"bytes"
	"context"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	// maxSignedData is above the longest document that is signed, the verification sheet of a lot with many thousands of
	// letters. What others hand in is bounded by each door much lower.
	maxSignedData = 65 << 20
	// clockTolerance is by how much a signer's clock may run ahead of ours.
	clockTolerance = 5 * time.Minute
)

var (
	// ErrSignedData says that signed data cannot be made of what was given.
	ErrSignedData = errors.New("signing: signed data")
	// ErrSigningTime says that a document claims to have been signed after it was received.
	ErrSigningTime = errors.New("signing: signing time is after the receipt")
	// ErrDigestMismatch says that the content is not the content that was signed.
	ErrDigestMismatch = errors.New("signing: content does not match the signed digest")
)

// SignedData is content with one signature and the signer's chain inside (GB/T 35275-2017, 8): the content attached,
// or its digest only (detached.go), SM3, SM2 (1.2.156.10197.1.301.1), signed attributes contentType, messageDigest and signingTime, no unsigned ones.
// Only this package makes one, every byte of it is determined by its fields, and nobody changes them.
type SignedData struct {
	Raw         []byte
	Content     []byte
	Chain       []Certificate // leaf first
	SigningTime time.Time     // what the signer's clock said, whole seconds, UTC
	Signature   Signature

	elsewhere Digest // of content that is not inside: a detached signature. Zero when the content is inside
	parsed    bool   // by ParseSignedData, which has verified the signature with one implementation
}

// SignData signs content at an instant. The chain is leaf first, each certificate issued by the next, with or
// without the root; the leaf's key is the signer's and may sign at that instant. Longer than 65 MiB in all is
// refused.
func SignData(ctx context.Context, s Signer, chain []Certificate, content []byte, at time.Time) ([]byte, error) {
	return SignedData{Content: content}.sign(ctx, s, chain, at)
}

// sign fills in who signs and when, and reads its own result before it lets it go.
func (d SignedData) sign(ctx context.Context, s Signer, chain []Certificate, at time.Time) ([]byte, error) {
	d.Chain, d.SigningTime = chain, at.UTC().Truncate(time.Second)
	if err := d.checkSigner(s.Public()); err != nil {
		return nil, err
	}
	var err error
	attributes := d.attributes(d.digest())
	if d.Signature, err = s.Sign(ctx, attributes); err != nil {
		return nil, err
	}
	der, err := d.der(attributes)
	if err != nil {
		return nil, err
	}
	if _, err := parseSignedData(der, d.elsewhere); err != nil {
		return nil, fmt.Errorf("%w: own result: %w", ErrSignedData, err)
	}
	return der, nil
}

// Signer is the certificate of who signed.
func (d SignedData) Signer() Certificate {
	if len(d.Chain) == 0 {
		return Certificate{}
	}
	return d.Chain[0]
}

// Verify decides whether the document holds: both implementations accept the signature, the chain leads to an
// anchor and could sign at the signing time, and, when receivedAt is not zero, the signing time is not more than
// five minutes after the receipt and the chain was good at the receipt too. The signing time is the signer's own
// word: without a receipt the revocation of a stolen key does not help, because a thief writes any time.
func (d SignedData) Verify(t *Trust, receivedAt time.Time) error {
	if err := d.checkChain(t, receivedAt); err != nil {
		return err
	}
	return VerifyBoth(d.Chain[0].PublicKey(), d.attributes(d.digest()), d.Signature)
}

// VerifyAgain is Verify by one implementation, for a document whose signature both have accepted before: what was
// taken in by Verify, or what we signed ourselves. ParseSignedData has looked at the signature with one; of a document
// that it did not read, it is looked at here.
func (d SignedData) VerifyAgain(t *Trust, receivedAt time.Time) error {
	if err := d.checkChain(t, receivedAt); err != nil || d.parsed {
		return err
	}
	return Verify(d.Chain[0].PublicKey(), d.attributes(d.digest()), d.Signature)
}

// checkChain looks at the signatures of the chain once, and at its dates and revocations at both instants.
func (d SignedData) checkChain(t *Trust, receivedAt time.Time) error {
	if len(d.Chain) == 0 {
		return fmt.Errorf("%w: no signer", ErrMalformed)
	}
	if !receivedAt.IsZero() && d.SigningTime.After(receivedAt.Add(clockTolerance)) {
		return fmt.Errorf("%w: signed %s, received %s", ErrSigningTime,
			d.SigningTime.Format(time.RFC3339), receivedAt.Format(time.RFC3339))
	}
	full, err := t.path(d.Chain, UseSign)
	if err != nil {
		return fmt.Errorf("at the signing time: %w", err)
	}
	if err := t.good(full, d.SigningTime); err != nil {
		return fmt.Errorf("at the signing time: %w", err)
	}
	if !receivedAt.IsZero() {
		if err := t.good(full, receivedAt); err != nil {
			return fmt.Errorf("at the receipt: %w", err)
		}
	}
	return nil
}

func (d SignedData) checkSigner(key PublicKey) error {
	if len(d.Chain) == 0 || len(d.Chain) > maxChain {
		return fmt.Errorf("%w: chain of %d certificates", ErrSignedData, len(d.Chain))
	}
	for i, c := range d.Chain {
		if c.IsZero() {
			return fmt.Errorf("%w: certificate %d", ErrMalformed, i)
		}
		if i > 0 {
			if err := checkLink(d.Chain[i-1], c, Certificate.signedBy); err != nil {
				return err
			}
		}
	}
	if !d.Chain[0].PublicKey().Equal(key) {
		return fmt.Errorf("%w: the first certificate is not the signer's", ErrSignedData)
	}
	if err := checkUsage(d.Chain[0], UseSign); err != nil {
		return err
	}
	return checkValidity(d.Chain[0], d.SigningTime)
}

// attributes is what is signed: the three attributes as a DER SET. In the document the same bytes stand under
// the tag [0]. The digest is the content's.
func (d SignedData) attributes(digest Digest) []byte {
	all := [][]byte{
		attribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) }),
		attribute(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest[:]) }),
		attribute(oidSigningTime, func(b *cryptobyte.Builder) { addTime(b, d.SigningTime) }),
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { addSorted(b, all) })
	return b.BytesOrPanic()
}

func (d SignedData) digest() Digest {
	if !d.elsewhere.IsZero() {
		return d.elsewhere
	}
	return Sum(d.Content)
}

// der is the whole document around the signed attributes, every byte of it determined by the fields.
func (d SignedData) der(attributes []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { d.addSignedData(b, attributes) })
		})
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrSignedData, err)
	}
	if len(der) > maxSignedData {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrSignedData, maxSignedData)
	}
	return der, nil
}

func (d SignedData) addSignedData(b *cryptobyte.Builder, attributes []byte) {
	b.AddASN1Int64(1)
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { addAlgorithm(b, oidSM3) })
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidData)
		if d.elsewhere.IsZero() {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(d.Content) })
		}
	})
	b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
		all := make([][]byte, len(d.Chain))
		for i, c := range d.Chain {
			all[i] = c.raw()
		}
		addSorted(b, all)
	})
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { d.addSignerInfo(b, attributes) })
	})
}

func (d SignedData) addSignerInfo(b *cryptobyte.Builder, attributes []byte) {
	leaf := d.Chain[0].parsed
	b.AddASN1Int64(1)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(leaf.RawIssuer)
		b.AddASN1BigInt(leaf.SerialNumber)
	})
	addAlgorithm(b, oidSM3)
	b.AddBytes([]byte{byte(explicit(0))}) // in place of the tag SET, which is what was signed
	b.AddBytes(attributes[1:])
	addAlgorithm(b, oidSM2Sign)
	b.AddASN1OctetString(d.Signature.DER())
}

func attribute(oid asn1.ObjectIdentifier, value func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1(cbasn1.SET, value)
	})
	return b.BytesOrPanic()
}

// addAlgorithm writes NULL parameters, as the standard's examples and the signing devices do.
func addAlgorithm(b *cryptobyte.Builder, oid asn1.ObjectIdentifier) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1NULL()
	})
}

// addSorted is the content of a DER SET OF: ascending order of the encodings (GB/T 16263.1, 11.6).
func addSorted(b *cryptobyte.Builder, elements [][]byte) {
	sorted := slices.Clone(elements)
	slices.SortFunc(sorted, bytes.Compare)
	for _, e := range sorted {
		b.AddBytes(e)
	}
}
