package wire

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Hold is POST /issuer/demands/{id}/hold: the guarantor holds the payment of a complying demand that would take an extension
// instead, and asks the applicant, who answers before ReplyBy (URDG 758 art. 23; SWIFT 777, field 31T).
type Hold struct {
	ReplyBy time.Time `json:"reply_by"`
}

// Extend is POST /issuer/demands/{id}/extend: SignedData over letter.Amendment. The demand is withdrawn by it.
type Extend struct {
	Amendment []byte `json:"amendment"`
}

// Extended answers Extend: the platform's receipt, SignedData over letter.AmendmentReceipt. From this instant the letter
// ends on the later day.
type Extended struct {
	Receipt []byte `json:"receipt"`
}

// AnswerExtension is POST /demands/{id}/answer: SignedData over letter.ExtensionAnswer by the applicant.
type AnswerExtension struct {
	Answer []byte `json:"answer"`
}

// Extension is what became of a demand that would take an extension instead of payment. LastDay is the letter's as it
// stands: an amendment begins there.
type Extension struct {
	To         calendar.Date          `json:"to"`
	LastDay    calendar.Date          `json:"last_day"`
	ReplyBy    time.Time              `json:"reply_by,omitzero"` // once the guarantor has asked the applicant
	Answer     letter.ExtensionChoice `json:"answer,omitzero"`
	AnsweredAt time.Time              `json:"answered_at,omitzero"`
	Expiry     calendar.Date          `json:"expiry,omitzero"` // to which the guarantor has extended
}

// AmendedLetter is one amendment of a published letter.
type AmendedLetter struct {
	N          int                   `json:"n"`
	Cause      letter.AmendmentCause `json:"cause"`
	Expiry     calendar.Date         `json:"expiry"`
	Amendment  signing.Digest        `json:"amendment"` // letter.AmendmentDigest
	AcceptedAt time.Time             `json:"accepted_at"`
}

// DemandAnsweredBody gives the applicant's answer: whether its guarantor may extend at its cost, or is to pay.
type DemandAnsweredBody struct {
	Demand string                 `json:"demand"`
	Answer letter.ExtensionChoice `json:"answer"`
	Signed []byte                 `json:"signed"` // SignedData over letter.ExtensionAnswer
	At     time.Time              `json:"at"`
}
