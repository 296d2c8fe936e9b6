package tender

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/signing"
)

// The seven lines by which a deposit in cash is verified, in the order in which they are printed. They say what was wanted
// and what was found; only the committee draws a consequence.
var cashNames = [letter.CashLines]string{"到账", "金额", "到账时间", "付款人", "基本账户", "关联线索", "唯一有效"}

// noCashList is what a line says that only the list of what arrived could answer.
const noCashList = "保证金到账清单尚未提交；由交易中心在截标后提交，收到后自动核对"

// cashBid is a bid whose security is cash, with what arrived for it.
type cashBid struct {
	bid  BidView
	slip *letter.CashSlip // nil: none was handed in with the bid
	got  []letter.ReceivedCash
}

// cashExam compares a lot's bids with the list of what arrived. It is a pure function of what the opening published and
// of the newest list, so that the page, the sheet and the register say the same.
type cashExam struct {
	lot       *Lot
	list      *letter.CashList // nil: it has not come
	bids      []*cashBid
	byID      map[string]*cashBid
	accounts  map[string][]*cashBid // by each account that paid for them
	entries   map[string]int        // how many bids a payment was found for
	places    standingIn
	unmatched []letter.ReceivedCash
}

// cashExamOf reads the newest list and compares; a lot that takes no cash has nothing to compare.
func cashExamOf(ctx context.Context, q store.Querier, l *Lot, bids []BidView) (*cashExam, error) {
	if !l.takesCash() {
		return &cashExam{lot: l}, nil
	}
	list, err := newestCash(ctx, q, l.ID)
	if err != nil {
		return nil, err
	}
	return compareCash(l, bids, list)
}

func compareCash(l *Lot, bids []BidView, list *letter.CashList) (*cashExam, error) {
	e := &cashExam{lot: l, list: list, byID: map[string]*cashBid{}, accounts: map[string][]*cashBid{}, entries: map[string]int{}, places: standingIn{}}
	for _, b := range bids {
		e.places.add(b.ID, b.Bidders)
		if b.Failure != "" || b.Letter != "" {
			continue
		}
		slip, err := slipOf(b)
		if err != nil {
			return nil, err
		}
		one := &cashBid{bid: b, slip: slip}
		e.bids, e.byID[b.ID] = append(e.bids, one), one
	}
	e.match()
	return e, nil
}

// slipOf reads the slip out of what the bidder signed; a bid of a list has none.
func slipOf(b BidView) (*letter.CashSlip, error) {
	if b.Signed == nil {
		return nil, nil //nolint:nilnil // no slip is not an error
	}
	signed, err := signing.ParseSignedData(b.Signed)
	if err != nil {
		return nil, err
	}
	content, err := letter.ParseBid(signed.Content)
	return content.Cash, err
}

// match gives each bid the payments that bear its reference, or else those of its bidders.
func (e *cashExam) match() {
	if e.list == nil {
		return
	}
	byReference, byPayer := map[string][]letter.ReceivedCash{}, map[string][]letter.ReceivedCash{}
	for _, r := range e.list.Entries {
		if r.Reference != "" {
			byReference[r.Reference] = append(byReference[r.Reference], r)
		}
		byPayer[payerKey(r)] = append(byPayer[payerKey(r)], r)
	}
	for _, b := range e.bids {
		if b.slip != nil {
			b.got = slices.Clone(byReference[b.slip.Reference])
		}
		if len(b.got) == 0 {
			b.got = ofBidders(byPayer, b.bid.Bidders)
		}
		for _, r := range b.got {
			e.entries[r.ID]++
			e.accounts[tidy(r.Account)] = append(e.accounts[tidy(r.Account)], b)
		}
	}
	for _, r := range e.list.Entries {
		if e.entries[r.ID] == 0 {
			e.unmatched = append(e.unmatched, r)
		}
	}
}

// payerKey is the payer's code where the bank knows it, else its name.
func payerKey(r letter.ReceivedCash) string {
	if r.USCC != "" {
		return r.USCC
	}
	return tidy(r.Payer)
}

