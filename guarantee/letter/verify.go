package letter

import (
	"slices"
	"strings"
	"time"

	"baohan/signing"
	"baohan/signing/tlog"
)

// Option says what a verification may rely on beside the anchors.
type Option func(*verification)

// PlatformTrust gives the anchors for the platform's receipt when they are not those for the guarantor.
func PlatformTrust(t *signing.Trust) Option { return func(v *verification) { v.platformTrust = t } }

// Platform names the platform by its 统一社会信用代码: only its receipt counts. Without it any organisation under the
// anchors that is no party to the letter passes, and the line says who it was.
func Platform(uscc string) Option { return func(v *verification) { v.platform = uscc } }

// Centre names the trading centre by its 统一社会信用代码: only its signature under a verification sheet counts. Without it
// any organisation under the anchors passes, and the line says who it was.
func Centre(uscc string) Option { return func(v *verification) { v.centre = uscc } }

// Deadline is the lot's deadline as it stands, for a lot that was postponed after the letter was made: the letter names the
// first one, and its own wording follows the later (招标投标法23). An earlier one changes nothing.
func Deadline(t time.Time) Option { return func(v *verification) { v.deadline = t } }

// Revocation demands that revocation lists answer for every certificate: a list that covers the instant of acceptance,
// or one that covers now while the certificates are still valid. Without it that line may stay unknown.
func Revocation(now time.Time) Option {
	return func(v *verification) { v.lists, v.now = true, now }
}

// VerifyFile checks a guarantee file offline, against the anchors that the caller names and nothing else: format,
// signatures, chains, wording, amounts, commitment, receipt. The report is OK only when every line passes; what may stay
// unknown is revocation, when no lists were given, and whether the letter is still in force, when no status list was.
func VerifyFile(b []byte, trust *signing.Trust, options ...Option) Report {
	v := newVerification(trust, options)
	f, err := decode[File](b)
	if err == nil {
		err = f.checkShape()
	}
	if !v.refused("format", err, "文件为规范编码（RFC 8785），没有多余、重复或缺失的内容") {
		v.file(f)
	}
	return v.report("保函文件")
}

// VerifyP7S checks a signed undertaking by itself: signature, chain and wording. What a receipt and a reveal record
// would show stays open, and the report's words say so.
func VerifyP7S(p7s []byte, trust *signing.Trust, options ...Option) Report {
	v := newVerification(trust, options)
	signed, err := signing.ParseSignedData(p7s)
	if v.refused("format", signatureFault(err), "签名数据为 GB/T 35275 格式，编码唯一，没有多余字节") {
		return v.report("保函签名数据")
	}
	u, err := decode[Undertaking](signed.Content)
	if v.refused("content", err, "签名内容是规范编码的保函") {
		return v.report("保函签名数据")
	}
	v.signature(signed, u.Application.Guarantor, time.Time{})
	v.text(u)
	v.whole(u.Check())
	v.status(held{Undertaking: u, latest: u.LatestExpiry}, "", append(slices.Clone(u.Application.Applicants), u.Guarantor))
	return v.report("保函签名数据（未核对揭示记录和平台回执）")
}

type verification struct {
	trust, platformTrust *signing.Trust
	platform, centre     string
	lists                bool
	now, deadline        time.Time
	rendered             *signing.SignedData
	log                  *tlog.Policy
	logOffered           bool // by the platform: a letter without a proof stays as it is
	statusList           []byte
	statusOffered        bool
	inForceWords         string // what the status list says of the letter
	ended, statusStale   bool
	lines                []Line
}

func newVerification(trust *signing.Trust, options []Option) *verification {
	v := &verification{trust: trust, platformTrust: trust}
	for _, o := range options {
		o(v)
	}
	return v
}

