package letter

import (
	"bytes"

	"baohan/signing"
)

// maxReveal keeps a reveal record small enough for its sealed row, in bytes of its encoding.
const maxReveal = 6000

// Reveal is the reveal record (揭示记录) R, made by the bidder's client: everything that is secret until the opening.
// A blind letter names it by its commitment only; the 32 random bytes keep what it says from being guessed.
type Reveal struct {
	Version       int            `json:"version"`
	Random        []byte         `json:"random"` // 32 bytes
	Application   string         `json:"application"`
	Guarantor     Party          `json:"guarantor"`
	Applicants    []Party        `json:"applicants"` // the lead of a consortium first
	Lot           Lot            `json:"lot"`
	Beneficiaries []Party        `json:"beneficiaries"`
	Requirement   signing.Digest `json:"requirement"`
	Amount        Fen            `json:"amount"` // exact
	End           EndRule        `json:"end"`
	Custodians    signing.Digest `json:"custodians"`
}

// Check holds for a complete record.
func (r Reveal) Check() error {
	return firstOf(
		checkVersion(r.Version),
		need(len(r.Random) == 32 && !bytes.Equal(r.Random, make([]byte, 32)), "random", "random", "随机数须为 32 字节"),
		checkID("application", r.Application),
		within("guarantor", r.Guarantor.Check()),
		checkParties("applicants", r.Applicants, maxApplicants),
		within("lot", r.Lot.Check()),
		checkParties("beneficiaries", r.Beneficiaries, maxBeneficiaries),
		checkDigest("requirement", r.Requirement.IsZero()),
		r.Amount.checkPositive("amount"),
		within("end", r.End.Check()),
		checkDigest("custodians", r.Custodians.IsZero()),
	)
}

// Canonical is the encoding that Commitment is of.
func (r Reveal) Canonical() ([]byte, error) {
	b, err := canonical(r, Reveal.Check)
	if err != nil {
		return nil, err
	}
	return b, need(len(b) <= maxReveal, "", "size", "揭示记录过长；请减少联合体成员或缩短名称")
}

// ParseReveal reads what Canonical wrote.
func ParseReveal(b []byte) (Reveal, error) {
	if len(b) > maxReveal {
		return Reveal{}, fault("", "size", "揭示记录过长；请用客户端重新生成")
	}
	return parse(b, Reveal.Check)
}
