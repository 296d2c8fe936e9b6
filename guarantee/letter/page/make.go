package page

import (
	"context"
	"time"

	"baohan/guarantee/letter/paper"
	"baohan/signing"
)

// Signatory is the platform: it signs the rendering, not what is rendered.
type Signatory struct {
	Key    signing.Signer
	Chain  []signing.Certificate
	Verify string // address of the page that the code on the document opens (https://host/verify); empty: the code is plain text
}

// Guarantee makes the PDF of a guarantee file (letter.File, canonical) that holds.
func Guarantee(ctx context.Context, file []byte, by Signatory, at time.Time) ([]byte, error) {
	s, attached, err := paper.Guarantee(file)
	return by.make(ctx, paper.KindGuarantee, s, attached, at, err)
}

// Release makes the PDF of a beneficiary's signed release.
func Release(ctx context.Context, p7s []byte, by Signatory, at time.Time) ([]byte, error) {
	s, attached, err := paper.Release(p7s)
	return by.make(ctx, paper.KindRelease, s, attached, at, err)
}

// Demand makes the PDF of a beneficiary's signed demand.
func Demand(ctx context.Context, p7s []byte, by Signatory, at time.Time) ([]byte, error) {
	s, attached, err := paper.Demand(p7s)
	return by.make(ctx, paper.KindDemand, s, attached, at, err)
}

// Refusal makes the PDF of a guarantor's signed refusal of a demand.
func Refusal(ctx context.Context, p7s []byte, by Signatory, at time.Time) ([]byte, error) {
	s, attached, err := paper.Refusal(p7s)
	return by.make(ctx, paper.KindRefusal, s, attached, at, err)
}

// Verification makes the PDF of a lot's verification sheet as the centre signed it. One of more than some eighty letters
// does not fit into a document.
func Verification(ctx context.Context, p7s []byte, by Signatory, at time.Time) ([]byte, error) {
	s, attached, err := paper.Verification(p7s)
	return by.make(ctx, paper.KindVerification, s, attached, at, err)
}

// OpeningRecord makes the PDF of an opening record, from the signatures under it that are at hand: the host's, and any
// others. One of more than some three hundred bids does not fit into a document.
func OpeningRecord(ctx context.Context, signatures [][]byte, by Signatory, at time.Time) ([]byte, error) {
	s, attached, err := paper.OpeningRecord(signatures)
	return by.make(ctx, paper.KindRecord, s, attached, at, err)
}

// Sheet makes the PDF of any other sheet, behind which nothing signed stands.
func Sheet(ctx context.Context, s paper.Sheet, by Signatory, at time.Time) ([]byte, error) {
	attached, err := s.Other()
	return by.make(ctx, paper.KindSheet, s, attached, at, err)
}

func (by Signatory) make(ctx context.Context, kind string, s paper.Sheet, attached []paper.Attachment, at time.Time, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	d, err := by.Render(kind, s, attached, at)
	if err != nil {
		return nil, err
	}
	return d.Sign(ctx, by.Key, by.Chain)
}

// Render sets a sheet on pages, ready to be signed. The error is a *MissingGlyphError, or says what does not fit.
func (by Signatory) Render(kind string, s paper.Sheet, attached []paper.Attachment, at time.Time) (paper.Document, error) {
	p := newPress(kind, s, by.Verify)
	for i, b := range s.Blocks {
		p.keep(s.Blocks[i:])
		p.block(b)
	}
	if p.err != nil {
		return paper.Document{}, p.err
	}
	author := ""
	if len(by.Chain) > 0 {
		author = by.Chain[0].Subject().CommonName
	}
	d := paper.Document{Kind: kind, Version: paper.Rendering, Title: s.Title, Author: author, At: at.Truncate(time.Second), Attachments: attached}
	d.Pages = p.finish()
	d.Fonts = p.types.fonts()
	return d, p.err
}
