package letter

import (
	"bytes"
	"time"

	"baohan/signing"
)

// SignedSheet is a verification sheet with who signed it and when, as the signature says it.
type SignedSheet struct {
	Sheet    Sheet
	Signer   Party
	SignedAt time.Time
}

// sheetHead is how the content of every sheet begins: the first of its members in the order of their names.
var sheetHead = []byte(`{"advice":`)

// IsSheet tells a signed verification sheet from a signed letter, by how its content begins. Whether it is genuine is for
// VerifySheet.
func IsSheet(p7s []byte) bool {
	signed, err := signing.ParseSignedData(p7s)
	return err == nil && bytes.HasPrefix(signed.Content, sheetHead)
}

// VerifySheet checks a signed verification sheet offline, against the anchors that the caller names: signature, chain,
// signer and content. The sheet is to be believed only when the report is OK.
func VerifySheet(p7s []byte, trust *signing.Trust, options ...Option) (SignedSheet, Report) {
	v := newVerification(trust, options)
	signed, err := signing.ParseSignedData(p7s)
	if v.refused("format", signatureFault(err), "签名数据为 GB/T 35275 格式，编码唯一，没有多余字节") {
		return SignedSheet{}, v.sheetReport()
	}
	who := signed.Signer().Subject()
	out := SignedSheet{Signer: Party{Name: who.Organization, USCC: who.OrganizationID}, SignedAt: signed.SigningTime}
	out.Sheet, err = ParseSheet(signed.Content)
	v.refused("content", err, "签名内容是规范编码的核验结果表，存疑清单与逐项结果一致")
	chain := v.chain("chain", v.trust, signed, "签署单位")
	v.both("signature", chain, signed.Verify(v.trust, time.Time{}))
	v.revocation(lineRevocation, v.trust, signed.Chain, signed.SigningTime)
	v.sheetSigner(out.Signer)
	v.rendering("")
	return out, v.sheetReport()
}

func (v *verification) sheetSigner(who Party) {
	if v.centre == "" {
		v.add(Line{Name: "signer", Result: ResultPass, Got: who.String(), Words: "请自行确认签署单位就是本项目的交易中心"})
		return
	}
	v.compare("signer", who.USCC == v.centre, v.centre, who.String(), "由您指定的交易中心签署", "签署单位不是您指定的交易中心")
}

func (v *verification) sheetReport() Report {
	r, open := v.verdict()
	r.Words = "核验结果表：核对不通过，请勿采信；原因见逐项结果，有疑问请联系交易中心"
	if r.OK {
		r.Words = "核验结果表：签名和内容核对通过" + open
	}
	return r
}
