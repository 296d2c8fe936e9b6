package paper

import (
	"strconv"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// The files that a release, a demand and a refusal carry.
const (
	ReleaseName = "release.p7s"
	DemandName  = "demand.p7s"
	RefusalName = "refusal.p7s"
)

// Release is the sheet of a beneficiary's signed release, and the file that goes with it.
func Release(p7s []byte) (Sheet, []Attachment, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return Sheet{}, nil, err
	}
	r, err := letter.ParseRelease(signed.Content)
	if err != nil {
		return Sheet{}, nil, err
	}
	s := Sheet{Title: "保函解除通知", Number: "保函编号 " + r.Number, Mark: "保函摘要 " + r.Undertaking.String(), Blocks: []Block{
		{Facts: []Fact{
			{Label: "保函编号", Value: r.Number},
			{Label: "开立人", Value: r.Guarantor.String()},
			{Label: "受益人", Value: r.Beneficiary.String()},
			{Label: "解除事由", Value: r.Reason},
			{Label: "通知时间", Value: second(r.At)},
			{Label: "保函摘要", Value: r.Undertaking.String(), Code: true},
		}},
		{Clauses: []string{
			"致" + r.Guarantor.Name + "：",
			"我方作为上述保函的受益人，通知贵方解除贵方在该保函项下的担保责任，我方不再据以要求付款。受益人为两个以上的，自全体受益人的解除通知到达时起解除。",
		}},
		{Close: closing("解除通知", "受益人", r.Number, r.Beneficiary, signed)},
		{Heading: "签名"}, {Facts: signatureFacts(signed)},
	}}
	return s, []Attachment{{ReleaseName, "受益人签名数据（GB/T 35275）", p7s}}, nil
}

// Demand is the sheet of a beneficiary's signed demand, and the file that goes with it.
func Demand(p7s []byte) (Sheet, []Attachment, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return Sheet{}, nil, err
	}
	d, err := letter.ParseDemand(signed.Content)
	if err != nil {
		return Sheet{}, nil, err
	}
	reason, _ := letter.ReasonOf(d.Reason)
	blocks := []Block{
		{Facts: []Fact{
			{Label: "保函编号", Value: d.Number},
			{Label: "开立人", Value: d.Guarantor.String()},
			{Label: "受益人", Value: d.Beneficiary.String()},
			{Label: "索赔金额", Value: money(d.Amount), Big: true},
			{Label: "索赔事由", Value: reason.Chinese},
			{Label: "违约说明", Value: d.Statement},
			{Label: "收款账户", Value: d.Payee.Name + "，账号" + d.Payee.Number + "，开户行" + d.Payee.Bank},
			{Label: "声明", Value: declarations(d)},
			{Label: "提交时间", Value: second(d.At)},
			{Label: "保函摘要", Value: d.Undertaking.String(), Code: true},
		}},
		{Clauses: []string{
			"致" + d.Guarantor.Name + "：",
			"上述保函的申请人发生保函所列情形，我方作为受益人，要求贵方按保函约定将上述金额付至上述账户。",
		}},
	}
	if len(d.Documents) > 0 {
		blocks = append(blocks, Block{Heading: "随附单据"}, Block{Table: documents(d.Documents)})
	}
	blocks = append(blocks, Block{Close: closing("书面付款通知", "受益人", d.Number, d.Beneficiary, signed)},
		Block{Heading: "签名"}, Block{Facts: signatureFacts(signed)})
	s := Sheet{Title: "书面付款通知", Number: "保函编号 " + d.Number, Mark: "保函摘要 " + d.Undertaking.String(), Blocks: blocks}
	return s, []Attachment{{DemandName, "受益人签名数据（GB/T 35275）", p7s}}, nil
}

// Refusal is the sheet of a guarantor's signed refusal of a demand, and the file that goes with it.
func Refusal(p7s []byte) (Sheet, []Attachment, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return Sheet{}, nil, err
	}
	r, err := letter.ParseRefusal(signed.Content)
	if err != nil {
		return Sheet{}, nil, err
	}
	t := &Table{Columns: []string{"序号", "所涉条款或单据", "不符点"}, Shares: []int{8, 27, 65}}
	for i, x := range r.Discrepancies {
		about := x.ID
		if k := letter.DocumentKind(x.ID).Chinese(); k != "" {
			about = k
		}
		t.Rows = append(t.Rows, []string{strconv.Itoa(i + 1), about, x.Narrative})
	}
	s := Sheet{Title: "拒付通知", Number: "保函编号 " + r.Number, Mark: "付款通知摘要 " + r.DemandDigest.String(), Blocks: []Block{
		{Facts: []Fact{
			{Label: "保函编号", Value: r.Number},
			{Label: "开立人", Value: r.Guarantor.String()},
			{Label: "受益人", Value: r.Beneficiary.String()},
			{Label: "索赔金额", Value: money(r.Amount), Big: true},
			{Label: "索赔编号", Value: r.Demand, Code: true},
			{Label: "付款通知摘要", Value: r.DemandDigest.String(), Code: true},
			{Label: "通知时间", Value: second(r.At)},
		}},
		{Clauses: []string{
			"致" + r.Beneficiary.Name + "：",
			"我方审查了贵方在上述保函项下提交的书面付款通知及随附单据，认为与保函要求不符，拒绝付款。全部不符点一次列明如下：",
		}},
		{Table: t},
		{Close: closing("拒付通知", "开立人", r.Number, r.Guarantor, signed)},
		{Heading: "签名"}, {Facts: signatureFacts(signed)},
	}}
	return s, []Attachment{{RefusalName, "开立人签名数据（GB/T 35275）", p7s}}, nil
}

func declarations(d letter.Demand) string {
	text := "未作免除责任情形的声明"
	if d.NoExemption {
		text = "不存在依法或者依招标文件可以免除申请人责任的情形"
	}
	if d.CompleteLater {
		text += "；单据将另行补齐"
	}
	if !d.ExtendTo.IsZero() {
		text += "；贵方把保函有效期延长至" + d.ExtendTo.Chinese() + "或者更晚的，以延期代替付款"
	}
	return text
}

func documents(all []letter.Document) *Table {
	t := &Table{Columns: []string{"序号", "单据", "文件", "SM3 摘要"}, Shares: []int{8, 20, 26, 46}}
	for i, d := range all {
		t.Rows = append(t.Rows, []string{strconv.Itoa(i + 1), d.Kind.Chinese(), d.Name, d.Digest.String()})
	}
	return t
}

func closing(what, role, number string, by letter.Party, signed signing.SignedData) *Close {
	digest := signing.Sum(signed.Raw)
	return &Close{
		Code:      what + "\n保函编号：" + number + "\n" + role + "：" + by.String() + "\nSM3：" + digest.String(),
		Scan:      &Scan{Number: number, Digest: digest},
		Under:     []string{"扫码得到编号和摘要，", "与本页对照。"},
		Signatory: []string{role + "：" + by.Name, "（电子签名）", "签名时间：" + second(signed.SigningTime)},
		Seal:      by.Name,
		Words:     "电子签名",
	}
}
