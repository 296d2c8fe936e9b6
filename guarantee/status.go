package guarantee

import (
	"fmt"
	"slices"

	"baohan/party"
)

// Part is one of the small machines that together are a guarantee.
type Part string

// The machines. What a person sees is derived from their states and never stored.
const (
	PartApplication  Part = "application"  // 申请
	PartFee          Part = "fee"          // 保费
	PartInstrument   Part = "instrument"   // 保函
	PartDisclosure   Part = "disclosure"   // 密封
	PartVerification Part = "verification" // 查验
	PartRelease      Part = "release"      // 解除
	PartDemand       Part = "demand"       // 索赔
)

// State is the state of one machine.
type State string

// The states, and whose move is next.
const (
	Submitted    State = "submitted"    // the guarantor takes it up
	Underwriting State = "underwriting" // the guarantor decides
	Approved     State = "approved"     // the applicant pays
	Declined     State = "declined"     // final
	Cancelled    State = "cancelled"    // final

	FeeNone      State = "none"
	FeePending   State = "pending" // the applicant pays the guarantor before the due instant
	FeePaid      State = "paid"    // the guarantor issues
	FeeLapsed    State = "lapsed"  // final, unless money still arrives
	FeeRefunding State = "refunding"
	FeeRefunded  State = "refunded"

	NotIssued   State = "none"
	Issuing     State = "issuing" // number and digest stand; the guarantor signs and sends
	Issued      State = "issued"  // in force
	Released    State = "released"
	Expired     State = "expired"
	Surrendered State = "surrendered"
	PaidOut     State = "paid_out"
	Void        State = "void"
	IssueFailed State = "failed"

	Sealed    State = "sealed"
	Disclosed State = "disclosed"
	Missing   State = "missing"  // named by a bid and could not be opened
	Accepted  State = "accepted" // by the emergency rule 应急

	NotVerified State = "not_done"
	Passed      State = "passed"
	Doubtful    State = "doubtful" // 存疑: the committee decides
	Unknown     State = "unknown"
	Confirmed   State = "confirmed"

	NoRelease    State = "none"
	ReleaseDue   State = "due"       // the beneficiaries sign
	Requested    State = "requested" // effective; the guarantor acknowledges
	Acknowledged State = "acknowledged"

	Presented       State = "presented"
	Incomplete      State = "incomplete" // the beneficiary completes, once (保险法22; URDG 758 art. 20(a)); the clocks stand
	Examining       State = "examining"  // the guarantor decides within its working days
	Complying       State = "complying"  // the guarantor pays
	Held            State = "held"       // the applicant answers, then the guarantor extends or pays (URDG 758 art. 23)
	Honoured        State = "honoured"
	Rejected        State = "rejected"
	WithdrawnDemand State = "withdrawn"
	Stayed          State = "stayed" // a court has stopped payment (法释〔2016〕24号 arts. 13–17)
)

// Verb is what somebody does to one machine.
type Verb string

// Move is one legal move. Whatever is not in a table is refused.
type Move struct {
	Part Part
	From State
	Verb Verb
	To   State
}

// Moves are all legal moves of all machines, one table per machine, in the order of a life.
// The database holds the same pairs in legal_move and refuses the rest.
var Moves = slices.Concat(applicationMoves, feeMoves, instrumentMoves, disclosureMoves, verificationMoves, releaseMoves, demandMoves)

var applicationMoves = []Move{
	{PartApplication, Submitted, "take_up", Underwriting},
	{PartApplication, Submitted, "approve", Approved},
	{PartApplication, Submitted, "decline", Declined},
	{PartApplication, Submitted, "cancel", Cancelled},
	{PartApplication, Underwriting, "approve", Approved},
	{PartApplication, Underwriting, "decline", Declined},
	{PartApplication, Underwriting, "cancel", Cancelled},
	{PartApplication, Approved, "cancel", Cancelled},
}

var feeMoves = []Move{
	{PartFee, FeeNone, "charge", FeePending},
	{PartFee, FeePending, "pay", FeePaid},
	{PartFee, FeePending, "lapse", FeeLapsed},
	{PartFee, FeeLapsed, "pay", FeeRefunding}, // money that arrives too late goes back
	{PartFee, FeePaid, "refund", FeeRefunding},
	{PartFee, FeeRefunding, "refunded", FeeRefunded},
}

var instrumentMoves = []Move{
	{PartInstrument, NotIssued, "prepare", Issuing},
	{PartInstrument, NotIssued, "fail", IssueFailed}, // paid, and the guarantor cannot issue
	{PartInstrument, Issuing, "issue", Issued},
	{PartInstrument, Issuing, "fail", IssueFailed},
	{PartInstrument, Issued, "amend", Issued}, // one act: in force before it, and after it until a later day
	{PartInstrument, Issued, "release", Released},
	{PartInstrument, Issued, "expire", Expired},
	{PartInstrument, Issued, "surrender", Surrendered},
	{PartInstrument, Issued, "pay_out", PaidOut},
	{PartInstrument, Issued, "void", Void},
}

var disclosureMoves = []Move{
	{PartDisclosure, Sealed, "disclose", Disclosed},
	{PartDisclosure, Sealed, "miss", Missing},
	{PartDisclosure, Missing, "accept", Accepted},
	{PartDisclosure, Sealed, "accept", Accepted}, // a counter's letter alone: nobody's bid makes one missing
}

