package letter

import "strings"

// preclusionClause is how a wording says that a guarantor which is late may no longer call a demand discrepant (URDG 758
// art. 24(e)–(f)). The words decide, not the form: where they do not stand, nobody is precluded.
const preclusionClause = "逾期未列明的，不得再以单据不符为由拒绝付款"

// Precludes tells whether the wording says that discrepancies not named within the examination's days are lost.
func (w Wording) Precludes() bool {
	for _, clause := range w.Clauses {
		if strings.Contains(clause, preclusionClause) {
			return true
		}
	}
	return false
}
