package letter

import (
	"fmt"
	"time"

	"baohan/signing"
)

// The lines of what amends a letter. A file without an amendment has none of them.
const (
	lineAmendment = "amendment"
	lineEnd       = "end"
)

// amended checks every amendment by itself and against what stands before it. platform is who signed the letter's
// receipt: nobody else accepts its amendments.
func (v *verification) amended(f File, platform string) {
	if f.Amendments == nil {
		return
	}
	sound := len(f.Amendments) > 0
	for i, a := range f.Amendments {
		sound = v.amendment(f, i, a, platform) && sound
	}
	if !sound {
		v.add(Line{Name: lineEnd, Result: ResultDoubtful, Words: "修改函不能采信，不知道保函现在的到期日"})
		return
	}
	v.add(Line{Name: lineEnd, Result: ResultPass, Got: f.Expiry().String(), Words: fmt.Sprintf("经 %d 次修改，有效期至%s24时；此后有没有新的修改，请看最新的保函文件", len(f.Amendments), f.Expiry().Chinese())})
}

// amendment adds one line for one amendment: the first of its checks that does not hold, or that all do.
func (v *verification) amendment(f File, at int, a Amended, platform string) bool {
	one := *v
	one.lines = nil
	one.amendmentLines(f, at, a, platform)
	whose := fmt.Sprintf("第 %d 份修改函", at+1)
	for _, l := range one.lines {
		if ok, _ := one.tolerated(l); l.Result != ResultPass && !ok {
			v.add(Line{Name: lineAmendment, Result: l.Result, Want: l.Want, Got: l.Got, Words: whose + "：" + l.Words})
			return false
		}
	}
	v.add(Line{Name: lineAmendment, Result: ResultPass, Got: a.Amendment.Expiry.String(),
		Words: fmt.Sprintf("第 %d 号修改函由开立人签名、平台回执，依次修改本保函，有效期延长至%s24时", a.Amendment.N, a.Amendment.Expiry.Chinese())})
	return true
}

func (v *verification) amendmentLines(f File, at int, a Amended, platform string) {
	m := a.Amendment
	signed, err := signing.ParseSignedData(a.Signed)
	if v.refused("signed", signatureFault(err), "") {
		return
	}
	b, err := encode(m)
	v.compare("content", err == nil && string(b) == string(signed.Content), "", "", "", "文件所载修改函与签名内容不同：文字被改动过，以签名内容为准")
	receiptSigned, r, err := readAmendmentReceipt(a.Receipt)
	if v.refused("receipt", err, "") {
		return
	}
	v.signature(signed, f.Undertaking.Guarantor, r.AcceptedAt)
	v.refused("wording", m.Check(), "")
	v.refused("follows", m.follows(f.Undertaking, f.Reveal, f.Amendments[:at], f.Signed), "")
	chain := v.chain("receipt_chain", v.platformTrust, receiptSigned, "平台")
	v.both("receipt_signature", chain, receiptSigned.Verify(v.platformTrust, time.Time{}))
	v.revocation(lineReceiptRevocation, v.platformTrust, receiptSigned.Chain, r.AcceptedAt)
	who := receiptSigned.Signer().Subject()
	v.compare("receipt_signer", platform != "" && who.OrganizationID == platform, platform, who.String(), "", "修改函的回执不是签署保函回执的那个平台签署的")
	v.compare("receipt_digest", r.Amendment == AmendmentDigest(a.Signed) && r.N == m.N && r.Number == m.Number && r.Guarantee == m.Guarantee && r.Guarantor == m.Guarantor.USCC,
		AmendmentDigest(a.Signed).String(), r.Amendment.String(), "", "回执不是这份修改函的回执")
	apart := receiptSigned.SigningTime.Sub(r.AcceptedAt).Abs()
	v.compare("receipt_time", apart <= clockTolerance, stamp(r.AcceptedAt), stamp(receiptSigned.SigningTime), "", "回执的签署时间与所载收到时间相差过大：回执可能是事后补的")
	v.compare("receipt_order", !r.AcceptedAt.Before(acceptedBefore(f, at)), "", stamp(r.AcceptedAt), "", "回执早于所修改的保函或者前一号修改函的回执")
}

func readAmendmentReceipt(p7s []byte) (signing.SignedData, AmendmentReceipt, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return signed, AmendmentReceipt{}, signatureFault(err)
	}
	r, err := ParseAmendmentReceipt(signed.Content)
	return signed, r, err
}

// acceptedBefore is when the platform accepted what an amendment amends; zero where that cannot be read, which has a line
// of its own.
func acceptedBefore(f File, at int) time.Time {
	if at > 0 {
		_, r, _ := readAmendmentReceipt(f.Amendments[at-1].Receipt)
		return r.AcceptedAt
	}
	r, _ := readReceipt(f.Receipt)
	return r.content.AcceptedAt
}
