package signing

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ParseSignedData reads a document of at most 65 MiB and checks its digest and its signature under the leaf's key.
// It finds the fields and then builds the document again from them: a document that is not byte for byte the
// result is refused, so no byte of it can be changed unseen and no second encoding of it exists. Whether the
// signer is who it says is for Verify.
func ParseSignedData(der []byte) (SignedData, error) { return parseSignedData(der, Digest{}) }

// parseSignedData reads a document with its content, or the detached signature over content of this digest.
func parseSignedData(der []byte, elsewhere Digest) (d SignedData, err error) {
	defer guard(&err)
	if len(der) > maxSignedData {
		return SignedData{}, fmt.Errorf("%w: signed data longer than %d bytes", ErrMalformed, maxSignedData)
	}
	f, err := splitSignedData(der, !elsewhere.IsZero())
	if err != nil {
		return SignedData{}, err
	}
	d = SignedData{Raw: bytes.Clone(der), Content: bytes.Clone(f.content), elsewhere: elsewhere}
	if d.Chain, err = f.chain(); err != nil {
		return SignedData{}, err
	}
	if d.Signature, err = ParseSignatureDER(f.signature); err != nil {
		return SignedData{}, err
	}
	var digest []byte
	if digest, d.SigningTime, err = parseAttributes(f.attributes); err != nil {
		return SignedData{}, err
	}
	if err := d.checkAgainst(digest); err != nil {
		return SignedData{}, err
	}
	d.parsed = true
	return d, nil
}

func (d SignedData) checkAgainst(digest []byte) error {
	content := d.digest()
	if !bytes.Equal(content[:], digest) {
		return ErrDigestMismatch
	}
	attributes := d.attributes(content)
	if again, err := d.der(attributes); err != nil || !bytes.Equal(again, d.Raw) {
		return fmt.Errorf("%w: signed data: not the one encoding of its fields", ErrMalformed)
	}
	return Verify(d.Chain[0].PublicKey(), attributes, d.Signature)
}

// signedFields are the parts of a document that vary; everything else is fixed and compared at the end.
type signedFields struct {
	content      cryptobyte.String
	certificates cryptobyte.String // content of the SET
	issuer       cryptobyte.String // of the signer's certificate, an element
	serial       *big.Int
	attributes   cryptobyte.String // content of the SET
	signature    cryptobyte.String
}

func splitSignedData(der []byte, detached bool) (signedFields, error) {
	f := signedFields{serial: new(big.Int)}
	var info, wrapped, data, encapsulated, inner, signers, signer, id cryptobyte.String
	in := cryptobyte.String(der)
	ok := in.ReadASN1(&info, cbasn1.SEQUENCE) && in.Empty() &&
		info.SkipASN1(cbasn1.OBJECT_IDENTIFIER) && info.ReadASN1(&wrapped, explicit(0)) && info.Empty() &&
		wrapped.ReadASN1(&data, cbasn1.SEQUENCE) && wrapped.Empty()
	ok = ok && data.SkipASN1(cbasn1.INTEGER) && data.SkipASN1(cbasn1.SET) &&
		data.ReadASN1(&encapsulated, cbasn1.SEQUENCE) &&
		data.ReadASN1(&f.certificates, explicit(0)) && data.ReadASN1(&signers, cbasn1.SET) && data.Empty()
	ok = ok && encapsulated.SkipASN1(cbasn1.OBJECT_IDENTIFIER) && (detached || encapsulated.ReadASN1(&inner, explicit(0)) &&
		inner.ReadASN1(&f.content, cbasn1.OCTET_STRING) && inner.Empty()) && encapsulated.Empty()
	ok = ok && signers.ReadASN1(&signer, cbasn1.SEQUENCE) && signers.Empty() &&
		signer.SkipASN1(cbasn1.INTEGER) && signer.ReadASN1(&id, cbasn1.SEQUENCE) &&
		id.ReadASN1Element(&f.issuer, cbasn1.SEQUENCE) && id.ReadASN1Integer(f.serial) && id.Empty() &&
		signer.SkipASN1(cbasn1.SEQUENCE) && signer.ReadASN1(&f.attributes, explicit(0)) &&
		signer.SkipASN1(cbasn1.SEQUENCE) && signer.ReadASN1(&f.signature, cbasn1.OCTET_STRING) && signer.Empty()
	if !ok {
		return f, fmt.Errorf("%w: signed data: structure", ErrMalformed)
	}
	return f, nil
}

// chain orders the certificates by who issued whom, from the one that the signer names. All must be used and no
// step may be open to choice.
func (f signedFields) chain() ([]Certificate, error) {
	rest, err := f.parseCertificates()
	if err != nil {
		return nil, err
	}
	chain := make([]Certificate, 0, len(rest))
	next := func(c Certificate) bool {
		return bytes.Equal(c.parsed.RawIssuer, f.issuer) && c.parsed.SerialNumber.Cmp(f.serial) == 0
	}
	for len(rest) > 0 {
		found := -1
		for i, c := range rest {
			if !next(c) {
				continue
			}
			if found >= 0 {
				return nil, fmt.Errorf("%w: signed data: certificates do not form one chain", ErrMalformed)
			}
			found = i
		}
		if found < 0 {
			return nil, fmt.Errorf("%w: signed data: a certificate is missing or not of the chain", ErrMalformed)
		}
		last := rest[found]
		chain, rest = append(chain, last), append(rest[:found], rest[found+1:]...)
		next = last.issuedUnder
	}
	return chain, nil
}

func (f signedFields) parseCertificates() ([]Certificate, error) {
	var all []Certificate
	for in := f.certificates; !in.Empty(); {
		var der cryptobyte.String
		if len(all) == maxChain || !in.ReadASN1Element(&der, cbasn1.SEQUENCE) {
			return nil, fmt.Errorf("%w: signed data: certificates", ErrMalformed)
		}
		c, err := parseAgain(der)
		if err != nil {
			return nil, fmt.Errorf("signed data: %w", err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: signed data: no certificate", ErrMalformed)
	}
	return all, nil
}

// parseAttributes finds the digest and the time; that there are exactly three attributes in their one order is
// held by building the document again.
func parseAttributes(in cryptobyte.String) (digest []byte, at time.Time, err error) {
	for !in.Empty() {
		var one, value cryptobyte.String
		oid := new(asn1.ObjectIdentifier)
		if !in.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1ObjectIdentifier(oid) ||
			!one.ReadASN1(&value, cbasn1.SET) || !one.Empty() {
			return nil, at, fmt.Errorf("%w: signed data: attributes", ErrMalformed)
		}
		ok := true
		switch {
		case oid.Equal(oidMessageDigest):
			var v cryptobyte.String
			ok = value.ReadASN1(&v, cbasn1.OCTET_STRING)
			digest = v
		case oid.Equal(oidSigningTime):
			at, ok = readTime(&value)
		}
		if !ok {
			return nil, at, fmt.Errorf("%w: signed data: attribute %v", ErrMalformed, oid)
		}
	}
	return digest, at, nil
}

func readTime(in *cryptobyte.String) (t time.Time, ok bool) {
	if in.PeekASN1Tag(cbasn1.UTCTime) {
		ok = in.ReadASN1UTCTime(&t)
	} else {
		ok = in.ReadASN1GeneralizedTime(&t)
	}
	return t.UTC(), ok
}
