package signing

import (
	"context"
	"fmt"
	"time"
)

// SignDetached signs content by its digest (SM3, not zero): SignedData without the content inside, for a signature that
// stands in the midst of what it signs (ISO 32000-1, 12.8). All else is as in SignData.
func SignDetached(ctx context.Context, s Signer, chain []Certificate, content Digest, at time.Time) ([]byte, error) {
	if content.IsZero() {
		return nil, fmt.Errorf("%w: no digest to sign", ErrSignedData)
	}
	return SignedData{elsewhere: content}.sign(ctx, s, chain, at)
}

// ParseDetached reads the detached signature over content of this digest, as strictly as ParseSignedData.
func ParseDetached(der []byte, content Digest) (SignedData, error) {
	if content.IsZero() {
		return SignedData{}, fmt.Errorf("%w: no digest to hold the signature against", ErrMalformed)
	}
	return parseSignedData(der, content)
}

// DetachedSize is how many bytes a detached signature of this chain at this instant has at most; the two numbers of the
// signature proper make it shorter by a byte or two, rarely more.
func DetachedSize(chain []Certificate, at time.Time) (size int, err error) {
	defer guard(&err)
	if len(chain) == 0 || len(chain) > maxChain || chain[0].IsZero() {
		return 0, fmt.Errorf("%w: chain of %d certificates", ErrSignedData, len(chain))
	}
	d := SignedData{Chain: chain, SigningTime: at.UTC().Truncate(time.Second), elsewhere: Digest{1}}
	for i := range d.Signature {
		d.Signature[i] = 0xFF
	}
	der, err := d.der(d.attributes(d.digest()))
	return len(der), err
}
