package wire

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Submission is POST /lots/{lot}/applications, sent once, inside TLS. The service checks it against the
// lot's requirement, seals it and keeps nothing of it in clear.
type Submission struct {
	Reveal      []byte `json:"reveal"`      // canonical letter.Reveal
	Application []byte `json:"application"` // SignedData over letter.Application, by the applicant
	Key         []byte `json:"key"`         // 32 bytes: the private half of a key made for this record alone
}

// Application is one application and its guarantee as the owner sees it. The states are those of the
// glossary; what a person reads is derived from them.
type Application struct {
	ID           string         `json:"id"`
	Version      int64          `json:"version"`
	Guarantor    string         `json:"guarantor"` // USCC
	Mode         letter.Mode    `json:"mode"`
	Ceiling      letter.Fen     `json:"ceiling"`
	LatestExpiry calendar.Date  `json:"latest_expiry"`
	FeeDue       letter.Fen     `json:"fee_due"`
	Commitment   signing.Digest `json:"commitment"`
	Digest       signing.Digest `json:"digest"` // of B
	Application  string         `json:"application"`
	Fee          string         `json:"fee"`
	Instrument   string         `json:"instrument"`
	Disclosure   string         `json:"disclosure"`
	Verification string         `json:"verification"`
	Release      string         `json:"release"`
	Number       string         `json:"number,omitzero"`
	Undertaking  signing.Digest `json:"undertaking,omitzero"` // digest of the p7s (blind) or salted digest (full)
	Receipt      []byte         `json:"receipt,omitzero"`     // SignedData over letter.Receipt, by the platform
	Reason       string         `json:"reason,omitzero"`      // of a refusal by the institution
	Cashier      string         `json:"cashier,omitzero"`     // where the fee is paid, while it is due
	AnswerBy     time.Time      `json:"answer_by,omitzero"`   // when the institution promised to have answered, until it has
	SubmittedAt  time.Time      `json:"submitted_at"`
	ReleaseClock *Clock         `json:"release_clock,omitzero"` // once the tender's course has started it
}

// ApplicationPage is one page of GET /applications.
type ApplicationPage struct {
	Items []Application `json:"items"`
	Next  string        `json:"next,omitzero"`
}

// AcceptFee is POST /applications/{id}/accept-fee. Fee is repeated, so that nobody accepts a fee that
// changed under his hands.
type AcceptFee struct {
	Fee letter.Fen `json:"fee"`
}

// Copy is GET /applications/{id}/copy, for the owner alone: what it needs to prove its letter without us
// (应急). Record opens with the owner's encryption key to letter.Record (AAD letter.RecordAAD); Undertaking,
// of a blind letter, is an envelope that opens with the fresh key inside that record; Letter, of a full one,
// opens with the owner's key to letter.FullLetter (AAD letter.LetterAAD). Both stand once it is issued.
type Copy struct {
	ID            string          `json:"id"`
	RecordVersion int             `json:"record_version"`
	Record        signing.Sealed  `json:"record"`
	Undertaking   []byte          `json:"undertaking,omitzero"`
	Letter        *signing.Sealed `json:"letter,omitzero"`
	Receipt       []byte          `json:"receipt,omitzero"`

	// The same keys, wrapped to a renewed certificate of the owner's: see POST …/rewrap. The seals stay as they are.
	OwnerRecord []byte `json:"owner_record,omitzero"`
	OwnerLetter []byte `json:"owner_letter,omitzero"`
}

// Own are the seals as their owner opens them, with the wrappings for its renewed certificate in place, if there are
// any. Their digests are those of Record and Letter, not of these.
func (c Copy) Own() (record signing.Sealed, full *signing.Sealed, err error) {
	record, full = c.Record, c.Letter
	if c.OwnerRecord != nil {
		if record, err = c.Record.WithOwner(c.OwnerRecord); err != nil {
			return record, nil, err
		}
	}
	if c.OwnerLetter == nil || c.Letter == nil {
		return record, full, nil
	}
	renewed, err := c.Letter.WithOwner(c.OwnerLetter)
	return record, &renewed, err
}

// Rewrap is POST /applications/{id}/rewrap: the owner's encryption certificate was renewed, and it hands in the keys of
// its own copy wrapped to the new one.
type Rewrap struct {
	Statement []byte `json:"statement"` // SignedData over letter.Rewrapping, by the owner
}

// Assurance is GET /applications/{id}/assurance, for the owner alone: what the platform holds in clear, under its
// signature.
type Assurance struct {
	Statement []byte `json:"statement"` // SignedData over letter.Assurance, by the platform
}
