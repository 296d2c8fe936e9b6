package tender

import (
	"fmt"

	"baohan/party"
)

// ObjectionKind is by which law an objection is raised.
type ObjectionKind string

// The kinds.
const (
	KindObjection ObjectionKind = "objection" // 异议 (条例54): within the candidates' notice; the award waits for the answer
	KindQuery     ObjectionKind = "query"     // 质疑 (政府采购法52): after the award notice; nothing waits
)

// ObjectionState is where an objection stands.
type ObjectionState string

// The states, and whose move is next.
const (
	ObjectionFiled     ObjectionState = "filed"     // 待答复: who runs the tender answers
	ObjectionAnswered  ObjectionState = "answered"  // 已答复; final
	ObjectionWithdrawn ObjectionState = "withdrawn" // 已撤回 by who filed it; final
)

// ObjectionMove is one legal move of an objection.
type ObjectionMove struct {
	From ObjectionState
	Verb Verb
	To   ObjectionState
}

// The verbs of an objection, as they stand among the lot's facts.
const (
	VerbObject            Verb = "object"
	VerbAnswerObjection   Verb = "answer_objection"
	VerbWithdrawObjection Verb = "withdraw_objection"
)

// ObjectionMoves are all legal moves. Whatever is not here is refused, here and by the database.
var ObjectionMoves = []ObjectionMove{
	{ObjectionFiled, VerbAnswerObjection, ObjectionAnswered},
	{ObjectionFiled, VerbWithdrawObjection, ObjectionWithdrawn},
}

func nextObjection(from ObjectionState, verb Verb) (ObjectionState, error) {
	for _, m := range ObjectionMoves {
		if m.From == from && m.Verb == verb {
			return m.To, nil
		}
	}
	return "", party.Conflict("objection.illegal_move", fmt.Sprintf("当前状态为“%s”，不能执行此操作；请刷新后查看最新状态", from.Words()))
}

// Words are the Chinese words for a state of an objection.
func (s ObjectionState) Words() string { return objectionWords[s] }

var objectionWords = map[ObjectionState]string{ObjectionFiled: "待答复", ObjectionAnswered: "已答复", ObjectionWithdrawn: "已撤回"}

// Words are the Chinese words for a kind.
func (k ObjectionKind) Words() string { return objectionKinds[k] }

var objectionKinds = map[ObjectionKind]string{KindObjection: "异议", KindQuery: "质疑"}
