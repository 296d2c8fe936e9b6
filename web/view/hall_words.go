package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/tender"
)

// name is an organisation as people know it here.
func (h Hall) name(uscc string) string {
	for _, b := range h.Bids {
		for _, p := range b.Bidders {
			if p.USCC == uscc {
				return p.Name
			}
		}
	}
	for _, p := range h.Lot.Project.Beneficiaries {
		if p.USCC == uscc {
			return p.Name
		}
	}
	return uscc
}

// without is what a bid that names no letter gives: on a lot that takes cash, that.
func (h Hall) without() string {
	if slices.Contains(h.Lot.Forms, letter.FormCash) {
		return "现金保证金"
	}
	return "未列保函"
}

// bidName is a bid as people know it.
func bidName(bidders []letter.Party) string {
	switch len(bidders) {
	case 0:
		return "无法读取的投标"
	case 1:
		return Own(bidders[0].Name)
	}
	return Own(bidders[0].Name) + "（联合体牵头人）"
}

func (h Hall) bidName(id string) string {
	for _, b := range h.Bids {
		if b.Bid == id {
			return bidName(b.Bidders)
		}
	}
	return id
}

// next says whose move is next.
func (h Hall) next() string {
	switch h.Stage {
	case tender.HallListed:
		return "名单和保函查验结果已公布。等待主持人下达解密指令。"
	case tender.HallDecrypting:
		return fmt.Sprintf("投标人用自己的证书解密。已解密 %d 家，待解密 %d 家；全部解密即提前结束。", h.count(tender.BidDecrypted), h.count(tender.BidWaiting))
	case tender.HallPaused:
		return "主持人已暂停：" + h.pausedFor() + "。恢复后接着计时。"
	case tender.HallDecrypted:
		return fmt.Sprintf("已解密 %d 家，共 %d 家。等待主持人唱标，全部报价将同时公布。", h.count(tender.BidDecrypted), len(h.Bids))
	case tender.HallRead, tender.HallObjecting:
		return h.objecting()
	case tender.HallSigning:
		return "开标记录表已形成。主持人和投标人签名；签名时间到而没有签的，视为无异议。"
	case tender.HallEnded:
		return "开标会已结束。"
	case tender.HallTerminated:
		return "招标已终止，开标会随之终止。"
	}
	return ""
}

func (h Hall) objecting() string {
	n := h.open()
	switch {
	case h.running() && n > 0:
		return fmt.Sprintf("全部报价已公布。投标人可以提出异议，%d 件等待主持人答复。", n)
	case h.running():
		return "全部报价已公布。投标人请核对，有异议的现在提出。"
	case n > 0:
		return fmt.Sprintf("异议期已满，%d 件等待主持人答复。", n)
	}
	return "异议期已满。等待主持人制作开标记录表。"
}

// pausedFor is the reason of the pause that lasts.
func (h Hall) pausedFor() string {
	for _, e := range slices.Backward(h.Events) {
		if e.Kind == tender.HallPause {
			return hallDataOf(e).Reason
		}
	}
	return ""
}

// refusals are the decryptions of a bid that came and were not accepted: they are what an attribution rests on.
func (h Hall) refusals(bid string) (out []tender.HallEvent) {
	for _, e := range h.Events {
		if e.Kind == tender.HallRefused && hallDataOf(e).Bid == bid {
			out = append(out, e)
		}
	}
	return out
}

// hallData is what an event may carry that people want to read.
type hallData struct {
	Bid      string `json:"bid"`
	Bidder   string `json:"bidder"`
	Signer   string `json:"signer"`
	Reason   string `json:"reason"`
	Minutes  int    `json:"minutes"`
	Code     string `json:"code"`
	Cause    string `json:"cause"`
	Edition  int    `json:"edition"`
	Unsigned int    `json:"unsigned"`
}

func hallDataOf(e tender.HallEvent) (d hallData) {
	_ = json.Unmarshal(e.Data, &d) // what it has not is not shown
	return d
}

// termsFacts are what is read out of a bid.
func termsFacts(t *letter.BidTerms) []Fact {
	out := []Fact{{Label: "投标报价", More: Amount(t.Price)}, {Label: "工期", Value: fmt.Sprintf("%d 日历天", t.PeriodDays)},
		{Label: "质量目标", Value: t.Quality}, {Label: "项目负责人", Value: t.Leader}}
	for _, x := range t.Fields {
		out = append(out, Fact{Label: x.Name, Value: x.Value})
	}
	return out
}

// eventWords say what happened, and to whom.
func (h Hall) eventWords(e tender.HallEvent) string {
	d, out := hallDataOf(e), e.Kind.Words()
	switch {
	case d.Bidder != "":
		out += "：" + h.name(d.Bidder)
	case d.Signer != "":
		out = h.name(d.Signer) + out
	case d.Bid != "":
		out += "：" + h.bidName(d.Bid)
	}
	if d.Minutes > 0 {
		out += fmt.Sprintf("（%d 分钟）", d.Minutes)
	}
	if why := refusedForm[d.Code]; why != "" {
		out += "（" + why + "）"
	}
	if d.Cause != "" {
		out += "（" + causeWords(tender.Cause(d.Cause)) + "）"
	}
	if d.Reason != "" {
		out += "：" + d.Reason
	}
	return out
}

// refusedForm says why a form was not taken.
var refusedForm = map[string]string{"form.digest": "不是封存的那一份投标函", "form.too_late": "解密时间已过"}

func causeWords(c tender.Cause) string {
	return map[tender.Cause]string{tender.CauseBidder: "投标人原因，视为撤销", tender.CauseNotBidder: "非投标人原因，视为撤回"}[c]
}

// follows says what an attribution leads to, before somebody confirms it.
func follows(c tender.Cause) string {
	if c == tender.CauseBidder {
		return "确认后，该投标视为撤销，招标人可以就其保函索赔（实施条例第三十五条）。"
	}
	return "确认后，该投标视为撤回，其保函自今日起五日内退还（政府采购为五个工作日）。"
}

func bidTone(s tender.HallBidState) Tone {
	switch s {
	case tender.BidDecrypted:
		return Good
	case tender.BidWaiting, tender.BidPending:
		return Open
	case tender.BidUnreadable, tender.BidRevoked, tender.BidFreed:
	}
	return Bad
}

func bidWords(s tender.HallBidState) string {
	return map[tender.HallBidState]string{tender.BidWaiting: "待解密", tender.BidDecrypted: "已解密", tender.BidUnreadable: "无法读取",
		tender.BidPending: "未解密，待定责", tender.BidRevoked: "未解密，视为撤销", tender.BidFreed: "未解密，视为撤回"}[s]
}

func resultTone(result string) Tone {
	return map[string]Tone{letter.LetterPassed: Good, letter.LetterDoubtful: Bad, letter.LetterUnknown: Open}[result]
}

func resultWords(result string) string {
	return map[string]string{letter.LetterPassed: "相符", letter.LetterDoubtful: "存疑", letter.LetterUnknown: "无法查验"}[result]
}

// clockOf is an instant of today, to the second.
func clockOf(t time.Time) string { return strings.Fields(Second(t))[1] }

// leftOf is a span in words.
func leftOf(d time.Duration) string { return Left(time.Time{}.Add(d), time.Time{}) }
