package tender

import (
	"fmt"

	"baohan/party"
)

// State is where a lot stands.
type State string

// The states, and whose move is next.
const (
	Draft      State = "draft"      // 未发布: the tenderer publishes
	Published  State = "published"  // 招标中: bidders hand in until the deadline; then the clock closes
	Closed     State = "closed"     // 已截标: the system opens
	Failed     State = "failed"     // 开标失败: fewer than three bids, nothing is opened (条例44); final
	Opened     State = "opened"     // 已开标: the committee evaluates, the tenderer awards
	Awarded    State = "awarded"    // 已定标: the winner and the tenderer conclude the contract
	Contracted State = "contracted" // 已签约: letters are released; final
	Refused    State = "refused"    // 中标人拒签: the award is cancelled (条例74); the tenderer may award again
	Terminated State = "terminated" // 已终止: called off, or without an award (条例31; 招标投标法42; 政府采购法36); final
)

// Verb is what somebody does to a lot.
type Verb string

// The verbs of a lot.
const (
	VerbRedraft   Verb = "redraft" // moves nothing: the tenderer writes its draft anew
	VerbPublish   Verb = "publish"
	VerbPostpone  Verb = "postpone"
	VerbClose     Verb = "close"
	VerbFail      Verb = "fail"
	VerbOpen      Verb = "open"
	VerbEvaluate  Verb = "evaluate"
	VerbAnnounce  Verb = "announce"
	VerbAward     Verb = "award"
	VerbSetAside  Verb = "set_aside"
	VerbContract  Verb = "contract"
	VerbRefuse    Verb = "refuse"
	VerbTerminate Verb = "terminate"
	VerbCash      Verb = "cash_list" // the centre says which deposits in cash arrived
)

// Move is one legal move.
type Move struct {
	From State
	Verb Verb
	To   State
}

// Moves are all legal moves. Whatever is not here is refused, here and by the trigger on table lot. Handing in
// and withdrawing a bid move nothing: a write to the lot's row would tell that somebody bid.
var Moves = []Move{
	{Draft, VerbPublish, Published},
	{Published, VerbPostpone, Published}, // later only, by two
	{Published, VerbClose, Closed},
	{Published, VerbFail, Failed},
	{Closed, VerbOpen, Opened},
	{Published, VerbTerminate, Terminated},
	{Closed, VerbTerminate, Terminated},
	{Opened, VerbEvaluate, Opened}, // in editions, until the award
	{Opened, VerbAnnounce, Opened}, // 公示, one for an edition
	{Opened, VerbAward, Awarded},
	{Opened, VerbTerminate, Terminated},
	{Awarded, VerbSetAside, Opened}, // 质疑成立 and the result changes (94号令16)
	{Awarded, VerbContract, Contracted},
	{Awarded, VerbRefuse, Refused},
	{Awarded, VerbTerminate, Terminated},
	{Refused, VerbAward, Awarded}, // 条例55: the next candidate
	{Refused, VerbTerminate, Terminated},
	{Closed, VerbCash, Closed}, // never of a lot that failed: nothing of it is ever unsealed
	{Opened, VerbCash, Opened},
	{Awarded, VerbCash, Awarded},
	{Contracted, VerbCash, Contracted},
	{Refused, VerbCash, Refused},
	{Terminated, VerbCash, Terminated}, // of one that was opened before it was called off
}

// next is where verb leads from a state, or a refusal that says where the lot stands.
func next(from State, verb Verb) (State, error) {
	for _, m := range Moves {
		if m.From == from && m.Verb == verb {
			return m.To, nil
		}
	}
	return "", party.Conflict("lot.illegal_move", fmt.Sprintf("标段当前状态为“%s”，不能执行此操作；请刷新后查看最新状态", Words(from)))
}

// Words are the Chinese words for a state.
func Words(s State) string { return stateWords[s] }

var stateWords = map[State]string{
	Draft: "未发布", Published: "招标中", Closed: "已截标", Failed: "开标失败", Opened: "已开标",
	Awarded: "已定标", Contracted: "已签约", Refused: "中标人拒签", Terminated: "已终止",
}

// BidState is where a bid stands. It is all that a bid's row says in clear.
type BidState string

// The states of a bid.
const (
	Received   BidState = "received"   // 已递交, sealed; it stays so for ever when the lot fails
	Withdrawn  BidState = "withdrawn"  // 已撤回 before the deadline; sealed for ever
	Unsealed   BidState = "unsealed"   // 已解密
	Unreadable BidState = "unreadable" // 解密失败: listed at the opening
)