func ofBidders(byPayer map[string][]letter.ReceivedCash, bidders []letter.Party) (out []letter.ReceivedCash) {
	for _, p := range bidders {
		out = append(out, byPayer[p.USCC]...)
		out = append(out, byPayer[tidy(p.Name)]...)
	}
	return out
}

// of is what was found of a bid's security in cash; nil where it gives none.
func (e *cashExam) of(bid string) *letter.SheetCash {
	b := e.byID[bid]
	if b == nil {
		return nil
	}
	lines := []letter.Line{e.arrived(b), e.amount(b), e.inTime(b), e.payer(b), e.basic(b), e.related(b), e.only(b)}
	for i := range lines {
		l := &lines[i]
		l.Name, l.Want, l.Got, l.Words = cashNames[i], visible(l.Want), visible(l.Got), visible(l.Words)
	}
	return &letter.SheetCash{Amount: e.sum(b), Result: string(result(lines)), Lines: lines}
}

// sum is what arrived before the deadline.
func (e *cashExam) sum(b *cashBid) (sum letter.Fen) {
	for _, r := range b.got {
		if r.ReceivedAt.Before(e.lot.End.Deadline) {
			sum += r.Amount
		}
	}
	return sum
}

// nothing is what the other lines say when nothing is known to have arrived.
func (e *cashExam) nothing(b *cashBid, want string) (letter.Line, bool) {
	switch {
	case e.list == nil:
		return unknown(want, noCashList), true
	case len(b.got) == 0:
		return unknown(want, "没有到账记录可以核对"), true
	}
	return letter.Line{}, false
}

// 1: something arrived that bears the slip's reference, or that its bidders paid.
func (e *cashExam) arrived(b *cashBid) letter.Line {
	want := "到账清单中有该投标的保证金"
	if b.slip != nil {
		want += "（识别号 " + b.slip.Reference + "，填报 " + b.slip.Amount.String() + " 元）"
	}
	if e.list == nil {
		return unknown(want, noCashList)
	}
	ids := make([]string, len(b.got))
	for i, r := range b.got {
		ids[i] = r.ID
	}
	return judge(len(ids) > 0, want, fmt.Sprintf("%d 笔 %s", len(ids), strings.Join(ids, "、")), "到账清单中没有找到该投标的保证金")
}

// 2: at least what is required arrived before the deadline.
func (e *cashExam) amount(b *cashBid) letter.Line {
	want := "不低于人民币 " + e.lot.Requirement.Amount.String() + " 元"
	if l, none := e.nothing(b, want); none {
		return l
	}
	sum := e.sum(b)
	return judge(sum >= e.lot.Requirement.Amount, want, "截止前到账人民币 "+sum.String()+" 元", "截止前到账的金额低于招标文件要求")
}

// 3: all of it before the deadline; what came at the deadline itself is late.
func (e *cashExam) inTime(b *cashBid) letter.Line {
	want := "早于 " + instant(e.lot.End.Deadline) + "（不含）"
	if l, none := e.nothing(b, want); none {
		return l
	}
	last := slices.MaxFunc(b.got, func(x, y letter.ReceivedCash) int { return x.ReceivedAt.Compare(y.ReceivedAt) })
	return judge(last.ReceivedAt.Before(e.lot.End.Deadline), want, instant(last.ReceivedAt), "有保证金不是在投标截止前到账的")
}

// 4: paid by the bidder; of a consortium by the lead or a member.
func (e *cashExam) payer(b *cashBid) letter.Line {
	var names []string
	for _, p := range b.bid.Bidders {
		names = append(names, p.Name)
	}
	want := strings.Join(names, "或")
	if l, none := e.nothing(b, want); none {
		return l
	}
	var payers []string
	ok := true
	for _, r := range b.got {
		payers = append(payers, r.Payer)
		ok = ok && slices.ContainsFunc(b.bid.Bidders, func(p letter.Party) bool {
			return r.USCC == p.USCC || r.USCC == "" && tidy(r.Payer) == tidy(p.Name)
		})
	}
	return judge(ok, want, strings.Join(payers, "、"), "付款人不是投标人（联合体为其成员）")
}

