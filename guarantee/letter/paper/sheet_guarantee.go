package paper

import (
	"fmt"
	"strings"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// The files that a guarantee carries.
const (
	FileName        = "guarantee.json"                 // the guarantee file (letter.File): everything, for baohan verify
	LogProofName    = "log-proof.json"                 // the proof of the transparency log, when there is one
	RevealName      = "reveal.json"                    // the reveal record
	UndertakingName = "undertaking.json"               // what the guarantor signed
	SignedName      = "undertaking.p7s"                // with its signature
	AmendmentName   = "undertaking-amendment-%02d.p7s" // of each amendment
)

// Guarantee is the sheet of a guarantee (version 1 of its text) and the files that go with it, from the bytes of a
// guarantee file that holds. It says nothing that does not follow from them.
func Guarantee(file []byte) (Sheet, []Attachment, error) {
	f, err := letter.ParseFile(file)
	if err != nil {
		return Sheet{}, nil, err
	}
	g := guarantee{f: f, u: f.Undertaking, r: f.Reveal}
	if g.signed, err = signing.ParseSignedData(f.Signed); err != nil {
		return Sheet{}, nil, err
	}
	if g.receipted, err = signing.ParseSignedData(f.Receipt); err != nil {
		return Sheet{}, nil, err
	}
	if g.receipt, err = letter.ParseReceipt(g.receipted.Content); err != nil {
		return Sheet{}, nil, err
	}
	if g.wording, err = letter.WordingOf(g.u.Application.Wording); err != nil {
		return Sheet{}, nil, err
	}
	if err := g.attach(file); err != nil {
		return Sheet{}, nil, err
	}
	return g.sheet(), g.attachments, nil
}

type guarantee struct {
	f                 letter.File
	u                 letter.Undertaking
	r                 letter.Reveal
	receipt           letter.Receipt
	signed, receipted signing.SignedData
	wording           letter.Wording
	attachments       []Attachment
}

func (g *guarantee) attach(file []byte) error {
	reveal, err := g.r.Canonical()
	if err != nil {
		return err
	}
	var logProof []byte
	if g.f.Log != nil {
		if logProof, err = g.f.Log.Canonical(); err != nil {
			return err
		}
	}
	g.attachments = []Attachment{{FileName, "保函文件（含全部内容，可用 baohan verify 核对）", file}}
	if len(logProof) > 0 {
		g.attachments = append(g.attachments, Attachment{LogProofName, "透明日志证明", logProof})
	}
	g.attachments = append(g.attachments, Attachment{RevealName, "揭示记录", reveal})
	for _, a := range g.f.Amendments {
		g.attachments = append(g.attachments, Attachment{fmt.Sprintf(AmendmentName, a.Amendment.N),
			fmt.Sprintf("第%d号修改函的开立人签名数据（GB/T 35275）", a.Amendment.N), a.Signed})
	}
	g.attachments = append(g.attachments,
		Attachment{UndertakingName, "保函内容（开立人签名的原文）", g.signed.Content},
		Attachment{SignedName, "开立人签名数据（GB/T 35275）", g.f.Signed})
	return nil
}

func (g guarantee) sheet() Sheet {
	blocks := []Block{{Facts: g.facts()}, {Clauses: g.u.Clauses}}
	for _, a := range g.f.Amendments {
		blocks = append(blocks, Block{Heading: fmt.Sprintf("第%d号修改函", a.Amendment.N)}, Block{Clauses: a.Amendment.Clauses})
	}
	blocks = append(blocks, []Block{{Close: g.close()},
		{NewPage: true}, {Heading: "技术证明"}, {Notes: []string{
			"本文件是电子投标保函的可读形式。具有法律效力的是开立人签名的数据，随本文件附带；两者不一致的，以签名数据为准。任何人可以不联网、不依赖平台，按下列数据和命令核对。",
		}}}...)
	blocks = append(blocks, g.proof()...)
	return Sheet{Title: g.u.Title, Number: "编号 " + g.u.Number, Mark: "承诺值 " + g.u.Application.Commitment.String(), Blocks: blocks}
}

var formNames = map[letter.Form]string{letter.FormIndependent: "独立保函（见索即付）", letter.FormAccessory: "非独立保函（连带责任保证）", letter.FormInsurance: "投标保证保险"}

// facts are what a clerk looks for.
func (g guarantee) facts() []Fact {
	lot, end := g.r.Lot, g.r.End
	facts := []Fact{
		{Label: "保函编号", Value: g.u.Number},
		{Label: "开立人", Value: g.u.Guarantor.String()},
		{Label: "申请人", Value: parties(g.r.Applicants)},
		{Label: "受益人", Value: parties(g.r.Beneficiaries)},
		{Label: "招标项目", Value: fmt.Sprintf("%s（编号：%s）", lot.ProjectName, lot.Project)},
		{Label: "标段", Value: fmt.Sprintf("%s（编号：%s）", lot.Name, lot.Code)},
		{Label: "担保金额", Value: money(g.r.Amount), Big: true},
		{Label: "投标截止时间", Value: minute(end.Deadline)},
		{Label: "有效期至", Value: fmt.Sprintf("%s24时（投标有效期%d日，另加%d日；顺延最迟至%s）", end.Expiry().Chinese(), end.ValidityDays, end.ExtraDays, g.u.LatestExpiry.Chinese())},
		{Label: "保函形式", Value: formNames[g.wording.Form] + "，" + g.mode()},
		{Label: "生效时间", Value: second(g.receipt.AcceptedAt) + "（平台回执）"},
	}
	if n := len(g.f.Amendments); n > 0 {
		facts = append(facts, Fact{Label: "修改", Value: fmt.Sprintf("经%d次修改，现在有效期至%s24时", n, g.f.Expiry().Chinese())})
	}
	return facts
}

func (g guarantee) mode() string {
	if g.u.Application.Mode == letter.ModeFull {
		return "全文密封"
	}
	return "密文保函，最高金额" + money(g.u.MaxAmount) + "；受益人、项目、金额和期限取自揭示记录"
}

func (g guarantee) close() *Close {
	digest := g.letterDigest()
	return &Close{
		Code:      fmt.Sprintf("电子投标保函\n编号：%s\n开立人：%s\n金额：¥%s\n有效期至：%s\nSM3：%s", g.u.Number, g.u.Guarantor, g.r.Amount, g.f.Expiry(), digest),
		Scan:      &Scan{Number: g.u.Number, Amount: g.r.Amount.String(), Digest: digest},
		Under:     []string{"扫码得到编号、金额和摘要，", "与本页及技术证明对照。"},
		Signatory: []string{"开立人：" + g.u.Guarantor.Name, "（电子签名）", "签名时间：" + second(g.signed.SigningTime)},
		Seal:      g.u.Guarantor.Name,
		Words:     "电子保函专用章",
	}
}

func (g guarantee) letterDigest() signing.Digest {
	if g.u.Application.Mode == letter.ModeFull {
		return letter.SaltedDigest(g.f.Salt, g.f.Signed)
	}
	return letter.UndertakingDigest(g.f.Signed)
}

// proof is the page for whoever does not believe the others.
func (g guarantee) proof() []Block {
	log := Fact{Label: "日志证明", Value: "本文件不含透明日志证明", Code: true}
	for _, a := range g.attachments {
		if a.Name == LogProofName {
			log.Value = "见随附文件 " + LogProofName
		}
	}
	app := g.u.Application
	digests := []Fact{
		{Label: "承诺值", Value: app.Commitment.String(), Code: true},
		{Label: "保函摘要", Value: g.letterDigest().String(), Code: true},
		{Label: "申请书摘要", Value: g.u.ApplicationDigest.String(), Code: true},
		{Label: "保函要求摘要", Value: g.r.Requirement.String(), Code: true},
		{Label: "保管人公钥", Value: g.r.Custodians.String(), Code: true},
		{Label: "申请编号", Value: app.Application, Code: true},
	}
	return []Block{
		{Heading: "摘要（SM3）"}, {Facts: append(digests, log)},
		{Heading: "开立人的签名"}, {Facts: signatureFacts(g.signed)},
		{Heading: "平台回执"}, {Facts: append([]Fact{{Label: "收到时间", Value: g.receipt.AcceptedAt.In(calendar.Shanghai).Format("2006年1月2日15时04分05.999999秒"), Code: true}}, signatureFacts(g.receipted)...)},
		{Heading: "随附文件"}, {Table: g.attachmentTable()},
		{Heading: "怎样核对"}, {Notes: commands},
	}
}

// commands work as they stand, in a directory with 保函.pdf and 根证书.pem. The signature stands at the same place in
// every file.
var commands = []string{
	"核对全部内容（离线）：",
	"baohan verify 保函.pdf --trust 根证书.pem",
	"不用平台的程序，只用 OpenSSL 3 核对本文件和开立人的签名（脚本及逐条说明随平台文档公布）：",
	"sh verify-with-openssl.sh 保函.pdf 根证书.pem",
	"取出平台对本文件的签名，计算它所覆盖的全部字节（除签名值以外的每一个字节）的 SM3，应与签名中的摘要（messageDigest）相同：",
	fmt.Sprintf("s=$(tail -c +%d 保函.pdf | sed 's/>.*//;q'); echo $s | basenc --base16 -d >page.p7s", HoleAt+2),
	fmt.Sprintf("{ head -c %d 保函.pdf; tail -c +$((%d+${#s})) 保函.pdf; } | openssl dgst -sm3 -r", HoleAt, HoleAt+3),
	"openssl asn1parse -inform DER -in page.p7s | grep -A2 messageDigest",
}

func (g guarantee) attachmentTable() *Table {
	t := &Table{Columns: []string{"名称", "字节", "SM3 摘要"}, Shares: []int{20, 10, 70}}
	for _, a := range g.attachments {
		t.Rows = append(t.Rows, []string{a.Name, fmt.Sprint(len(a.Data)), signing.Sum(a.Data).String()})
	}
	return t
}

func signatureFacts(s signing.SignedData) []Fact {
	c := s.Signer()
	return []Fact{
		{Label: "签名人", Value: c.Subject().String(), Code: true},
		{Label: "签名时间", Value: second(s.SigningTime), Code: true},
		{Label: "证书", Value: fmt.Sprintf("%s，由 %s 签发，%s 至 %s", c.Serial(), c.Issuer().CommonName,
			calendar.DateOf(c.NotBefore()), calendar.DateOf(c.NotAfter())), Code: true},
		{Label: "签名值（SM2）", Value: fmt.Sprintf("%x", s.Signature[:]), Code: true},
	}
}

func parties(all []letter.Party) string {
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = p.String()
	}
	return strings.Join(texts, "、")
}

func money(f letter.Fen) string { return "人民币" + f.Capital() + "（¥" + f.String() + "）" }

func minute(t time.Time) string { return t.In(calendar.Shanghai).Format("2006年1月2日15时04分") }

func second(t time.Time) string {
	return t.In(calendar.Shanghai).Format("2006年1月2日15时04分05秒")
}
