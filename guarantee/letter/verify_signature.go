package letter

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// The lines that may stay unknown when no revocation lists were given.
const (
	lineRevocation        = "revocation"
	lineReceiptRevocation = "receipt_revocation"
	linePageRevocation    = "page_revocation"
	lineStatusRevocation  = "status_revocation"
)

var revocationLines = []string{lineRevocation, lineReceiptRevocation, linePageRevocation, lineStatusRevocation}

// clockTolerance is by how much a signer's clock may run ahead of the platform's.
const clockTolerance = 5 * time.Minute

// signature checks who signed the undertaking, and when. The zero receivedAt means that no receipt is at hand.
func (v *verification) signature(s signing.SignedData, guarantor Party, receivedAt time.Time) {
	chain := v.chain("chain", v.trust, s, "开立机构")
	inTime := v.inTime(s, receivedAt)
	v.both("signature", chain && inTime, s.Verify(v.trust, receivedAt))
	at := receivedAt
	if at.IsZero() {
		at = s.SigningTime
	}
	v.revocation(lineRevocation, v.trust, s.Chain, at)
	who := s.Signer().Subject()
	v.compare("signer", who.OrganizationID == guarantor.USCC, guarantor.String(), who.String(),
		"签名证书属于保函所载的开立机构", "签名证书不属于保函所载的开立机构：这份保函不是该机构签的")
}

// chain checks, at the signing time, the way to the anchors that the caller named, validity and the use of the key.
func (v *verification) chain(name string, t *signing.Trust, s signing.SignedData, whose string) bool {
	l := Line{Name: name, Result: ResultPass, Want: anchors(t), Got: links(s.Chain),
		Words: whose + "的证书链连到您指定的根证书，签名时有效，用途包含签名"}
	err := t.Verify(s.Chain, signing.UseSign, s.SigningTime)
	if err != nil {
		l.Result, l.Words = ResultDoubtful, "签名时（"+stamp(s.SigningTime)+"）"+whose+"的"+signatureWords(err)
	}
	v.add(l)
	return err == nil
}

// inTime holds the signing time against the platform's receipt: signed no later than received, and valid at both.
func (v *verification) inTime(s signing.SignedData, receivedAt time.Time) bool {
	l := Line{Name: "signing_time", Result: ResultPass, Got: stamp(s.SigningTime), Words: "签名不晚于平台收到，收到时证书仍然有效"}
	if receivedAt.IsZero() {
		l.Words = "签名时间由签名人自述，没有平台回执可以对照"
		v.add(l)
		return true
	}
	l.Want = "不晚于 " + stamp(receivedAt)
	err := v.trust.Verify(s.Chain, signing.UseSign, receivedAt)
	switch {
	case s.SigningTime.After(receivedAt.Add(clockTolerance)):
		l.Result, l.Words = ResultDoubtful, "签名时间晚于平台收到的时间：签名时间或者回执是假的"
	case err != nil:
		l.Result, l.Words = ResultDoubtful, "平台收到时（"+stamp(receivedAt)+"）开立机构的"+signatureWords(err)
	}
	v.add(l)
	return l.Result == ResultPass
}

// both is the signature by two implementations that share nothing. It is asked behind the chain; when that fails, the
// signature may be as good as its key and still be nobody's.
func (v *verification) both(name string, asked bool, err error) {
	l := Line{Name: name, Result: ResultPass, Words: "两个互不相关的 SM2 实现都确认签名成立"}
	switch {
	case err != nil && !asked:
		l.Result, l.Words = ResultUnknown, "签名与所附证书的公钥相符，但该证书不能采信，不能认定由谁签署"
	case err != nil:
		l.Result, l.Words = ResultDoubtful, signatureWords(err)
	}
	v.add(l)
}

// revocation says whether lists answer for a chain: one of the instant that counts, or one of now while its certificates
// live.
func (v *verification) revocation(name string, t *signing.Trust, chain []signing.Certificate, at time.Time) {
	l := Line{Name: name, Result: ResultPass, Words: "吊销列表覆盖签发时点，证书当时未被吊销"}
	then := t.RevocationKnown(chain, at) == nil
	today := v.lists && t.RevocationKnown(chain, v.now) == nil && t.Verify(chain, signing.UseSign, v.now) == nil
	switch {
	case then:
	case today:
		l.Words = "现行吊销列表中没有这些证书"
	case v.lists:
		l.Result, l.Words = ResultUnknown, "所给吊销列表不覆盖"+stamp(at)+"，也不能以现行列表判断；请提供各级签发机构覆盖该时点的列表"
	default:
		l.Result, l.Words = ResultUnknown, "没有提供吊销列表，未核对证书是否被吊销"
	}
	v.add(l)
}

// signatureFaults says in words why a signature or a chain is not accepted; the first that fits.
var signatureFaults = []struct {
	is    error
	words string
}{
	{signing.ErrExpired, "证书已过期"},
	{signing.ErrNotYetValid, "证书尚未生效"},
	{signing.ErrRevoked, "证书已被吊销"},
	{signing.ErrUntrusted, "证书链连不到您指定的根证书"},
	{signing.ErrKeyUsage, "证书用途不包含签名"},
	{signing.ErrConstraint, "证书链中有无权签发证书的一级，或者含有不能识别的限制"},
	{signing.ErrSigningTime, "签名时间晚于收到时间"},
	{signing.ErrDisagree, "签名被两个 SM2 实现作出不同判断：请保留原件并联系平台"},
	{signing.ErrDigestMismatch, "签名内容被改动：内容与签名中的摘要不符"},
	{signing.ErrBadSignature, "签名不成立：内容、签名或者证书被改动"},
	{signing.ErrPublicKey, "证书中的公钥不是合格的 SM2 公钥"},
	{signing.ErrMalformed, "签名数据格式有误或者被改动"},
}

func signatureWords(err error) string {
	for _, f := range signatureFaults {
		if errors.Is(err, f.is) {
			return f.words
		}
	}
	return "签名数据无法核对"
}

// signatureFault is the words as an error for a line.
func signatureFault(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", fault("", "signature", signatureWords(err)), err)
}

func anchors(t *signing.Trust) string {
	var names []string
	for _, a := range t.Anchors() {
		names = append(names, a.Subject().CommonName)
	}
	return strings.Join(names, "、")
}

func links(chain []signing.Certificate) string {
	var names []string
	for _, c := range chain {
		names = append(names, c.Subject().String())
	}
	return strings.Join(names, " ← ")
}

func stamp(t time.Time) string {
	return t.In(calendar.Shanghai).Format("2006-01-02 15:04:05")
}