var verificationMoves = []Move{
	{PartVerification, NotVerified, "pass", Passed},
	{PartVerification, NotVerified, "doubt", Doubtful},
	{PartVerification, NotVerified, "unknown", Unknown},
	{PartVerification, Doubtful, "confirm", Confirmed},
	{PartVerification, Unknown, "confirm", Confirmed},
}

var releaseMoves = []Move{
	{PartRelease, NoRelease, "fall_due", ReleaseDue},
	{PartRelease, NoRelease, "request", Requested}, // a beneficiary may release before it must
	{PartRelease, ReleaseDue, "stop", NoRelease},   // it waits for the contract after all
	{PartRelease, ReleaseDue, "request", Requested},
	{PartRelease, Requested, "acknowledge", Acknowledged},
}

var demandMoves = []Move{
	{PartDemand, Presented, "find_incomplete", Incomplete},
	{PartDemand, Presented, "examine", Examining},
	{PartDemand, Presented, "withdraw", WithdrawnDemand},
	{PartDemand, Incomplete, "complete", Examining},
	{PartDemand, Incomplete, "lapse", Rejected}, // by the clock alone: never completed before the end of an independent letter
	{PartDemand, Incomplete, "withdraw", WithdrawnDemand},
	{PartDemand, Incomplete, "request_and_wait", Incomplete},
	{PartDemand, Examining, "request_and_wait", Incomplete}, // an insurer, a guarantee company: asked once, and the clock stands
	{PartDemand, Examining, "request", Examining},           // an independent letter: asked, and the clock runs on
	{PartDemand, Examining, "supplement", Examining},        // and what arrives in time is taken into the examination
	{PartDemand, Examining, "pay_interim", Examining},       // 先予支付: the rest stays open
	{PartDemand, Examining, "comply", Complying},
	{PartDemand, Examining, "reject", Rejected},
	{PartDemand, Examining, "withdraw", WithdrawnDemand},
	{PartDemand, Examining, "stay", Stayed},
	{PartDemand, Complying, "honour", Honoured},
	{PartDemand, Complying, "withdraw", WithdrawnDemand},
	{PartDemand, Complying, "stay", Stayed},
	{PartDemand, Complying, "hold", Held}, // it would take an extension instead
	{PartDemand, Held, "answer", Held},
	{PartDemand, Held, "extend", WithdrawnDemand}, // the extension withdraws it
	{PartDemand, Held, "honour", Honoured},
	{PartDemand, Held, "withdraw", WithdrawnDemand},
	{PartDemand, Held, "stay", Stayed},
	{PartDemand, Stayed, "resume_examination", Examining},
	{PartDemand, Stayed, "resume_payment", Complying},
	{PartDemand, Stayed, "resume_hold", Held},
	{PartDemand, Stayed, "answer", Stayed},     // a court stops the payment, not the applicant's word
	{PartDemand, Stayed, "supplement", Stayed}, // the validity goes on while the payment stands still
	{PartDemand, Stayed, "withdraw", WithdrawnDemand},
}

// next returns where verb leads from a state, or a refusal that says what stands in the way.
func next(part Part, from State, verb Verb) (State, error) {
	for _, m := range Moves {
		if m.Part == part && m.From == from && m.Verb == verb {
			return m.To, nil
		}
	}
	return "", party.Conflict(fmt.Sprintf("%s.illegal_move", part),
		fmt.Sprintf("当前%s状态为“%s”，不能执行此操作。请刷新后查看最新状态。", partName[part], Words(part, from)))
}

var partName = map[Part]string{
	PartApplication: "申请", PartFee: "保费", PartInstrument: "保函", PartDisclosure: "密封",
	PartVerification: "查验", PartRelease: "解除", PartDemand: "索赔",
}

// Words returns the Chinese words for a state, as every page and message says them.
func Words(part Part, s State) string {
	if w, ok := stateWords[string(part)+"/"+string(s)]; ok {
		return w
	}
	return string(s)
}

var stateWords = map[string]string{
	"application/submitted": "已提交", "application/underwriting": "审核中", "application/approved": "已同意",
	"application/declined": "未同意", "application/cancelled": "已撤单",
	"fee/none": "未收费", "fee/pending": "待缴费", "fee/paid": "已缴费", "fee/lapsed": "逾期未缴", "fee/refunding": "退费中", "fee/refunded": "已退费",
	"instrument/none": "未开立", "instrument/issuing": "开立中", "instrument/issued": "有效",
	"instrument/released": "已解除", "instrument/expired": "已到期", "instrument/surrendered": "已退保", "instrument/paid_out": "已付清",
	"instrument/void": "已失效", "instrument/failed": "开立失败",
	"disclosure/sealed": "密封", "disclosure/disclosed": "已公开", "disclosure/missing": "未能解封", "disclosure/accepted": "应急接受",
	"verification/not_done": "未查验", "verification/passed": "通过", "verification/doubtful": "存疑", "verification/unknown": "无法判断", "verification/confirmed": "已人工确认",
	"release/none": "未到解除", "release/due": "应解除", "release/requested": "已解除待确认", "release/acknowledged": "已确认解除",
	"demand/presented": "已提出", "demand/incomplete": "待补正", "demand/examining": "审查中", "demand/complying": "相符待付", "demand/held": "延期待定",
	"demand/honoured": "已赔付", "demand/rejected": "已拒付", "demand/withdrawn": "已撤回", "demand/stayed": "法院中止",
}
