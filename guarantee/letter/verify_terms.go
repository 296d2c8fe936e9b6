package letter

import (
	"slices"
	"time"

	"baohan/signing"
)

// text holds the undertaking against its own wording: number, clauses, words and figures.
func (v *verification) text(u Undertaking) {
	v.compare("number", numberShape.MatchString(u.Number), "", u.Number, "保函编号格式正确", "保函编号格式有误")
	again, err := NewUndertaking(u.Application, u.ApplicationDigest, u.Number, u.PlaceOfPresentation, u.Reveal)
	if v.refused("terms", err, "保函所依据的申请内容合格") {
		v.add(Line{Name: "wording", Result: ResultUnknown, Words: "申请内容不合格，无法按文本重新生成条款核对"})
	} else {
		v.wording(u, again)
		v.compare("max_amount", u.MaxAmount == again.MaxAmount, again.MaxAmount.String(), u.MaxAmount.String(),
			"最高金额与申请一致", "最高金额与申请不一致")
	}
	v.compare("capital", u.MaxAmountCapital == u.MaxAmount.Capital(), u.MaxAmount.Capital(), u.MaxAmountCapital,
		"大写金额与小写金额一致", "大写金额与小写金额不一致")
}

func (v *verification) wording(u, again Undertaking) {
	ref := u.Application.Wording
	same := u.Title == again.Title && slices.Equal(u.Documents, again.Documents) && slices.Equal(u.Clauses, again.Clauses)
	l := Line{Name: "wording", Result: ResultPass, Want: ref.ID, Got: u.Title, Words: "全部条款与公布的文本逐字一致"}
	if !same {
		l.Result, l.Words = ResultDoubtful, "条款与公布的文本不一致："+firstChange(u, again)
	}
	v.add(l)
}

// firstChange says where a text departs from its wording.
func firstChange(u, again Undertaking) string {
	switch {
	case u.Title != again.Title:
		return "标题被改动"
	case !slices.Equal(u.Documents, again.Documents):
		return "付款单据清单被改动"
	case len(u.Clauses) != len(again.Clauses):
		return "条款有增加或者缺失"
	}
	for i, clause := range again.Clauses {
		if u.Clauses[i] != clause {
			return "应为“" + clause + "”"
		}
	}
	return "内容被改动"
}

// reveal holds the reveal record against the commitment and against what the letter says.
func (v *verification) reveal(u Undertaking, r Reveal) {
	app := u.Application
	b, err := encode(r)
	got := Commitment(b)
	v.compare("commitment", err == nil && got == app.Commitment, app.Commitment.String(), got.String(),
		"揭示记录的承诺值与保函一致：开标后公布的内容就是开立前承诺的内容", "揭示记录的承诺值与保函不一致：公布的内容不是开立前承诺的内容")
	v.compare("guarantor", u.Guarantor == app.Guarantor && r.Guarantor == app.Guarantor, app.Guarantor.String(), r.Guarantor.String(),
		"保函、申请书和揭示记录的开立机构一致", "保函、申请书和揭示记录的开立机构不一致")
	v.compare("applicants", slices.Equal(r.Applicants, app.Applicants), list(app.Applicants), list(r.Applicants),
		"申请书和揭示记录的申请人一致", "申请书和揭示记录的申请人不一致")
	v.compare("application", r.Application == app.Application, app.Application, r.Application,
		"申请书和揭示记录的申请编号一致", "申请书和揭示记录的申请编号不一致")
	v.compare("amount", r.Amount > 0 && r.Amount <= app.Ceiling, "不超过 "+app.Ceiling.String(), r.Amount.String(),
		"担保金额不超过最高金额", "担保金额超过最高金额，超过部分无效")
	end := r.End.Expiry()
	v.compare("expiry", u.LatestExpiry == app.LatestExpiry && !end.After(app.LatestExpiry), "不晚于 "+app.LatestExpiry.String(), end.String(),
		"有效期不晚于最迟到期日", "有效期晚于最迟到期日，或者保函的最迟到期日与申请不一致")
	v.refused("reveal", r.Check(), "揭示记录内容完整")
}

// signedReceipt is the platform's receipt and who signed it.
type signedReceipt struct {
	signed  signing.SignedData
	content Receipt
}

func readReceipt(p7s []byte) (signedReceipt, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return signedReceipt{}, signatureFault(err)
	}
	r, err := ParseReceipt(signed.Content)
	return signedReceipt{signed, r}, err
}

// receipt checks that the platform, and nobody else, received this very letter before the deadline.
func (v *verification) receipt(f File, r signedReceipt) {
	chain := v.chain("receipt_chain", v.platformTrust, r.signed, "平台")
	v.both("receipt_signature", chain, r.signed.Verify(v.platformTrust, time.Time{}))
	v.revocation(lineReceiptRevocation, v.platformTrust, r.signed.Chain, r.content.AcceptedAt)
	v.receiptSigner(f, r.signed.Signer().Subject())
	c, u := r.content, f.Undertaking
	apart := r.signed.SigningTime.Sub(c.AcceptedAt).Abs()
	v.compare("receipt_time", apart <= clockTolerance, stamp(c.AcceptedAt), stamp(r.signed.SigningTime),
		"回执在收到保函时签署", "回执的签署时间与所载收到时间相差过大：回执可能是事后补的")
	want := UndertakingDigest(f.Signed)
	if u.Application.Mode == ModeFull {
		want = SaltedDigest(f.Salt, f.Signed)
	}
	v.compare("receipt_digest", c.Digest == want, want.String(), c.Digest.String(),
		"回执所载摘要就是这份保函的摘要", "回执不是这份保函的回执：摘要不符")
	v.compare("receipt_letter", c.Application == u.Application.Application && c.Guarantor == u.Guarantor.USCC && c.Number == u.Number &&
		c.Mode == u.Application.Mode && c.Commitment == u.Application.Commitment, u.Number, c.Number,
		"回执所载编号、机构、申请编号和承诺值与保函一致", "回执所载编号、机构、申请编号或者承诺值与保函不一致")
	deadline := f.Reveal.End.Deadline
	if v.deadline.After(deadline) {
		deadline = v.deadline
	}
	v.compare("receipt_deadline", c.AcceptedAt.Before(deadline), "早于 "+stamp(deadline), stamp(c.AcceptedAt),
		"平台在投标截止时间前收到保函", "平台在投标截止时间或者之后才收到保函，逾期；标段已延期的，请给出延期后的投标截止时间再核对")
}

// receiptSigner holds the receipt's signer against the platform that the caller named; a party to the letter can never
// receipt it, whatever certificate it has.
func (v *verification) receiptSigner(f File, who signing.Name) {
	if v.platform != "" {
		v.compare("receipt_signer", who.OrganizationID == v.platform, v.platform, who.String(),
			"回执由您指定的平台签署", "回执不是您指定的平台签署的")
		return
	}
	parties := slices.Concat(f.Undertaking.Application.Applicants, f.Reveal.Beneficiaries, []Party{f.Undertaking.Guarantor})
	own := slices.ContainsFunc(parties, func(p Party) bool { return p.USCC == who.OrganizationID })
	v.compare("receipt_signer", !own && who.OrganizationID != "", "", who.String(),
		"回执由"+who.String()+"签署，请确认它就是平台运营单位", "回执由保函当事人自己签署，或者签署单位不明，不能采信")
}
