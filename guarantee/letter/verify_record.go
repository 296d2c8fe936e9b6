package letter

import (
	"bytes"
	"fmt"
	"time"

	"baohan/signing"
)

// SignedRecord is an opening record as one party signed it: which record (Content is the same under every signature of
// one edition), who signed it as what, and when, as the signature says it.
type SignedRecord struct {
	Record   OpeningRecord
	Content  signing.Digest // RecordContentDigest
	Signer   Party
	Role     string // OpeningRecord.Role
	SignedAt time.Time
}

// How the content of every opening record begins, and a member that nothing else has.
var (
	recordHead = []byte(`{"at":"`)
	recordMark = []byte(`,"decrypt_from":"`)
)

// IsOpeningRecord tells a signed opening record from other signed bytes, by its content. Whether it is genuine is for
// VerifyOpeningRecord.
func IsOpeningRecord(p7s []byte) bool {
	signed, err := signing.ParseSignedData(p7s)
	return err == nil && bytes.HasPrefix(signed.Content, recordHead) && bytes.Contains(signed.Content, recordMark)
}

// VerifyOpeningRecord checks one party's signature under an opening record offline, against the anchors that the caller
// names: signature, chain, content, and that the signer is one whom the record itself names. The record is to be believed
// only when the report is OK.
func VerifyOpeningRecord(p7s []byte, trust *signing.Trust, options ...Option) (SignedRecord, Report) {
	v := newVerification(trust, options)
	out := v.openingRecord(p7s)
	v.rendering("")
	return out, v.recordReport(out)
}

func (v *verification) openingRecord(p7s []byte) (out SignedRecord) {
	signed, err := signing.ParseSignedData(p7s)
	if v.refused("format", signatureFault(err), "签名数据为 GB/T 35275 格式，编码唯一，没有多余字节") {
		return out
	}
	who := signed.Signer().Subject()
	out = SignedRecord{Signer: Party{Name: who.Organization, USCC: who.OrganizationID}, SignedAt: signed.SigningTime,
		Content: RecordContentDigest(signed.Content)}
	out.Record, err = ParseOpeningRecord(signed.Content)
	refused := v.refused("content", err, "签名内容是规范编码的开标记录表，大小写一致，各时限先后有序")
	chain := v.chain("chain", v.trust, signed, "签署单位")
	v.both("signature", chain, signed.Verify(v.trust, time.Time{}))
	v.revocation(lineRevocation, v.trust, signed.Chain, signed.SigningTime)
	if refused {
		return out
	}
	out.Role = out.Record.Role(out.Signer.USCC)
	v.compare("signer", out.Role != "", "主持人、监督或者投标人", out.Signer.String(), "以"+out.Role+"身份于 "+stamp(out.SignedAt)+"（自述）签署", "签署单位不是记录所载的主持人、监督或者投标人")
	v.add(Line{Name: "opening_record", Result: ResultPass, Got: fmt.Sprintf("第 %d 版，内容摘要 %s", out.Record.Edition, out.Content),
		Words: "同一版记录的各份签名，内容摘要相同"})
	return out
}

func (v *verification) recordReport(s SignedRecord) Report {
	r, open := v.verdict()
	r.Words = "开标记录表：核对不通过，请勿采信；原因见逐项结果，有疑问请联系主持人或者平台"
	if r.OK {
		r.Words = fmt.Sprintf("开标记录表（第 %d 版）：签名和内容核对通过", s.Record.Edition) + open
	}
	return r
}

// VerifyOpeningRecords checks several signatures of one record: each by itself, that all are of the same bytes and of
// different signers, and that the host's is among them.
func VerifyOpeningRecords(all [][]byte, trust *signing.Trust, options ...Option) Report {
	v := newVerification(trust, options)
	var first SignedRecord
	signers := map[string]bool{}
	for i, p7s := range all {
		one := v.openingRecord(p7s)
		if i == 0 {
			first = one
		}
		v.compare("same_record", one.Content == first.Content && !signers[one.Signer.USCC], first.Content.String(), one.Content.String(),
			"各份签名所签是同一份记录，各为一个单位", "所签不是同一份记录，或者同一单位的签名重复")
		signers[one.Signer.USCC] = true
	}
	host := first.Record.Host
	v.compare("host", signers[host.USCC] && host != Party{}, host.String(), fmt.Sprintf("共 %d 份签名", len(all)), "其中有主持人的签名", "其中没有主持人的签名")
	v.rendering("")
	return v.recordReport(first)
}
