package verify

import "baohan/guarantee/letter"

// Verdict is the one word that a reader looks for.
type Verdict string

const (
	Passed Verdict = "passed" // 通过
	Failed Verdict = "failed" // 不通过: something does not hold
	Open   Verdict = "open"   // 有待核实: nothing is wrong, and something that matters could not be checked
)

var verdictNames = map[Verdict]string{Passed: "通过", Failed: "不通过", Open: "有待核实"}

// Chinese is the verdict for people.
func (v Verdict) Chinese() string { return verdictNames[v] }

// Verdict sums the report up. The guarantor's signature alone does not pass: whether the platform received the letter,
// and what was revealed, is not in it.
func (o Outcome) Verdict() Verdict {
	open := o.Kind == Signature
	for _, l := range o.Report.Lines {
		if l.Result == letter.ResultDoubtful {
			return Failed
		}
		open = open || !o.Report.OK && l.Result == letter.ResultUnknown
	}
	switch {
	case open:
		return Open
	case o.Report.OK:
		return Passed
	}
	return Failed
}
