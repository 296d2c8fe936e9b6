// Package custody is the custodian of a lot's sealed records and its protocol. Three custodians on three
// premises (交易中心, 行政监督, the platform) each hold one key per lot. Two of them together open a record; no one
// of them can, and none gives anything before the deadline by its own clock.
//
// A custodian believes nobody. It made its key itself and remembers the deadline it was told then. It gives
// shares only on a closing that the centre has signed, only for the records which that closing names by id and
// by digest, only when the seal itself says that it was made for that id, and for one closing per lot and stage,
// ever: whoever changes the list later gets nothing.
//
// Agent is the custodian on its owner's premises, Server its door and Client the platform's way to it; the officer
// who answers for it has a door of its own (officer.go). The platform knows a custodian by the Custodian interface
// alone.
package custody

import (
	"context"
	"errors"
	"time"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// LetterSuffix marks, among the records of stage letters, the letter that an institution sealed in full. The
// record of the same guarantee stands under the id alone.
const LetterSuffix = ".letter"

// Custodian is one of the three, wherever it runs.
type Custodian interface {
	// Key is the custodian's key for a lot, made when first asked. Nothing is given for the lot before notBefore.
	Key(ctx context.Context, project, lot string, notBefore time.Time) (letter.CustodianKey, error)
	// Rehearse proves that the custodian can decrypt what is sealed to its key: it unwraps a Rehearsal.
	Rehearse(ctx context.Context, project, lot string, wrapped []byte) ([]byte, error)
	// Shares gives the custodian's shares of the records that a signed closing names. Previous is the closing of
	// stage bids where this one is of stage letters. A record whose share does not open is left out of the answer.
	Shares(ctx context.Context, closing, previous []byte, records map[string]Record) (map[string]signing.Share, error)
	// Postpone moves the lot's instant later, on an order of two. The same order again changes nothing.
	Postpone(ctx context.Context, o Order) error
}

// Record is a sealed record as a custodian is asked about it: all but the ciphertext, which it does not need. Both together
// make the digest by which a closing names the record.
type Record struct {
	Head       []byte         `json:"head"`       // of the seal, see signing.SplitSealed
	Ciphertext signing.Digest `json:"ciphertext"` // letter.CiphertextDigest
}

// RecordOf is the record whose sealed bytes these are.
func RecordOf(sealed []byte) Record {
	head, ciphertext := signing.SplitSealed(sealed)
	return Record{head, letter.CiphertextDigest(ciphertext)}
}

// Digest is letter.SealedDigest of the whole.
func (r Record) Digest() signing.Digest { return letter.HeadDigest(r.Head, r.Ciphertext) }

// Why a custodian gives nothing.
var (
	ErrTooEarly  = errors.New("custody: the deadline has not passed by this custodian's clock")
	ErrDeadline  = errors.New("custody: the deadline is not the one this key was made for")
	ErrNotCentre = errors.New("custody: the closing is not signed by the centre")
	ErrNoKey     = errors.New("custody: no key was made for this lot")
	ErrChanged   = errors.New("custody: another closing of this lot and stage was served before")
	ErrPrevious  = errors.New("custody: the closing of the bids is missing, or is not the one that was served")
	ErrUnnamed   = errors.New("custody: the closing does not name this record")
	ErrDigest    = errors.New("custody: the record's bytes are not those that the closing names")
	ErrRehearsal = errors.New("custody: this is not a rehearsal")
	ErrVeto      = errors.New("custody: the officer has vetoed this lot")
	ErrByHand    = errors.New("custody: this lot waits for the officer's hand")
	ErrOrder     = errors.New("custody: the postponement is not ordered by centre and supervisor together, or came too late")
	ErrDestroyed = errors.New("custody: the key of this lot was destroyed on schedule")
)

const rehearsalTag = "baohan/rehearsal/1"

// Rehearsal makes a message that may be unwrapped before the deadline. Its tag keeps rehearsing from becoming a
// way to have a real share opened.
func Rehearsal() []byte { return append([]byte(rehearsalTag), signing.Random(32)...) }

func isRehearsal(plain []byte) bool {
	return len(plain) == len(rehearsalTag)+32 && string(plain[:len(rehearsalTag)]) == rehearsalTag
}
