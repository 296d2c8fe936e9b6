package wire

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// CreateProject is POST /projects. Regime is 招投标 or 政府采购: it decides whose 2 % the cap is taken of
// (招标投标法实施条例26; 政府采购法实施条例33) and when letters are released.
type CreateProject struct {
	Code        string         `json:"code"`
	Name        string         `json:"name"`
	Regime      string         `json:"regime"`
	Beneficiary []letter.Party `json:"beneficiaries"`
}

// Project answers CreateProject.
type Project struct {
	ID          string         `json:"id"`
	Code        string         `json:"code"`
	Name        string         `json:"name"`
	Regime      string         `json:"regime"`
	Beneficiary []letter.Party `json:"beneficiaries"`
}

// AddLot is POST /projects/{id}/lots, and POST /lots/{lot}/draft, which writes a draft anew. Base is the estimate (招投标) or the budget (政府采购) in fen. Bids is where bids are
// handed in: here (also when empty), or outside, in the bid system (开评标系统) that the centre already has.
type AddLot struct {
	Code   string         `json:"code"`
	Name   string         `json:"name"`
	Base   letter.Fen     `json:"base"`
	Amount letter.Fen     `json:"amount"`
	Forms  []letter.Form  `json:"forms"`
	End    letter.EndRule `json:"end"`
	Bids   string         `json:"bids,omitzero"`
	// RetenderOf is the failed or terminated lot of the same tenderer that this one repeats (重新招标), by its id here.
	RetenderOf string `json:"retender_of,omitzero"`
	// Consortium: whether a consortium (联合体) may bid. It stands in the notice and is frozen with the rest.
	Consortium bool       `json:"consortium,omitzero"`
	Hall       *HallRules `json:"hall,omitzero"` // opened remotely (不见面开标); absent: on the spot
}

// Lot is one lot as everybody may see it. Before opening it says nothing of bids or letters, not even
// whether there are any. Requirement and Custodians stand once the lot is published.
type Lot struct {
	ID                string              `json:"id"`
	Project           string              `json:"project"`
	Lot               letter.Lot          `json:"lot"`
	Regime            string              `json:"regime"`
	State             string              `json:"state"`
	Deadline          time.Time           `json:"deadline"`
	Beneficiaries     []letter.Party      `json:"beneficiaries"`
	Amount            letter.Fen          `json:"amount"`
	Forms             []letter.Form       `json:"forms"`
	Bids              string              `json:"bids"`          // here | outside: where bids are handed in
	Consortium        bool                `json:"consortium"`    // whether a consortium may bid
	Hall              *HallRules          `json:"hall,omitzero"` // of a remote opening; absent: on the spot
	Requirement       *letter.Requirement `json:"requirement,omitzero"`
	RequirementDigest signing.Digest      `json:"requirement_digest,omitzero"`
	Custodians        *letter.KeySet      `json:"custodians,omitzero"`
	PublishedAt       time.Time           `json:"published_at,omitzero"`
	OpenedAt          time.Time           `json:"opened_at,omitzero"`
	// Postponements are the moves of the deadline, in their order. Each changed the requirement by its deadline alone.
	Postponements []Postponement `json:"postponements,omitzero"`
	// LettersFrom stands where the deadline moved beyond what letters reach: letters that were applied for before this instant
	// no longer suffice. LettersWords, while letters can be applied for, say in Chinese what that means for who holds one. Both
	// follow from the notice and the orders, and are the same whoever asks.
	LettersFrom  time.Time `json:"letters_from,omitzero"`
	LettersWords []string  `json:"letters_words,omitzero"`
	// Terminated says that the tender was called off, or ended without an award.
	Terminated *Termination `json:"terminated,omitzero"`
	// Retender names the lot that this one repeats.
	Retender *Retender `json:"retender,omitzero"`
	// Awaited are the custodians that gave nothing to the opening. With two missing it waits for one of them; with one
	// missing it went on, and this is the alarm. It stands in GET /lots/{lot} of a lot that is closed.
	Awaited []Awaited `json:"awaited,omitzero"`
	// AwaitedList stands in GET /lots/{lot} of a lot whose bids are outside, from the deadline until the list comes.
	AwaitedList *AwaitedList `json:"awaited_list,omitzero"`
}

