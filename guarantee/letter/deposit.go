package letter

import (
	"baohan/guarantee/calendar"
	"baohan/signing"
)

// Deposit (存入声明) is what the guarantor signs when it hands in, sealed, a letter that it sold at its own counter. It
// names everything that the platform keeps in clear, and nothing of lot, applicants, beneficiaries, exact amount or fee:
// those are in the seals, whose digests it fixes.
type Deposit struct {
	Version           int               `json:"version"`
	Application       string            `json:"application"` // the guarantee's id: 128 random bits, by which a bid names it
	Number            string            `json:"number"`
	Form              Form              `json:"form"`
	Wording           WordingRef        `json:"wording"`
	Ceiling           Fen               `json:"ceiling"`
	LatestExpiry      calendar.Date     `json:"latest_expiry"`
	Commitment        signing.Digest    `json:"commitment"`         // of the reveal record
	ApplicationDigest signing.Digest    `json:"application_digest"` // as the undertaking has it
	Digest            signing.Digest    `json:"digest"`             // SaltedDigest of the undertaking
	Record            signing.Digest    `json:"record"`             // SealedDigest of the sealed record
	Sealed            signing.Digest    `json:"sealed"`             // SealedDigest of the sealed letter
	RecordKey         signing.PublicKey `json:"record_key"`         // public half of the key inside the record
}

// Check holds for a complete statement whose ceiling and latest expiry are on the public ladders: whatever stands in
// clear fits many lots.
func (d Deposit) Check() error {
	return firstOf(
		checkVersion(d.Version),
		checkID("application", d.Application),
		checkNumber(d.Number),
		d.checkWording(),
		checkCeiling(d.Ceiling),
		checkLatestExpiry(d.LatestExpiry),
		checkDigest("commitment", d.Commitment.IsZero()),
		checkDigest("application_digest", d.ApplicationDigest.IsZero()),
		checkDigest("digest", d.Digest.IsZero()),
		checkDigest("record", d.Record.IsZero()),
		checkDigest("sealed", d.Sealed.IsZero()),
		need(!d.RecordKey.IsZero(), "record_key", "key", "缺少记录公钥"),
	)
}

func (d Deposit) checkWording() error {
	w, err := WordingOf(d.Wording)
	if err != nil {
		return err
	}
	return need(w.Form == d.Form, "form", "differs", "保函形式与文本不一致；请按文本库中该文本的形式填写")
}

// Canonical is what the guarantor signs.
func (d Deposit) Canonical() ([]byte, error) { return canonical(d, Deposit.Check) }

// ParseDeposit reads what Canonical wrote.
func ParseDeposit(b []byte) (Deposit, error) { return parse(b, Deposit.Check) }
