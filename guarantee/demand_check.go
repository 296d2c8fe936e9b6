package guarantee

import (
	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/party"
)

// Attachment is one document of a presentation, by the digest that the signed paper names.
type Attachment struct {
	Kind  letter.DocumentKind `json:"kind"`
	Name  string              `json:"name"`
	Bytes []byte              `json:"bytes"`

	Unrecognised bool `json:"-"` // its bytes are not of a type that its name says

	ref blobs.Ref // where it is stored, once it is
}

// Presentation is a signed paper with its documents: the body of a durable receipt.
type Presentation struct {
	Signed    []byte       `json:"signed"` // p7s
	Documents []Attachment `json:"documents"`
}

// readPresentation checks the signature of the paper and that its documents can be told apart.
func (d *Desk) readPresentation(x *Disclosure, in Intake) (Presentation, []byte, error) {
	var p Presentation
	if err := json.Unmarshal(in.Body, &p, json.RejectUnknownMembers(true)); err != nil {
		return p, nil, party.Invalid("demand.body", "body", "索赔数据格式有误；请按接口文档重新提交")
	}
	content, err := d.beneficiarySigned(x, in, "demand", p.Signed)
	return p, content, err
}

// checkDemand holds the paper against the letter as disclosed. Only the lead named in the tender document may
// present for several beneficiaries.
func checkDemand(x *Disclosure, m letter.Demand, in Intake) error {
	digest := letter.UndertakingDigest(x.Undertaking)
	for _, c := range []struct {
		ok           bool
		field, words string
	}{
		{m.Guarantee == x.Guarantee && m.Number == x.Number && m.Guarantor.USCC == x.Guarantor, "number", "索赔所指的保函与本保函不一致"},
		{m.Undertaking == digest, "undertaking", "索赔所指的保函原文摘要与已公开的不一致"},
		{m.Commitment == letter.Commitment(x.Reveal), "commitment", "索赔所附揭示记录与已公开的不一致"},
		{m.Beneficiary.USCC == in.Sender, "beneficiary", "索赔的受益人与登录单位不一致"},
		{m.Beneficiary.USCC == x.Beneficiaries[0], "beneficiary", "有多个受益人时，须由招标文件指定的牵头受益人提出索赔"},
		{m.NoExemption, "no_exemption", "请声明不存在免除付款责任的情形"},
	} {
		if !c.ok {
			return mismatch("demand."+c.field, c.field, c.words+"；请核对后重新生成并签名")
		}
	}
	return nil
}

// kindsOf is a list of documents as a column holds it.
func kindsOf(kinds []letter.DocumentKind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}
