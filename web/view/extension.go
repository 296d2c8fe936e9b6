package view

import (
	"strconv"
	"time"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/letter"
)

func extendHelp(s wire.DemandSheet) string {
	return "可以不填。填写的，担保机构认定相符后可以自收到起 " + strconv.Itoa(s.HoldDays) + " 日内暂缓付款；在此期间把有效期延长到这一日或者更晚的，本次索赔视为撤回，没有延期的照常付款。须晚于 " +
		Day(s.LastInstant.Add(-time.Nanosecond)) + "。"
}

// heldWords says of a held demand whose move is missing.
func heldWords(d wire.Demand) string {
	e := d.Extension
	switch {
	case e == nil:
		return ""
	case e.Answer != "":
		return "申请人于 " + Second(e.AnsweredAt) + " 答复：" + e.Answer.Chinese() + "。担保机构延期，或者在期限以前付款。"
	}
	return "担保机构请申请人在 " + Second(e.ReplyBy) + " 以前答复延期或者付款；没有答复的，担保机构付款。"
}

// extendedTo is the day to which a demand's letter was extended instead; empty: it was not.
func extendedTo(d wire.Demand) string {
	if d.Extension == nil || d.Extension.Expiry.IsZero() {
		return ""
	}
	return d.Extension.Expiry.Chinese()
}

// asked tells that the guarantor waits for the applicant's answer.
func (x DemandPage) asked() bool {
	d := x.Story.Demand
	return (d.State == string(guarantee.Held) || d.State == string(guarantee.Stayed)) && !d.Extension.ReplyBy.IsZero() && d.Extension.Answer == ""
}

func extensionChoices(d wire.Demand) []Choice {
	return []Choice{
		{string(letter.ChooseExtend), letter.ChooseExtend.Chinese(), "担保机构可以把有效期延长至 " + d.Extension.To.Chinese() + " 或者更晚，代替付款；它没有延期的义务。"},
		{string(letter.ChoosePay), letter.ChoosePay.Chinese(), "担保机构付款 " + Money(d.Amount) + "（大写：" + d.Amount.Capital() + "）。"},
	}
}

func amendedWords(all []wire.AmendedLetter) string {
	if len(all) == 0 {
		return ""
	}
	return "（经 " + number(len(all)) + " 次修改，最近一次 " + Second(all[len(all)-1].AcceptedAt) + " 生效）"
}
