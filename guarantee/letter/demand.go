package letter

import (
	"fmt"
	"strings"
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// Reason is a case in which a security is not given back.
type Reason struct {
	Code    string
	Chinese string         // as it stands in a letter
	Source  string         // the law, for pages; letters also serve 政府采购 and name none
	Proof   []DocumentKind // what an accessory guarantee or a policy needs beside its list
}

// Reasons are the cases, in the order in which letters list them. Which of them a tender has is for its document.
var Reasons = []Reason{
	{"withdrawn_after_deadline", "投标截止后、投标有效期届满前撤销投标文件", "招标投标法实施条例第三十五条", nil},
	{"refused_contract", "中标后无正当理由不与招标人（采购人）订立合同", "招标投标法实施条例第七十四条", []DocumentKind{AwardNotice}},
	{"added_conditions", "在签订合同时向招标人（采购人）提出附加条件", "招标投标法实施条例第七十四条", []DocumentKind{AwardNotice}},
	{"no_performance_security", "不按照招标文件要求提交履约保证金或者履约担保", "招标投标法实施条例第七十四条", []DocumentKind{AwardNotice}},
	{"collusion", "串通投标或者弄虚作假，并经行政监督部门认定", "招标投标法第五十三条、第五十四条", []DocumentKind{SupervisorDecision}},
	{"other", "招标文件规定的不予退还投标保证金的其他情形", "招标文件", nil},
}

// ReasonOf finds a reason by its code.
func ReasonOf(code string) (Reason, bool) {
	for _, r := range Reasons {
		if r.Code == code {
			return r, true
		}
	}
	return Reason{}, false
}

func reasonList() string {
	texts := make([]string, len(Reasons))
	for i, r := range Reasons {
		texts[i] = fmt.Sprintf("（%d）%s", i+1, r.Chinese)
	}
	return strings.Join(texts, "；")
}

// Account is where money goes to or came from.
type Account struct {
	Name   string `json:"name"`
	Number string `json:"number"`
	Bank   string `json:"bank"`
}

// Check holds for an account that a bank can pay to.
func (a Account) Check() error {
	digits := strings.Trim(a.Number, "0123456789-") == ""
	return firstOf(
		checkText("name", a.Name, 2, 100),
		need(digits && len(a.Number) >= 6 && len(a.Number) <= 34, "number", "account", "账号须为 6 至 34 位数字"),
		checkText("bank", a.Bank, 2, 100),
	)
}

// Demand (书面付款通知) is signed by the presenting beneficiary: the lead named in the tender document, else each.
type Demand struct {
	Version       int            `json:"version"`
	ID            string         `json:"id"`
	Guarantee     string         `json:"guarantee"`
	Number        string         `json:"number"`
	Guarantor     Party          `json:"guarantor"`
	Beneficiary   Party          `json:"beneficiary"`
	Undertaking   signing.Digest `json:"undertaking"` // UndertakingDigest of the disclosed letter
	Commitment    signing.Digest `json:"commitment"`
	Amount        Fen            `json:"amount"`
	AmountCapital string         `json:"amount_capital"`
	Reason        string         `json:"reason"`    // a code of Reasons
	Statement     string         `json:"statement"` // which obligation was breached
	Payee         Account        `json:"payee"`
	Documents     []Document     `json:"documents"`
	NoExemption   bool           `json:"no_exemption"`       // declares that no exemption applies
	CompleteLater bool           `json:"complete_later"`     // says that it will be completed (URDG 758 art. 15(c))
	ExtendTo      calendar.Date  `json:"extend_to,omitzero"` // a validity to this day or later is taken instead of payment (URDG 758 art. 23)
	At            time.Time      `json:"at"`
}

// Check holds for a demand that can be examined. Whether it complies with its letter is for the guarantor.
func (d Demand) Check() error {
	_, known := ReasonOf(d.Reason)
	return firstOf(
		checkVersion(d.Version),
		checkID("id", d.ID),
		checkID("guarantee", d.Guarantee),
		checkNumber(d.Number),
		within("guarantor", d.Guarantor.Check()),
		within("beneficiary", d.Beneficiary.Check()),
		checkDigest("undertaking", d.Undertaking.IsZero()),
		checkDigest("commitment", d.Commitment.IsZero()),
		d.Amount.checkPositive("amount"),
		need(d.AmountCapital == d.Amount.Capital(), "amount_capital", "capital", "大写金额与小写金额不一致；请核对"),
		need(known, "reason", "reason", "没有这种索赔事由；请从列表中选择"),
		checkText("statement", d.Statement, 5, 2000),
		within("payee", d.Payee.Check()),
		checkDocuments(d.Documents),
		checkInstant("at", d.At),
	)
}

// Canonical is what the beneficiary signs.
func (d Demand) Canonical() ([]byte, error) { return canonical(d, Demand.Check) }

// ParseDemand reads what Canonical wrote.
func ParseDemand(b []byte) (Demand, error) { return parse(b, Demand.Check) }
