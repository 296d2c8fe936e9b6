package letter

import (
	"time"

	"baohan/signing"
)

// Discrepancy is one reason why a presentation does not comply.
type Discrepancy struct {
	ID        string `json:"id"` // the clause or the document that it is about
	Narrative string `json:"narrative"`
}

// Check holds for a discrepancy that says what it is about, and what is wrong.
func (d Discrepancy) Check() error {
	return firstOf(checkText("id", d.ID, 1, 100), checkText("narrative", d.Narrative, 2, 1000))
}

// maxDiscrepancies bounds one notice.
const maxDiscrepancies = 100

// Refusal (拒付通知) is the guarantor's one notice that a demand does not comply. It lists every discrepancy; none may be
// added later (URDG 758 art. 24(d)–(e); 独立保函规定10).
type Refusal struct {
	Version       int            `json:"version"`
	Demand        string         `json:"demand"`        // its id
	DemandDigest  signing.Digest `json:"demand_digest"` // DemandDigest of the demand as signed
	Guarantee     string         `json:"guarantee"`
	Number        string         `json:"number"`
	Guarantor     Party          `json:"guarantor"`
	Beneficiary   Party          `json:"beneficiary"`
	Undertaking   signing.Digest `json:"undertaking"` // as the demand names it
	Amount        Fen            `json:"amount"`      // what was demanded
	Discrepancies []Discrepancy  `json:"discrepancies"`
	At            time.Time      `json:"at"`
}

// NewRefusal answers a demand (p7s) with everything that is wrong with it.
func NewRefusal(demand []byte, all []Discrepancy, at time.Time) (Refusal, error) {
	signed, err := signing.ParseSignedData(demand)
	if err != nil {
		return Refusal{}, signatureFault(err)
	}
	d, err := ParseDemand(signed.Content)
	if err != nil {
		return Refusal{}, err
	}
	r := Refusal{Version: 1, Demand: d.ID, DemandDigest: DemandDigest(demand), Guarantee: d.Guarantee, Number: d.Number, Guarantor: d.Guarantor,
		Beneficiary: d.Beneficiary, Undertaking: d.Undertaking, Amount: d.Amount, Discrepancies: all, At: at}
	return r, r.Check()
}

// Check holds for a notice that names at least one discrepancy.
func (r Refusal) Check() error {
	return firstOf(
		checkVersion(r.Version),
		checkID("demand", r.Demand),
		checkDigest("demand_digest", r.DemandDigest.IsZero()),
		checkID("guarantee", r.Guarantee),
		checkNumber(r.Number),
		within("guarantor", r.Guarantor.Check()),
		within("beneficiary", r.Beneficiary.Check()),
		checkDigest("undertaking", r.Undertaking.IsZero()),
		r.Amount.checkPositive("amount"),
		need(len(r.Discrepancies) > 0 && len(r.Discrepancies) <= maxDiscrepancies, "discrepancies", "count", "拒付须一次性列明全部不符点，1 至 100 条"),
		checkEach("discrepancies", r.Discrepancies, Discrepancy.Check),
		checkInstant("at", r.At),
	)
}

// Canonical is what the guarantor signs.
func (r Refusal) Canonical() ([]byte, error) { return canonical(r, Refusal.Check) }

// ParseRefusal reads what Canonical wrote.
func ParseRefusal(b []byte) (Refusal, error) { return parse(b, Refusal.Check) }

// DemandDigest is of a demand as signed by the beneficiary (p7s), as a refusal names it.
func DemandDigest(p7s []byte) signing.Digest { return signing.TaggedSum("baohan/demand/1", p7s) }
