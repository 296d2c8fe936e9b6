package letter

import (
	"slices"
	"strings"
	"time"

	"baohan/signing"
)

// OutsideBid is one bid that was handed in to the bid system (开评标系统) that a centre already has. Its file stays
// there; its digest says which file was opened.
type OutsideBid struct {
	ID      string         `json:"id"`      // the bid system's own, opaque
	Digest  signing.Digest `json:"digest"`  // SM3 of the sealed bid file
	Bidders []Party        `json:"bidders"` // the lead of a consortium first
	Letter  string         `json:"letter"`  // id of the guarantee that the bid names; empty: cash, or none
}

// Check holds for a bid of one to eight different bidders.
func (b OutsideBid) Check() error {
	return firstOf(
		checkID("id", b.ID),
		checkDigest("digest", b.Digest.IsZero()),
		checkParties("bidders", b.Bidders, maxApplicants),
		need(b.Letter == "" || idShape.MatchString(b.Letter), "letter", "id", "保函的申请编号须为空（现金或未提交）或 32 位小写十六进制"),
	)
}

// lead is the code of the bidder or of the consortium's lead.
func (b OutsideBid) lead() string {
	if len(b.Bidders) == 0 {
		return ""
	}
	return b.Bidders[0].USCC
}

// BidList is 投标清单: what the centre's own bid system signs after the deadline of a lot whose bids were handed in
// there. The closing of such a lot names these bids, and then the letters that they name.
type BidList struct {
	Version     int            `json:"version"`
	Project     string         `json:"project"`
	Lot         string         `json:"lot"`
	Requirement signing.Digest `json:"requirement"` // Requirement.Digest, as the notice carries it
	Deadline    time.Time      `json:"deadline"`
	ClosedAt    time.Time      `json:"closed_at"` // when the bid system stopped taking bids, by its clock
	Bids        []OutsideBid   `json:"bids"`      // received and not withdrawn, in ascending order of their ids
}

// Check holds for a list of a closed lot with every bid once, and no lead of two bids: of one who replaced its bid, only
// the last stands (as with bids that are handed in here).
func (l BidList) Check() error {
	return firstOf(
		checkVersion(l.Version),
		checkText("project", l.Project, 1, 64),
		checkText("lot", l.Lot, 1, 64),
		checkDigest("requirement", l.Requirement.IsZero()),
		checkInstant("deadline", l.Deadline),
		checkInstant("closed_at", l.ClosedAt),
		need(!l.ClosedAt.Before(l.Deadline), "closed_at", "too_early", "截标时间不得早于投标截止时间"),
		need(len(l.Bids) <= maxRecords, "bids", "count", "投标过多；一份清单至多 10000 份"),
		checkEach("bids", l.Bids, OutsideBid.Check),
		need(slices.IsSortedFunc(l.Bids, func(a, b OutsideBid) int { return strings.Compare(a.ID, b.ID) }) &&
			!repeats(l.Bids, func(b OutsideBid) string { return b.ID }), "bids", "order", "投标须按编号升序且不重复"),
		need(!repeats(l.Bids, OutsideBid.lead), "bids", "repeated",
			"同一投标人（联合体以牵头人计）有两份投标；清单只列其最后递交且未撤回的一份"),
	)
}

// Records are the bids as a closing names them.
func (l BidList) Records() []RecordRef {
	out := make([]RecordRef, len(l.Bids))
	for i, b := range l.Bids {
		out[i] = RecordRef{ID: b.ID, Digest: b.Digest}
	}
	return out
}

// Letters counts the bids that name a letter.
func (l BidList) Letters() (n int) {
	for _, b := range l.Bids {
		if b.Letter != "" {
			n++
		}
	}
	return n
}

// Canonical is what the centre's bid system signs.
func (l BidList) Canonical() ([]byte, error) { return canonical(l, BidList.Check) }

// ParseBidList reads what Canonical wrote.
func ParseBidList(b []byte) (BidList, error) { return parse(b, BidList.Check) }