// Awaited is a custodian for which an opening waits. Reason is no_answer, too_early, by_hand, veto, wrong_share or
// refused.
type Awaited struct {
	Custodian letter.Party `json:"custodian"`
	Reason    string       `json:"reason"`
	Words     string       `json:"words"` // Chinese: what is waited for and who moves next
	Since     time.Time    `json:"since"`
}

// Postpone is POST /lots/{lot}/postpone: one order, signed by the trading centre and by the supervisor, each over the same
// bytes (docs/custodians.md).
type Postpone struct {
	Centre     []byte `json:"centre"`
	Supervisor []byte `json:"supervisor"`
}

// Postponement is one move of a lot's deadline with the order behind it.
type Postponement struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"` // when it took effect here
	// NewRound: it moved the deadline beyond what letters reach, and began another round of them (保函轮次): a bidder may
	// have one live letter in it too.
	NewRound   bool   `json:"new_round,omitzero"`
	Centre     []byte `json:"centre"`
	Supervisor []byte `json:"supervisor"`
}

// AwaitedList is a centre whose bid system has not yet handed in the list on which the lot is opened.
type AwaitedList struct {
	Centre letter.Party `json:"centre"`
	Words  string       `json:"words"` // Chinese: what is waited for and who moves next
	Since  time.Time    `json:"since"` // the deadline
}

// HandInBidList is POST /lots/{lot}/bid-list, from the deadline on: what the centre's own bid system signed
// (docs/bid-system.md).
type HandInBidList struct {
	List []byte `json:"list"` // SignedData over letter.BidList
}

// BidListTaken answers HandInBidList, the same for ever for the same list. State is closed (the opening follows by
// itself) or failed (fewer than three bids: nothing is opened, 招标投标法实施条例44).
type BidListTaken struct {
	Lot        string         `json:"lot"`
	State      string         `json:"state"`
	Digest     signing.Digest `json:"digest"` // letter.BidListDigest of the list that stands
	Bids       int            `json:"bids"`
	Letters    int            `json:"letters"` // bids that name a guarantee
	AcceptedAt time.Time      `json:"accepted_at"`
}

// LotPage is one page of GET /lots. Next is the cursor for ?after=, empty at the end.
type LotPage struct {
	Items []Lot  `json:"items"`
	Next  string `json:"next,omitzero"`
}

// Quote is one institution's price for a lot: the fee on the ceiling, not on the exact amount, since fee,
// ceiling and latest expiry come from public ladders and so do not name the lot.
type Quote struct {
	Guarantor    letter.Party      `json:"guarantor"`
	Kind         string            `json:"kind"` // bank | insurer | guarantee_company
	Product      string            `json:"product"`
	Wording      letter.WordingRef `json:"wording"`
	Title        string            `json:"title"`
	Form         letter.Form       `json:"form"`
	Mode         letter.Mode       `json:"mode"`
	Ceiling      letter.Fen        `json:"ceiling"`
	LatestExpiry calendar.Date     `json:"latest_expiry"`
	Fee          letter.Fen        `json:"fee"`
	Discloses    string            `json:"discloses"`        // Chinese: what the institution learns, and when
	Sharing      int               `json:"sharing"`          // lots open now, this one among them, that lead to this ceiling and latest expiry
	Caution      string            `json:"caution,omitzero"` // Chinese: said when these are fewer than three
}

// QuoteList is GET /lots/{lot}/quotes. The order is by fee, then by 统一社会信用代码: nobody pays for a place
// in it (发改法规〔2023〕27号: no institution may be designated).
type QuoteList struct {
	Items []Quote `json:"items"`
}

// Award is POST /lots/{lot}/award. Where the committee's result is on record, the winner is its first candidate, or the next
// when PassedOver says why each one before it does not get the contract; Candidates may be left empty. NoticedOn is the day of the award notice (中标通知书), from which
// 政府采购法实施条例33 counts for the losers.
type Award struct {
	Winner     string        `json:"winner"` // USCC
	Candidates []string      `json:"candidates"`
	NoticedOn  calendar.Date `json:"noticed_on"`
	PassedOver []PassedOver  `json:"passed_over,omitzero"`
}

// Contract is POST /lots/{lot}/contract: the day the written contract was signed (招标投标法实施条例57).
type Contract struct {
	SignedOn calendar.Date `json:"signed_on"`
}

// Refuse is POST /lots/{lot}/refuse: the winner does not conclude the contract (招标投标法实施条例74).
type Refuse struct {
	Reason   string         `json:"reason"`
	Evidence signing.Digest `json:"evidence"`
}
