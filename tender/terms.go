package tender

import (
	"slices"
	"strings"
	"unicode"

	"baohan/guarantee"
	"baohan/guarantee/letter"
)

var formWords = map[letter.Form]string{
	letter.FormIndependent: "独立保函", letter.FormAccessory: "非独立保函", letter.FormInsurance: "保证保险", letter.FormCash: "现金",
}

// 9: the revealed amount is at least what is required and at most the ceiling; figures and capitals agree.
func (e *exam) amount() letter.Line {
	want, got := e.lot.Requirement.Amount, e.u.Reveal.Amount
	c := e.u.Content
	line := "不低于人民币 " + want.String() + " 元"
	text := "人民币 " + got.String() + " 元（最高 " + c.MaxAmount.String() + " 元，" + c.MaxAmountCapital + "）"
	switch capital, err := letter.ParseCapital(c.MaxAmountCapital); {
	case err != nil || capital != c.MaxAmount:
		return judge(false, line, text, "大写金额与小写金额不一致")
	case got > c.MaxAmount:
		return judge(false, line, text, "揭示金额超出保函最高金额")
	}
	return judge(got >= want, line, text, "担保金额低于招标文件要求")
}

// 10: valid from the deadline at the latest until the end of the bid validity, counted from the deadline as it stands
// (条例25, 26; 民法典201). A deadline that moved took the letter with it, by its wording.
func (e *exam) validity() letter.Line {
	need := e.lot.Requirement.End.Expiry()
	want := "不晚于截止时间生效，至 " + need.String() + " 24 时"
	if e.gotErr != nil {
		return unknown(want, "没有可验证的接收时间，无法判断生效时间")
	}
	last := e.lot.endOf(e.u.Reveal, e.u.Content.LatestExpiry)
	ok := !last.Before(need) && !e.got.AcceptedAt.After(e.lot.End.Deadline)
	return judge(ok, want, instant(e.got.AcceptedAt)+" 生效，至 "+last.String()+" 24 时", "保函有效期短于投标有效期")
}

// 11: issued before the deadline and the fee received by the institution.
func (e *exam) issued() letter.Line {
	want := "截止前开立，保费已收"
	if e.row == nil {
		return unknown(want, lost)
	}
	if e.row.IssuedAt == nil {
		return unknown(want, "没有开立时间记录；请由平台运营人员查明")
	}
	before := e.row.IssuedAt.Before(e.lot.End.Deadline)
	if e.row.Channel == guarantee.AtCounter { // whether it was paid, the institution alone knows: it has signed the letter
		return judge(before, "截止前开立（柜台保函，保费在柜台收取）", instant(*e.row.IssuedAt)+" 存入平台；保费由机构在柜台收取，平台没有缴费记录", "保函不是在截止前存入平台的")
	}
	got := instant(*e.row.IssuedAt) + " 开立，保费" + guarantee.Words(guarantee.PartFee, e.row.FeeState)
	ok := before && e.row.FeeState == guarantee.FeePaid
	return judge(ok, want, got, "保函不是在截止前开立，或保费未收讫")
}

// 12: in force at the deadline, neither surrendered, released nor void, nor at its latest expiry before a deadline that moved
// beyond it.
func (e *exam) inForce() letter.Line {
	const want = "有效"
	if e.row == nil {
		return unknown(want, lost)
	}
	s := e.row.InstrumentState
	if last := e.lot.endOf(e.u.Reveal, e.u.Content.LatestExpiry); s == guarantee.Issued && last.EndOfDay().Before(e.lot.End.Deadline) {
		s = guarantee.Expired // it is written down minutes later, or not yet
	}
	return judge(s == guarantee.Issued, want, guarantee.Words(guarantee.PartInstrument, s), "保函已退保、解除、到期或失效")
}

// 13: the text is the published wording rendered again, nothing added, in a form that the lot accepts. That the
// clauses are the wording's own was checked when the undertaking was read.
func (e *exam) wording() letter.Line {
	forms := make([]string, len(e.lot.Requirement.Forms))
	for i, f := range e.lot.Requirement.Forms {
		forms[i] = formWords[f]
	}
	want := "公布的示范文本，形式为" + strings.Join(forms, "或")
	w, err := letter.WordingOf(e.u.Content.Application.Wording)
	if err != nil {
		return judge(false, want, "文本未公布", "保函文本不是平台公布的文本")
	}
	got := w.Title + "（" + formWords[w.Form] + "）"
	g := e.said()
	same := w.ID == g.Wording && w.Version == g.WordingVersion && w.Form == g.Form
	return judge(same && slices.Contains(e.lot.Requirement.Forms, w.Form), want, got, "保函文本或形式不符合招标文件要求")
}

// 14: one live letter per bidder and lot, and one bid per letter; no member of a consortium stands twice, neither in the
// letters nor in the bids (招标投标法31; 条例37).
func (e *exam) only() letter.Line {
	want := "一家投标人一份保函、一份保函一份投标"
	if e.sealed != "" {
		return unknown(want, e.sealed)
	}
	if len(e.x.By) > 1 {
		return judge(false, want, "被多份投标引用", "同一保函被多份投标文件引用")
	}
	if e.members.elsewhere(e.x, e.u.Reveal.Applicants) {
		return judge(false, want, "同一单位出现在多份保函中", "同一单位在本标段以多份保函出现；请核对是否重复投标或联合体成员另行投标")
	}
	for _, b := range e.x.By {
		if e.bids.elsewhere(b.ID, b.Content.Bidders) {
			return judge(false, want, "同一单位出现在多份投标中", twiceWords)
		}
	}
	return judge(true, want, "唯一", "")
}

func sharesMember(a, b []letter.Party) bool {
	return slices.ContainsFunc(a, func(p letter.Party) bool {
		return slices.ContainsFunc(b, func(q letter.Party) bool { return p.USCC == q.USCC })
	})
}

// 15: made for the requirement as it stands, or as it stood before the deadline moved, and able to follow it there.
func (e *exam) postponed() letter.Line {
	need := e.lot.Requirement.End.Expiry()
	want := "依据现行要求，最迟到期日不早于 " + need.String()
	ok := e.lot.madeFor(e.u.Reveal.Requirement) && !e.u.Content.LatestExpiry.Before(need)
	return judge(ok, want, "最迟到期日 "+e.u.Content.LatestExpiry.String(), "保函不是依据现行招标要求开立，或不能覆盖延期后的有效期")
}

// 16: who paid. Securities of different bidders paid from one account are deemed collusion (条例40(6)); here it is
// a lead for the committee and the supervisor. Only accounts are compared: the platform keeps no phone numbers.
func (e *exam) related() letter.Line {
	want := "缴费账户不与本标段其他投标人相同"
	if e.u.Fee == nil {
		return unknown(want, "没有缴费凭证，无法比对"+map[bool]string{true: "：保费在机构柜台收取，如需核查请向出具机构调取"}[e.said().Channel == guarantee.AtCounter])
	}
	for _, o := range e.payers.with(e.u.Fee.Payer) {
		if o != e.x && !sharesMember(o.unsealed.Reveal.Applicants, e.u.Reveal.Applicants) {
			other := o.unsealed.Reveal.Applicants[0].Name
			return judge(false, want, "与"+other+"由同一账户缴费", "不同投标人的保费由同一单位或个人的账户转出；请评标委员会和行政监督部门核查（条例第四十条）")
		}
	}
	return judge(true, want, "未发现", "")
}

// tidy drops the spaces and hyphens with which account numbers are written.
func tidy(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return r
	}, s)
}
