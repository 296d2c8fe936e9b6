package letter

import (
	"slices"
	"strings"
	"time"

	"baohan/signing"
)

// LotRelease (标段解除通知) is one beneficiary's document that waives payment under several letters of one lot
// (法释〔2016〕24号 art. 11(4)): by each letter that it lists it does what a Release of that letter does, and nothing else.
type LotRelease struct {
	Version     int               `json:"version"`
	Lot         Lot               `json:"lot"`
	Beneficiary Party             `json:"beneficiary"`
	Letters     []LotReleaseEntry `json:"letters"` // in ascending order of their ids
	Reason      string            `json:"reason"`
	At          time.Time         `json:"at"`
}

// LotReleaseEntry is one letter that is released.
type LotReleaseEntry struct {
	Guarantee   string         `json:"guarantee"`
	Number      string         `json:"number"`
	Undertaking signing.Digest `json:"undertaking"` // UndertakingDigest of the disclosed letter
	// Early says that the beneficiary knows that it need not release this letter yet: its bidder may still become the winner.
	Early bool `json:"early,omitzero"`
}

// MaxLotRelease is how many letters one document lists at most.
const MaxLotRelease = 500

// Check holds for a release of the letters of one lot by one beneficiary.
func (r LotRelease) Check() error {
	sorted := slices.IsSortedFunc(r.Letters, func(a, b LotReleaseEntry) int { return strings.Compare(a.Guarantee, b.Guarantee) })
	return firstOf(
		checkVersion(r.Version),
		within("lot", r.Lot.Check()),
		within("beneficiary", r.Beneficiary.Check()),
		need(len(r.Letters) > 0 && len(r.Letters) <= MaxLotRelease, "letters", "count", "须列明 1 至 500 份保函"),
		need(sorted && !repeats(r.Letters, func(x LotReleaseEntry) string { return x.Guarantee }), "letters", "order", "保函须按编号升序且不重复"),
		checkEach("letters", r.Letters, LotReleaseEntry.Check),
		checkText("reason", r.Reason, 2, 500),
		checkInstant("at", r.At),
	)
}

// Check holds for one letter, named so that it cannot be taken for another.
func (e LotReleaseEntry) Check() error {
	return firstOf(checkID("guarantee", e.Guarantee), checkNumber(e.Number), checkDigest("undertaking", e.Undertaking.IsZero()))
}

// Canonical is what the beneficiary signs.
func (r LotRelease) Canonical() ([]byte, error) { return canonical(r, LotRelease.Check) }

// ParseLotRelease reads what Canonical wrote.
func ParseLotRelease(b []byte) (LotRelease, error) { return parse(b, LotRelease.Check) }

// Entry finds a letter in the list.
func (r LotRelease) Entry(guarantee string) (LotReleaseEntry, bool) {
	i, ok := slices.BinarySearchFunc(r.Letters, guarantee, func(e LotReleaseEntry, id string) int { return strings.Compare(e.Guarantee, id) })
	if !ok {
		return LotReleaseEntry{}, false
	}
	return r.Letters[i], true
}

// Waives tells whether a signed paper's content, a Release or a LotRelease, waives payment under one letter and no other,
// and by whom.
func Waives(content []byte, guarantee, number string, undertaking signing.Digest) (by Party, ok bool) {
	if r, err := ParseRelease(content); err == nil {
		return r.Beneficiary, r.Guarantee == guarantee && r.Number == number && r.Undertaking == undertaking
	}
	r, err := ParseLotRelease(content)
	if err != nil {
		return Party{}, false
	}
	e, ok := r.Entry(guarantee)
	return r.Beneficiary, ok && e.Number == number && e.Undertaking == undertaking
}
