package tender

import (
	"fmt"

	"baohan/party"
)

// IncidentState is where an incident (应急事件) stands.
type IncidentState string

// The states, and whose move is next.
const (
	IncidentReported  IncidentState = "reported"  // 已报告: bidders show their copies; the supervisor decides
	IncidentAccepted  IncidentState = "accepted"  // 已认可: the platform verifies again by itself
	IncidentDismissed IncidentState = "dismissed" // 不予认可; final
	IncidentClosed    IncidentState = "closed"    // 已复核; final
	IncidentWithdrawn IncidentState = "withdrawn" // 已撤销 by who reported it; final
)

// AcceptedState is where a letter of an accepted incident stands.
type AcceptedState string

// The states of an accepted letter.
const (
	LetterAccepted     AcceptedState = "accepted"     // 待复核
	LetterVerified     AcceptedState = "verified"     // 已复核; final
	LetterContradicted AcceptedState = "contradicted" // 不一致: an alarm for people; final
)

// IncidentMove is one legal move of an incident ("incident") or of one of its letters ("letter").
type IncidentMove struct {
	Part string
	From string
	Verb Verb
	To   string
}

// IncidentMoves are all legal moves. Whatever is not here is refused, here and by the database.
var IncidentMoves = []IncidentMove{
	{"incident", "reported", "accept", "accepted"},
	{"incident", "reported", "dismiss", "dismissed"},
	{"incident", "reported", "withdraw", "withdrawn"},
	{"incident", "accepted", "close", "closed"},
	{"letter", "accepted", "verify", "verified"},
	{"letter", "accepted", "contradict", "contradicted"},
}

// nextIncident is where verb leads an incident, or a refusal that says where it stands.
func nextIncident(from IncidentState, verb Verb) (IncidentState, error) {
	for _, m := range IncidentMoves {
		if m.Part == "incident" && m.From == string(from) && m.Verb == verb {
			return IncidentState(m.To), nil
		}
	}
	return "", party.Conflict("incident.illegal_move",
		fmt.Sprintf("应急事件当前状态为“%s”，不能执行此操作；请刷新后查看最新状态", from.Words()))
}

// Words are the Chinese words for a state of an incident.
func (s IncidentState) Words() string { return incidentWords[s] }

var incidentWords = map[IncidentState]string{IncidentReported: "已报告", IncidentAccepted: "已认可", IncidentDismissed: "不予认可",
	IncidentClosed: "已复核", IncidentWithdrawn: "已撤销"}

// Words are the Chinese words for a state of an accepted letter.
func (s AcceptedState) Words() string { return acceptedWords[s] }

var acceptedWords = map[AcceptedState]string{LetterAccepted: "待复核", LetterVerified: "已复核", LetterContradicted: "不一致"}
