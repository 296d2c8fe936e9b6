package tender

import (
	"fmt"
	"maps"
	"slices"

	"baohan/party"
)

// HallStage is where the session of a remote opening stands.
type HallStage string

// The stages, and whose move is next.
const (
	HallListed     HallStage = "listed"     // 名单和保函查验已公布: the host orders the decryption
	HallDecrypting HallStage = "decrypting" // 解密中: the bidders decrypt; the clock ends it, or the last of them
	HallPaused     HallStage = "paused"     // 暂停: the host goes on, with the time that was left
	HallDecrypted  HallStage = "decrypted"  // 解密结束: the host reads out
	HallRead       HallStage = "read"       // 已唱标: passes at once into the next
	HallObjecting  HallStage = "objecting"  // 异议期: bidders object, the host answers, then makes the record
	HallSigning    HallStage = "signing"    // 确认签名: host and bidders sign the record
	HallEnded      HallStage = "ended"      // 已结束; final
	HallTerminated HallStage = "terminated" // 终止: the tender was terminated; final
)

// HallVerb is what somebody, or the clock, does to a session.
type HallVerb string

// The verbs that move a session.
const (
	HallOrder     HallVerb = "decrypt_ordered"
	HallPause     HallVerb = "paused"
	HallResume    HallVerb = "resumed"
	HallClose     HallVerb = "decrypt_closed" // by the clock, or by the last bid
	HallReadOut   HallVerb = "read_out"
	HallHear      HallVerb = "objections_heard"
	HallRecord    HallVerb = "record_made"
	HallEnd       HallVerb = "ended"
	HallTerminate HallVerb = "terminated"
)

// The verbs that are noted and move nothing.
const (
	HallBegun      HallVerb = "begun"
	HallAttended   HallVerb = "attended"
	HallDecrypted1 HallVerb = "bid_decrypted"
	HallRefused    HallVerb = "form_refused"
	HallAsked      HallVerb = "extension_asked"
	HallExtended   HallVerb = "extended"
	HallOutage     HallVerb = "outage"
	HallAttributed HallVerb = "attributed"
	HallConfirmed  HallVerb = "attribution_confirmed"
	HallObjected   HallVerb = "objected"
	HallLate       HallVerb = "objection_refused"
	HallAnswered   HallVerb = "answered"
	HallAgreed     HallVerb = "line_confirmed"
	HallSigned     HallVerb = "record_signed"
	HallCorrected  HallVerb = "record_corrected"
)

// HallMove is one legal move of a session.
type HallMove struct {
	From HallStage
	Verb HallVerb
	To   HallStage
}

// HallMoves are all legal moves. Whatever is not here is refused, here and by the trigger on table hall_session; none leads
// backwards but out of a pause, and that to where the pause began.
var HallMoves = []HallMove{
	{HallListed, HallOrder, HallDecrypting},
	{HallDecrypting, HallClose, HallDecrypted},
	{HallDecrypting, HallPause, HallPaused},
	{HallPaused, HallResume, HallDecrypting},
	{HallDecrypted, HallReadOut, HallRead},
	{HallRead, HallHear, HallObjecting},
	{HallObjecting, HallPause, HallPaused},
	{HallPaused, HallResume, HallObjecting},
	{HallObjecting, HallRecord, HallSigning},
	{HallSigning, HallPause, HallPaused},
	{HallPaused, HallResume, HallSigning},
	{HallSigning, HallEnd, HallEnded},
	{HallListed, HallTerminate, HallTerminated},
	{HallDecrypting, HallTerminate, HallTerminated},
	{HallPaused, HallTerminate, HallTerminated},
	{HallDecrypted, HallTerminate, HallTerminated},
	{HallRead, HallTerminate, HallTerminated},
	{HallObjecting, HallTerminate, HallTerminated},
	{HallSigning, HallTerminate, HallTerminated},
}

// nextHall is where verb leads from a stage, or a refusal that says where the session stands. A pause ends in pausedIn.
func nextHall(from, pausedIn HallStage, verb HallVerb) (HallStage, error) {
	for _, m := range HallMoves {
		if m.From == from && m.Verb == verb && (verb != HallResume || m.To == pausedIn) {
			return m.To, nil
		}
	}
	return "", party.Conflict("hall.illegal_move", fmt.Sprintf("开标会当前为“%s”，不能执行此操作；请刷新后查看最新状态", from.Words()))
}

// Words are the Chinese words for a stage.
func (s HallStage) Words() string { return hallWords[s] }

// Final tells the stages after which nothing follows.
func (s HallStage) Final() bool { return s == HallEnded || s == HallTerminated }

// timed tells the stages whose window runs.
func (s HallStage) timed() bool { return s == HallDecrypting || s == HallObjecting || s == HallSigning }

var hallWords = map[HallStage]string{
	HallListed: "名单和保函查验已公布", HallDecrypting: "解密中", HallPaused: "暂停", HallDecrypted: "解密结束", HallRead: "已唱标",
	HallObjecting: "异议期", HallSigning: "确认签名", HallEnded: "已结束", HallTerminated: "终止",
}

// HallVerbs are all that can happen in a session, sorted: the names of the events of its stream.
func HallVerbs() []HallVerb { return slices.Sorted(maps.Keys(hallVerbWords)) }

// Words are the Chinese words for what happened.
func (v HallVerb) Words() string { return hallVerbWords[v] }

var hallVerbWords = map[HallVerb]string{
	HallBegun: "投标人名单和保函查验结果已公布，开标会开始", HallOrder: "主持人下达解密指令", HallPause: "主持人暂停", HallResume: "主持人恢复",
	HallClose: "解密结束", HallReadOut: "唱标，全部报价同时公布", HallHear: "异议期开始", HallRecord: "开标记录表已形成，请签名", HallEnd: "开标会结束",
	HallTerminate: "招标终止，开标会终止", HallAttended: "投标人签到", HallDecrypted1: "投标人完成解密", HallRefused: "一次解密未被接受",
	HallAsked: "主持人申请延长解密时间，等待行政监督同意", HallExtended: "行政监督同意，解密时间延长", HallOutage: "平台中断，时间按中断时长顺延",
	HallAttributed: "主持人认定未解密的原因，等待行政监督确认", HallConfirmed: "行政监督确认未解密的原因", HallObjected: "投标人提出异议",
	HallLate: "逾期的异议，未予接受", HallAnswered: "主持人答复异议", HallAgreed: "投标人确认开标内容", HallSigned: "已签署开标记录表",
	HallCorrected: "开标记录表有新版",
}