func (v *verification) file(f File) {
	u, r, app := f.Undertaking, f.Reveal, f.Undertaking.Application
	receipt, receiptErr := readReceipt(f.Receipt)
	signed, err := signing.ParseSignedData(f.Signed)
	if !v.refused("signed", signatureFault(err), "保函签名数据为 GB/T 35275 格式，签名内容与证书公钥相符") {
		v.signature(signed, app.Guarantor, receipt.content.AcceptedAt)
		v.same(u, signed.Content)
	}
	v.text(u)
	v.reveal(u, r)
	if !v.refused("receipt", receiptErr, "平台回执为 GB/T 35275 格式，内容完整") {
		v.receipt(f, receipt)
		v.rendering(receipt.signed.Signer().Subject().OrganizationID)
	}
	v.logged(f)
	platform := ""
	if receiptErr == nil {
		platform = receipt.signed.Signer().Subject().OrganizationID
	}
	v.amended(f, platform)
	v.whole(f.Check())
	v.status(held{u, len(f.Amendments), f.LatestExpiry()}, platform, slices.Concat(app.Applicants, r.Beneficiaries, []Party{u.Guarantor}))
}

// same holds what stands in clear in the file against what was signed.
func (v *verification) same(u Undertaking, content []byte) {
	b, err := encode(u)
	v.compare("content", err == nil && string(b) == string(content), "", "",
		"文件所载保函与签名内容逐字节相同", "文件所载保函与签名内容不同：文件中的文字被改动过，以签名内容为准")
}

// whole is the net under all lines: the strict reader must accept the object too.
func (v *verification) whole(err error) {
	v.refused("whole", err, "各部分完整、相互一致")
}

// refused adds a line that passes or says what the error says; it tells whether there was one.
func (v *verification) refused(name string, err error, words string) bool {
	if err == nil {
		v.add(Line{Name: name, Result: ResultPass, Words: words})
		return false
	}
	l := Line{Name: name, Result: ResultDoubtful, Words: err.Error()}
	if f, ok := FieldOf(err); ok {
		l.Words, l.Got = f.Message, f.Field
	}
	v.add(l)
	return true
}

// compare adds a line about two values.
func (v *verification) compare(name string, holds bool, want, got, yes, no string) {
	l := Line{Name: name, Result: ResultPass, Want: want, Got: got, Words: yes}
	if !holds {
		l.Result, l.Words = ResultDoubtful, no
	}
	v.add(l)
}

func (v *verification) add(l Line) { v.lines = append(v.lines, l) }

// report closes the verification.
func (v *verification) report(what string) Report {
	r, open := v.verdict()
	r.Words = what + "：核对不通过，请勿接受；原因见逐项结果，有疑问请联系开立机构或者平台"
	switch {
	case r.OK && v.inForceWords != "":
		r.Words = what + "：各项核对通过" + open + "。" + v.inForceWords
	case r.OK:
		r.Words = what + "：各项核对通过" + open + "。本结果不说明保函此刻是否仍然有效（可能已经解除、付清或者到期），请另行查询"
	case v.onlyEnded():
		r.Words = what + "：签名和内容属实，但请勿接受。" + v.inForceWords
	}
	return r
}

// onlyEnded tells a letter of which everything holds but that it is in force.
func (v *verification) onlyEnded() bool {
	return v.ended && !slices.ContainsFunc(v.lines, func(l Line) bool {
		ok, _ := v.tolerated(l)
		return l.Name != lineStatus && l.Result != ResultPass && !ok
	})
}

// verdict tells whether everything holds, and what stays open though it does.
func (v *verification) verdict() (r Report, open string) {
	r = Report{OK: true, Lines: v.lines}
	for _, l := range v.lines {
		tolerated, words := v.tolerated(l)
		if tolerated && !strings.Contains(open, words) {
			open += "；" + words
		}
		if l.Result != ResultPass && !tolerated {
			r.OK = false
		}
	}
	return r, open
}

// tolerated tells whether a line may stay unknown, because nothing was given to check it with, and what then stays open.
func (v *verification) tolerated(l Line) (ok bool, words string) {
	switch {
	case l.Result != ResultUnknown:
		return false, ""
	case l.Name == lineStatus: // nobody gave a list, or one that was good once
		return v.statusList == nil || v.statusStale, ""
	case slices.Contains(revocationLines, l.Name):
		return !v.lists, "未提供吊销列表，证书此后是否被吊销未核对"
	case l.Name == lineLog, l.Name == lineLogHead:
		return v.log == nil || v.logOffered, "未核对透明日志"
	}
	return false, ""
}
