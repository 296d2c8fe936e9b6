package letter

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"baohan/signing"
)

// Cause is why an emergency rule (应急) is called upon; the local rules of the centres name these.
type Cause string

// The causes.
const (
	CauseClearLetter Cause = "clear_letter" // 无法取得明文保函
	CauseSoftware    Cause = "software"     // 软件或数据库故障
	CauseHardware    Cause = "hardware"     // 服务器故障或断电
	CauseAttack      Cause = "attack"       // 病毒或攻击
	CauseOther       Cause = "other"        // 其他
)

var causeNames = map[Cause]string{
	CauseClearLetter: "无法取得明文保函", CauseSoftware: "软件或数据库故障", CauseHardware: "服务器故障或断电",
	CauseAttack: "病毒或攻击", CauseOther: "其他",
}

// Chinese is the cause for people; empty for one that does not exist.
func (c Cause) Chinese() string { return causeNames[c] }

// Check holds for a cause that exists.
func (c Cause) Check() error {
	return need(causeNames[c] != "", "cause", "cause", "没有这种应急情形；请从列表中选择")
}

// What a supervisor decides of an incident.
const (
	DecisionAccept  = "accept"  // 认可: the letters named count as if they had been opened
	DecisionDismiss = "dismiss" // 不予认可
)

// IncidentLetter is one letter that a decision is about, by the bidder's own copy of it.
type IncidentLetter struct {
	ID   string         `json:"id"`   // of the guarantee
	File signing.Digest `json:"file"` // signing.Sum of the copy's bytes (File.Canonical)
}

// IncidentDecision (应急认定) is signed by the supervisor: of this incident, on this evidence, these letters and no
// others, by these very copies.
type IncidentDecision struct {
	Version  int              `json:"version"`
	Incident string           `json:"incident"`
	Project  string           `json:"project"`
	Lot      string           `json:"lot"`
	Cause    Cause            `json:"cause"`
	Evidence []signing.Digest `json:"evidence"` // signing.Sum of every file of the incident, in ascending order
	Letters  []IncidentLetter `json:"letters"`  // in ascending order of their ids
	Decision string           `json:"decision"`
	Words    string           `json:"words"` // the grounds
	At       time.Time        `json:"at"`
}

const (
	maxIncidentEvidence = 20
	maxIncidentLetters  = 500
)

// Check holds for a complete decision; to accept nothing is no decision.
func (d IncidentDecision) Check() error {
	return firstOf(
		checkVersion(d.Version),
		checkID("incident", d.Incident),
		checkText("project", d.Project, 1, 64),
		checkText("lot", d.Lot, 1, 64),
		d.Cause.Check(),
		d.checkEvidence(),
		d.checkLetters(),
		need(d.Decision == DecisionAccept || d.Decision == DecisionDismiss, "decision", "decision", "须认可（accept）或者不予认可（dismiss）"),
		need(d.Decision == DecisionDismiss || len(d.Letters) > 0, "letters", "missing", "认可须至少列明一份已出示的保函"),
		checkText("words", d.Words, 5, 2000),
		checkInstant("at", d.At),
	)
}

func (d IncidentDecision) checkEvidence() error {
	sorted := slices.IsSortedFunc(d.Evidence, func(a, b signing.Digest) int { return bytes.Compare(a[:], b[:]) })
	return firstOf(
		need(len(d.Evidence) <= maxIncidentEvidence, "evidence", "count", "证据文件最多 20 份"),
		need(sorted && !repeats(d.Evidence, func(x signing.Digest) signing.Digest { return x }), "evidence", "order", "证据摘要须按升序且不重复"),
		checkEach("evidence", d.Evidence, func(x signing.Digest) error { return checkDigest("", x.IsZero()) }),
	)
}

func (d IncidentDecision) checkLetters() error {
	sorted := slices.IsSortedFunc(d.Letters, func(a, b IncidentLetter) int { return strings.Compare(a.ID, b.ID) })
	return firstOf(
		need(len(d.Letters) <= maxIncidentLetters, "letters", "count", "保函过多"),
		need(sorted && !repeats(d.Letters, func(x IncidentLetter) string { return x.ID }), "letters", "order", "保函须按编号升序且不重复"),
		checkEach("letters", d.Letters, func(x IncidentLetter) error {
			return firstOf(checkID("id", x.ID), checkDigest("file", x.File.IsZero()))
		}),
	)
}

// Canonical is what the supervisor signs.
func (d IncidentDecision) Canonical() ([]byte, error) { return canonical(d, IncidentDecision.Check) }

// ParseIncidentDecision reads what Canonical wrote.
func ParseIncidentDecision(b []byte) (IncidentDecision, error) {
	return parse(b, IncidentDecision.Check)
}

// IncidentClosing (应急结案) is signed by the supervisor when an accepted incident is closed by hand: the letters could
// not be verified again by the platform, and it says why that is so.
type IncidentClosing struct {
	Version  int       `json:"version"`
	Incident string    `json:"incident"`
	Project  string    `json:"project"`
	Lot      string    `json:"lot"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
}

// Check holds for a complete closing.
func (c IncidentClosing) Check() error {
	return firstOf(
		checkVersion(c.Version),
		checkID("incident", c.Incident),
		checkText("project", c.Project, 1, 64),
		checkText("lot", c.Lot, 1, 64),
		checkText("reason", c.Reason, 5, 2000),
		checkInstant("at", c.At),
	)
}

// Canonical is what the supervisor signs.
func (c IncidentClosing) Canonical() ([]byte, error) { return canonical(c, IncidentClosing.Check) }

// ParseIncidentClosing reads what Canonical wrote.
func ParseIncidentClosing(b []byte) (IncidentClosing, error) { return parse(b, IncidentClosing.Check) }
