package sandbox

import (
	"context"
	"errors"
	"slices"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// examine reads an offer as an underwriter's system would. What does not hold is a reason to decline, said once.
func (b *Bank) examine(ctx context.Context, id string, m wire.ToIssuer) error {
	o, err := b.say.OpenOffer(ctx, m)
	if err != nil {
		b.Log.Warn("sandbox: offer does not hold", "guarantee", id, "error", err)
		return b.write(examined, id, "", examination{Reason: "申请数据未通过核验（签名、承诺值、档位或密钥不符）；请用客户端重新生成申请"})
	}
	return b.write(examined, id, "", examination{Application: o.Application, Reason: b.policy(o.Application)})
}

// policy is what this institution takes; empty when it does.
func (b *Bank) policy(app letter.Application) string {
	w, err := letter.WordingOf(app.Wording)
	switch {
	case err != nil || w.Form != b.Form:
		return "本机构的许可不允许使用该文本；请选择其他机构"
	case app.Ceiling > b.MaxCeiling:
		return "最高金额超出本机构的受理上限；请选择其他机构"
	case app.Fee != b.price(app.Ceiling):
		return "保费与本机构公布的价格不一致；请重新询价"
	}
	return ""
}

// price is the published price: half a fen counts as one.
func (b *Bank) price(ceiling letter.Fen) letter.Fen {
	const million = 1_000_000
	whole, rest := int64(ceiling)/million, int64(ceiling)%million
	return max(b.MinFee, letter.Fen(whole*b.Rate+(rest*b.Rate+million/2)/million))
}

// reveal puts the lot into the book when the commitment opens to it, and stops the file when it does not: then
// the platform has said something that is not true.
func (b *Bank) reveal(id string, app letter.Application, m wire.ToIssuer) error {
	r, err := client.OpenDisclosure(app, m)
	if err != nil {
		b.Log.Error("sandbox: the disclosure does not hold", "guarantee", id, "error", err)
		return b.write(mistrusted, id, "", problem{sayNothing, "disclosure.mismatch", "平台揭示的记录与承诺值不符"})
	}
	return b.write(revealed, id, "", r)
}

// examineClaim reads a demand against the letter, on the face of the documents alone (独立保函规定6–8). It runs under
// the bank's lock and asks nobody.
func (b *Bank) examineClaim(f *file, m wire.ToIssuer) findings {
	var body wire.DemandBody
	if err := wire.Read(m.Body, &body); err != nil {
		return findings{Discrepancies: []wire.Discrepancy{{ID: "demand", Narrative: "索赔报文无法读取"}}}
	}
	found := findings{}
	if !body.ExamineBy.IsZero() {
		found.ExamineBy = body.ExamineBy.String()
	}
	d, err := b.readDemand(body)
	if err != nil {
		found.add("payment_notice", "书面付款通知的签名或内容不符合要求")
		return found
	}
	found.Amount, found.ExtendTo = d.Amount, d.ExtendTo
	b.againstLetter(&found, f, d, body)
	againstDocuments(&found, f, d, body)
	return found
}

func (x *findings) add(id, narrative string) {
	x.Discrepancies = append(x.Discrepancies, wire.Discrepancy{ID: id, Narrative: narrative})
}

func (b *Bank) readDemand(body wire.DemandBody) (letter.Demand, error) {
	signed, err := signing.ParseSignedData(body.Signed)
	if err != nil {
		return letter.Demand{}, err
	}
	if err := signed.Verify(b.Platform.Trust, body.ReceivedAt); err != nil {
		return letter.Demand{}, err
	}
	d, err := letter.ParseDemand(signed.Content)
	if err == nil && (signed.Signer().Subject().OrganizationID != d.Beneficiary.USCC || d.ID != body.Demand) {
		err = errors.New("signed by somebody else, or another demand")
	}
	return d, err
}

// againstLetter holds the demand against the letter and the reveal record.
func (b *Bank) againstLetter(x *findings, f *file, d letter.Demand, body wire.DemandBody) {
	app := f.Exam.Application
	if d.Guarantee != f.ID || d.Number != f.Letter.Number || d.Guarantor != app.Guarantor ||
		d.Undertaking != letter.UndertakingDigest(f.Letter.Signed) || d.Commitment != app.Commitment {
		x.add("payment_notice", "付款通知所指的保函与本机构开立的不一致")
	}
	if !d.NoExemption {
		x.add("payment_notice", "付款通知未声明不存在免除付款责任的情形")
	}
	r := f.Reveal
	if r == nil {
		x.add("reveal_record", "尚未收到与承诺值相符的揭示记录")
		return
	}
	if r.Beneficiaries[0] != d.Beneficiary {
		x.add("payment_notice", "付款通知不是由受益人（多个受益人时为牵头受益人）签署")
	}
	if d.Amount > r.Amount-f.paidOut() {
		x.add("payment_notice", "索赔金额超过保函的剩余金额")
	}
	if body.ReceivedAt.After(f.lastDay().EndOfDay()) {
		x.add("expiry", "索赔到达时保函有效期已满")
	}
}

// againstDocuments compares what came with the letter's list and with the digests that the beneficiary signed.
// The signed demand is itself the payment notice, and the reveal record came with the opening.
func againstDocuments(x *findings, f *file, d letter.Demand, body wire.DemandBody) {
	for _, n := range d.Documents {
		if !slices.ContainsFunc(body.Files, func(file wire.File) bool {
			return file.Kind == n.Kind && signing.Sum(file.Content) == n.Digest
		}) {
			x.add(string(n.Kind), "签名清单中的文件没有收到，或内容与摘要不符")
		}
	}
	for _, kind := range required(f.Letter.Signed, d.Reason) {
		if kind == letter.PaymentNotice || kind == letter.RevealRecord {
			continue
		}
		if !slices.ContainsFunc(body.Files, func(file wire.File) bool { return file.Kind == kind }) {
			x.add(string(kind), "缺少保函所列单据")
		}
	}
}

// required are the documents that a letter, which this bank itself wrote, wants for this reason.
func required(p7s []byte, reason string) []letter.DocumentKind {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return nil
	}
	u, err := letter.ParseUndertaking(signed.Content)
	if err != nil {
		return nil
	}
	kinds, err := u.Required(reason)
	if err != nil {
		return nil
	}
	return kinds
}
