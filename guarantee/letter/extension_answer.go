package letter

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// ExtensionChoice is what an applicant answers: a code, never free text (SWIFT 778, field 22M).
type ExtensionChoice string

const (
	ChooseExtend ExtensionChoice = "extend"
	ChoosePay    ExtensionChoice = "pay"
)

var choiceNames = map[ExtensionChoice]string{ChooseExtend: "同意延期", ChoosePay: "同意付款"}

// Chinese is the choice for people; empty for one that does not exist.
func (c ExtensionChoice) Chinese() string { return choiceNames[c] }

// ExtensionAnswer (延期答复) is the applicant's answer to a demand that would take an extension instead of payment: the
// guarantor must ask (URDG 758 art. 23), and does not extend at the applicant's cost without its word.
type ExtensionAnswer struct {
	Version      int             `json:"version"`
	Demand       string          `json:"demand"`
	DemandDigest signing.Digest  `json:"demand_digest"`
	Guarantee    string          `json:"guarantee"`
	Number       string          `json:"number"`
	Guarantor    Party           `json:"guarantor"`
	Applicant    Party           `json:"applicant"`
	ExtendTo     calendar.Date   `json:"extend_to"` // as the demand asks
	Answer       ExtensionChoice `json:"answer"`
	At           time.Time       `json:"at"`
}

// Check holds for one of the two answers to one demand.
func (a ExtensionAnswer) Check() error {
	return firstOf(
		checkVersion(a.Version),
		checkID("demand", a.Demand),
		checkDigest("demand_digest", a.DemandDigest.IsZero()),
		checkID("guarantee", a.Guarantee),
		checkNumber(a.Number),
		within("guarantor", a.Guarantor.Check()),
		within("applicant", a.Applicant.Check()),
		need(!a.ExtendTo.IsZero(), "extend_to", "date", "缺少受益人要求延长到的日期"),
		need(a.Answer.Chinese() != "", "answer", "answer", "请答复延期（extend）或者付款（pay）"),
		checkInstant("at", a.At),
	)
}

// Canonical is what the applicant signs.
func (a ExtensionAnswer) Canonical() ([]byte, error) { return canonical(a, ExtensionAnswer.Check) }

// ParseExtensionAnswer reads what Canonical wrote.
func ParseExtensionAnswer(b []byte) (ExtensionAnswer, error) { return parse(b, ExtensionAnswer.Check) }
