package sample

import (
	"cmp"
	"slices"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Release is a beneficiary's release of a letter.
func (h *House) Release(i Issued, by Member) letter.Release {
	return letter.Release{Version: 1, Guarantee: i.Draft.Application.Application, Number: i.Undertaking.Number,
		Guarantor: i.Undertaking.Guarantor, Beneficiary: by.Party, Undertaking: letter.UndertakingDigest(i.Signed),
		Reason: "合同已签订，投标担保责任解除", At: h.At}
}

// LotRelease is a beneficiary's release of several letters of the lot, by one paper.
func (h *House) LotRelease(by Member, letters ...Issued) letter.LotRelease {
	r := letter.LotRelease{Version: 1, Lot: h.Requirement.Lot, Beneficiary: by.Party, Reason: "合同已签订，投标担保责任解除", At: h.At}
	for _, i := range letters {
		r.Letters = append(r.Letters, letter.LotReleaseEntry{Guarantee: i.Draft.Application.Application, Number: i.Undertaking.Number,
			Undertaking: letter.UndertakingDigest(i.Signed)})
	}
	slices.SortFunc(r.Letters, func(a, b letter.LotReleaseEntry) int { return cmp.Compare(a.Guarantee, b.Guarantee) })
	return r
}

// Demand is a demand of an amount under a letter, with the documents given.
func (h *House) Demand(i Issued, by Member, amount letter.Fen, documents ...letter.Document) letter.Demand {
	return letter.Demand{Version: 1, ID: ID(7), Guarantee: i.Draft.Application.Application, Number: i.Undertaking.Number,
		Guarantor: i.Undertaking.Guarantor, Beneficiary: by.Party, Undertaking: letter.UndertakingDigest(i.Signed),
		Commitment: i.Draft.Application.Commitment, Amount: amount, AmountCapital: amount.Capital(), Reason: "refused_contract",
		Statement: "申请人中标后在规定期限内无正当理由不与招标人订立合同，违反招标文件第二章第7.7款。",
		Payee:     letter.Account{Name: by.Party.Name, Number: "4300100200300400500", Bank: "湘江示例银行长沙分行"},
		Documents: documents, NoExemption: true, At: h.At}
}

// Document is a file of a kind, named by its digest.
func Document(kind letter.DocumentKind, content string) letter.Document {
	return letter.Document{Kind: kind, Name: kind.Chinese() + ".pdf", Digest: signing.Sum([]byte(content))}
}

// Terms are what a bidder offers for a price.
func Terms(price letter.Fen) letter.BidTerms {
	return letter.BidTerms{Price: price, PriceCapital: price.Capital(), PeriodDays: 365, Quality: "合格", Leader: "示例经理", Fields: []letter.BidField{}}
}

// Form is the bidder's form for a bid of its own.
func (h *House) Form(bidder Member, bid string) letter.BidForm {
	return letter.BidForm{Version: 1, Random: signing.Random(32), Bid: bid, Lot: h.Requirement.Lot, Bidders: []letter.Party{bidder.Party},
		Terms: Terms(1_234_567_800), Files: []letter.BidFile{}, At: h.At}
}

// Bid is a bid that names a letter; the empty id is cash.
func (h *House) Bid(bidder Member, guarantee string) letter.Bid {
	id := signing.Sum(signing.Random(16)).String()[:32]
	form := h.Signed(bidder, must(h.Form(bidder, id).Canonical()), h.At)
	return letter.Bid{Version: 1, Random: signing.Random(32), ID: id, Lot: h.Requirement.Lot,
		Bidders: []letter.Party{bidder.Party}, Letter: guarantee, Form: letter.FormDigest(form), Files: []letter.SealedFile{},
		Offer: must(signing.SealTo(form, letter.PartAAD(id, "offer"), bidder.Encrypt.Key.Public())), At: h.At}
}

// Joint is a bid of a consortium that replaces another and is secured in cash: every member that a bid may have.
func (h *House) Joint(lead, partner Member) letter.Bid {
	b := h.Bid(lead, "")
	b.Bidders = append(b.Bidders, partner.Party)
	b.Replaces, b.Cash = ID(0x200), h.CashSlip(lead)
	b.Consortium = &letter.Consortium{Agreement: signing.Sum([]byte("联合体协议"))}
	b.Consortium.Consents = [][]byte{h.Signed(partner, must(h.Consent(b).Canonical()), h.At)}
	return b
}

// Consent is what the partners of a bid sign.
func (h *House) Consent(b letter.Bid) letter.Consent {
	return letter.Consent{Version: 1, Lot: b.Lot, Members: b.Bidders, Agreement: b.Consortium.Agreement, At: h.At}
}

// CashSlip is a bidder's slip of a deposit in cash.
func (h *House) CashSlip(by Member) *letter.CashSlip {
	return &letter.CashSlip{Payer: letter.Account{Name: by.Party.Name, Number: "4300100200300400" + by.Party.USCC[15:17], Bank: "湘江示例银行长沙分行"},
		Amount: h.Requirement.Amount, Reference: "VA20261218" + by.Party.USCC[14:], PaidAt: h.At}
}

// CashList is the first edition of a list of one deposit that arrived as its slip says, the moment before the deadline.
func (h *House) CashList(by Member) letter.CashList {
	end, slip := h.Requirement.End.Deadline, h.CashSlip(by)
	return letter.CashList{Version: 1, Edition: 1, Lot: h.Requirement.Lot, Deadline: end, At: end, Entries: []letter.ReceivedCash{{
		ID: "SN0001", Reference: slip.Reference, Payer: by.Party.Name, USCC: by.Party.USCC, Account: slip.Payer.Number, Basic: letter.BasicYes,
		Amount: slip.Amount, ReceivedAt: end.Add(-time.Microsecond)}}}
}

// Closing is a closing of the lot at its deadline; previous is the p7s of the closing of the bids, nil for that one.
func (h *House) Closing(previous []byte, records ...letter.RecordRef) letter.Closing {
	end := h.Requirement.End.Deadline
	c := letter.Closing{Version: 1, Stage: letter.StageBids, Project: h.Requirement.Lot.Project, Lot: h.Requirement.Lot.Code,
		Deadline: end, ClosedAt: end, Custodians: h.Requirement.Custodians, Records: slices.Clone(records)}
	if previous != nil {
		c.Stage, c.Previous = letter.StageLetters, letter.ClosingDigest(previous)
	}
	slices.SortFunc(c.Records, func(a, b letter.RecordRef) int { return cmp.Compare(a.ID, b.ID) })
	return c
}

// LineNames are the sixteen lines of the verification at the opening.
var LineNames = [letter.SheetLines]string{"到达平台", "出具机构资格", "签名与证书", "摘要一致", "内容与登记一致", "标段", "受益人", "投标人",
	"担保金额", "有效期", "开立与缴费", "效力状态", "文本与形式", "唯一有效", "延期适用", "关联线索"}

// Sheet is the first edition of the lot's verification sheet: of the letters given, the first is doubtful in its ninth
// line and the others pass; one more could not be opened, and one bid could not be read.
func (h *House) Sheet(letters ...Issued) letter.Sheet {
	at := h.Requirement.End.Deadline
	s := letter.Sheet{Version: 1, Edition: 1, Advice: letter.Advice, Lot: h.Requirement.Lot, Deadline: at, OpenedAt: at.Add(time.Second),
		At: at.Add(time.Second), ClosingBids: letter.ClosingDigest([]byte("A")), ClosingLetters: letter.ClosingDigest([]byte("B"))}
	s.Bids = []letter.SheetBid{{ID: ID(1), Bidders: []letter.Party{h.Bidders[2].Party}, Letter: ID(9)},
		{ID: ID(2), Bidders: []letter.Party{}, Failure: "投标文件的密文不完整，无法解密；请查明原因后按应急程序处理"}}
	failed := "截标时该申请名下没有开立保函；请投标人提供购买凭证，并按应急程序处理"
	s.Letters = []letter.SheetLetter{{ID: ID(9), Result: letter.LetterUnknown, Failure: failed, Lines: lines(letter.ResultUnknown, failed)}}
	for i, x := range letters {
		r := x.Draft.Reveal
		s.Bids = append(s.Bids, letter.SheetBid{ID: ID(3 + i), Bidders: r.Applicants, Letter: r.Application})
		l := letter.SheetLetter{ID: r.Application, Number: x.Undertaking.Number, Guarantor: r.Guarantor, Applicants: r.Applicants, Amount: r.Amount,
			Expiry: r.End.Expiry(), Commitment: letter.Commitment(x.Draft.RevealBytes), Result: letter.LetterPassed, Lines: lines(letter.ResultPass, "相符")}
		if i == 0 {
			l.Result = letter.LetterDoubtful
			l.Lines[8] = letter.Line{Name: LineNames[8], Result: letter.ResultDoubtful, Want: "不少于 800000.00 元", Got: "790000.00 元", Words: "担保金额少于招标文件要求"}
		}
		s.Letters = append(s.Letters, l)
	}
	slices.SortFunc(s.Letters, func(a, b letter.SheetLetter) int { return cmp.Compare(a.ID, b.ID) })
	s.Doubtful = letter.Doubtful(s.Letters)
	return s
}

// Evaluation is the committee's result on a sheet, an hour after the opening: every doubtful letter but the first is found
// valid, the bid that could not be opened is rejected, and the others are ranked as they stand.
func (h *House) Evaluation(s letter.Sheet) letter.Evaluation {
	at := s.At.Add(time.Hour)
	e := letter.Evaluation{Version: 1, Edition: 1, Lot: s.Lot, Requirement: h.Requirement.Digest(),
		Sheet: letter.SheetDigest(h.Signed(h.Centre, must(s.Canonical()), s.At)), Committee: 5, Letters: []letter.LetterFinding{}, At: at}
	for i, id := range s.Doubtful {
		f := letter.LetterFinding{Letter: id, Verdict: letter.FindingValid, Reason: "经核对投标人自存副本和平台回执，不影响担保责任"}
		if i == 0 {
			f.Verdict, f.Reason = letter.FindingInvalid, "截标时没有开立保函，未按招标文件要求提交投标保证金"
		}
		e.Letters = append(e.Letters, f)
	}
	for _, b := range s.Bids {
		v := letter.BidVerdict{Bid: b.ID, Verdict: letter.BidAccepted}
		if b.Failure != "" || b.Letter == e.Letters[0].Letter {
			v.Verdict, v.Reason = letter.BidRejected, "未按招标文件要求提交投标保证金，或投标文件未能解密"
		} else if lead := b.Bidders[0]; len(e.Candidates) == 0 {
			e.Candidates = append(e.Candidates, letter.Candidate{Rank: 1, Bidder: lead, Price: 3_876_543_210})
		}
		e.Bids = append(e.Bids, v)
	}
	return e
}

// Refusal is a guarantor's refusal of a demand (p7s) for two reasons.
func (h *House) Refusal(demand []byte) letter.Refusal {
	return must(letter.NewRefusal(demand, []letter.Discrepancy{{ID: "保函第六条", Narrative: "付款通知所载金额的大写与小写不一致"},
		{ID: string(letter.AwardNotice), Narrative: "未提交中标通知书"}}, h.At.In(calendar.Shanghai)))
}

// StatusList is the second status list, made at an instant, by which letters ended on its day for one reason.
func (h *House) StatusList(at time.Time, why letter.EndReason, letters ...Issued) letter.StatusList {
	at = at.In(calendar.Shanghai)
	var ended []letter.EndedLetter
	for _, i := range letters {
		ended = append(ended, letter.EndedLetter{Key: i.Undertaking.StatusKey(), Day: calendar.DateOf(at), Reason: why})
	}
	return letter.StatusList{Version: 1, Sequence: 2, Previous: letter.StatusListDigest([]byte("the first")), IssuedAt: at, NextAt: at.Add(time.Hour),
		CoversFrom: calendar.DateOf(at).AddDays(-30), Ended: letter.GroupEnded(ended)}
}

func lines(result letter.Result, words string) []letter.Line {
	out := make([]letter.Line, letter.SheetLines)
	for i, name := range LineNames {
		out[i] = letter.Line{Name: name, Result: result, Words: words}
		if result == letter.ResultPass {
			out[i].Want, out[i].Got = "与招标文件一致", "与招标文件一致"
		}
	}
	return out
}

// BidList is the list of three bids at the lot's deadline, as the centre's bid system makes it. The bidders are the
// house's; the first bid names a guarantee, the second is a consortium's, the last two are in cash.
func (h *House) BidList(guarantee string) letter.BidList {
	end := h.Requirement.End.Deadline
	l := letter.BidList{Version: 1, Project: h.Requirement.Lot.Project, Lot: h.Requirement.Lot.Code,
		Requirement: h.Requirement.Digest(), Deadline: end, ClosedAt: end}
	for i, b := range h.Bidders {
		l.Bids = append(l.Bids, letter.OutsideBid{ID: ID(0x100 + i), Digest: signing.Sum([]byte(b.Party.Name)), Bidders: []letter.Party{b.Party}})
	}
	l.Bids[0].Letter = guarantee
	l.Bids[1].Bidders = append(l.Bids[1].Bidders, h.Agent.Party)
	return l
}
