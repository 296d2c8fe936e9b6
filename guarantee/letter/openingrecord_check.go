package letter

import (
	"slices"
	"strings"
	"time"
)

// Check holds for a record whose clocks are in order, whose bids stand as in the sheet, each with its terms exactly when
// it was decrypted, and whose objections are all answered or refused.
func (r OpeningRecord) Check() error {
	return firstOf(
		checkVersion(r.Version),
		need(r.Edition >= 1 && r.Edition <= 9999, "edition", "edition", "版次须为 1 至 9999"),
		need(r.Previous.IsZero() == (r.Edition == 1), "previous", "previous", "第一版不得指明前一版，其后各版须指明"),
		within("lot", r.Lot.Check()),
		need(r.Place == RemotePlace, "place", "place", "开标地点须为“"+RemotePlace+"”"),
		within("host", r.Host.Check()),
		r.checkSupervisor(),
		checkDigest("sheet", r.Sheet.IsZero()),
		within("rules", r.Rules.Check()),
		r.checkClocks(),
		r.checkBids(),
		r.checkObjections(),
		r.checkChanges(),
		r.checkNote(),
	)
}

// Check holds for the windows that a lot may have: decrypting 10 to 120 minutes, objections 5 to 1440, signing 5 to 60.
func (r RecordRules) Check() error {
	return firstOf(
		need(r.DecryptMinutes >= 10 && r.DecryptMinutes <= 120, "decrypt_minutes", "minutes", "解密时限须为 10 至 120 分钟"),
		need(r.ObjectionMinutes >= 5 && r.ObjectionMinutes <= 1440, "objection_minutes", "minutes", "异议时限须为 5 至 1440 分钟"),
		need(r.SignMinutes >= 5 && r.SignMinutes <= 60, "sign_minutes", "minutes", "签名时限须为 5 至 60 分钟"),
	)
}

func (r OpeningRecord) checkSupervisor() error {
	if r.Supervisor == (Party{}) {
		return nil
	}
	return within("supervisor", r.Supervisor.Check())
}

func (r OpeningRecord) checkNote() error {
	return firstOf(
		need(r.Edition == 1 || r.Note != "", "note", "note", "第一版以后的各版须写明更新原因"),
		checkText("note", r.Note, 0, 500),
	)
}

func (r OpeningRecord) checkClocks() error {
	return firstOf(
		checkInstant("deadline", r.Deadline),
		checkInstant("opened_at", r.OpenedAt),
		checkInstant("decrypt_from", r.DecryptFrom),
		checkInstant("decrypt_until", r.DecryptUntil),
		checkInstant("at", r.At),
		need(!r.OpenedAt.Before(r.Deadline), "opened_at", "too_early", "开标不得早于投标截止时间"),
		need(!r.DecryptFrom.Before(r.OpenedAt), "decrypt_from", "too_early", "解密不得早于开标"),
		need(!r.DecryptUntil.Before(r.DecryptFrom), "decrypt_until", "too_early", "解密结束不得早于解密开始"),
		need(!r.At.Before(r.DecryptUntil), "at", "too_early", "开标记录不得早于解密结束"),
	)
}

func (r OpeningRecord) checkBids() error {
	return firstOf(
		need(len(r.Bids) >= 1 && len(r.Bids) <= maxRecords, "bids", "count", "开标记录须有 1 至 10000 份投标"),
		checkEach("bids", r.Bids, r.checkBid),
		need(ordered(r.Bids, func(b RecordBid) string { return b.Bid }), "bids", "order", "投标须按编号升序且不重复"),
	)
}

