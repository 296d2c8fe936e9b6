package guarantee

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

func (d *Desk) checkIssue(ctx context.Context, g *Guarantee, in Issue) (issued, error) {
	if g.Number == nil {
		return issued{}, party.Conflict("issue.not_prepared", "请先登记保函编号和摘要（prepare），再提交保函")
	}
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return issued{}, err
	}
	if g.Receipt != nil { // in force: said again, it is what it was then, whatever has become of its certificate
		now = *g.IssuedAt
	}
	var kept issued
	if g.Mode == letter.ModeBlind {
		kept, err = d.checkBlind(g, in, now)
	} else {
		kept, err = d.checkFull(g, in, now)
	}
	if err != nil {
		return issued{}, err
	}
	kept.at = now
	kept.receipt, err = d.receipt(ctx, g, now)
	return kept, err
}

// checkBlind reads the undertaking once, in memory, and keeps it encrypted to the record's own key.
func (d *Desk) checkBlind(g *Guarantee, in Issue, now time.Time) (issued, error) {
	if in.Undertaking == nil || in.Sealed != nil || in.Statement != nil {
		return issued{}, party.Invalid("issue.form", "undertaking", "密文保函须提交保函签名数据（undertaking），且只提交这一项")
	}
	signed, err := d.guarantorSigned(g, "undertaking", in.Undertaking, now)
	if err != nil {
		return issued{}, err
	}
	u, err := letter.ParseUndertaking(signed.Content)
	if err != nil {
		return issued{}, refuse("undertaking", err)
	}
	digest := letter.UndertakingDigest(in.Undertaking)
	if !bytes.Equal(digest[:], g.LetterDigest) {
		return issued{}, mismatch("issue.digest", "undertaking", "保函原文与登记的摘要不一致；请提交登记时的那一份原文")
	}
	if err := g.matches(u); err != nil {
		return issued{}, err
	}
	key, err := signing.ParsePublicKey(g.RecordKey)
	if err != nil {
		return issued{}, err
	}
	padded, err := letter.Pad(in.Undertaking, letter.LetterSize)
	if err != nil {
		return issued{}, party.Invalid("issue.size", "undertaking", "保函数据过大；请精简证书链后重发")
	}
	sealed, err := signing.SealTo(padded, letter.PartAAD(g.ID, "undertaking"), key)
	return issued{letter: sealed}, err
}

// checkFull checks what can be checked of a letter that the platform cannot read: number, digest, signature. The
// bidder opens its own copy and checks the rest before the deadline.
func (d *Desk) checkFull(g *Guarantee, in Issue, now time.Time) (issued, error) {
	if in.Undertaking != nil || in.Sealed == nil || in.Statement == nil {
		return issued{}, party.Invalid("issue.form", "sealed", "全文密封保函须提交密封数据（sealed）和开立声明（statement），不得提交明文")
	}
	signed, err := d.guarantorSigned(g, "statement", in.Statement, now)
	if err != nil {
		return issued{}, err
	}
	s, err := letter.ParseSealedIssue(signed.Content)
	if err != nil {
		return issued{}, refuse("statement", err)
	}
	if err := in.Sealed.Check(letter.LetterSize); err != nil {
		return issued{}, party.Invalid("issue.sealed", "sealed", "密封数据的格式或长度不符合要求；请按接口文档重新密封")
	}
	// Custodians give no share of a seal that says it is another record's; taken in, it would stop its lot's opening.
	if !in.Sealed.Binds(letter.LetterAAD(g.ID)) {
		return issued{}, party.Invalid("issue.sealed_for_another", "sealed", "密封数据不是为这份申请制作的；请以本申请的编号重新密封")
	}
	blob, err := in.Sealed.MarshalBinary()
	if err != nil {
		return issued{}, err
	}
	if s.Application != g.ID || s.Number != *g.Number || !bytes.Equal(s.Digest[:], g.LetterDigest) || s.Sealed != letter.SealedDigest(blob) {
		return issued{}, mismatch("issue.digest", "statement", "开立声明中的申请编号、保函编号或摘要与登记的不一致；请核对后重新签名")
	}
	return issued{letter: blob, statement: in.Statement}, nil
}

// guarantorSigned checks a signature of the row's guarantor, by both implementations: it moves money.
func (d *Desk) guarantorSigned(g *Guarantee, field string, p7s []byte, now time.Time) (signing.SignedData, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return signed, refuse(field, err)
	}
	if err := signed.Verify(d.Trust, now); err != nil {
		return signed, refuse(field, err)
	}
	if signed.Signer().Subject().OrganizationID != g.Guarantor {
		return signed, mismatch("issue.signer", field, "签名证书不属于承保该申请的机构；请用本机构的证书签名")
	}
	return signed, nil
}

// matches holds the undertaking's content against the row: another ceiling, another application or another wording
// is refused, whatever was prepared.
func (g *Guarantee) matches(u letter.Undertaking) error {
	a := u.Application
	for _, c := range []struct {
		ok          bool
		field, what string
	}{
		{u.Number == *g.Number, "number", "保函编号"},
		{u.Guarantor.USCC == g.Guarantor && a.Guarantor == u.Guarantor, "guarantor", "开立机构"},
		{a.Application == g.ID, "application.application", "申请编号"},
		{bytes.Equal(u.ApplicationDigest[:], g.ApplicationDigest), "application_digest", "申请书摘要"},
		{bytes.Equal(a.Commitment[:], g.Commitment), "application.commitment", "承诺值"},
		{a.Ceiling == g.Ceiling && u.MaxAmount == g.Ceiling, "max_amount", "最高金额"},
		{a.LatestExpiry.Time().Equal(g.LatestExpiry) && u.LatestExpiry == a.LatestExpiry, "latest_expiry", "最迟到期日"},
		{a.Wording.ID == g.Wording && a.Wording.Version == g.WordingVersion, "application.wording", "文本"},
		{a.Mode == g.Mode, "application.mode", "密封方式"},
		{a.Fee == g.QuotedFee, "application.fee", "报价保费"},
	} {
		if !c.ok {
			return mismatch("undertaking."+c.field, c.field, fmt.Sprintf("保函中的%s与申请不一致；请按申请内容重新开立", c.what))
		}
	}
	return nil
}
