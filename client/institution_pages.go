package client

import (
	"context"
	"errors"
	"net/url"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// What an institution without a system of its own needs beside the rest: it asks for what a system is sent, and keeps its
// letters where its people work.

// TakeUp says that the institution has begun to underwrite. A decision may also come without it.
func (i *Institution) TakeUp(ctx context.Context, id string) error {
	return i.tell(ctx, "applications", id, "take-up", struct{}{}, nil)
}

// Offer asks for an application and returns it as the message that a system is sent; OpenOffer opens it.
func (i *Institution) Offer(ctx context.Context, id string) (wire.ToIssuer, error) {
	var o wire.IssuerOffer
	if err := i.get(ctx, "/issuer/applications/"+url.PathEscape(id)+"/offer", &o); err != nil {
		return wire.ToIssuer{}, err
	}
	if o.Guarantee != id {
		return wire.ToIssuer{}, errors.New("client: the offer is for another application")
	}
	body, err := wire.Write(wire.OfferedBody{Envelope: o.Envelope})
	return wire.ToIssuer{Message: id, Kind: wire.Offered, Guarantee: id, Seq: 1, At: o.At, Body: body}, err
}

// DemandPaper asks for a demand as its beneficiary signed it, and holds the signature and who signed against what it says.
func (i *Institution) DemandPaper(ctx context.Context, id string) ([]byte, letter.Demand, error) {
	var d wire.IssuerDemand
	if err := i.get(ctx, "/issuer/demands/"+url.PathEscape(id), &d); err != nil {
		return nil, letter.Demand{}, err
	}
	signed, err := signing.ParseSignedData(d.Signed)
	if err != nil {
		return nil, letter.Demand{}, err
	}
	m, err := letter.ParseDemand(signed.Content)
	if err != nil {
		return nil, m, err
	}
	if err := signed.Verify(i.Trust, m.At); err != nil {
		return nil, m, err
	}
	if m.ID != id || m.Guarantor != i.me.Party || signed.Signer().Subject().OrganizationID != m.Beneficiary.USCC {
		return nil, m, errors.New("client: the demand is another one, or not signed by its beneficiary")
	}
	return d.Signed, m, nil
}

// letterName tells letters of one application apart: none ever takes the place of another, whose digest may be on record.
func letterName(application string, d signing.Digest) string {
	return application + "." + d.String()[:16] + ".letter"
}

// KeepLetter keeps a written letter, encrypted to the institution's own key, before Issue is called.
func (i *Institution) KeepLetter(to Copies, l Letter) error {
	b, err := json.Marshal(l, json.Deterministic(true))
	if err != nil {
		return err
	}
	sealed, err := signing.SealTo(b, copyAAD(letterName(l.Application, l.Digest)), i.me.own()...)
	if err != nil {
		return err
	}
	return to.Put(letterName(l.Application, l.Digest), sealed)
}

// KeptLetter reads the one with this digest back; fs.ErrNotExist when none was kept here.
func (i *Institution) KeptLetter(ctx context.Context, from Copies, application string, digest signing.Digest) (l Letter, err error) {
	sealed, err := from.Get(letterName(application, digest))
	if err != nil {
		return l, err
	}
	b, err := OpenCopy(ctx, letterName(application, digest), sealed, i.me.Open)
	if err != nil {
		return l, err
	}
	return l, json.Unmarshal(b, &l)
}
