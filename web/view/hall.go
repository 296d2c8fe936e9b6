package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender"
)

// Hall is the session of a remote opening (不见面开标) as one of the people in it sees it.
type Hall struct {
	Lot *tender.Lot
	tender.HallView
	As     party.Role
	Events []tender.HallEvent // in their order
	Form   HallForms

	Statement bool // the bidder's browser has the answer to a sign-in before the deadline
}

// HallForms makes the form of a verb of a session. Of tells those apart that stand on one page; ask is what cannot be taken
// back; fields are the names of what is filled in.
type HallForms func(verb, of, ask string, fields ...string) HallForm

// HallForm is one form of a hall. Several stand on a page, so that the names of their fields end in Of.
type HallForm struct {
	Deed Deed
	Of   string
}

// Name is a field's name in this form.
func (f HallForm) Name(field string) string { return field + "-" + f.Of }

func (f HallForm) field(name, label, help string, most int) Field {
	return Field{Name: f.Name(name), Label: label, Help: help, Max: most, Of: &f.Deed}
}

func (f HallForm) at(verb string) string { return "form-" + verb + "-" + f.Of }

// hallStages are the parts of a session as people count them.
var hallStages = []string{"公布名单", "解密", "唱标", "异议", "签名", "结束"}

func (h Hall) way() []Stage {
	at := map[tender.HallStage]int{tender.HallListed: 0, tender.HallDecrypting: 1, tender.HallDecrypted: 2, tender.HallRead: 3,
		tender.HallObjecting: 3, tender.HallSigning: 4, tender.HallEnded: len(hallStages)}
	n := at[cmp.Or(h.PausedIn, h.Stage)]
	if h.Stage == tender.HallTerminated {
		n = at[h.reached()]
	}
	return Stages(n, hallStages...)
}

// reached is how far a session came that was terminated.
func (h Hall) reached() tender.HallStage {
	switch {
	case h.Record != nil:
		return tender.HallSigning
	case h.ReadAt != nil:
		return tender.HallObjecting
	case h.DecryptUntil != nil:
		return tender.HallDecrypted
	case h.DecryptFrom != nil:
		return tender.HallDecrypting
	}
	return tender.HallListed
}

// host tells whoever runs the lot.
func (h Hall) host() bool { return h.As == party.Beneficiary || h.As == party.Agent }

func (h Hall) running() bool { return h.Deadline != nil && h.Remaining > 0 }

func (h Hall) own() *tender.HallBidView {
	for i := range h.Bids {
		if h.Own != "" && h.Bids[i].Bid == h.Own {
			return &h.Bids[i]
		}
	}
	return nil
}

func (h Hall) count(state tender.HallBidState) (n int) {
	for _, b := range h.Bids {
		if b.State == state {
			n++
		}
	}
	return n
}

// open counts the objections that wait for an answer.
func (h Hall) open() (n int) {
	for _, o := range h.Objections {
		if !o.Refused && o.Answer == nil {
			n++
		}
	}
	return n
}

// undecrypted are the bids of which somebody must say why they were not decrypted.
func (h Hall) undecrypted() (out []tender.HallBidView) {
	if h.DecryptUntil == nil {
		return nil
	}
	for _, b := range h.Bids {
		if b.State != tender.BidDecrypted {
			out = append(out, b)
		}
	}
	return out
}

// said is the newest attribution of a bid.
func (h Hall) said(bid string) (last *tender.Attribution) {
	for i := range h.Attributions {
		if h.Attributions[i].Bid == bid {
			last = &h.Attributions[i]
		}
	}
	return last
}

// unconfirmed are the attributions that wait for the supervisor.
func (h Hall) unconfirmed() (out []tender.Attribution) {
	for _, b := range h.Bids {
		if a := h.said(b.Bid); a != nil && a.ConfirmedAt == nil {
			out = append(out, *a)
		}
	}
	return out
}

func (h Hall) attended(b tender.HallBidView) *time.Time {
	for _, a := range h.Attendance {
		if len(b.Bidders) > 0 && a.Bidder == b.Bidders[0].USCC {
			return &a.At
		}
	}
	return nil
}

