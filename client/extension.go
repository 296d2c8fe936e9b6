package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Hold says that this institution weighs the extension that a complying demand would take instead of payment, and asks the
// applicant, who answers before replyBy.
func (i *Institution) Hold(ctx context.Context, demand string, replyBy time.Time) error {
	return i.tell(ctx, "demands", demand, "hold", wire.Hold{ReplyBy: replyBy.In(calendar.Shanghai).Truncate(time.Microsecond)}, nil)
}

// WriteExtension writes and signs an amendment that lets the letter end on a later day. Keep it before Extend is called: what
// is sent again after a crash must be the same bytes.
func (i *Institution) WriteExtension(ctx context.Context, a letter.Amends) ([]byte, error) {
	m, err := letter.NewExtension(a)
	if err != nil {
		return nil, err
	}
	if m.Guarantor != i.me.Party {
		return nil, errors.New("client: the letter is another institution's")
	}
	content, err := m.Canonical()
	return i.me.paper(ctx, content, err, i.at())
}

// Amends gathers what an extension to a day amends: the letter and its amendments as everybody may take them, checked here,
// the demand, and the last day as the platform has it.
func (i *Institution) Amends(ctx context.Context, demand string, to calendar.Date) (a letter.Amends, err error) {
	paper, m, err := i.DemandPaper(ctx, demand)
	if err != nil {
		return a, err
	}
	d, err := i.Demand(ctx, demand)
	if err != nil {
		return a, err
	}
	if d.Extension == nil {
		return a, errors.New("client: the demand does not ask for an extension")
	}
	var b []byte
	if err := i.get(ctx, "/guarantees/"+url.PathEscape(m.Guarantee)+"/file", &b); err != nil {
		return a, err
	}
	if r := letter.VerifyFile(b, i.Trust, letter.Platform(i.USCC)); !r.OK {
		return a, fmt.Errorf("client: the letter does not hold: %s", r.Words)
	}
	f, err := letter.ParseFile(b)
	if err != nil {
		return a, err
	}
	if m.Undertaking != letter.UndertakingDigest(f.Signed) {
		return a, errors.New("client: the demand is under another letter")
	}
	return letter.Amends{Letter: f.Signed, Earlier: f.SignedAmendments(), Demand: paper, LastDay: d.Extension.LastDay, Expiry: to}, nil
}

// Extend hands in a signed extension and returns the platform's receipt, checked to be the platform's and for this very
// amendment. It may be called again with the same bytes after any failure, and ends in the same receipt.
func (i *Institution) Extend(ctx context.Context, demand string, amendment []byte) ([]byte, error) {
	var out wire.Extended
	if err := i.post(ctx, "/issuer/demands/"+url.PathEscape(demand)+"/extend", keyOf("extend", amendment), wire.Extend{Amendment: amendment}, &out); err != nil {
		return nil, err
	}
	signed, err := signing.ParseSignedData(out.Receipt)
	if err != nil {
		return nil, fmt.Errorf("client: receipt: %w", err)
	}
	if err := signed.Verify(i.Trust, time.Time{}); err != nil {
		return nil, fmt.Errorf("client: receipt: %w", err)
	}
	r, err := letter.ParseAmendmentReceipt(signed.Content)
	if err == nil && (signed.Signer().Subject().OrganizationID != i.USCC || r.Amendment != letter.AmendmentDigest(amendment)) {
		err = errors.New("client: receipt is not the platform's, or for another amendment")
	}
	return out.Receipt, err
}

// AnswerExtension answers a demand that is held: whether its guarantor may extend at this bidder's cost, or is to pay. It is
// said once. The letter is the bidder's own copy.
func (b *Bidder) AnswerExtension(ctx context.Context, u letter.Undertaking, d wire.DemandStory, choice letter.ExtensionChoice) (wire.Objected, error) {
	if d.Demand.Extension == nil {
		return wire.Objected{}, errors.New("client: the demand does not ask for an extension")
	}
	at := b.at()
	content, err := letter.ExtensionAnswer{Version: 1, Demand: d.Demand.ID, DemandDigest: d.Digest, Guarantee: d.Demand.Guarantee, Number: u.Number,
		Guarantor: u.Guarantor, Applicant: b.me.Party, ExtendTo: d.Demand.Extension.To, Answer: choice, At: at}.Canonical()
	paper, err := b.me.paper(ctx, content, err, at)
	if err != nil {
		return wire.Objected{}, err
	}
	var out wire.Objected
	return out, b.post(ctx, "/demands/"+url.PathEscape(d.Demand.ID)+"/answer", "answer-"+d.Demand.ID+"-"+string(choice), wire.AnswerExtension{Answer: paper}, &out)
}