func (r OpeningRecord) checkBid(b RecordBid) error {
	readable, decrypted := len(b.Bidders) > 0, b.State == BidDecrypted
	explained := decrypted || b.State == BidPending || b.Note != ""
	return firstOf(
		checkID("bid", b.Bid),
		b.checkBidders(readable, decrypted),
		b.checkReceived(readable, r.Deadline),
		need(bidStates[b.State] != "", "state", "state", "解密结果须为 decrypted、revoked、withdrawn、pending 或 unreadable"),
		b.checkSecurity(readable),
		need(decrypted != b.DecryptedAt.IsZero(), "decrypted_at", "decrypted_at", "已解密的投标须写明解密时间，未解密的不得写"),
		need(!decrypted || checkInstant("decrypted_at", b.DecryptedAt) == nil && inside(b.DecryptedAt, r.DecryptFrom, r.DecryptUntil),
			"decrypted_at", "window", "解密时间须在解密开始与结束之间、最多精确到微秒"),
		need(!decrypted || !b.Form.IsZero(), "form", "digest", "已解密的投标须写明投标函摘要"),
		need(readable || b.Form.IsZero(), "form", "form", "无法读取的投标没有投标函摘要"),
		need(decrypted == (b.Terms != nil), "terms", "terms", "已解密的投标须列明唱标内容，未解密的不得列明"),
		b.checkTerms(),
		need(explained, "note", "note", "未解密的投标须在备注中写明原因"),
		checkText("note", b.Note, 0, 500),
	)
}

// checkReceived: when a bid came stands in the receipt inside it, and nowhere else.
func (b RecordBid) checkReceived(readable bool, deadline time.Time) error {
	if !readable {
		return need(b.ReceivedAt.IsZero() || b.ReceivedAt.Before(deadline), "received_at", "too_late", "递交时间须早于投标截止时间")
	}
	return firstOf(checkInstant("received_at", b.ReceivedAt),
		need(b.ReceivedAt.Before(deadline), "received_at", "too_late", "递交时间须早于投标截止时间"))
}

func (b RecordBid) checkBidders(readable, decrypted bool) error {
	if !readable {
		return need(!decrypted, "bidders", "bidders", "已解密的投标须列明投标人")
	}
	return firstOf(
		need(b.State != BidUnreadable, "bidders", "bidders", "无法读取的投标不能列明投标人"),
		checkParties("bidders", b.Bidders, maxApplicants),
	)
}

func (b RecordBid) checkTerms() error {
	if b.Terms == nil {
		return nil
	}
	return within("terms", b.Terms.Check())
}

func (b RecordBid) checkSecurity(readable bool) error {
	s := b.Security
	switch {
	case !readable:
		return need(s == RecordSecurity{}, "security", "security", "无法读取的投标不能写明投标担保")
	case s.Form == FormCash:
		return need(s.Number == "" && s.Guarantor == (Party{}) && s.Result == "" && s.Amount >= 0 && s.Amount <= MaxFen,
			"security", "security", "现金保证金没有保函编号、出函机构和查验结果")
	case s.Form == "":
		return need(s == RecordSecurity{Result: s.Result} && (s.Result == LetterDoubtful || s.Result == LetterUnknown),
			"security", "security", "须写明投标担保的形式；未能解封的保函只写查验结果（doubtful 或 unknown）")
	}
	return within("security", firstOf(
		need(slices.Contains(allForms, s.Form), "form", "form", "投标担保的形式须为 independent、accessory、insurance 或 cash"),
		checkNumber(s.Number),
		within("guarantor", s.Guarantor.Check()),
		s.Amount.checkPositive("amount"),
		need(letterResults[s.Result] != "", "result", "result", "查验结果须为 passed、doubtful 或 unknown"),
	))
}

func (r OpeningRecord) checkObjections() error {
	return firstOf(
		need(len(r.Objections) <= maxRecords, "objections", "count", "异议过多"),
		checkEach("objections", r.Objections, r.checkObjection),
		need(slices.IsSortedFunc(r.Objections, func(a, b RecordObjection) int { return a.At.Compare(b.At) }), "objections", "order", "异议须按提出时间排列"),
	)
}

// CheckObjection holds for the text of an objection or of its answer: what people read, min to 2000 characters.
func CheckObjection(field, text string, min int) error { return checkText(field, text, min, 2000) }

