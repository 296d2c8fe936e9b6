package letter

import (
	"time"

	"baohan/signing"
)

// Rendered says that what is verified was carried by a rendering (a PDF) over which this detached signature stands: the
// signature is checked with it, and must be the platform's that receipted the letter. That the signature covers the
// whole rendering is for whoever read it.
func Rendered(signed signing.SignedData) Option {
	return func(v *verification) { v.rendered = &signed }
}

// VerifyPaper checks a signed release, of one letter or of a lot's, demand, refusal, amendment or answer to an extension by
// itself: the party that it names signed it, and it holds by its own rules. Whether it meets its letter is for the guarantor.
func VerifyPaper(p7s []byte, trust *signing.Trust, options ...Option) Report {
	v := newVerification(trust, options)
	signed, err := signing.ParseSignedData(p7s)
	if v.refused("format", signatureFault(err), "签名数据为 GB/T 35275 格式，编码唯一，没有多余字节") {
		return v.report("单据")
	}
	by, role, err := signatory(signed.Content)
	if v.refused("content", err, "签名内容是规范编码的单据，内容完整") {
		return v.report("单据")
	}
	chain := v.chain("chain", v.trust, signed, "签署单位")
	v.both("signature", chain, signed.Verify(v.trust, time.Time{}))
	v.revocation(lineRevocation, v.trust, signed.Chain, signed.SigningTime)
	who := signed.Signer().Subject()
	v.compare("signer", who.OrganizationID == by.USCC, by.String(), who.String(), "签名证书属于单据所载的"+role, "签名证书不属于单据所载的"+role)
	v.rendering("")
	return v.report("单据")
}

// VerifyRendering checks only the platform's signature over a rendering that carries nothing signed by others.
func VerifyRendering(signed signing.SignedData, trust *signing.Trust, options ...Option) Report {
	v := newVerification(trust, append(options, Rendered(signed)))
	v.rendering("")
	return v.report("文件")
}

// signatory is who must have signed a paper.
func signatory(content []byte) (by Party, role string, err error) {
	if r, err := ParseRelease(content); err == nil {
		return r.Beneficiary, "受益人", nil
	}
	if r, err := ParseLotRelease(content); err == nil {
		return r.Beneficiary, "受益人", nil
	}
	if r, err := ParseRefusal(content); err == nil {
		return r.Guarantor, "开立人", nil
	}
	if m, err := ParseAmendment(content); err == nil {
		return m.Guarantor, "开立人", nil
	}
	if a, err := ParseExtensionAnswer(content); err == nil {
		return a.Applicant, "申请人", nil
	}
	d, err := ParseDemand(content)
	return d.Beneficiary, "受益人", err
}

// rendering checks the signature over the rendering, if there is one. receipted is the 统一社会信用代码 of who signed
// the receipt; empty when there is no receipt.
func (v *verification) rendering(receipted string) {
	if v.rendered == nil {
		return
	}
	s := *v.rendered
	chain := v.chain("page_chain", v.platformTrust, s, "平台")
	v.both("page_signature", chain, s.Verify(v.platformTrust, time.Time{}))
	v.revocation(linePageRevocation, v.platformTrust, s.Chain, s.SigningTime)
	who, want := s.Signer().Subject(), v.platform
	if want == "" {
		want = receipted
	}
	if want == "" {
		v.compare("page_signer", who.OrganizationID != "", "", who.String(), "本文件由"+who.String()+"签署，请确认它就是平台运营单位", "本文件的签署单位不明，不能采信")
		return
	}
	v.compare("page_signer", who.OrganizationID == want, want, who.String(), "本文件由平台签署", "本文件不是平台签署的，可能是他人仿制")
}
