package client

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"baohan/client/wire"
	"baohan/signing"
)

// accepted holds an answer against the bid: the platform signed a receipt over these very bytes, and says that they
// came before the deadline (招标投标法28; 电子招标投标办法27).
func (p Platform) accepted(a wire.Bid, id string, paper []byte, deadline time.Time) error {
	r, err := p.bidReceipt(a.Receipt)
	switch {
	case err != nil:
		return fmt.Errorf("client: the bid's receipt: %w", err)
	case r.Version != 1 || r.Bid != id || r.Digest != wire.BidDigest(paper):
		return errors.New("client: the receipt is for another bid")
	case r.AcceptedAt.IsZero() || !r.AcceptedAt.Before(deadline):
		return errors.New("client: the receipt is not of before the deadline")
	case a.ID != id || a.State != "received" || !a.AcceptedAt.Equal(r.AcceptedAt):
		return errors.New("client: the answer says something else than its receipt")
	}
	return nil
}

// bidReceipt reads a receipt and believes it only under the platform's signature, by one of its pinned certificates when
// there are any. The certificate must be good now, and at the instant that the receipt names.
func (p Platform) bidReceipt(p7s []byte) (r wire.BidReceipt, err error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return r, err
	}
	if err := wire.Read(signed.Content, &r); err != nil {
		return r, err
	}
	at := p.Clock.Now()
	if at.Before(r.AcceptedAt) {
		at = r.AcceptedAt // our clock is behind
	}
	if err := signed.Verify(p.Trust, at); err != nil {
		return r, err
	}
	if !p.signed(signed.Signer()) {
		return r, errKey
	}
	return r, nil
}

func (p Platform) signed(by signing.Certificate) bool {
	ours := by.Subject().OrganizationID == p.USCC
	return ours && (len(p.Certificates) == 0 || slices.ContainsFunc(p.Certificates, func(c signing.Certificate) bool {
		return c.Fingerprint() == by.Fingerprint()
	}))
}