func (r OpeningRecord) checkObjection(o RecordObjection) error {
	mine := func(b RecordBid) bool {
		return slices.ContainsFunc(b.Bidders, func(p Party) bool { return p.USCC == o.Bidder.USCC })
	}
	answered := o.Answer != ""
	return firstOf(
		within("bidder", o.Bidder.Check()),
		need(slices.ContainsFunc(r.Bids, mine), "bidder", "bidder", "提出异议的不是本标段的投标人"),
		checkInstant("at", o.At),
		need(inside(o.At, r.DecryptUntil, r.At), "at", "window", "异议须在唱标之后、制作开标记录之前提出"),
		CheckObjection("text", o.Text, 5),
		need(o.Refused != answered, "answer", "answer", "异议须有答复；逾期提出、不予受理的不作答复"),
		CheckObjection("answer", o.Answer, 0),
		need(answered != o.AnsweredAt.IsZero(), "answered_at", "answered_at", "有答复的须写明答复时间，没有的不得写"),
		need(!answered || checkInstant("answered_at", o.AnsweredAt) == nil && inside(o.AnsweredAt, o.At, r.At), "answered_at", "window",
			"答复须在异议提出之后、制作开标记录之前、最多精确到微秒"),
	)
}

func (r OpeningRecord) checkChanges() error {
	paused := false
	for _, c := range r.Changes {
		if c.Kind != ChangePaused && c.Kind != ChangeResumed {
			continue
		}
		if paused == (c.Kind == ChangePaused) {
			return fault("changes", "order", "暂停与恢复须交替出现，先暂停后恢复")
		}
		paused = c.Kind == ChangePaused
	}
	return firstOf(
		need(len(r.Changes) <= maxRecords, "changes", "count", "暂停与延长的记录过多"),
		checkEach("changes", r.Changes, r.checkChange),
		need(slices.IsSortedFunc(r.Changes, func(a, b RecordChange) int { return a.At.Compare(b.At) }), "changes", "order", "暂停与延长须按时间排列"),
	)
}

func (r OpeningRecord) checkChange(c RecordChange) error {
	byPlatform, ends := c.Kind == ChangeOutage && c.By == (Party{}), c.Kind != ChangePaused
	least := 1
	if c.Kind == ChangeResumed {
		least = 0
	}
	var by error
	if !byPlatform {
		by = within("by", c.By.Check())
	}
	return firstOf(
		need(changeKinds[c.Kind] != "", "kind", "kind", "变动须为 extended、paused、resumed 或 outage"),
		checkInstant("at", c.At),
		need(inside(c.At, r.OpenedAt, r.At), "at", "window", "变动须在开标之后、制作开标记录之前"),
		by,
		checkText("reason", c.Reason, least, 500),
		need(ends != c.Until.IsZero(), "until", "until", "暂停不写新的截止时间，其他变动须写明"),
		need(!ends || checkInstant("until", c.Until) == nil && !c.Until.Before(c.At), "until", "too_early", "新的截止时间不得早于变动本身、最多精确到微秒"),
	)
}

// inside holds from the first instant to the last, both included.
func inside(t, from, to time.Time) bool { return !t.Before(from) && !t.After(to) }

// Agrees tells whether the record repeats what the verification sheet says: the same lot and bids in the same order, of
// the same bidders, with the securities and results found. Whether it is the sheet that the record names is for the
// caller, who has its signed bytes (SheetDigest).
func (r OpeningRecord) Agrees(s Sheet) error {
	if r.Lot != s.Lot || !r.Deadline.Equal(s.Deadline) || len(r.Bids) != len(s.Bids) {
		return fault("bids", "sheet", "开标记录的标段、截止时间或投标份数与核验结果表不一致")
	}
	letters := map[string]SheetLetter{}
	for _, l := range s.Letters {
		letters[l.ID] = l
	}
	return checkEach("bids", r.Bids, func(b RecordBid) error {
		at, _ := slices.BinarySearchFunc(s.Bids, b.Bid, func(x SheetBid, id string) int { return strings.Compare(x.ID, id) })
		if at >= len(s.Bids) || s.Bids[at].ID != b.Bid || !slices.Equal(s.Bids[at].Bidders, b.Bidders) {
			return fault("bidders", "sheet", "投标或投标人与核验结果表不一致")
		}
		l := letters[s.Bids[at].Letter]
		return need(b.Security.Number == l.Number && b.Security.Guarantor == l.Guarantor && b.Security.Result == l.Result &&
			(b.Security.Form == FormCash || b.Security.Amount == l.Amount), "security", "sheet", "投标担保与核验结果表不一致")
	})
}
