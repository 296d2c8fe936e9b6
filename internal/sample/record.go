package sample

import (
	"fmt"
	"time"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// OpeningRecord is the first edition of a remote opening's record, from the verification sheet as the centre signed it:
// readable bids were decrypted but the last, which is revoked; the first bidder objected twice, once too late; the window
// was extended, paused and resumed, and the platform was away for a while.
func (h *House) OpeningRecord(sheet []byte) letter.OpeningRecord {
	s := must(letter.ParseSheet(must(signing.ParseSignedData(sheet)).Content))
	from := s.OpenedAt.Add(time.Minute)
	after := func(minutes int) time.Time { return from.Add(time.Duration(minutes) * time.Minute) }
	r := letter.OpeningRecord{Version: 1, Edition: 1, Lot: s.Lot, Deadline: s.Deadline, OpenedAt: s.OpenedAt, Place: letter.RemotePlace,
		Host: h.Agent.Party, Supervisor: h.Supervisor.Party, Sheet: letter.SheetDigest(sheet),
		Rules:       letter.RecordRules{DecryptMinutes: 30, ObjectionMinutes: 10, SignMinutes: 15},
		DecryptFrom: from, DecryptUntil: after(45), At: after(60)}
	for i, b := range s.Bids {
		r.Bids = append(r.Bids, recordBid(s, b, i, after(i%30)))
	}
	last := &r.Bids[len(r.Bids)-1]
	last.State, last.Terms, last.DecryptedAt, last.Note = letter.BidRevoked, nil, time.Time{}, "投标人未在规定时间内解密，监督部门确认系投标人原因"
	who := r.Bids[0].Bidders[0]
	r.Objections = []letter.RecordObjection{
		{Bidder: who, At: after(47), Text: "我方唱标的项目负责人姓名显示不完整，请核对。", Answer: "经核对，所示与投标函一致。", AnsweredAt: after(49)},
		{Bidder: who, At: after(58), Text: "对投标报价的小数位数有异议。", Refused: true},
	}
	r.Changes = []letter.RecordChange{
		{Kind: letter.ChangeExtended, At: after(20), By: r.Host, Reason: "多家投标人反映网络缓慢，经监督部门同意延长十分钟", Until: after(40)},
		{Kind: letter.ChangePaused, At: after(24), By: r.Host, Reason: "核实网络故障"},
		{Kind: letter.ChangeResumed, At: after(28), By: r.Host, Until: after(44)},
		{Kind: letter.ChangeOutage, At: after(31), Reason: "平台于 10:31:01 至 10:32:01 中断", Until: after(45)},
	}
	return r
}

// recordBid repeats a bid of the sheet with what was read out of it.
func recordBid(s letter.Sheet, b letter.SheetBid, i int, at time.Time) letter.RecordBid {
	out := letter.RecordBid{Bid: b.ID, Bidders: b.Bidders, ReceivedAt: s.Deadline.Add(-time.Duration(i+1) * time.Hour)}
	if b.Failure != "" {
		out.State, out.Note = letter.BidUnreadable, b.Failure
		return out
	}
	terms := Terms(letter.Fen(1_234_567_800 + 1_111_111*i))
	out.State, out.DecryptedAt, out.Terms = letter.BidDecrypted, at, &terms
	out.Form = letter.FormDigest([]byte(b.ID))
	out.Security = letter.RecordSecurity{Form: letter.FormCash}
	for _, l := range s.Letters {
		if l.ID == b.Letter {
			out.Security = letter.RecordSecurity{Number: l.Number, Guarantor: l.Guarantor, Amount: l.Amount, Result: l.Result}
			if l.Failure == "" {
				out.Security.Form = letter.FormIndependent
			}
		}
	}
	return out
}

// LargeSheet is a sheet of so many readable bids, half of them in cash, of bidders that exist nowhere else.
func (h *House) LargeSheet(bids int) letter.Sheet {
	i := h.Issue(h.Full(), "XJSL-2026-000002")
	s := h.Sheet(i)
	one := s.Letters[0]
	if one.Failure != "" {
		one = s.Letters[1]
	}
	s.Bids, s.Letters = nil, nil
	for n := range bids {
		who := []letter.Party{{Name: largeNames[n%len(largeNames)], USCC: USCC(1000 + n)}}
		b := letter.SheetBid{ID: ID(n + 1), Bidders: who}
		if n%2 == 0 {
			b.Letter = ID(0x10000 + n)
			l := one
			l.ID, l.Number, l.Applicants = b.Letter, fmt.Sprintf("XJSL-2026-%06d", n), who
			s.Letters = append(s.Letters, l)
		}
		s.Bids = append(s.Bids, b)
	}
	s.Doubtful = letter.Doubtful(s.Letters)
	return s
}

// largeNames are short, long, and of characters that a common font does not have.
var largeNames = []string{"示例路桥建设有限责任公司", "𠮷田𬭚矿山工程有限公司", "示例省高速公路建设开发集团第一工程有限责任公司", "示例市政工程有限公司", "Xiangjiang Example Road & Bridge Co., Ltd.", "㼆㵲山水利水电建设集团股份有限公司"}
