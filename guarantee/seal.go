package guarantee

import (
	"context"
	"fmt"
	"slices"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Submission is what the bidder's client hands in, once, inside TLS. Nothing of it is kept in clear.
type Submission struct {
	Reveal      []byte // canonical letter.Reveal
	Application []byte // letter.Application, signed by the bidder (p7s)
	Key         []byte // the fresh private key made for this record, 32 bytes
}

// Applicant is the bidder, as its certificates say.
type Applicant struct {
	Party      letter.Party
	Encryption signing.PublicKey // the record is wrapped to it, so that its owner can always read it back
}

// Asked is what a lot demands of a letter now, as the room that knows the lot hands it over.
type Asked struct {
	Requirement letter.Requirement
	Keys        letter.KeySet
	Round       int // of the lot's letters (保函轮次), from 0: one live letter of a bidder in each
}

// Guarantor is the institution that the application names, with the product that it offers in public.
type Guarantor struct {
	Party      letter.Party
	Encryption signing.PublicKey // the offer is encrypted to it
	Form       letter.Form
	Mode       letter.Mode
	Wording    letter.WordingRef
	MaxCeiling letter.Fen
	Fee        func(ceiling letter.Fen) letter.Fen // the published fee on a ceiling
	AnswerBy   time.Time
}

// Prepared is a checked submission, encrypted: all that reaches SQL.
type Prepared struct {
	id        string
	applicant string
	row       newRow
	owner     func(n int) signing.Digest
}

// ID is the application's id, which its client made.
func (p Prepared) ID() string { return p.id }

// Seal checks a submission against the lot's requirement and the product, and encrypts it. It asks no database and
// makes nothing durable; whoever calls it hands the result to ApplyTx inside the lot's lock.
func (d *Desk) Seal(_ context.Context, s Submission, who Applicant, lot Asked, by Guarantor, at time.Time) (Prepared, error) {
	b, signed, err := d.readApplication(s.Application, who.Party, at)
	if err != nil {
		return Prepared{}, err
	}
	r, err := letter.ParseReveal(s.Reveal)
	if err != nil {
		return Prepared{}, refuse("reveal", err)
	}
	if letter.Commitment(s.Reveal) != b.Commitment {
		return Prepared{}, mismatch("application.commitment", "commitment", "申请书中的承诺值与揭示记录不一致；请用客户端重新生成申请")
	}
	if err := checkReveal(r, b, lot.Requirement, lot.Keys); err != nil {
		return Prepared{}, err
	}
	if err := checkTerms(b, r, lot.Requirement, by); err != nil {
		return Prepared{}, err
	}
	return d.encrypt(s, b, signed, who, lot, by, at)
}

// readApplication checks the bidder's signature with both implementations: the application binds it to the fee.
func (d *Desk) readApplication(p7s []byte, who letter.Party, at time.Time) (letter.Application, signing.SignedData, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return letter.Application{}, signed, refuse("application", err)
	}
	if err := signed.Verify(d.Trust, at); err != nil {
		return letter.Application{}, signed, refuse("application", err)
	}
	if signed.Signer().Subject().OrganizationID != who.USCC {
		return letter.Application{}, signed, mismatch("application.signer", "application", "申请书的签名证书不是投标人本单位的证书；请插入本单位证书重新签名")
	}
	b, err := letter.ParseApplication(signed.Content)
	if err != nil {
		return letter.Application{}, signed, refuse("application", err)
	}
	if len(b.Applicants) == 0 || b.Applicants[0] != who {
		return letter.Application{}, signed, mismatch("application.applicant", "applicants", "申请人须为本单位（联合体须以牵头人为首）；请核对名称和统一社会信用代码")
	}
	return b, signed, nil
}

// checkReveal holds the reveal record against the application and against what the lot demands.
func checkReveal(r letter.Reveal, b letter.Application, req letter.Requirement, keys letter.KeySet) error {
	for _, c := range []struct {
		ok          bool
		field, want string
	}{
		{r.Application == b.Application, "application", "申请编号"},
		{r.Guarantor == b.Guarantor, "guarantor", "担保机构"},
		{slices.Equal(r.Applicants, b.Applicants), "applicants", "申请人"},
		{r.Lot == req.Lot, "lot", "标段"},
		{slices.Equal(r.Beneficiaries, req.Beneficiaries), "beneficiaries", "受益人"},
		{r.Requirement == req.Digest(), "requirement", "保函要求摘要"},
		{r.Amount == req.Amount, "amount", "担保金额"},
		{r.End.Equal(req.End), "end", "有效期规则"},
		{r.Custodians == req.Custodians && r.Custodians == keys.Digest(), "custodians", "密钥保管人公钥摘要"},
	} {
		if !c.ok {
			return mismatch("reveal."+c.field, c.field, fmt.Sprintf("揭示记录中的%s与招标公告不一致；请刷新标段信息后重新生成申请", c.want))
		}
	}
	return nil
}

