package paper

import (
	"fmt"
	"strconv"
	"strings"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// VerificationName is the file that a verification sheet carries: as the centre signed it.
const VerificationName = "sheet.p7s"

// Verification is the sheet of a lot's signed verification sheet (核验结果表), and the file that goes with it.
func Verification(p7s []byte) (Sheet, []Attachment, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return Sheet{}, nil, err
	}
	v, err := letter.ParseSheet(signed.Content)
	if err != nil {
		return Sheet{}, nil, err
	}
	s := Sheet{Title: "投标保函核验结果表", Number: fmt.Sprintf("标段 %s 第 %d 版", v.Lot.Code, v.Edition),
		Mark: "核验结果表摘要 " + letter.SheetDigest(p7s).String(), Blocks: []Block{{Facts: verified(v)}}}
	s.Blocks = append(s.Blocks, lettersOf(v)...)
	s.Blocks = append(s.Blocks, bidsOf(v)...)
	s.Blocks = append(s.Blocks, doubtsOf(v)...)
	who := signed.Signer().Subject()
	centre := letter.Party{Name: who.Organization, USCC: who.OrganizationID}
	s.Blocks = append(s.Blocks, Block{Close: &Close{
		Code:      "核验结果表\n标段：" + v.Lot.Code + "\n版次：" + strconv.Itoa(v.Edition) + "\n签署单位：" + centre.String() + "\nSM3：" + signing.Sum(p7s).String(),
		Under:     []string{"扫码得到标段、版次和摘要，", "与本页对照。"},
		Signatory: []string{"签署单位：" + centre.Name, "（电子签名）", "签名时间：" + second(signed.SigningTime)},
		Seal:      centre.Name,
		Words:     "电子签名",
	}}, Block{Heading: "签名"}, Block{Facts: signatureFacts(signed)})
	return s, []Attachment{{VerificationName, "交易中心签名数据（GB/T 35275）", p7s}}, nil
}

func verified(v letter.Sheet) []Fact {
	facts := []Fact{
		{Label: "招标项目", Value: v.Lot.ProjectName + "（编号：" + v.Lot.Project + "）"},
		{Label: "标段", Value: v.Lot.Name + "（编号：" + v.Lot.Code + "）"},
		{Label: "投标截止", Value: second(v.Deadline)},
		{Label: "开标", Value: second(v.OpenedAt)},
		{Label: "版次", Value: fmt.Sprintf("第 %d 版，%s制作", v.Edition, second(v.At))},
	}
	if v.Edition > 1 {
		facts = append(facts, Fact{Label: "更新原因", Value: v.Note}, Fact{Label: "前一版摘要", Value: v.Previous.String(), Code: true})
	}
	facts = append(facts, Fact{Label: "投标清单摘要", Value: v.ClosingBids.String(), Code: true})
	if !v.ClosingLetters.IsZero() {
		facts = append(facts, Fact{Label: "保函清单摘要", Value: v.ClosingLetters.String(), Code: true})
	}
	return append(facts, Fact{Label: "说明", Value: v.Advice + "。"})
}

// lettersOf are the letters, those first that the committee has to look at.
func lettersOf(v letter.Sheet) []Block {
	out := []Block{{Heading: fmt.Sprintf("一、保函查验：共 %d 份，%d 份通过，%d 份列入存疑清单", len(v.Letters), len(v.Letters)-len(v.Doubtful), len(v.Doubtful))}}
	n := 0
	for _, result := range []string{letter.LetterDoubtful, letter.LetterUnknown, letter.LetterPassed} {
		for _, l := range v.Letters {
			if l.Result == result {
				n++
				out = append(out, Block{Heading: fmt.Sprintf("（%d）%s　%s", n, l.Title(), l.Chinese())}, Block{Facts: letterFacts(l)}, Block{Table: linesOf(l)})
			}
		}
	}
	return out
}

func letterFacts(l letter.SheetLetter) []Fact {
	facts := []Fact{{Label: "平台编号", Value: l.ID, Code: true}}
	if l.Failure != "" {
		return append(facts, Fact{Label: "未能解封", Value: l.Failure})
	}
	return append(facts,
		Fact{Label: "开立机构", Value: l.Guarantor.String(), Code: true},
		Fact{Label: "申请人", Value: parties(l.Applicants), Code: true},
		Fact{Label: "担保金额", Value: money(l.Amount) + "，有效期至" + l.Expiry.Chinese(), Code: true},
		Fact{Label: "承诺值", Value: l.Commitment.String(), Code: true})
}

// linesOf has the sixteen lines. What is said of the letter as a whole is not said sixteen times.
func linesOf(l letter.SheetLetter) *Table {
	t := &Table{Columns: []string{"序号", "查验项", "结果", "应为", "实为", "说明"}, Shares: []int{7, 16, 8, 24, 24, 21}}
	for i, x := range l.Lines {
		words := ""
		if x.Result != letter.ResultPass && x.Words != l.Failure {
			words = x.Words
		}
		t.Rows = append(t.Rows, []string{strconv.Itoa(i + 1), x.Title(), x.SheetResult(), dash(x.Want), dash(x.Got), dash(words)})
	}
	return t
}

func dash(text string) string {
	if strings.TrimSpace(text) == "" {
		return "—"
	}
	return text
}

func bidsOf(v letter.Sheet) []Block {
	t := &Table{Columns: []string{"序号", "投标人", "保函"}, Shares: []int{7, 58, 35}}
	for i, b := range v.Bids {
		who, what := parties(b.Bidders), "未列保函（现金保证金）"
		switch {
		case b.Failure != "":
			who, what = "投标 "+b.ID+" 未能解密", b.Failure
		case b.Letter != "":
			what = v.NumberOf(b.Letter)
		}
		t.Rows = append(t.Rows, []string{strconv.Itoa(i + 1), who, what})
	}
	return []Block{{Heading: fmt.Sprintf("二、投标：共 %d 份", len(v.Bids))}, {Table: t}}
}

func doubtsOf(v letter.Sheet) []Block {
	head := Block{Heading: fmt.Sprintf("三、存疑清单：共 %d 份，由评标委员会核对", len(v.Doubtful))}
	if len(v.Doubtful) == 0 {
		return []Block{head, {Notes: []string{"无。"}}}
	}
	t := &Table{Columns: []string{"序号", "保函", "结果", "原因"}, Shares: []int{7, 28, 8, 57}}
	for _, l := range v.Letters {
		if l.Result != letter.LetterPassed {
			t.Rows = append(t.Rows, []string{strconv.Itoa(len(t.Rows) + 1), l.Title() + "（平台编号 " + l.ID + "）", l.Chinese(), l.Reasons()})
		}
	}
	return []Block{head, {Table: t}}
}
