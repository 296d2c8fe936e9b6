package letter

import (
	"time"

	"baohan/signing"
)

// FraudGround is one of the cases in which a demand is fraud (法释〔2016〕24号 art. 12).
type FraudGround struct {
	Code    string
	Chinese string
}

// FraudGrounds are the five cases, in the order of the article.
var FraudGrounds = []FraudGround{
	{"fabricated", "受益人与保函申请人或者其他人串通，虚构基础交易"},
	{"forged_documents", "受益人提交的第三方单据系伪造或者内容虚假"},
	{"adjudged_not_liable", "法院判决或者仲裁裁决认定基础交易债务人没有付款或者赔偿责任"},
	{"acknowledged", "受益人确认基础交易债务已得到完全履行，或者确认保函载明的付款到期事件并未发生"},
	{"abuse", "受益人明知其没有付款请求权仍滥用该权利的其他情形"},
}

// FraudGroundOf finds a ground by its code.
func FraudGroundOf(code string) (FraudGround, bool) {
	for _, g := range FraudGrounds {
		if g.Code == code {
			return g, true
		}
	}
	return FraudGround{}, false
}

// Objection (欺诈异议) is the applicant's word to the guarantor that a demand is fraud. It stops no clock: only a court
// does (法释〔2016〕24号 arts. 13–17). The applicant signs it.
type Objection struct {
	Version      int            `json:"version"`
	ID           string         `json:"id"`
	Demand       string         `json:"demand"`
	DemandDigest signing.Digest `json:"demand_digest"` // DemandDigest of the demand as signed
	Guarantee    string         `json:"guarantee"`
	Number       string         `json:"number"`
	Guarantor    Party          `json:"guarantor"`
	Applicant    Party          `json:"applicant"`
	Ground       string         `json:"ground"` // a code of FraudGrounds
	Statement    string         `json:"statement"`
	Documents    []FileDigest   `json:"documents"`
	At           time.Time      `json:"at"`
}

// FileDigest names a file that is none of a letter's documents.
type FileDigest struct {
	Name   string         `json:"name"`
	Digest signing.Digest `json:"digest"` // signing.Sum of the file
}

// Check holds for a readable name and a digest that is set.
func (f FileDigest) Check() error {
	return firstOf(checkText("name", f.Name, 1, 200), checkDigest("digest", f.Digest.IsZero()))
}

// Check holds for an objection that says what is fraud, and why.
func (o Objection) Check() error {
	_, known := FraudGroundOf(o.Ground)
	return firstOf(
		checkVersion(o.Version),
		checkID("id", o.ID),
		checkID("demand", o.Demand),
		checkDigest("demand_digest", o.DemandDigest.IsZero()),
		checkID("guarantee", o.Guarantee),
		checkNumber(o.Number),
		within("guarantor", o.Guarantor.Check()),
		within("applicant", o.Applicant.Check()),
		need(known, "ground", "ground", "没有这种欺诈情形；请从列表中选择"),
		checkText("statement", o.Statement, 5, 2000),
		need(len(o.Documents) <= maxDocuments, "documents", "count", "随附文件最多 20 份"),
		checkEach("documents", o.Documents, FileDigest.Check),
		need(!repeats(o.Documents, func(d FileDigest) FileDigest { return d }), "documents", "repeated", "同一文件重复出现；请删除重复项"),
		checkInstant("at", o.At),
	)
}

// Canonical is what the applicant signs.
func (o Objection) Canonical() ([]byte, error) { return canonical(o, Objection.Check) }

// ParseObjection reads what Canonical wrote.
func ParseObjection(b []byte) (Objection, error) { return parse(b, Objection.Check) }
