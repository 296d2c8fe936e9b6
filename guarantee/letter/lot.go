package letter

import (
	"slices"
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// Form is the legal form of a security. The guarantor's licence decides which it may use (法释〔2016〕24号 art. 1; an
// independence clause of anyone but a financial institution is void: 民法典担保制度解释 art. 2).
type Form string

const (
	FormIndependent Form = "independent" // 见索即付独立保函: banks and other financial institutions
	FormAccessory   Form = "accessory"   // 非独立保函, 连带责任保证: guarantee companies
	FormInsurance   Form = "insurance"   // 投标保证保险: insurers
	FormCash        Form = "cash"        // 现金: in a requirement only
)

// Mode says what the guarantor knows, and so how the letter is kept secret until the opening.
type Mode string

const (
	ModeBlind Mode = "blind" // 密文保函: the guarantor does not know the lot
	ModeFull  Mode = "full"  // 全文密封: the guarantor knows the lot and seals the letter
)

// The two regimes of public purchasing; they differ in what two per cent is taken of and in the clocks of release.
const (
	RegimeTendering   = "招投标"  // 招标投标法
	RegimeProcurement = "政府采购" // 政府采购法
)

// Lot names one lot (标段) of one tender.
type Lot struct {
	Project     string `json:"project"` // 招标项目编号
	ProjectName string `json:"project_name"`
	Code        string `json:"code"` // 标段编号
	Name        string `json:"name"`
}

// Check holds for readable codes and names.
func (l Lot) Check() error {
	return firstOf(
		checkText("project", l.Project, 1, 64),
		checkText("project_name", l.ProjectName, 2, 200),
		checkText("code", l.Code, 1, 64),
		checkText("name", l.Name, 2, 200),
	)
}

// EndRule says how long a letter must hold: bid validity runs from the deadline (招标投标法实施条例 art. 25), the
// security as long as it (art. 26), and some days longer where the tender document says so.
type EndRule struct {
	Deadline     time.Time `json:"deadline"`      // 投标截止时间
	ValidityDays int       `json:"validity_days"` // 投标有效期
	ExtraDays    int       `json:"extra_days"`    // 投标有效期届满后__日
}

// Expiry is the last day of validity; the day of the deadline is not counted (民法典 art. 201).
func (e EndRule) Expiry() calendar.Date {
	return calendar.DateOf(e.Deadline).AddDays(e.ValidityDays + e.ExtraDays)
}

// Equal compares instants, not the zones they are written in.
func (e EndRule) Equal(o EndRule) bool {
	return e.Deadline.Equal(o.Deadline) && e.ValidityDays == o.ValidityDays && e.ExtraDays == o.ExtraDays
}

// Check holds for a deadline, 1 to 730 days of validity and 0 to 365 more.
func (e EndRule) Check() error {
	return firstOf(
		checkInstant("deadline", e.Deadline),
		need(e.ValidityDays >= 1 && e.ValidityDays <= 730, "validity_days", "days", "投标有效期须为 1 至 730 天"),
		need(e.ExtraDays >= 0 && e.ExtraDays <= 365, "extra_days", "days", "附加天数须为 0 至 365 天"),
	)
}

// Requirement is what a lot demands of a guarantee, as published in its notice.
type Requirement struct {
	Version       int            `json:"version"`
	Lot           Lot            `json:"lot"`
	Regime        string         `json:"regime"`
	Beneficiaries []Party        `json:"beneficiaries"` // the first is the lead named in the tender document
	Amount        Fen            `json:"amount"`
	Forms         []Form         `json:"forms"`
	End           EndRule        `json:"end"`
	Custodians    signing.Digest `json:"custodians"` // KeySet.Digest
}

var allForms = []Form{FormIndependent, FormAccessory, FormInsurance, FormCash}

// Check holds for a requirement that a letter can meet.
func (r Requirement) Check() error {
	return firstOf(
		checkVersion(r.Version),
		within("lot", r.Lot.Check()),
		need(r.Regime == RegimeTendering || r.Regime == RegimeProcurement, "regime", "regime", "适用制度须为“招投标”或“政府采购”"),
		checkParties("beneficiaries", r.Beneficiaries, maxBeneficiaries),
		r.Amount.checkPositive("amount"),
		checkForms(r.Forms),
		within("end", r.End.Check()),
		checkDigest("custodians", r.Custodians.IsZero()),
	)
}

func checkForms(forms []Form) error {
	unknown := slices.ContainsFunc(forms, func(f Form) bool { return !slices.Contains(allForms, f) })
	repeated := repeats(forms, func(f Form) Form { return f })
	return need(len(forms) > 0 && !unknown && !repeated, "forms", "forms", "请至少选择一种保证金形式，且不得重复")
}

// Canonical is the encoding of a requirement that holds.
func (r Requirement) Canonical() ([]byte, error) { return canonical(r, Requirement.Check) }

// ParseRequirement reads what Canonical wrote.
func ParseRequirement(b []byte) (Requirement, error) { return parse(b, Requirement.Check) }

// Digest names the requirement in a reveal record. A requirement that does not hold has the zero digest, which no
// record that holds can name.
func (r Requirement) Digest() signing.Digest { return digestOf("baohan/requirement/1", r.Canonical) }
