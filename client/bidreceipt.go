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

// withdrawn holds an answer against the statement: the platform signed that it took this very bid back on these bytes.
func (p Platform) withdrawn(a wire.Bid, id string, paper []byte) error {
	var r wire.WithdrawalReceipt
	err := p.readReceipt(a.Receipt, &r, func() time.Time { return r.WithdrawnAt })
	switch {
	case err != nil:
		return fmt.Errorf("client: the withdrawal's receipt: %w", err)
	case r.Version != 1 || r.Bid != id || r.Digest != wire.WithdrawalDigest(paper) || r.WithdrawnAt.IsZero():
		return errors.New("client: the receipt is for another withdrawal")
	case a.ID != id || a.State != "withdrawn" || !a.AcceptedAt.Equal(r.WithdrawnAt):
		return errors.New("client: the answer says something else than its receipt")
	}
	return nil
}

func (p Platform) bidReceipt(p7s []byte) (wire.BidReceipt, error) {
	var r wire.BidReceipt
	err := p.readReceipt(p7s, &r, func() time.Time { return r.AcceptedAt })
	return r, err
}

// readReceipt reads a receipt and believes it only under the platform's signature, by one of its pinned certificates when
// there are any. The certificate must be good now, and at the instant that the receipt names.
func (p Platform) readReceipt(p7s []byte, into any, named func() time.Time) error {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return err
	}
	if err := wire.Read(signed.Content, into); err != nil {
		return err
	}
	at := p.Clock.Now()
	if at.Before(named()) {
		at = named() // our clock is behind
	}
	if err := signed.Verify(p.Trust, at); err != nil {
		return err
	}
	if !p.signed(signed.Signer()) {
		return errKey
	}
	return nil
}

func (p Platform) signed(by signing.Certificate) bool {
	ours := by.Subject().OrganizationID == p.USCC
	return ours && (len(p.Certificates) == 0 || slices.ContainsFunc(p.Certificates, func(c signing.Certificate) bool {
		return c.Fingerprint() == by.Fingerprint()
	}))
}