// signed tells whether a party has signed the newest record.
func (h Hall) signed(uscc string) bool {
	return h.Record != nil && slices.Contains(h.Record.Signed, uscc)
}

// hostSigned tells whether somebody has who is no bidder.
func (h Hall) hostSigned() bool {
	return h.Record != nil && slices.ContainsFunc(h.Record.Signed, func(uscc string) bool {
		return !slices.ContainsFunc(h.Bids, func(b tender.HallBidView) bool { return len(b.Bidders) > 0 && b.Bidders[0].USCC == uscc })
	})
}

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
		return bidders[0].Name
	}
	return bidders[0].Name + "（联合体牵头人）"
}

func (h Hall) bidName(id string) string {
	for _, b := range h.Bids {
		if b.Bid == id {
			return bidName(b.Bidders)
		}
	}
	return id
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

// hallEvents are the names of the events of a session's stream, as a page lists them; ended and terminated close it.
func hallEventNames() string {
	var names []string
	for _, v := range tender.HallVerbs() {
		if v != tender.HallEnd && v != tender.HallTerminate {
			names = append(names, string(v))
		}
	}
	return strings.Join(names, " ")
}

const hallEventsFinal = string(tender.HallEnd) + " " + string(tender.HallTerminate)

// hearing tells whether objections can still be answered.
func (h Hall) hearing() bool {
	return h.Stage == tender.HallObjecting || h.Stage == tender.HallPaused && h.PausedIn == tender.HallObjecting
}

// newest are the last n events, the last one first.
func (h Hall) newest(n int) []tender.HallEvent {
	all := slices.Clone(h.Events[max(0, len(h.Events)-n):])
	slices.Reverse(all)
	return all
}

func (h Hall) refusedWords(e tender.HallEvent) string {
	return cmp.Or(refusedForm[hallDataOf(e).Code], "投标函不符")
}

func (h Hall) attributionOf(b tender.HallBidView) string {
	if a := h.said(b.Bid); a != nil {
		return fmt.Sprintf("%s-%d", b.Bid, a.Seq)
	}
	return b.Bid
}

func (h Hall) attributionTitle(b tender.HallBidView) string {
	if h.said(b.Bid) != nil {
		return "另作一项认定，更正前一项"
	}
	return "认定没有解密的原因"
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

// doubtfulLetters has those on top that people must look at; the rest keep their order.
func doubtfulLetters(all []tender.LetterView) []tender.LetterView {
	rank := map[string]int{letter.LetterDoubtful: 0, letter.LetterUnknown: 1, letter.LetterPassed: 2}
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b tender.LetterView) int { return rank[a.Result] - rank[b.Result] })
	return out
}

func letterName(l tender.LetterView) string {
	if l.Summary == nil || l.Summary.Number == "" {
		return "未能解封的保函"
	}
	return "保函 " + l.Summary.Number
}

func letterByID(o tender.Opening, id string) string {
	for _, l := range o.Letters {
		if l.ID == id {
			return letterName(l)
		}
	}
	return id
}

// letterBidders are who bids with a letter.
func letterBidders(o tender.Opening, id string) string {
	var out []string
	for _, b := range o.Bids {
		if b.Letter == id {
			out = append(out, bidName(b.Bidders))
		}
	}
	return strings.Join(out, "、")
}

// letterReasons name the lines that did not pass.
func letterReasons(l tender.LetterView) string {
	if l.Failure != "" {
		return l.Failure
	}
	var out []string
	for _, x := range l.Lines {
		if x.Result != letter.ResultPass {
			out = append(out, x.Title()+"（"+wordsOfCheck(x.Result)+"）："+x.Words)
		}
	}
	return strings.Join(out, "；")
}

func (h Hall) screenColumns() []string {
	columns := []string{"序号", "投标人", "保函查验", "解密"}
	if h.ReadAt != nil {
		columns = append(columns, "投标报价", "工期")
	}
	return columns
}

func openingPlace(l *tender.Lot) string {
	if l.Hall != nil {
		return "不见面开标"
	}
	return "到场开标"
}
