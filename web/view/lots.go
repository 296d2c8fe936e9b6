package view

import (
	"strconv"
	"strings"
	"time"

	"baohan/guarantee/letter"
	"baohan/tender"
)

// LotTone is the colour of a lot's state.
func LotTone(s tender.State) Tone {
	switch s {
	case tender.Published:
		return Good
	case tender.Failed, tender.Terminated:
		return Bad
	case tender.Draft:
		return Plain
	default:
		return Open
	}
}

// FormWords is a form of security as people say it.
func FormWords(f letter.Form) string {
	return map[letter.Form]string{letter.FormIndependent: "银行独立保函", letter.FormAccessory: "担保公司保函", letter.FormInsurance: "投标保证保险", letter.FormCash: "现金保证金"}[f]
}

func formsWords(all []letter.Form) string {
	words := make([]string, len(all))
	for i, f := range all {
		words[i] = FormWords(f)
	}
	return strings.Join(words, "、")
}

func names(all []letter.Party) string {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = Own(p.Name) + "（" + p.USCC + "）"
	}
	return strings.Join(words, "；")
}

func noticeFacts(l *tender.Lot, now time.Time) []Fact {
	deadline := Fact{Label: "投标截止", Value: Second(l.End.Deadline)}
	if l.End.Deadline.After(now) {
		deadline.More = Remains("，还有", l.End.Deadline, now)
	}
	facts := []Fact{
		{Label: "状态", More: Badge(LotTone(l.State), tender.Words(l.State))},
		{Label: "项目编号", Value: l.Project.Code},
		{Label: "招标人", Value: names(l.Project.Beneficiaries)},
		{Label: "适用制度", Value: l.Project.Regime},
		deadline,
	}
	if l.PublishedAt != nil {
		facts = append(facts, Fact{Label: "公告发布", Value: Minute(*l.PublishedAt)})
	}
	where := "到场开标"
	if l.Hall != nil {
		where = "不见面开标（解密 " + strconv.Itoa(l.Hall.Decrypt) + " 分钟，异议 " + strconv.Itoa(l.Hall.Objection) + " 分钟，签名 " + strconv.Itoa(l.Hall.Sign) + " 分钟）"
	}
	place := "在本平台递交"
	if l.Bids == tender.Outside {
		place = "在交易中心的投标系统递交"
	}
	joint := "不接受联合体投标"
	if l.Consortium {
		joint = "接受联合体投标"
	}
	return append(facts, Fact{Label: "开标方式", Value: where}, Fact{Label: "投标文件", Value: place}, Fact{Label: "联合体", Value: joint})
}

func requirementFacts(l *tender.Lot) []Fact {
	facts := []Fact{
		{Label: "担保金额", More: Amount(l.Amount)},
		{Label: "可用的形式", Value: formsWords(l.Forms)},
		{Label: "受益人", Value: names(l.Project.Beneficiaries)},
		{Label: "投标有效期", Value: "投标截止后 " + strconv.Itoa(l.End.ValidityDays) + " 天"},
		{Label: "保函至少有效至", Value: l.End.Expiry().Chinese() + "（投标有效期满后再加 " + strconv.Itoa(l.End.ExtraDays) + " 天）"},
	}
	if l.State != tender.Draft {
		facts = append(facts, Fact{Label: "要求的摘要（SM3）", More: digestOf(l.RequirementDigest().String())})
	}
	return facts
}
