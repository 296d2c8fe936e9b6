package wire

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Opening is GET /lots/{lot}/opening, after publication: public, since bids are read out (招标投标法36).
type Opening struct {
	Lot            string         `json:"lot"`
	OpenedAt       time.Time      `json:"opened_at"`
	ClosingBids    []byte         `json:"closing_bids"`      // SignedData over letter.Closing, stage bids
	ClosingLetters []byte         `json:"closing_letters"`   // stage letters
	BidList        []byte         `json:"bid_list,omitzero"` // SignedData over letter.BidList, of a lot whose bids are outside
	Bids           []OpenedBid    `json:"bids"`
	Letters        []OpenedLetter `json:"letters"`
	Emergencies    []Emergency    `json:"emergencies,omitzero"` // what a supervisor decided about letters (应急)
	Doubtful       []string       `json:"doubtful"`             // 存疑清单: ids of the letters whose result is not passed, for the committee
}

// Sheet is GET /lots/{lot}/sheet: one edition of the verification sheet (核验结果表), public as the opening is. What counts
// is Signed; Content is the same, to be read.
type Sheet struct {
	Lot     string       `json:"lot"`
	Edition int          `json:"edition"`
	Newest  int          `json:"newest"` // the newest edition there is
	Signed  []byte       `json:"signed"` // the centre's SignedData over the canonical Content
	Content letter.Sheet `json:"content"`
}

// OpenedBid is one bid that was opened, or that could not be: then Failure says why.
type OpenedBid struct {
	ID      string         `json:"id"`
	Bidders []letter.Party `json:"bidders,omitzero"`
	Letter  string         `json:"letter,omitzero"`
	Failure string         `json:"failure,omitzero"`
	Cash    *OpenedCash    `json:"cash,omitzero"` // of a bid that names no letter, on a lot that takes cash
}

// OpenedCash is what was found of a security in cash. Before the list of what arrived came, all of it is unknown.
type OpenedCash struct {
	Amount letter.Fen `json:"amount"` // that arrived before the deadline
	Result string     `json:"result"` // passed | doubtful | unknown
	Lines  []Line     `json:"lines"`  // seven
}

// OpenedLetter is one letter that a bid named. One that failed to open stays listed, with Failure.
type OpenedLetter struct {
	ID         string         `json:"id"`
	Number     string         `json:"number,omitzero"`
	Guarantor  letter.Party   `json:"guarantor,omitzero"`
	Applicants []letter.Party `json:"applicants,omitzero"`
	Amount     letter.Fen     `json:"amount,omitzero"`
	Expiry     calendar.Date  `json:"expiry,omitzero"`
	Commitment signing.Digest `json:"commitment,omitzero"`
	Result     string         `json:"result"` // passed | doubtful | unknown
	Lines      []Line         `json:"lines"`
	Failure    string         `json:"failure,omitzero"`
}

// Line is one line of the verification: what was wanted, what was found, in words. It is advice to the
// evaluation committee, never a refusal.
type Line struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Result string `json:"result"` // pass | doubtful | unknown
	Want   string `json:"want,omitzero"`
	Got    string `json:"got,omitzero"`
	Words  string `json:"words"`
}

// Guarantee is one guarantee, disclosed or accepted, as its beneficiary (or the centre) sees it.
type Guarantee struct {
	ID           string          `json:"id"`
	Number       string          `json:"number"`
	Guarantor    letter.Party    `json:"guarantor"`
	Applicants   []letter.Party  `json:"applicants"`
	Lot          letter.Lot      `json:"lot"`
	Amount       letter.Fen      `json:"amount"`
	Paid         letter.Fen      `json:"paid"`
	Claimable    letter.Fen      `json:"claimable,omitzero"` // without what was paid and what open demands ask for; GET /guarantees
	Expiry       calendar.Date   `json:"expiry"`
	Undertaking  signing.Digest  `json:"undertaking"`
	Commitment   signing.Digest  `json:"commitment"`
	Instrument   string          `json:"instrument"`
	Disclosure   string          `json:"disclosure"`
	Verification string          `json:"verification"`
	Release      string          `json:"release"`
	ReleaseBy    calendar.Date   `json:"release_by,omitzero"`
	ReleaseClock *Clock          `json:"release_clock,omitzero"` // once the tender's course has started it
	Unsigned     []string        `json:"unsigned,omitzero"`      // USCC of the joint beneficiaries for whose signature a begun release waits
	Demands      []Demand        `json:"demands,omitzero"`
	Amendments   []AmendedLetter `json:"amendments,omitzero"` // in their order; Expiry is what they leave
}

// GuaranteePage is one page of GET /guarantees.
type GuaranteePage struct {
	Items []Guarantee `json:"items"`
	Next  string      `json:"next,omitzero"`
}