// 5: from the 基本账户 that the bid names, and the bank says that it is one (条例26).
func (e *cashExam) basic(b *cashBid) letter.Line {
	want := "从投标人的基本账户转出"
	if b.slip != nil {
		want += "（填报尾号 " + tail(b.slip.Payer.Number) + "）"
	}
	if l, none := e.nothing(b, want); none {
		return l
	}
	var got []string
	same, no, silent := true, false, false
	for _, r := range b.got {
		got = append(got, "尾号 "+tail(r.Account)+"，"+basicWords[r.Basic])
		same = same && (b.slip == nil || tidy(r.Account) == tidy(b.slip.Payer.Number))
		no, silent = no || r.Basic == letter.BasicNo, silent || r.Basic == letter.BasicUnknown
	}
	line := judge(same && !no, want, strings.Join(got, "；"), "保证金不是从投标人填报的基本账户转出的（招标投标法实施条例第二十六条）")
	if line.Result == letter.ResultPass && silent {
		line.Result, line.Words = letter.ResultUnknown, "银行没有说明付款账户是否为基本账户；请核对开户许可或基本存款账户信息"
	}
	return line
}

var basicWords = map[letter.Basic]string{letter.BasicYes: "银行确认为基本账户", letter.BasicNo: "银行确认不是基本账户", letter.BasicUnknown: "银行未说明是否基本账户"}

// tail is as much of an account's number as others are shown.
func tail(number string) string {
	n := tidy(number)
	return n[max(0, len(n)-4):]
}

// 6: securities of different bidders that come from one account are deemed collusion (条例40(6)); a lead for the committee
// and the supervisor.
func (e *cashExam) related(b *cashBid) letter.Line {
	want := "付款账户不与本标段其他投标人相同"
	if l, none := e.nothing(b, want); none {
		return l
	}
	for _, r := range b.got {
		for _, o := range e.accounts[tidy(r.Account)] {
			if o != b && !sharesMember(o.bid.Bidders, b.bid.Bidders) {
				return judge(false, want, "与"+o.bid.Bidders[0].Name+"从同一账户转出",
					"不同投标人的投标保证金从同一账户转出；请评标委员会和行政监督部门核查（招标投标法实施条例第四十条）")
			}
		}
	}
	return judge(true, want, "未发现", "")
}

// 7: one payment for one bid, and no member in two bids (招标投标法31; 条例37).
func (e *cashExam) only(b *cashBid) letter.Line {
	want := "一笔保证金一份投标，各单位只参加一份投标"
	switch {
	case e.places.elsewhere(b.bid.ID, b.bid.Bidders):
		return judge(false, want, "同一单位出现在多份投标中", twiceWords)
	case slices.ContainsFunc(b.got, func(r letter.ReceivedCash) bool { return e.entries[r.ID] > 1 }):
		return judge(false, want, "同一笔到账对应多份投标", "同一笔到账对应本标段的多份投标；请核对缴款识别号")
	}
	return judge(true, want, "唯一", "")
}

const twiceWords = "同一单位在本标段参加了多份投标（招标投标法第三十一条）；请核对是否另行单独投标或参加了另一联合体"

// standingIn are the bids of a lot by each organisation that stands in them.
type standingIn map[string][]string

func (s standingIn) add(bid string, bidders []letter.Party) {
	for _, p := range bidders {
		s[p.USCC] = append(s[p.USCC], bid)
	}
}

// elsewhere tells whether one of these organisations stands in another bid.
func (s standingIn) elsewhere(bid string, bidders []letter.Party) bool {
	return slices.ContainsFunc(bidders, func(p letter.Party) bool {
		return slices.ContainsFunc(s[p.USCC], func(other string) bool { return other != bid })
	})
}