// checkTerms holds the application against the public ladders and the institution's published product: whatever is
// stored in clear comes from a ladder, so that it fits many lots.
func checkTerms(b letter.Application, r letter.Reveal, req letter.Requirement, by Guarantor) error {
	for _, c := range []struct {
		ok          bool
		field, want string
	}{
		{b.Guarantor == by.Party, "guarantor", "担保机构与所选产品不一致"},
		{b.Wording == by.Wording, "wording", "文本与所选产品不一致"},
		{b.Mode == by.Mode, "mode", "密封方式与所选产品不一致"},
		{slices.Contains(req.Forms, by.Form), "form", "该标段不接受这种形式的保函"},
		{b.Ceiling == letter.LadderCeiling(r.Amount), "ceiling", "最高金额不在公布的档位上"},
		{b.Ceiling <= by.MaxCeiling, "ceiling", "最高金额超出该机构的受理上限"},
		{b.LatestExpiry == letter.LadderExpiry(r.End.Expiry()), "latest_expiry", "最迟到期日不在公布的档位上"},
		{b.Fee == by.Fee(b.Ceiling), "fee", "保费与该机构公布的费率不一致"},
	} {
		if !c.ok {
			return mismatch("application."+c.field, c.field, c.want+"；请重新询价后再提交")
		}
	}
	return nil
}

func (d *Desk) encrypt(s Submission, b letter.Application, signed signing.SignedData, who Applicant, lot Asked, by Guarantor, at time.Time) (Prepared, error) {
	fresh, err := signing.ParsePrivateKey(s.Key)
	if err != nil {
		return Prepared{}, refuse("key", err)
	}
	record, err := letter.Record{Reveal: s.Reveal, Key: s.Key}.Canonical()
	if err != nil {
		return Prepared{}, err
	}
	keys := lot.Keys
	holders := [3]signing.PublicKey{keys.Keys[0].Public, keys.Keys[1].Public, keys.Keys[2].Public}
	sealed, err := signing.SealTwoOfThree(record, letter.RecordAAD(b.Application, 1), letter.RecordSize, holders, who.Encryption)
	if err != nil {
		return Prepared{}, err
	}
	offer := letter.Offer{Application: signed.Raw, AnswerBy: by.AnswerBy}
	if by.Mode == letter.ModeFull {
		offer.Reveal, offer.Custodians, offer.Owner = s.Reveal, &keys, &who.Encryption
	}
	envelope, err := letter.SealOffer(b.Application, offer, by.Encryption)
	if err != nil {
		return Prepared{}, err
	}
	return d.prepared(b, lot, by, sealed, envelope, fresh.Public(), signed, at)
}

func (d *Desk) prepared(b letter.Application, of Asked, by Guarantor, sealed signing.Sealed, envelope []byte, key signing.PublicKey, signed signing.SignedData, at time.Time) (Prepared, error) {
	blob, err := sealed.MarshalBinary()
	if err != nil {
		return Prepared{}, err
	}
	bidder := b.Applicants[0].USCC
	digest := letter.ApplicationDigest(signed.Raw)
	project, code := of.Requirement.Lot.Project, of.Requirement.Lot.Code
	uniq, lot := d.Tags.UniqIn(project, code, bidder, of.Round), d.Tags.Lot(project, code, b.Application)
	row := newRow{ID: b.Application, Guarantor: by.Party.USCC, Mode: by.Mode, Form: by.Form,
		Wording: b.Wording.ID, WordingVersion: b.Wording.Version, Ceiling: b.Ceiling, LatestExpiry: b.LatestExpiry.Time(), QuotedFee: b.Fee,
		ApplicationDigest: digest[:], Commitment: b.Commitment[:], Offer: envelope, Sealed: blob, RecordKey: key.Bytes(),
		UniqTag: uniq[:], LotTag: lot[:], SubmittedAt: at}
	return Prepared{id: b.Application, applicant: bidder, row: row,
		owner: func(n int) signing.Digest { return d.Tags.Owner(bidder, n) }}, nil
}

// refuse turns an error about what was sent into a refusal that names the field. It repeats no submitted value.
func refuse(field string, err error) error {
	if f, ok := letter.FieldOf(err); ok {
		return party.Invalid(f.Rule, field+"."+f.Field, f.Message)
	}
	return party.Invalid(field+".invalid", field, signatureWords(err))
}

func mismatch(code, field, words string) error { return party.Invalid(code, field, words) }
