package client

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/signing"
)

// Identity is an organisation with its two key pairs (GM/T 0034: one signs, one decrypts), in a USB key or in
// software. Nothing secret of it ever leaves through this package.
type Identity struct {
	Party     letter.Party
	Sign      signing.Signer
	Chain     []signing.Certificate // of Sign, leaf first
	Open      signing.Decrypter
	OpenChain []signing.Certificate // of Open, leaf first

	// Recovery opens the bidder's own papers when Open is lost; its private half is kept offline. Zero: none.
	Recovery signing.PublicKey
}

// check refuses an identity whose certificates do not say what it says.
func (i Identity) check() error {
	if i.Sign == nil || len(i.Chain) == 0 {
		return errors.New("client: identity without a signing key or its certificate")
	}
	if leaf := i.Chain[0]; leaf.Subject().OrganizationID != i.Party.USCC || !leaf.PublicKey().Equal(i.Sign.Public()) {
		return errors.New("client: the signing certificate is not this organisation's or not this key's")
	}
	if i.Open != nil && (len(i.OpenChain) == 0 || !i.OpenChain[0].PublicKey().Equal(i.Open.Public())) {
		return errors.New("client: the encryption certificate is not this key's")
	}
	return nil
}

// own are the keys that open what an identity keeps for itself.
func (i Identity) own() []signing.PublicKey {
	if i.Recovery.IsZero() {
		return []signing.PublicKey{i.Open.Public()}
	}
	return []signing.PublicKey{i.Open.Public(), i.Recovery}
}

// paper signs canonical content as GB/T 35275 signed data.
func (i Identity) paper(ctx context.Context, content []byte, err error, at time.Time) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return signing.SignData(ctx, i.Sign, i.Chain, content, at)
}

// Platform is what a client knows of the service before it asks: where it is, the anchors that its certificates
// lead to, and who signs its receipts and answers. Everything else it says is checked against these.
type Platform struct {
	Base  string         // https://… ; the API is under Base + /api/v1
	Trust *signing.Trust // anchors of the certificate authorities (电子认证服务机构)
	USCC  string         // the platform's own 统一社会信用代码, as its certificate says it
	Clock clock.Clock    // by which signed papers are dated

	// Certificates are the platform's signing certificates, exchanged beforehand; a bid's receipt counts only by one of
	// them. None: any certificate of the organisation USCC that leads to an anchor.
	Certificates []signing.Certificate
	// Custodians are the 统一社会信用代码 of the three whom this party accepts as holders of a lot's keys, learnt from
	// somebody else than the platform. None: whoever the notice names is believed.
	Custodians []string

	// Cookie says that a browser keeps the session (the cookie of POST /session) and sends it by itself: people's requests
	// carry no Authorization then.
	Cookie bool
	// ShownTo is the mark of whom the page in front of that person was shown to (wire.ShownTo): in a session of another, begun
	// meanwhile in another tab, people's requests are refused. Empty: nobody asks.
	ShownTo string
	// Transport carries requests where Go's own does not do; nil: Go's own.
	Transport http.RoundTripper
	// Spool is where the ciphertext of a bid's file lies until it is sent; nil: a file of this machine.
	Spool func() (Spool, error)

	Attempts int           // how often a request is made before its outcome is unknown; 0 = 5
	Pause    time.Duration // before the second attempt, doubling after that; 0 = 200 ms
}

// receipt reads a receipt and accepts it only from the platform itself.
func (p Platform) receipt(p7s []byte) (letter.Receipt, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return letter.Receipt{}, fmt.Errorf("client: receipt: %w", err)
	}
	if err := signed.Verify(p.Trust, time.Time{}); err != nil {
		return letter.Receipt{}, fmt.Errorf("client: receipt: %w", err)
	}
	if signed.Signer().Subject().OrganizationID != p.USCC {
		return letter.Receipt{}, errors.New("client: receipt is not signed by the platform")
	}
	return letter.ParseReceipt(signed.Content)
}

// at is the instant for a signed paper: as the wire says it.
func (p Platform) at() time.Time {
	return p.Clock.Now().In(calendar.Shanghai).Truncate(time.Microsecond)
}

// newID is 128 random bits as 32 lower-case hexadecimal digits.
func newID() string { return hex.EncodeToString(signing.Random(16)) }
